package verify

import (
	"context"
	"iter"
	"runtime"
)

// firstSize is how many records the first batch has.
const firstSize = 8

// batchSize is how many records travel together: enough to make little of the way, few
// enough that all processors work on a short log.
const batchSize = 64

// A batch is records that follow each other, with the checkpoints that end among them.
type batch struct {
	room  [batchSize]row
	rows  []row // of room
	notes []storedNote
	arena []byte
	ready chan struct{} // it is opened
	err   error         // the reader's: nothing follows
}

// A storedNote is a stored checkpoint.
type storedNote struct {
	size int64 // as it says itself
	msg  []byte
	signedTree
	code FaultCode
	err  error
}

// pipeline reads a source, has its records opened by many and yields the batches in their
// order. A yielded batch lives until the next. When the context ends, so do the batches.
func (o Options) pipeline(ctx context.Context, s Source, from int64, r *roots, keys *keyring) iter.Seq[*batch] {
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return func(yield func(*batch) bool) {
		ctx, cancel := context.WithCancel(ctx)
		ahead := 2*workers + 2 // how far the reader runs ahead; no channel is ever full
		work, order, free := make(chan *batch, ahead), make(chan *batch, ahead), make(chan *batch, ahead)
		go func() {
			defer close(order)
			defer close(work)
			(&reader{source: s, from: from, size: from, free: free, work: work, order: order}).run(ctx)
		}()
		done := make(chan struct{}, workers)
		for range workers {
			go func() {
				w := &worker{keys: keys, hashesOnly: o.HashesOnly}
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

func newBatch() *batch { return &batch{ready: make(chan struct{}, 1)} }

func (w *worker) openBatch(b *batch, r *roots) {
	room := 0
	for i := range b.rows {
		room += len(b.rows[i].jws)
	}
	if cap(b.arena) < room {
		b.arena = make([]byte, 0, room)
	}
	b.arena = b.arena[:0]
	for i := range b.rows {
		b.arena = w.open(&b.rows[i], b.arena)
	}
	for i := range b.notes {
		n := &b.notes[i]
		n.signedTree, n.code, n.err = r.checkpoint(n.msg)
	}
	b.ready <- struct{}{}
}
