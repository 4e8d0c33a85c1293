package bundle

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"

	"countersign/audit"
	"countersign/audit/form"

	"golang.org/x/mod/sumdb/tlog"
)

// strict refuses spare bits that are not nought.
var strict = base64.RawURLEncoding.Strict()

// EntryOf is a record as its bytes tell it: whoever has them comes to the same. Of bytes
// that are no record, only the index, the bytes and their hash are told.
func EntryOf(index int64, jws string) audit.Entry {
	leaf := tlog.RecordHash([]byte(jws))
	e := audit.Entry{Index: index, JWS: jws, LeafHash: hex.EncodeToString(leaf[:])}
	_, rest, _ := strings.Cut(jws, ".")
	payload, _, _ := strings.Cut(rest, ".")
	raw, err := strict.DecodeString(payload)
	if err != nil {
		return e
	}
	var p form.Payload
	if p.Read(raw) != nil {
		return e
	}
	if rec, err := audit.RecordOf(&p); err == nil {
		e.Record = rec
	}
	return e
}

// keyIDOf is the key that a record says it is signed with.
func keyIDOf(jws string) string {
	head, _, _ := strings.Cut(jws, ".")
	raw, err := strict.DecodeString(head)
	var h struct {
		KeyID string `json:"kid"`
	}
	if err != nil || json.Unmarshal(raw, &h) != nil {
		return ""
	}
	return h.KeyID
}

// AboutKeys reports whether records of a type change the keys of a log.
func AboutKeys(t audit.Type) bool {
	return t == audit.KeyEnrolled || t == audit.KeyRetired || t == audit.KeyRevoked
}
