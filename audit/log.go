package audit

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
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
	// Body is marshalled to JSON once, when the draft is sealed.
	Body any
	// Evidence is what the body names by its SHA-256. It is kept beside the record, in
	// the same transaction.
	Evidence [][]byte
}

// A Head is the end of one author's chain, as the appending transaction found it.
type Head struct {
	// Index is the next free position in the whole log.
	Index int64
	// Seq and Prev are the next record's place in its author's chain.
	Seq  int64
	Prev string
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
	// Key signs. Its public key must be Ed25519.
	Key crypto.Signer
	// Issuer names the deployment, Subject the service account. Both stand in
	// every record.
	Issuer, Subject string
	// Now is the clock.
	Now func() time.Time
}

// Seal signs a draft for its place. It must run inside the transaction that
// appends the entry, with the head locked: two records must never take one place.
func (s *Signer) Seal(d Draft, head Head) (Entry, error) {
	body, err := marshal(d.Body)
	if err != nil {
		return Entry{}, fmt.Errorf("seal %s: %w", d.Key, err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Entry{}, fmt.Errorf("seal %s: %w", d.Key, err)
	}
	rec := Record{
		Version: Version, ID: id.String(), Type: d.Type, Key: d.Key,
		Issuer: s.Issuer, Subject: s.Subject, At: s.Now().UTC().Truncate(time.Microsecond),
		Index: head.Index, Seq: head.Seq, Prev: head.Prev, Body: body,
	}
	payload, err := marshal(rec)
	if err != nil {
		return Entry{}, fmt.Errorf("seal %s: %w", d.Key, err)
	}
	// Never sign what a verifier refuses: a key in broken UTF-8, say, would make a
	// record that stands on the trail for ever and never verifies.
	if _, err := parse(payload); err != nil {
		return Entry{}, fmt.Errorf("seal %q: no verifier would accept it: %v", d.Key, err) //nolint:errorlint // not forged: never signed
	}
	jws, err := s.sign(payload)
	if err != nil {
		return Entry{}, fmt.Errorf("sign %s: %w", d.Key, err)
	}
	if len(jws) > MaxEntry {
		return Entry{}, fmt.Errorf("%w: %s has %d bytes, at most %d; keep evidence by digest", ErrTooLarge, d.Key, len(jws), MaxEntry)
	}
	return Entry{Index: head.Index, JWS: jws, LeafHash: LeafHash(jws), Record: rec}, nil
}

// LeafHash returns the lower-case hex of SHA-256(0x00 || jws), RFC 6962 §2.1.
func LeafHash(jws string) string {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write([]byte(jws))
	return hex.EncodeToString(h.Sum(nil))
}

func (s *Signer) sign(payload []byte) (string, error) {
	pub, ok := s.Key.Public().(ed25519.PublicKey)
	if !ok {
		return "", fmt.Errorf("%w: signing key is %T, want Ed25519", ErrKey, s.Key.Public())
	}
	input := b64(header(KeyID(pub))) + "." + b64(payload)
	sig, err := s.Key.Sign(rand.Reader, []byte(input), crypto.Hash(0))
	if err != nil {
		return "", err
	}
	return input + "." + b64(sig), nil
}

// header is the only JWS header that we write or accept for a key.
func header(kid string) []byte {
	return []byte(`{"alg":"EdDSA","kid":"` + kid + `","typ":"` + MediaType + `"}`)
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
