// Package dfns is the vocabulary that the sandbox shares with its callers:
// identifiers, dates and errors in the form the DFNS API gives them.
//
// The forms are those of the public OpenAPI 2.0.155 and of the npm package
// @dfns/sdk 0.8.21. The package is pure, except that identifiers are random.
package dfns

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"
)

// alphabet is the set of characters of a DFNS identifier after its prefix.
const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

// NewID returns a fresh identifier with the given prefix, such as wa-… for a
// wallet. It matches ^<prefix>-[a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{14,16}$.
func NewID(prefix string) string {
	r := Random(alphabet, 26)
	return prefix + "-" + r[:5] + "-" + r[5:10] + "-" + r[10:]
}

// Random returns n characters, each drawn evenly from set, which holds at most
// 256 of them.
func Random(set string, n int) string {
	limit := 256 - 256%len(set)
	out, buf := make([]byte, 0, n), make([]byte, 64)
	for len(out) < n {
		_, _ = rand.Read(buf) // never fails: crypto/rand ends the program instead
		for _, b := range buf {
			if int(b) < limit && len(out) < n {
				out = append(out, set[int(b)%len(set)])
			}
		}
	}
	return string(out)
}

// Time is an instant as DFNS writes it: ISO-8601, UTC, milliseconds. The zero
// Time is left out of JSON by the omitzero option.
type Time struct{ time.Time }

// timeLayout is ISO-8601 with milliseconds and a literal Z.
const timeLayout = "2006-01-02T15:04:05.000Z"

// At returns t in UTC, cut to the milliseconds that DFNS keeps.
func At(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// String writes t as "2006-01-02T15:04:05.000Z".
func (t Time) String() string { return t.UTC().Format(timeLayout) }

// MarshalJSON writes t as "2006-01-02T15:04:05.000Z".
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(`"` + t.String() + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Time) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("reading date: %w", err)
	}
	parsed, err := time.Parse(timeLayout, s)
	if err != nil {
		return fmt.Errorf("reading date: %w", err)
	}
	t.Time = parsed
	return nil
}
