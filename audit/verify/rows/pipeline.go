// Package rows opens the records of a log side by side and yields them in their order:
// each with what can be found in it by itself, its hashes, its signature, its form and
// what the checks of package verify need of its body.
package rows

import (
	"context"
	"iter"
	"runtime"

	"countersign/audit"
	"countersign/audit/trust"
)

// firstSize is how many records the first batch has.
const firstSize = 8

// batchSize is how many records travel together: enough to make little of the way, few
// enough that all processors work on a short log.
const batchSize = 64

// A Batch is records that follow each other, with the checkpoints that end among them.
type Batch struct {
	Rows  []Row
	Notes []Note
	// Err is the source's: nothing follows.
	Err error

	room  [batchSize]Row // of Rows
	arena []byte
	ready chan struct{} // it is opened
}

// A Note is a stored checkpoint. Size is what it says itself; the rest is there when Err,
// which is of package trust, is nil.
type Note struct {
	Size int64
	Msg  []byte
	trust.Checkpoint
	Err error
}

// A Source is what is read.
type Source struct {
	Entries     iter.Seq2[audit.Entry, error]
	Checkpoints iter.Seq2[[]byte, error]
	// From is where a range begins: checkpoints of no more records are passed over.
	From int64
	// HashesOnly leaves records unopened. Workers is how many open them, 0 for one for each
	// processor.
	HashesOnly bool
	Workers    int
}

// Read reads a source, has its records opened by many and yields the batches in their
// order. A yielded batch lives until the next. When the context ends, so do the batches.
func Read(ctx context.Context, s Source, r *trust.Roots, keys *Keyring) iter.Seq[*Batch] {
	workers := s.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return func(yield func(*Batch) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ahead := 2*workers + 2 // how far the reader runs ahead; no channel is ever full
		work, order, free := make(chan *Batch, ahead), make(chan *Batch, ahead), make(chan *Batch, ahead)
		go func() {
			defer close(order)
			defer close(work)
			(&reader{source: s, size: s.From, free: free, work: work, order: order}).run(ctx)
		}()
		done := make(chan struct{}, workers)
		for range workers {
			go func() {
				w := &Worker{Keys: keys, HashesOnly: s.HashesOnly}
				for b := range work {
					w.openBatch(b, r)
				}
				done <- struct{}{}
			}()
		}
		defer func() { // whoever stops early waits for all that run
			cancel()
			for b := range order {
				<-b.ready
			}
			for range workers {
				<-done
			}
		}()
		// The first batch goes alone: a log begins with the keys that all the others need.
		free <- newBatch()
		for b := range order {
			<-b.ready
			if !yield(b) {
				return
			}
			for free <- b; ahead > 1; ahead-- {
				free <- newBatch()
			}
		}
	}
}

func newBatch() *Batch { return &Batch{ready: make(chan struct{}, 1)} }

func (w *Worker) openBatch(b *Batch, r *trust.Roots) {
	room := 0
	for i := range b.Rows {
		room += len(b.Rows[i].JWS)
	}
	if cap(b.arena) < room {
		b.arena = make([]byte, 0, room)
	}
	b.arena = b.arena[:0]
	for i := range b.Rows {
		b.arena = w.Open(&b.Rows[i], b.arena)
	}
	for i := range b.Notes {
		b.Notes[i].Checkpoint, b.Notes[i].Err = r.Checkpoint(b.Notes[i].Msg)
	}
	b.ready <- struct{}{}
}
