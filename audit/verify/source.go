package verify

import (
	"context"
	"errors"
	"iter"

	"countersign/audit"
	"countersign/audit/trust"

	"golang.org/x/mod/sumdb/tlog"
)

// Trust is what a verifier believes, with the witnesses it asks for; see package trust.
type (
	Trust   = trust.Trust
	Witness = trust.Witness
	Group   = trust.Group
)

// ErrTrust means that a policy cannot be used.
var ErrTrust = trust.ErrTrust

// ParsePolicy reads a trust policy file (c2sp.org/tlog-policy).
func ParsePolicy(text []byte) (Trust, error) { return trust.ParsePolicy(text) }

// AnyOf is a quorum of at least that many of the witnesses.
func AnyOf(least int, witnesses []Witness) (groups []Group, quorum string) {
	return trust.AnyOf(least, witnesses)
}

// ErrSource means that what was given cannot be the source of a log, whoever made it.
var ErrSource = errors.New("not a log to verify")

// A Source is a log, or a range of one, as it was stored or exported. Nothing in it is
// believed.
type Source struct {
	// Entries are the records in the order of the log. Of an entry only Index and JWS are
	// needed; LeafHash, and Key and Type of the Record, are compared when they are there. A
	// range may begin up to 255 records before its first checkpoint, at a multiple of 256,
	// where exported bundles begin: those in front are compared with the frontier and not
	// looked at otherwise.
	Entries iter.Seq2[audit.Entry, error]
	// Final is the signed checkpoint that the records end with.
	Final []byte
	// First is the signed checkpoint that a range begins behind, and Frontier that of the
	// tree then: the roots of its perfect subtrees, largest first. Both are empty for a
	// whole log.
	First    []byte
	Frontier []tlog.Hash
	// Keys are, for a range, receipts (.tlog-proof) of all records about keys before it, in
	// their order.
	Keys iter.Seq2[[]byte, error]
	// Checkpoints are all signed checkpoints that are stored, smallest first; those at or
	// before the beginning of a range are passed over. When they are given, an intent must
	// have been under one of them when it was posted.
	Checkpoints iter.Seq2[[]byte, error]
	// Anchors are checkpoints known from elsewhere: kept beside the database, by a witness,
	// by an auditor since the last time. The log must extend each of them.
	Anchors [][]byte
	// Export says that the records are an export, which the log may have grown beyond: an anchor
	// of more records than Final cannot be compared with it, and is counted. Otherwise it shows
	// that the log was rolled back.
	Export bool
	// Tile, for a whole log, returns a stored tile: width hashes, 256 for a full one. It
	// returns nil for one that is not stored, which only a partial one may be.
	Tile func(level int, n int64, width int) ([]byte, error)
}

// Options say how to verify. The zero Options check everything with all processors.
type Options struct {
	// HashesOnly leaves records unopened: the tree, its checkpoints and the order of the
	// indexes are checked, and nothing that is inside records.
	HashesOnly bool
	// Workers is how many records are opened at once; 0 is one for each processor.
	Workers int
}

// Log verifies a whole log or a range with the zero [Options].
func Log(ctx context.Context, s Source, t Trust) (Report, error) {
	return Options{}.Log(ctx, s, t)
}
