package verify

import (
	"encoding/base64"
	"fmt"
	"slices"

	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/note"
)

// A signedTree is a checkpoint and who of those we know has signed it.
type signedTree struct {
	tree.Checkpoint
	logs      []string // IDs of keys of the log
	witnesses []string // the policy's names
}

// checkpoint opens a signed note. At least one key of the log must have signed it: of the
// trusted ones, or of more. A signature of somebody we know that is wrong spoils it. The
// code says what is wrong.
func (r *roots) checkpoint(msg []byte, more ...logKey) (signedTree, FaultCode, error) {
	logs := slices.Concat(r.logs, more)
	var all []note.Verifier
	for _, k := range logs {
		all = append(all, k.verifier)
	}
	for _, w := range r.witnesses {
		all = append(all, w.verifier)
	}
	claimed, err := tree.ReadCheckpoint(msg)
	if err != nil {
		return signedTree{}, CheckpointUnsigned, err
	}
	if r.Origin != "" && claimed.Origin != r.Origin {
		return signedTree{}, CheckpointOrigin, fmt.Errorf("it is that of log %.80q, want %.80q", claimed.Origin, r.Origin)
	}
	if !slices.ContainsFunc(logs, func(k logKey) bool { return k.origin == claimed.Origin }) {
		return signedTree{}, CheckpointOrigin, fmt.Errorf("it is that of log %.80q, of which no key is trusted", claimed.Origin)
	}
	n, err := note.Open(msg, note.VerifierList(all...))
	if err != nil {
		return signedTree{}, CheckpointUnsigned, err
	}
	if n.Text != claimed.Text() { // both have cut the text from the signatures at the same place
		return signedTree{}, CheckpointUnsigned, fmt.Errorf("%w: it can be read in two ways", tree.ErrCheckpoint)
	}
	for _, sig := range n.Sigs { // x/mod passes over spare bits, and then a checkpoint had many spellings
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return signedTree{}, CheckpointUnsigned, fmt.Errorf("%w: the signature of %s is not canonical base64", tree.ErrCheckpoint, sig.Name)
		}
	}
	s := signedTree{Checkpoint: claimed}
	by := func(v note.Verifier) bool {
		return slices.ContainsFunc(n.Sigs, func(sig note.Signature) bool { return sig.Name == v.Name() && sig.Hash == v.KeyHash() })
	}
	for _, k := range logs {
		if k.origin == claimed.Origin && by(k.verifier) {
			s.logs = append(s.logs, k.id)
		}
	}
	for _, w := range r.witnesses {
		if by(w.verifier) {
			s.witnesses = append(s.witnesses, w.name)
		}
	}
	if len(s.logs) == 0 {
		return signedTree{}, CheckpointUnsigned, fmt.Errorf("%w: it is signed by others than its log", tree.ErrCheckpoint)
	}
	return s, "", nil
}
