// Package strictjson refuses JSON that two readers could read differently.
//
// encoding/json takes the last of two equal keys, takes "APPROVALID" for
// "approvalId", and turns broken UTF-8 into U+FFFD, all without a word. Another
// reader takes the first key, or the exact one. Where a signature or a decision
// stands over such a text, the two have agreed to different things. [Check]
// looks at the bytes once, before anyone decodes them, and says no.
//
// Whatever Check accepts, encoding/json accepts; the fuzz target holds it to
// that. The package imports only the standard library.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// MaxDepth is how deep arrays and objects may nest. Nothing that a custodian
// sends comes near it (an approval nests nine deep).
const MaxDepth = 32

// ErrRefused means that a text is not JSON, or is JSON that readers may read
// differently. The same bytes are refused again.
var ErrRefused = errors.New("JSON refused")

// An Error says where and why a text was refused. It wraps [ErrRefused].
type Error struct {
	// Offset counts bytes from 0 to where the trouble was noticed; for a key that
	// stands twice, to the opening quote of the later one.
	Offset int
	// Path leads to the trouble: "$" is the whole text, "$.data.tags[3]" the
	// fourth tag. Keys that are not plain words are quoted, long ones shortened.
	Path string
	// Reason is what is wrong, in a few words.
	Reason string
}

// Error names the place, then the problem.
func (e *Error) Error() string {
	return fmt.Sprintf("JSON refused at byte %d, %s: %s", e.Offset, e.Path, e.Reason)
}

// Unwrap makes every [Error] an [ErrRefused].
func (e *Error) Unwrap() error { return ErrRefused }

// Check returns nil when data is exactly one JSON value (RFC 8259) in which no
// object holds a key twice, also not in another case by Unicode simple folding;
// all text is valid UTF-8 and every surrogate escape has its other half; and
// nesting is at most [MaxDepth]. Anything else is an [*Error].
//
// It takes time in proportion to len(data), but for a logarithm in the number
// of keys of one object, and allocates a few buffers in all.
func Check(data []byte) error {
	s := scanner{data: data}
	if err := s.value(); err != nil {
		return err
	}
	if s.space(); s.pos < len(data) {
		return s.fail(s.pos, "data after the value")
	}
	return nil
}

// Unmarshal is [Check], then json.Unmarshal.
func Unmarshal(data []byte, v any) error {
	if err := Check(data); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// Exact is [Unmarshal] for files that people write: a field that v does not have is a
// mistake, and said so by its name.
func Exact(data []byte, v any) error {
	if err := Check(data); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}
