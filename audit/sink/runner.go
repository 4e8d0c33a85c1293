package sink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"countersign/audit"
	"countersign/audit/ocsf"
)

// A Runner moves one sink along the log. Log, Cursors and Sender are required. One process
// should run one Runner per sink: two send everything twice, and lose nothing.
type Runner struct {
	Log     Log
	Cursors Cursors
	Sender  Sender
	// Product stands in each event.
	Product ocsf.Product
	// Batch is how many records are sent together at most; zero means 256. Bytes bounds
	// their JSON; zero means 1 MiB. One record is sent whatever its size.
	Batch, Bytes int
	// MinWait and MaxWait bound the pause after a failure, which doubles each time; zero
	// means half a second and one minute. A receiver that names a time is left alone for
	// that long, an hour at most.
	MinWait, MaxWait time.Duration
	// Logger hears of failures; nil means slog.Default. Now is the clock; nil means
	// time.Now.
	Logger *slog.Logger
	Now    func() time.Time

	mu    sync.Mutex
	state Status
	known bool // state.Next was read
}

// ErrGap means that the log handed out other records than those asked for. Nothing is
// sent over a gap.
var ErrGap = errors.New("log hands out other records than were asked for")

// Run sends until ctx ends, and returns its error. Every other failure is logged, shown in
// [Runner.Status] and tried again.
func (r *Runner) Run(ctx context.Context) error {
	b := backoff{min: orDefault(r.MinWait, 500*time.Millisecond), max: orDefault(r.MaxWait, time.Minute)}
	limit := orDefault(r.Batch, 256)
	for ctx.Err() == nil {
		sent, err := r.step(ctx, limit)
		if err == nil {
			b.reset()
			r.succeeded(sent)
			limit = min(limit*2, orDefault(r.Batch, 256)) // a batch that was split grows again
			continue
		}
		if ctx.Err() != nil {
			break
		}
		var refusal *Refusal
		if errors.As(err, &refusal) && sent > 1 {
			limit = sent / 2
			r.log().Warn("batch refused, splitting it", "sink", r.Sender.Name(), "records", sent, "err", err)
			continue
		}
		r.failed(err, refusal != nil)
		b.wait(ctx, err)
	}
	return ctx.Err()
}

// step sends one batch and moves the cursor. It returns how many records it tried to send.
func (r *Runner) step(ctx context.Context, limit int) (tried int, err error) {
	name := r.Sender.Name()
	next, err := r.Cursors.Cursor(ctx, name)
	if err != nil {
		return 0, fmt.Errorf("read the cursor of %s: %w", name, err)
	}
	r.at(next)
	if err := r.Log.WaitFor(ctx, next); err != nil {
		return 0, fmt.Errorf("wait for record %d: %w", next, err)
	}
	batch, err := r.read(ctx, next, limit)
	if err != nil {
		return 0, err
	}
	if err := r.Sender.Send(ctx, batch); err != nil {
		return len(batch), fmt.Errorf("send records %d to %d to %s: %w", next, next+int64(len(batch))-1, name, err)
	}
	to := next + int64(len(batch))
	switch err := r.Cursors.Advance(ctx, name, next, to); {
	case errors.Is(err, ErrCursorMoved):
		r.log().Warn("cursor moved by another sender", "sink", name, "from", next, "to", to)
	case err != nil:
		// It may have moved all the same: the next step reads where it stands.
		return 0, fmt.Errorf("move the cursor of %s from %d to %d: %w", name, next, to, err)
	default:
		r.at(to)
	}
	return len(batch), nil
}

// read makes events of the records from next on, as many as fit.
func (r *Runner) read(ctx context.Context, next int64, limit int) ([]Event, error) {
	entries, err := r.Log.Records(ctx, next, limit)
	if err != nil {
		return nil, fmt.Errorf("read %d records from %d: %w", limit, next, err)
	}
	if len(entries) == 0 || len(entries) > limit {
		return nil, fmt.Errorf("%w: %d records from %d, want 1 to %d", ErrGap, len(entries), next, limit)
	}
	size := 0
	var batch []Event
	for i, e := range entries {
		if err := follows(e, next+int64(i)); err != nil {
			return nil, err
		}
		ev, err := NewEvent(e, r.Product)
		if err != nil {
			return nil, err
		}
		if size += len(ev.JSON); i > 0 && size > orDefault(r.Bytes, 1<<20) {
			break
		}
		batch = append(batch, ev)
	}
	return batch, nil
}

func follows(e audit.Entry, want int64) error {
	if e.Index != want {
		return fmt.Errorf("%w: record %d where %d belongs", ErrGap, e.Index, want)
	}
	return nil
}

func (r *Runner) log() *slog.Logger {
	if r.Logger == nil {
		return slog.Default()
	}
	return r.Logger
}

func orDefault[T int | time.Duration](v, usual T) T {
	if v <= 0 {
		return usual
	}
	return v
}
