package trust

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/note"
)

var (
	// ErrUnsigned means that a checkpoint is none, or that no key of its log has signed it.
	ErrUnsigned = errors.New("not signed by the log")

	// ErrOrigin means that a checkpoint is that of a log which is not trusted.
	ErrOrigin = errors.New("of another log")
)

// A Checkpoint is one that was opened, and who of those we know has signed it.
type Checkpoint struct {
	tree.Checkpoint
	// Logs are the IDs of the log's keys that have, Witnesses the policy's names.
	Logs, Witnesses []string
}

// Checkpoint opens a signed note. At least one key of the log must have signed it: of the
// trusted ones, or of more; else it fails with [ErrUnsigned] or [ErrOrigin]. A signature
// that is wrong, of somebody we know, spoils it.
func (r *Roots) Checkpoint(msg []byte, more ...LogKey) (Checkpoint, error) {
	logs := slices.Concat(r.Logs, more)
	var all []note.Verifier
	for _, k := range logs {
		all = append(all, k.verifier)
	}
	for _, w := range r.witnesses {
		all = append(all, w.verifier)
	}
	claimed, err := tree.ReadCheckpoint(msg)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	if r.Origin != "" && claimed.Origin != r.Origin {
		return Checkpoint{}, fmt.Errorf("%w: it is that of %.80q, want %.80q", ErrOrigin, claimed.Origin, r.Origin)
	}
	if !slices.ContainsFunc(logs, func(k LogKey) bool { return k.Origin == claimed.Origin }) {
		return Checkpoint{}, fmt.Errorf("%w: it is that of %.80q, of which no key is trusted", ErrOrigin, claimed.Origin)
	}
	n, err := note.Open(msg, note.VerifierList(all...))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	if n.Text != claimed.Text() { // both have cut the text from the signatures at the same place
		return Checkpoint{}, fmt.Errorf("%w: it can be read in two ways", ErrUnsigned)
	}
	for _, sig := range n.Sigs { // x/mod passes over spare bits, and then a checkpoint had many spellings
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return Checkpoint{}, fmt.Errorf("%w: the signature of %s is not canonical base64", ErrUnsigned, sig.Name)
		}
	}
	c := Checkpoint{Checkpoint: claimed}
	by := func(v note.Verifier) bool {
		return slices.ContainsFunc(n.Sigs, func(sig note.Signature) bool { return sig.Name == v.Name() && sig.Hash == v.KeyHash() })
	}
	for _, k := range logs {
		if k.Origin == claimed.Origin && by(k.verifier) {
			c.Logs = append(c.Logs, k.ID)
		}
	}
	for _, w := range r.witnesses {
		if by(w.verifier) {
			c.Witnesses = append(c.Witnesses, w.name)
		}
	}
	if len(c.Logs) == 0 {
		return Checkpoint{}, fmt.Errorf("%w: it is signed by others than its log", ErrUnsigned)
	}
	return c, nil
}
