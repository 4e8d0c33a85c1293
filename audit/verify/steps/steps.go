// Package steps remembers of the records of a log, in their order, what must happen once or must not happen
// at all: which step of an approval was told under another key than its own, which challenge of the custodian
// was answered, and where machines are halted.
package steps

import (
	"fmt"

	"countersign/audit"
	"countersign/audit/form"
	"countersign/audit/verify/rows"
)

// A Book is what was told so far. The zero Book is that of an empty log.
type Book struct {
	// astray are the steps under another key than their own, by its digest; actions the challenges; halted the
	// scopes: each with the index of its record.
	astray, actions map[rows.Digest]int64
	halted          map[string]int64
}

// Told notes a step of an approval, and says at which index it is told already, under another key. An account
// decides an approval once, and its post and the end are one each. Used has the record keys of the log so far:
// what is told again under its own key is found there.
func (b *Book) Told(r *rows.Row, used map[rows.Digest]int64) (at int64, already bool) {
	if !r.Astray {
		at, already = b.astray[r.Digest]
		return at, already
	}
	if at, already = b.astray[r.Proper]; !already {
		at, already = used[r.Proper]
	}
	if !already {
		put(&b.astray, r.Proper, r.Index)
	}
	return at, already
}

// Answered notes the challenge of a post that the custodian proves, and says which post it proves already: the
// custodian gives a challenge out once.
func (b *Book) Answered(r *rows.Row) (at int64, already bool) {
	if at, already = b.actions[r.Action]; !already {
		put(&b.actions, r.Action, r.Index)
	}
	return at, already
}

// Control notes a halt, or the end of one.
func (b *Book) Control(r *rows.Row) {
	if audit.Type(r.Payload.Type) == audit.ControlResumed {
		delete(b.halted, string(r.Facts.Scope))
		return
	}
	put(&b.halted, string(r.Facts.Scope), r.Index)
}

// Halted says why no machine might give a verdict, by the records before it or by its own word; empty where one
// might. The error says why the record's scopes cannot be read.
func (b *Book) Halted(r *rows.Row) (why string, err error) {
	if says := string(r.Facts.Halted); says != "" && says != "null" && says != "[]" {
		return fmt.Sprintf("it says itself that machines were halted in %.200s", says), nil
	}
	if len(b.halted) == 0 {
		return "", nil
	}
	scopes, err := r.Facts.Scopes()
	for _, scope := range scopes {
		if at, halted := b.halted[scope]; halted {
			return fmt.Sprintf("%s gives a verdict, and machines are halted in %.200s since record %d", form.Text(r.Payload.Subject), scope, at), nil
		}
	}
	return "", err
}

func put[K comparable](m *map[K]int64, key K, index int64) {
	if *m == nil {
		*m = map[K]int64{}
	}
	(*m)[key] = index
}
