package swept

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"countersign/audit"
	"countersign/sweep"
)

// A Reader finds records, and what they name by its digest. store.Trail is one, and believes
// only what it has signed itself; store.DB is one that leaves that to whoever asks.
type Reader interface {
	Find(ctx context.Context, key string) (audit.Entry, error)
	Evidence(ctx context.Context, digest string) ([]byte, error)
}

// Moves reads a chunk of moves.
func Moves(ctx context.Context, r Reader, digest string) ([]sweep.Move, error) {
	return chunk[sweep.Move](ctx, r, digest)
}

// contents reads which chunks there are.
func contents(ctx context.Context, r Reader, digest string) (c Contents, err error) {
	return c, evidence(ctx, r, digest, &c)
}

func chunk[T any](ctx context.Context, r Reader, digest string) (all []T, err error) {
	return all, evidence(ctx, r, digest, &all)
}

// chunks reads all of several.
func chunks[T any](ctx context.Context, r Reader, digests []string) (all []T, err error) {
	for _, digest := range digests {
		some, err := chunk[T](ctx, r, digest)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// evidence reads what a record names. Bytes with another digest are [audit.ErrForged], also where
// the reader would take them.
func evidence(ctx context.Context, r Reader, digest string, v any) error {
	text, err := r.Evidence(ctx, digest)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != digest {
		return fmt.Errorf("evidence %.64s: %w: its bytes have another digest", digest, audit.ErrForged)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("evidence %.64s: %w", digest, err)
	}
	return nil
}

// pieces are what is kept beside a record.
type pieces struct{ evidence [][]byte }

// add keeps a value and returns its digest.
func (p *pieces) add(v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("write evidence: %w", err)
	}
	p.evidence = append(p.evidence, text)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// split keeps a list in chunks and returns their digests.
func split[T any](p *pieces, all []T) (digests []string, err error) {
	for some := range slices.Chunk(all, ChunkSize) {
		digest, err := p.add(some)
		if err != nil {
			return nil, err
		}
		digests = append(digests, digest)
	}
	return digests, nil
}
