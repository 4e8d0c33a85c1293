package dfns

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Decode reads body into v and refuses unknown members, as the OpenAPI's
// additionalProperties:false demands, members given twice, and trailing text.
// Names are compared with their case. An empty body reads as {}. Failures are
// 400 [Error]s.
func Decode(body []byte, v any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	if err := checkMembers(body, v); err != nil {
		return BadRequest("malformed request body: %v", err)
	}
	if err := json.Unmarshal(body, v); err != nil { // also refuses trailing text
		return BadRequest("malformed request body: %v", err)
	}
	return nil
}

// Canonical returns body with sorted keys and no spaces, numbers untouched, so
// that two texts of the same JSON value compare equal.
func Canonical(body []byte) (string, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return "", BadRequest("malformed request body: %v", err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encoding canonical JSON: %w", err)
	}
	return string(text), nil
}

// Compact encodes v as JavaScript's JSON.stringify would: no spaces, and <, >,
// &, U+2028 and U+2029 as themselves. Receivers that re-serialise a webhook
// before they verify it, as DFNS's samples do, then see the same bytes.
func Compact(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding JSON: %w", err)
	}
	return unescapeSeparators(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))), nil
}

// unescapeSeparators undoes the one escape that encoding/json insists on. It
// walks escape by escape, so that an escaped backslash before "u2028" stays.
func unescapeSeparators(in []byte) []byte {
	out := make([]byte, 0, len(in))
	for i := 0; i < len(in); i++ {
		if in[i] != '\\' || i+1 == len(in) {
			out = append(out, in[i])
			continue
		}
		switch {
		case bytes.HasPrefix(in[i:], []byte(`\u2028`)):
			out, i = append(out, "\u2028"...), i+5
		case bytes.HasPrefix(in[i:], []byte(`\u2029`)):
			out, i = append(out, "\u2029"...), i+5
		default:
			out, i = append(out, in[i], in[i+1]), i+1
		}
	}
	return out
}
