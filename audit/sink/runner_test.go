package sink_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/sink"
)

// A script is a sender that answers as it is told.
type script struct {
	mu    sync.Mutex
	sent  [][]int64 // every batch, acknowledged or not
	acked map[int64]int
	// judge says what becomes of a batch.
	judge func(batch []sink.Event) error
}

func (s *script) Name() string { return "script" }

func (s *script) Send(_ context.Context, batch []sink.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var indexes []int64
	for _, e := range batch {
		indexes = append(indexes, e.Index)
	}
	s.sent = append(s.sent, indexes)
	if s.judge != nil {
		if err := s.judge(batch); err != nil {
			return err
		}
	}
	if s.acked == nil {
		s.acked = map[int64]int{}
	}
	for _, i := range indexes {
		s.acked[i]++
	}
	return nil
}

func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.acked)
}

func (s *script) tries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sent)
}

func runner(l sink.Log, c sink.Cursors, s sink.Sender) *sink.Runner {
	return &sink.Runner{
		Log: l, Cursors: c, Sender: s, Product: product, Batch: 8,
		MinWait: time.Millisecond, MaxWait: 4 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

func TestFollowsTheLog(t *testing.T) {
	l, c, s := logOf(20), cursors(), &script{}
	until(t, runner(l, c, s), "20 acknowledged", func() bool { return s.count() == 20 })
	r := runner(l, c, s)
	l.grow(50)
	until(t, r, "50 acknowledged", func() bool { return s.count() == 50 })
	for i := range int64(50) {
		if s.acked[i] != 1 {
			t.Errorf("record %d was sent %d times without any failure", i, s.acked[i])
		}
	}
	if got := c.next["script"]; got != 50 {
		t.Errorf("cursor = %d, want 50", got)
	}
}

// TestReadsNoMoreThanOneBatchAhead holds the sender back and looks at what was read.
func TestReadsNoMoreThanOneBatchAhead(t *testing.T) {
	l, c := logOf(1_000), cursors()
	s := &script{judge: func([]sink.Event) error { return errors.New("not now") }}
	until(t, runner(l, c, s), "5 tries", func() bool { return s.tries() >= 5 })
	for _, read := range l.reads {
		if read != [2]int64{0, 8} {
			t.Errorf("read %v, want the first batch only", read)
		}
	}
	if len(c.moves) > 0 {
		t.Errorf("cursor moved without an acknowledgement: %v", c.moves)
	}
}

func TestBatchIsBoundedInBytes(t *testing.T) {
	l, c, s := logOf(16), cursors(), &script{}
	r := runner(l, c, s)
	r.Bytes = 2*len(eventsOf(t, 0, 1)[0].JSON) + 10
	until(t, r, "16 acknowledged", func() bool { return s.count() == 16 })
	for _, b := range s.sent {
		if len(b) > 2 {
			t.Errorf("%d records in a batch, want 2 by their size", len(b))
		}
	}
	r.Bytes = 1
	s2 := &script{}
	r2 := runner(l, cursors(), s2)
	r2.Bytes = 1
	until(t, r2, "records larger than the bound", func() bool { return s2.count() == 16 })
}

// TestRefusedRecordBlocksAndIsNeverSkipped has one record that the receiver refuses for
// its content: all before it pass, none behind it, until the receiver changes its mind.
func TestRefusedRecordBlocksAndIsNeverSkipped(t *testing.T) {
	const poison = 21
	refuses := true
	s := &script{}
	s.judge = func(batch []sink.Event) error {
		for _, e := range batch {
			if e.Index == poison && refuses {
				return fmt.Errorf("wrapped: %w", &sink.Refusal{Status: 400, Said: "no"})
			}
		}
		return nil
	}
	var lines logLines
	l, c := logOf(40), cursors()
	r := runner(l, c, s)
	r.Logger = slog.New(slog.NewTextHandler(&lines, nil))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	status := func() sink.Status {
		st, err := r.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	waitFor(t, "blocked twice", func() bool { st := status(); return st.Blocked && st.Failures >= 2 })
	if st := status(); st.Next != poison || st.Lag != 40-poison || st.LastError == "" || st.Sent != poison {
		t.Errorf("Status = %+v, want next %d, lag %d and an error", st, poison, 40-poison)
	}
	if s.count() != poison {
		t.Errorf("%d acknowledged, want the %d before the refused one", s.count(), poison)
	}
	if !lines.has("record refused, nothing passes it") || !lines.has(fmt.Sprintf("index=%d", poison)) {
		t.Errorf("log does not name the refused record:\n%s", lines.String())
	}
	s.mu.Lock()
	refuses = false
	s.mu.Unlock()
	waitFor(t, "40 acknowledged", func() bool { return s.count() == 40 })
	waitFor(t, "status is clean", func() bool { st := status(); return !st.Blocked && st.LastError == "" && st.Lag == 0 })
	cancel()
	<-ended
}

type logLines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logLines) has(s string) bool { return strings.Contains(l.String(), s) }

func TestCursorFaults(t *testing.T) {
	lost := errors.New("database is away")
	for _, tt := range []struct {
		name string
		set  func(*memoryCursors)
		// twice says that the first batch has to arrive twice.
		twice bool
	}{
		{"the move was lost", func(c *memoryCursors) { c.before = []error{lost} }, true},
		{"the answer to the move was lost", func(c *memoryCursors) { c.after = []error{lost} }, false},
		{"another sender has moved it", func(c *memoryCursors) { c.before = []error{fmt.Errorf("script: %w", sink.ErrCursorMoved)} }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, c, s := logOf(24), cursors(), &script{}
			tt.set(c)
			until(t, runner(l, c, s), "all acknowledged and the cursor at the end", func() bool {
				next, _ := c.Cursor(t.Context(), "script")
				return s.count() == 24 && next == 24
			})
			if got := s.acked[0] > 1; got != tt.twice {
				t.Errorf("the first batch arrived %d times", s.acked[0])
			}
		})
	}
}

// TestOneSinkTwoSenders runs two on one cursor: everything arrives, the cursor ends well.
func TestOneSinkTwoSenders(t *testing.T) {
	l, c, s := logOf(400), cursors(), &script{}
	ctx, cancel := context.WithCancel(t.Context())
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { _ = runner(l, c, s).Run(ctx) })
	}
	waitFor(t, "cursor at the end", func() bool { next, _ := c.Cursor(t.Context(), "script"); return next == 400 })
	cancel()
	both.Wait()
	if s.count() != 400 {
		t.Errorf("%d arrived, want 400", s.count())
	}
}

