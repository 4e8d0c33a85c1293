package bundle

import (
	"bytes"
	"encoding/json"
	"fmt"

	"countersign/audit"
)

// A publicKey is a member of a JWK set (RFC 7517 §4), with where in the log it counts.
type publicKey struct {
	audit.JWK
	PublicKeyUse string `json:"use"`
	Algorithm    string `json:"alg"`
	KeyID        string `json:"kid"`

	Use     audit.KeyUse `json:"countersign_use"`
	Subject string       `json:"countersign_subject"`
	From    int64        `json:"countersign_from"`
	Until   *int64       `json:"countersign_until,omitempty"`
	Revoked bool         `json:"countersign_revoked"`
}

// KeySet is the keys of a log as a JWK set, in the order of their enrolment.
func KeySet(r *audit.Registry) ([]byte, error) {
	set := struct {
		Keys []publicKey `json:"keys"`
	}{Keys: []publicKey{}}
	for _, k := range r.All() {
		alg, err := audit.Algorithm(k.Public)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", k.KeyID, err)
		}
		key := publicKey{
			JWK: k.Key, PublicKeyUse: "sig", Algorithm: alg, KeyID: k.KeyID,
			Use: k.Use, Subject: k.Subject, From: k.From, Revoked: k.Revoked,
		}
		if k.Until >= 0 {
			key.Until = &k.Until
		}
		set.Keys = append(set.Keys, key)
	}
	return Marshal(set)
}

// Learn takes a record about a key into account. One that does not count, or that no key
// has signed which may, changes nothing.
func Learn(r *audit.Registry, e audit.Entry) (counts bool) {
	kid := keyIDOf(e.JWS)
	pub, ok := r.Candidate(e.Record, kid)
	if !ok {
		return false
	}
	rec, err := audit.Open(e.JWS, audit.NewKeys(pub))
	return err == nil && rec.Index == e.Index && r.ApplyBy(rec, kid) == nil
}

// Marshal is JSON for people: indented, without HTML escapes.
func Marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return buf.Bytes(), err
}
