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

// ErrReceipt means that a receipt proves nothing.
var ErrReceipt = errors.New("not a receipt")

// receiptHeader is the first line of a receipt (c2sp.org/tlog-proof, "Format").
const receiptHeader = "c2sp.org/tlog-proof@v1"

// maxReceipt bounds what is read as a receipt: a record of 64 KiB in base64, 63 hashes
// and a checkpoint with many signatures.
const maxReceipt = 256 << 10

// A Receipt proves that a record stands in the log at an index, offline, to whoever
// trusts the log's public key.
type Receipt struct {
	// Record is the compact JWS. It travels in the proof's extra data.
	Record string
	Index  int64
	// Path is the hashes from the leaf's sibling to the child of the root.
	Path tlog.RecordProof
	// Checkpoint is the signed note.
	Checkpoint []byte
}

// Text is the receipt as a .tlog-proof file.
func (r Receipt) Text() []byte {
	var b strings.Builder
	b.WriteString(receiptHeader + "\nextra " + base64.StdEncoding.EncodeToString([]byte(r.Record)) + "\nindex " + strconv.FormatInt(r.Index, 10) + "\n")
	for _, h := range r.Path {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n")
	b.Write(r.Checkpoint)
	return []byte(b.String())
}

// ParseReceipt reads a .tlog-proof file. It proves nothing yet: see [Receipt.Check].
func ParseReceipt(text []byte) (r Receipt, err error) {
	if len(text) > maxReceipt {
		return r, fmt.Errorf("%w: %d bytes, at most %d", ErrReceipt, len(text), maxReceipt)
	}
	head, checkpoint, ok := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 3 || lines[0] != receiptHeader {
		return r, fmt.Errorf("%w: want %q, extra, index, hashes, an empty line and a checkpoint", ErrReceipt, receiptHeader)
	}
	extra, hasExtra := strings.CutPrefix(lines[1], "extra ")
	index, hasIndex := strings.CutPrefix(lines[2], "index ")
	if !hasExtra || !hasIndex {
		return r, fmt.Errorf("%w: its second line must be the record (extra …), its third the index", ErrReceipt)
	}
	record, err := base64.StdEncoding.Strict().DecodeString(extra)
	if err != nil {
		return r, fmt.Errorf("%w: extra: %w", ErrReceipt, err)
	}
	r.Record, r.Checkpoint = string(record), []byte(checkpoint)
	if r.Index, err = strconv.ParseInt(index, 10, 64); err != nil || r.Index < 0 {
		return r, fmt.Errorf("%w: index %.30q", ErrReceipt, index)
	}
	for _, line := range lines[3:] {
		h, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(h) != tlog.HashSize {
			return r, fmt.Errorf("%w: hash %.60q is no base64 of 32 bytes", ErrReceipt, line)
		}
		r.Path = append(r.Path, tlog.Hash(h))
	}
	if string(r.Text()) != string(text) { // one spelling
		return r, fmt.Errorf("%w: it is spelled otherwise than the specification says", ErrReceipt)
	}
	return r, nil
}

// Check verifies that the record stands at its index under the checkpoint, and that a
// key of the log has signed that. Whether the record itself is genuine is another
// question.
func (r Receipt) Check(log note.Verifiers) (Checkpoint, error) {
	c, err := OpenCheckpoint(r.Checkpoint, log)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	if r.Index < 0 || r.Index >= c.Size {
		return Checkpoint{}, fmt.Errorf("%w: index %d is not under a checkpoint of %d records", ErrReceipt, r.Index, c.Size)
	}
	if err := tlog.CheckRecord(r.Path, c.Size, c.Root, r.Index, tlog.RecordHash([]byte(r.Record))); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: record %d does not stand under the checkpoint of %d records: %w", ErrReceipt, r.Index, c.Size, err)
	}
	return c, nil
}
