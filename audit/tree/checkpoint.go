package tree

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrCheckpoint means that a checkpoint is not one, or that nobody whom we trust has
// signed it.
var ErrCheckpoint = errors.New("not a checkpoint of the log")

// A Checkpoint is what a log says of itself: how many records it has and the root of
// the tree over them.
type Checkpoint struct {
	// Origin names the log, as its key does.
	Origin string
	Size   int64
	Root   tlog.Hash
}

// Text is the body of the signed note (c2sp.org/tlog-checkpoint, "Note text"): three
// lines. We write no extension lines, and accept none.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// Sign signs a checkpoint with the keys of the log: one, or two while one takes over
// from the other. Their name must be the origin.
func (c Checkpoint) Sign(keys ...note.Signer) ([]byte, error) {
	for _, k := range keys {
		if k.Name() != c.Origin {
			return nil, fmt.Errorf("%w: the key is that of %q, the log is %q", ErrCheckpoint, k.Name(), c.Origin)
		}
	}
	return note.Sign(&note.Note{Text: c.Text()}, keys...)
}

// OpenCheckpoint reads a signed checkpoint. One of the keys of the log must have signed
// it; signatures of others, such as witnesses, are passed over.
func OpenCheckpoint(msg []byte, log note.Verifiers) (Checkpoint, error) {
	n, err := note.Open(msg, log)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	c, err := parse(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	for _, s := range n.Sigs {
		if s.Name == c.Origin {
			return c, nil
		}
	}
	return Checkpoint{}, fmt.Errorf("%w: it is that of %q and signed by others only", ErrCheckpoint, c.Origin)
}

// ReadCheckpoint reads what a note says without asking who has signed it.
func ReadCheckpoint(msg []byte) (Checkpoint, error) {
	text, _, ok := strings.Cut(string(msg), "\n\n")
	if !ok {
		return Checkpoint{}, fmt.Errorf("%w: no signed note", ErrCheckpoint)
	}
	return parse(text + "\n")
}

func parse(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] == "" {
		return Checkpoint{}, fmt.Errorf("%w: want an origin, a size and a root, each in its line", ErrCheckpoint)
	}
	c := Checkpoint{Origin: lines[0]}
	var err error
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 || strconv.FormatInt(c.Size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("%w: size %.30q is no number of records", ErrCheckpoint, lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, fmt.Errorf("%w: root %.60q is no base64 of 32 bytes", ErrCheckpoint, lines[2])
	}
	copy(c.Root[:], root)
	if c.Text() != text { // one spelling
		return Checkpoint{}, fmt.Errorf("%w: it is spelled otherwise than the specification says", ErrCheckpoint)
	}
	return c, nil
}
