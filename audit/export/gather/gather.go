// Package gather puts what records name by its SHA-256 into an export: each thing once, only when
// it is what its name says, and with what it names in its turn.
package gather

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"countersign/audit"
	"countersign/audit/beside"
	"countersign/audit/export/bundle"
)

// A Gatherer gathers what records name. It keeps some 50 bytes of each thing.
type Gatherer struct {
	// Read returns what is kept under a digest, lower-case hex; [audit.ErrNoRecord] where that is
	// nothing, [audit.ErrForged] where it is something else.
	Read func(ctx context.Context, digest string) ([]byte, error)
	// There, when it is set, returns what an earlier run has put.
	There func(digest string) ([]byte, error)
	// Put takes a thing into the export.
	Put func(digest string, text []byte) error
	// Lost, when it is set, is told what cannot be had.
	Lost func(digest string, err error)
	// Count is counted up.
	Count *bundle.Evidence

	seen map[[32]byte]bool
}

// New begins to gather.
func New(g Gatherer) *Gatherer {
	g.seen = map[[32]byte]bool{}
	return &g
}

// Record gathers what a record names, and what that names in its turn.
func (g *Gatherer) Record(ctx context.Context, e audit.Entry) error {
	for _, n := range beside.Names(e.Record) {
		if err := g.keep(ctx, n); err != nil {
			return fmt.Errorf("what record %d names: %w", e.Index, err)
		}
	}
	return nil
}

// keep puts one thing into the export, and what it names in its turn.
func (g *Gatherer) keep(ctx context.Context, n beside.Name) error {
	if g.seen[n.Digest] {
		return nil
	}
	g.seen[n.Digest] = true
	g.Count.Named++
	text, written, err := g.find(ctx, n)
	if errors.Is(err, audit.ErrNoRecord) || errors.Is(err, audit.ErrForged) {
		if g.Lost != nil {
			g.Lost(n.String(), err)
		}
		return nil
	}
	if err == nil && !written {
		err = g.Put(n.String(), text)
	}
	if err != nil {
		return err
	}
	g.Count.Files++
	if !n.List {
		return nil
	}
	for _, inner := range beside.Inside(text) {
		if err := g.keep(ctx, inner); err != nil {
			return err
		}
	}
	return nil
}

// find reads one thing, where an earlier run has written it or where it is kept.
func (g *Gatherer) find(ctx context.Context, n beside.Name) (text []byte, written bool, err error) {
	if g.There != nil {
		if text, err := g.There(n.String()); err == nil && sha256.Sum256(text) == n.Digest {
			return text, true, nil
		}
	}
	if text, err = g.Read(ctx, n.String()); err != nil {
		return nil, false, err
	}
	if sha256.Sum256(text) != n.Digest {
		return nil, false, fmt.Errorf("evidence %s: %w: its bytes have another digest", n, audit.ErrForged)
	}
	return text, false, nil
}
