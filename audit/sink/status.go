package sink

import (
	"context"
	"fmt"
	"time"
)

// A Status is how a sink stands.
type Status struct {
	// Next is the first index that is not acknowledged, Lag how many records are behind
	// it in the log, and Oldest how long the first of them has waited, zero when Lag is.
	Next, Lag int64
	Oldest    time.Duration
	// Sent counts the records acknowledged since the program started, Failures what did
	// not go well, batches that were only split not among it.
	Sent, Failures int64
	// Blocked says that the receiver refuses the record at Next, alone. Nothing passes it.
	Blocked bool
	// LastError is the last failure's, empty once a batch has passed after it.
	LastError string
}

// Status asks the log how far it has got. It may be called while Run runs, and before.
func (r *Runner) Status(ctx context.Context) (Status, error) {
	r.mu.Lock()
	s, known := r.state, r.known
	r.mu.Unlock()
	name := r.Sender.Name()
	if !known {
		next, err := r.Cursors.Cursor(ctx, name)
		if err != nil {
			return s, fmt.Errorf("read the cursor of %s: %w", name, err)
		}
		s.Next = next
	}
	size, err := r.Log.Size(ctx)
	if err != nil {
		return s, fmt.Errorf("size of the log: %w", err)
	}
	if s.Lag = max(size-s.Next, 0); s.Lag == 0 {
		return s, nil
	}
	oldest, err := r.Log.Records(ctx, s.Next, 1)
	if err != nil {
		return s, fmt.Errorf("read record %d: %w", s.Next, err)
	}
	if len(oldest) > 0 {
		s.Oldest = max(r.now().Sub(oldest[0].Record.At), 0)
	}
	return s, nil
}

func (r *Runner) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}

func (r *Runner) at(next int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Next, r.known = next, true
}

func (r *Runner) succeeded(sent int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Sent += int64(sent)
	r.state.Blocked, r.state.LastError = false, ""
}

// failed logs a failure; blocked means that the receiver refuses one record alone.
func (r *Runner) failed(err error, blocked bool) {
	r.mu.Lock()
	r.state.Failures++
	r.state.Blocked, r.state.LastError = blocked, err.Error()
	next := r.state.Next
	r.mu.Unlock()
	if blocked {
		r.log().Error("record refused, nothing passes it", "sink", r.Sender.Name(), "index", next, "err", err)
		return
	}
	r.log().Warn("sending failed, trying again", "sink", r.Sender.Name(), "index", next, "err", err)
}
