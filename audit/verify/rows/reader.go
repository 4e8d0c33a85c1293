package rows

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
	size              int64 // of the tree behind what was read
	free, work, order chan *Batch

	next func() ([]byte, error, bool) // of the stored checkpoints
	note *Note                        // the next one
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
			err = fmt.Errorf("read the log after %d records: %w", r.size-r.source.From, broken)
			break
		}
		if r.size == r.source.From && len(b.Rows) == 0 && Leads(e.Index, r.source.From) {
			r.size = e.Index
		}
		b.add(e)
		r.size++
		if len(b.Rows) < full {
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
		b.Notes = append(b.Notes, *r.note)
	}
	b.Err = err
	r.send(b)
}

// Leads reports whether an index is where records in front of a range may begin.
func Leads(index, from int64) bool { return index == from&^(tree.TileWidth-1) && index < from }

// take is an empty batch; nil when the context ends.
func (r *reader) take(ctx context.Context) *Batch {
	if ctx.Err() != nil {
		return nil
	}
	select {
	case b := <-r.free:
		b.Rows, b.Notes, b.Err = b.room[:0], b.Notes[:0], nil
		return b
	case <-ctx.Done():
		return nil
	}
}

func (r *reader) send(b *Batch) {
	r.order <- b
	r.work <- b
}

// attach gives a batch the checkpoints of at most size records. The next one stays in
// note.
func (r *reader) attach(b *Batch, size int64) error {
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
			r.note = &Note{Size: c.Size, Msg: msg}
		}
		if r.note.Size > size {
			return nil
		}
		if r.note.Size > r.source.From || r.source.From == 0 {
			b.Notes = append(b.Notes, *r.note)
		}
		r.note = nil
		if len(b.Notes) > 4*batchSize { // of that many, most are repeated: what follows is not worth reading
			r.next = nil
		}
	}
	return nil
}

// add gives an entry the next row. What was found in the one that stood there is wiped, and costs
// the more the less else is done: a row that was only hashed has nothing.
func (b *Batch) add(e audit.Entry) {
	b.Rows = b.room[:len(b.Rows)+1]
	r := &b.Rows[len(b.Rows)-1]
	if r.opened {
		members, inner := r.Payload.Members[:0], r.Facts.inner[:0] // their room is used again
		*r = Row{}
		r.Payload.Members, r.Facts.inner = members, inner
	}
	r.Index, r.JWS, r.LeafHash, r.Key, r.Kind = e.Index, e.JWS, e.LeafHash, e.Record.Key, string(e.Record.Type)
}