func TestNothingIsSentOverAGap(t *testing.T) {
	for name, spoil := range map[string]func([]audit.Entry) []audit.Entry{
		"a record is missing":   func(es []audit.Entry) []audit.Entry { return append(es[:2:2], es[3:]...) },
		"out of order":          func(es []audit.Entry) []audit.Entry { es[0], es[1] = es[1], es[0]; return es },
		"from another place":    func(es []audit.Entry) []audit.Entry { return es[1:] },
		"none":                  func([]audit.Entry) []audit.Entry { return nil },
		"more than were wanted": func(es []audit.Entry) []audit.Entry { return append(es, record(8)) },
	} {
		t.Run(name, func(t *testing.T) {
			l, c, s := logOf(100), cursors(), &script{}
			l.set(func(es []audit.Entry) []audit.Entry {
				if len(es) < 8 { // Status reads one
					return es
				}
				return spoil(es)
			}, nil)
			r := runner(l, c, s)
			healed := false
			until(t, r, "two failures, then all", func() bool {
				st, err := r.Status(t.Context())
				sent := s.tries() > 0 && !healed
				if sent {
					t.Error("sent over a gap")
				}
				if sent || err == nil && st.Failures >= 2 && !healed {
					healed = true
					l.set(nil, nil)
				}
				next, _ := c.Cursor(t.Context(), "script")
				return next == 100
			})
		})
	}
}

func TestStatus(t *testing.T) {
	l, c, s := logOf(10), cursors(), &script{}
	c.next["script"] = 4
	r := runner(l, c, s)
	r.Now = func() time.Time { return morning.Add(90 * time.Second) }
	st, err := r.Status(t.Context())
	if err != nil || st.Next != 4 || st.Lag != 6 || st.Oldest != 90*time.Second {
		t.Errorf("before Run, Status = %+v, %v; want next 4, lag 6, oldest 1m30s", st, err)
	}
	l.set(nil, errors.New("log is away"))
	if _, err := r.Status(t.Context()); err == nil {
		t.Error("Status of a log that is away reports no error")
	}
	l.set(nil, nil)
	c.read = errors.New("cursors are away")
	if _, err := r.Status(t.Context()); err == nil {
		t.Error("Status without a cursor reports no error")
	}
	c.read = nil
	until(t, r, "10 acknowledged", func() bool { return s.count() == 6 })
	if st, err := r.Status(t.Context()); err != nil || st.Lag != 0 || st.Oldest != 0 || st.Sent != 6 {
		t.Errorf("at the end, Status = %+v, %v; want no lag, 6 sent", st, err)
	}
}
