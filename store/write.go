package store

import (
	"context"
	"slices"
	"sync"

	"countersign/audit"
	"countersign/store/evidence"
	"countersign/store/find"
	"countersign/store/halts"

	"golang.org/x/mod/sumdb/tlog"
)

// maxSigning is how many signatures of one group are asked for at once: a key may be far
// away, and answers many as fast as one.
const maxSigning = 32

// A writing is a record in its place that is being signed and written.
type writing struct {
	audit.Unsigned
	owner *appending // nil for what stands around a record

	signed chan struct{}
	// The answer.
	entry audit.Entry
	err   error
}

// signing signs side by side, from the moment that a record has its place: the next ones are
// still looking for theirs, and the first are written while the last are signed.
type signing struct {
	sync.WaitGroup
	room chan struct{}
}

func (s *signing) begin(w *writing) {
	if s.room == nil {
		s.room = make(chan struct{}, maxSigning)
	}
	w.signed = make(chan struct{})
	s.Go(func() {
		s.room <- struct{}{}
		defer func() { <-s.room }()
		defer close(w.signed)
		w.entry, w.err = w.Sign()
	})
}

// writeAtOnce is how many records one statement inserts: few enough that the next are signed
// meanwhile.
const writeAtOnce = 4

// write inserts the records as they are signed, with the evidence, and puts them under the tree.
func (p *placing) write(ctx context.Context) error {
	if err := p.tx.Send(ctx, evidence.Keep(p.evidence)...); err != nil {
		return err
	}
	atOnce := writeAtOnce
	if p.db.postgres { // it gets all together
		atOnce = len(p.written)
	}
	records, leaves := make([]audit.Entry, 0, len(p.written)), make([]tlog.Hash, 0, len(p.written))
	for some := range slices.Chunk(p.written, atOnce) {
		var facets [][]audit.Facet
		for _, w := range some {
			<-w.signed
			if w.err != nil {
				return w.err
			}
			records, leaves = append(records, w.entry), append(leaves, tlog.RecordHash([]byte(w.entry.JWS)))
			facets = append(facets, w.Facets)
		}
		if err := p.tx.Send(ctx, find.Put(p.db.sql, records[len(records)-len(some):], facets)...); err != nil {
			return err
		}
	}
	statements, err := p.db.grow(p.end, leaves, p.registry)
	if err != nil {
		return err
	}
	if err := p.tx.Send(ctx, statements...); err != nil {
		return err
	}
	if err := p.tx.Flush(ctx); err != nil {
		return err
	}
	p.told(records)
	return nil
}

// told gives each append its record, and the end of the log what it must know of them.
func (p *placing) told(records []audit.Entry) {
	for i, w := range p.written {
		if w.owner != nil {
			w.owner.entry = records[i]
		}
	}
	for _, s := range p.later {
		s.a.entry = records[s.at]
	}
	p.end.heads, p.end.appended = p.heads, records
	p.end.learned = !slices.ContainsFunc(records, func(e audit.Entry) bool {
		return slices.Contains(halts.LearnedFrom, e.Record.Type)
	})
}
