package sink_test

import (
	"testing"

	"countersign/audit/sink"
)

// TestWaitsForTheIndexer has a receiver that takes batches and is slow to index them.
func TestWaitsForTheIndexer(t *testing.T) {
	rec := newReceiver("hec")
	rec.acks = true
	base := rec.serve(t)
	c := cursors()
	rec.set("takes, and does not index")
	r := runner(logOf(8), c, rec.sender(t, base))
	indexed := false
	until(t, r, "cursor moves once indexed", func() bool {
		next, _ := c.Cursor(t.Context(), "hec")
		if !indexed && rec.asked() >= 4 { // the batch, and three questions
			if next != 0 {
				t.Error("cursor moved before the indexer had the batch")
			}
			indexed = true
			rec.set(fine)
		}
		return next == 8
	})
	if !indexed {
		t.Error("nobody asked the indexer")
	}
	rec.check(t)
}

// TestNeverIndexedIsSentAgain lets the indexer lose a batch.
func TestNeverIndexedIsSentAgain(t *testing.T) {
	rec := newReceiver("hec")
	rec.acks = true
	base := rec.serve(t)
	rec.set("takes, and does not index")
	c := cursors()
	until(t, runner(logOf(8), c, rec.sender(t, base)), "sent again and indexed", func() bool {
		rec.mu.Lock()
		again := rec.seen[0] >= 2 && rec.mode != fine
		rec.mu.Unlock()
		if again {
			rec.set(fine)
		}
		next, _ := c.Cursor(t.Context(), "hec")
		return next == 8
	})
	if rec.seen[0] < 2 {
		t.Errorf("arrived %d times, want again after the ack was late", rec.seen[0])
	}
}

func TestAckRequired(t *testing.T) {
	rec := newReceiver("hec")
	base := rec.serve(t)
	c, err := sink.ParseSink(rec.uri(t, base) + "&ack=required")
	if err != nil {
		t.Fatal(err)
	}
	s, err := sink.NewSender(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), eventsOf(t, 0, 1)); err == nil {
		t.Error("a receiver without indexer acknowledgement acknowledges, want an error")
	}
	rec.acks = true
	if err := s.Send(t.Context(), eventsOf(t, 0, 1)); err != nil {
		t.Errorf("with indexer acknowledgement: %v", err)
	}
}
