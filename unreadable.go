package countersign

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// An UnreadableError is one item of a custodian's list, or one answer of it, that cannot be read.
// It wraps [ErrUnreadable]: what stands beside it is as good as it was, and people must look at it.
type UnreadableError struct {
	// Kind is what it is, in a word, such as approval.
	Kind string
	// ID is its own, where it says exactly one; else empty.
	ID string
	// Raw is what came.
	Raw json.RawMessage
	// Err says why.
	Err error
}

// Unreadable is the error of an item, with the ID that can be read of it.
func Unreadable(kind string, raw []byte, err error) *UnreadableError {
	return &UnreadableError{Kind: kind, ID: idOf(raw), Raw: bytes.Clone(raw), Err: err}
}

// Error names it and says why.
func (e *UnreadableError) Error() string {
	return fmt.Sprintf("%s: %v: %v", e.Name(), ErrUnreadable, e.Err)
}

// Unwrap is [ErrUnreadable] and the reason.
func (e *UnreadableError) Unwrap() []error { return []error{ErrUnreadable, e.Err} }

// Name is one name of it: its kind and its ID, or where that cannot be read the SHA-256 of what came.
func (e *UnreadableError) Name() string {
	if e.ID != "" {
		return e.Kind + "/" + e.ID
	}
	sum := sha256.Sum256(e.Raw)
	return e.Kind + "/sha256-" + hex.EncodeToString(sum[:])
}

// idOf is the one member "id" of an object. One that stands twice, in whatever case, is none:
// two readers could take two things for it.
func idOf(raw []byte) (id string) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return ""
	}
	found := 0
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			return ""
		}
		if key, ok := name.(string); !ok || !strings.EqualFold(key, "id") {
			continue
		} else if found++; found > 1 || key != "id" || json.Unmarshal(value, &id) != nil || CheckID(id) != nil {
			return ""
		}
	}
	return id
}
