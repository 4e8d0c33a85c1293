package audit

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

var (
	// ErrNoRecord means that no record has the key.
	ErrNoRecord = errors.New("no such record on the trail")

	// ErrTooLarge means that a record is longer than a tlog-tiles leaf may be.
	ErrTooLarge = errors.New("record is too large")
)

// MaxEntry is the longest entry: C2SP tlog-tiles keeps a leaf's length in 16 bits.
const MaxEntry = 1<<16 - 1

// A Draft is a record that was not appended yet.
type Draft struct {
	Key  string
	Type Type
	// Lineage names what started all this, from the trigger to the ledger; empty where
	// nothing did. See [Record].
	Lineage string
	// Body is marshalled to JSON once, when the draft is sealed. A body that names its own
	// place is a func(index int64) any.
	Body any
	// Retold says that another attempt may tell the same fact in other words, by a later
	// reading or another clock: the record that stands under the key is then as good. Without
	// it only the same content is taken for the same: see [Draft.Stands].
	Retold bool
	// Before and After stand around the record, in the same transaction and in their
	// order. One whose key is on the trail already is passed over: it was told.
	Before, After []Draft
	// Evidence is what the body names by its SHA-256. It is kept beside the record, in
	// the same transaction.
	Evidence [][]byte
}

// A Head is the end of one author's chain, as the appending transaction found it.
type Head struct {
	// Index is the next free position in the whole log.
	Index int64
	// Seq and Prev are the next record's place in its author's chain: its number, and
	// the [ChainHash] of the one before.
	Seq  int64
	Prev string
}

// check fails unless a record can stand there.
func (h Head) check() error {
	hash := len(h.Prev) == 0 || len(h.Prev) == 2*sha256.Size && strings.Trim(h.Prev, "0123456789abcdef") == ""
	if h.Index < 0 || h.Seq < 0 || !hash {
		return fmt.Errorf("no record can have index %d, seq %d and prev %.80q", h.Index, h.Seq, h.Prev)
	}
	return nil
}

// After is the head once a record has taken the place at h.
func (h Head) After(input string) Head {
	return Head{Index: h.Index + 1, Seq: h.Seq + 1, Prev: chainHash(input)}
}

// An Entry is a signed record in its place.
type Entry struct {
	// Index is the position in the log, from 0 without gaps.
	Index int64
	// JWS is the record as signed: the only copy that counts.
	JWS string
	// LeafHash is the lower-case hex RFC 6962 leaf hash of JWS.
	LeafHash string
	// Record is the payload, decoded for convenience.
	Record Record
}

// Decode reads the record's body.
func (e Entry) Decode(body any) error {
	if err := json.Unmarshal(e.Record.Body, body); err != nil {
		return fmt.Errorf("body of record %d (%s): %w", e.Index, e.Record.Type, err)
	}
	return nil
}

// A Signer seals drafts with one service account's key.
type Signer struct {
	// Key signs. Its public key must be Ed25519 or ECDSA on P-256. It may be far away,
	// in a KMS or an HSM, and is asked from many goroutines at once.
	Key crypto.Signer
	// Issuer names the deployment, Subject the service account. Both stand in
	// every record.
	Issuer, Subject string
	// Vouch, when it is set, is how the custodian's credential of the same account
	// vouches for the key when it is enrolled.
	Vouch func(statement []byte) (Credential, error)
	// Now is the clock.
	Now func() time.Time
}

// LeafHash returns the lower-case hex of SHA-256(0x00 || jws), RFC 6962 §2.1.
func LeafHash(jws string) string {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write([]byte(jws))
	return hex.EncodeToString(h.Sum(nil))
}

// ChainHash is what the next record of the same author names as its prev: the
// lower-case hex SHA-256 of the signing input, all of the JWS before its last dot.
func ChainHash(jws string) string {
	return chainHash(jws[:max(strings.LastIndexByte(jws, '.'), 0)])
}

func chainHash(input string) string {
	sum := sha256.Sum256([]byte(input))
	return hex.EncodeToString(sum[:])
}

// marshal is JSON without HTML escapes, so that a reason with < or & reads as it
// was written.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
