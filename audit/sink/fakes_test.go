package sink_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/sink"
)

var morning = time.Date(2026, 5, 4, 9, 0, 0, 123456789, time.UTC)

// record is the record at an index: the same in every process.
func record(index int64) audit.Entry {
	jws := fmt.Sprintf("eyJ.%d.c2ln", index)
	body, _ := json.Marshal(audit.Post{ApprovalID: fmt.Sprintf("ap-%d", index), Verdict: "approve", Result: audit.Posted})
	return audit.Entry{Index: index, JWS: jws, LeafHash: audit.LeafHash(jws), Record: audit.Record{
		Version: audit.Version, ID: fmt.Sprintf("id-%d", index), Type: audit.DecisionOutcome, Key: fmt.Sprintf("k/%d", index),
		Issuer: "treasury", Subject: "us-1", At: morning, Index: index, Body: body,
	}}
}

func eventsOf(tb testing.TB, from, to int64) (batch []sink.Event) {
	tb.Helper()
	for i := from; i < to; i++ {
		e, err := sink.NewEvent(record(i), product)
		if err != nil {
			tb.Fatal(err)
		}
		batch = append(batch, e)
	}
	return batch
}

// A memoryLog is a log that grows.
type memoryLog struct {
	mu    sync.Mutex
	size  int64
	grown chan struct{}
	// spoil changes what Records returns; err is what it fails with.
	spoil func([]audit.Entry) []audit.Entry
	err   error
	// reads are the ranges asked for.
	reads [][2]int64
}

func logOf(size int64) *memoryLog { return &memoryLog{size: size, grown: make(chan struct{})} }

func (l *memoryLog) grow(to int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.size = to
	close(l.grown)
	l.grown = make(chan struct{})
}

func (l *memoryLog) set(spoil func([]audit.Entry) []audit.Entry, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spoil, l.err = spoil, err
}

func (l *memoryLog) Records(_ context.Context, from int64, limit int) (es []audit.Entry, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := from; i < min(l.size, from+int64(limit)); i++ {
		es = append(es, record(i))
	}
	l.reads = append(l.reads, [2]int64{from, from + int64(len(es))})
	if l.spoil != nil {
		es = l.spoil(es)
	}
	return es, l.err
}

func (l *memoryLog) WaitFor(ctx context.Context, index int64) error {
	for {
		l.mu.Lock()
		size, grown := l.size, l.grown
		l.mu.Unlock()
		if index < size {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-grown:
		}
	}
}

func (l *memoryLog) Size(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size, nil
}

// memoryCursors keep cursors, and can fail before or after they have moved one.
type memoryCursors struct {
	mu     sync.Mutex
	next   map[string]int64
	moves  [][2]int64
	before []error // one for each Advance to come, then none
	after  []error
	read   error
}

func cursors() *memoryCursors { return &memoryCursors{next: map[string]int64{}} }

func (c *memoryCursors) Cursor(_ context.Context, name string) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.next[name], c.read
}

func (c *memoryCursors) Advance(_ context.Context, name string, from, to int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := pop(&c.before); err != nil {
		return err
	}
	if c.next[name] != from {
		return fmt.Errorf("%s at %d: %w", name, c.next[name], sink.ErrCursorMoved)
	}
	c.next[name] = to
	c.moves = append(c.moves, [2]int64{from, to})
	return pop(&c.after)
}

func pop(errs *[]error) (err error) {
	if len(*errs) > 0 {
		err, *errs = (*errs)[0], (*errs)[1:]
	}
	return err
}

// until runs a runner until a condition holds, and ends it.
func until(t *testing.T, r *sink.Runner, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	waitFor(t, what, done)
	cancel()
	if err := <-ended; err != context.Canceled {
		t.Errorf("Run = %v, want %v", err, context.Canceled)
	}
}

// waitFor looks again and again until a condition holds; the deadline only ends a test
// that would hang.
func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// secretFile is a file that holds a text.
func secretFile(tb testing.TB, text string) string {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return name
}
