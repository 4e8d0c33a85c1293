package audit

import (
	"bytes"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/audit/form"
)

// ErrForged means that an entry is not what its author signed, or not where.
var ErrForged = errors.New("trail does not verify")

// Keys are the public keys that a verifier trusts, by [KeyID]: Ed25519 or ECDSA on
// P-256.
type Keys map[string]crypto.PublicKey

// NewKeys returns the set of keys.
func NewKeys(pubs ...crypto.PublicKey) Keys {
	ks := Keys{}
	for _, p := range pubs {
		ks[KeyID(p)] = p
	}
	return ks
}

// Open verifies one compact JWS and returns its record. Only the exact profile of
// this package is accepted, and only under a key of ks.
func Open(jws string, ks Keys) (Record, error) {
	if len(jws) > MaxEntry {
		return Record{}, forged("%d bytes, at most %d", len(jws), MaxEntry)
	}
	head, rest, _ := strings.Cut(jws, ".")
	body, sig, ok := strings.Cut(rest, ".")
	if !ok || strings.Contains(sig, ".") {
		return Record{}, forged("not a compact JWS")
	}
	rawHead, err1 := unb64(head)
	raw, err2 := unb64(body)
	signature, err3 := unb64(sig)
	if err := errors.Join(err1, err2, err3); err != nil {
		return Record{}, forged("not canonical base64url: %v", err)
	}
	var h struct {
		KeyID string `json:"kid"`
	}
	if err := json.Unmarshal(rawHead, &h); err != nil {
		return Record{}, forged("header: %v", err)
	}
	pub, known := ks[h.KeyID]
	want, err := header(pub)
	if !known || err != nil {
		return Record{}, forged("key %.60q is not trusted", h.KeyID)
	}
	if !bytes.Equal(rawHead, want) { // no other algorithm, key, type or member
		return Record{}, forged("header is not exactly that of the profile")
	}
	if !Signed(pub, []byte(head+"."+body), signature) {
		return Record{}, forged("signature is wrong")
	}
	return parse(raw)
}

func parse(raw []byte) (Record, error) {
	var p form.Payload
	if err := p.Read(raw); err != nil {
		return Record{}, forged("payload is %v", err)
	}
	return RecordOf(&p)
}

// RecordOf is the record that a payload holds.
func RecordOf(p *form.Payload) (Record, error) {
	at, err := time.Parse(time.RFC3339Nano, string(p.At))
	if err != nil {
		return Record{}, forged("time: %v", err)
	}
	return Record{
		Version: Version, ID: form.Text(p.ID), Type: Type(form.Text(p.Type)), Key: form.Text(p.Key),
		Lineage: form.Text(p.Lineage), Issuer: form.Text(p.Issuer), Subject: form.Text(p.Subject), At: at.UTC(),
		Index: p.Index, Seq: p.Seq, Prev: form.Text(p.Prev), Body: bytes.Clone(p.Body),
	}, nil
}

func forged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrForged, fmt.Sprintf(format, args...))
}
