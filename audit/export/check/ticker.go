package check

import (
	"iter"

	"countersign/audit"
)

// A ticker tells how far a verification has come, every thousand records.
type ticker struct {
	tell        func(done, total int64)
	done, total int64
	told        int64
}

func (t *ticker) add(n int64) {
	t.done += n
	if t.tell != nil && (t.done-t.told >= 1000 || t.done >= t.total) {
		t.told = t.done
		t.tell(t.done, t.total)
	}
}

// watch counts what is read.
func (t *ticker) watch(entries iter.Seq2[audit.Entry, error]) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for e, err := range entries {
			if !yield(e, err) {
				return
			}
			t.add(1)
		}
	}
}
