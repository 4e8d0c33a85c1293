package verify

import (
	"context"
	"fmt"
	"iter"

	"countersign/audit"
	"countersign/audit/tree"
)

// A reader cuts a source into batches.
type reader struct {
	source            Source
	from, size        int64 // of the range, and of the tree behind what was read
	free, work, order chan *batch

	next func() ([]byte, error, bool) // of the stored checkpoints
	note *storedNote                  // the next one
}

func (r *reader) run(ctx context.Context) {
	if r.source.Checkpoints != nil {
		next, stop := iter.Pull2(r.source.Checkpoints)
		defer stop()
		r.next = next
	}
	b := r.take(ctx)
	if b == nil {
		return
	}
	var err error
	full := firstSize
	for e, broken := range r.source.Entries {
		if broken != nil {
			err = fmt.Errorf("read the log after %d records: %w", r.size-r.from, broken)
			break
		}
		if r.size == r.from && len(b.rows) == 0 && leads(e.Index, r.from) {
			r.size = e.Index
		}
		b.add(e)
		r.size++
		if len(b.rows) < full {
			continue
		}
		full = batchSize
		if err = r.attach(b, r.size); err != nil {
			break
		}
		r.send(b)
		if b = r.take(ctx); b == nil {
			return
		}
	}
	if err == nil {
		err = r.attach(b, r.size)
	}
	if err == nil && r.note != nil { // more than there are records: one of them says so
		b.notes = append(b.notes, *r.note)
	}
	b.err = err
	r.send(b)
}

// leads reports whether an index is where records in front of a range may begin.
func leads(index, from int64) bool { return index == from&^(tree.TileWidth-1) && index < from }

// take is an empty batch; nil when the context ends.
func (r *reader) take(ctx context.Context) *batch {
	if ctx.Err() != nil {
		return nil
	}
	select {
	case b := <-r.free:
		b.rows, b.notes, b.err = b.room[:0], b.notes[:0], nil
		return b
	case <-ctx.Done():
		return nil
	}
}

func (r *reader) send(b *batch) {
	r.order <- b
	r.work <- b
}

// attach gives a batch the checkpoints of at most size records. The next one stays in
// note.
func (r *reader) attach(b *batch, size int64) error {
	for r.next != nil {
		if r.note == nil {
			msg, err, ok := r.next()
			if !ok {
				r.next = nil
				return nil
			}
			if err != nil {
				return fmt.Errorf("read the checkpoints: %w", err)
			}
			c, err := tree.ReadCheckpoint(msg)
			if err != nil {
				c.Size = size // where it stands; it cannot be opened either
			}
			r.note = &storedNote{size: c.Size, msg: msg}
		}
		if r.note.size > size {
			return nil
		}
		if r.note.size > r.from || r.from == 0 {
			b.notes = append(b.notes, *r.note)
		}
		r.note = nil
		if len(b.notes) > 4*batchSize { // of that many, most are repeated: what follows is not worth reading
			r.next = nil
		}
	}
	return nil
}

func (b *batch) add(e audit.Entry) {
	b.rows = b.room[:len(b.rows)+1]
	r := &b.rows[len(b.rows)-1]
	members, inner := r.payload.Members[:0], r.facts.inner[:0] // their room is used again
	*r = row{index: e.Index, jws: e.JWS, leafHash: e.LeafHash, key: e.Record.Key, kind: string(e.Record.Type)}
	r.payload.Members, r.facts.inner = members, inner
}
