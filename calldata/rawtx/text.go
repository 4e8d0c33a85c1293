package rawtx

import (
	"bytes"
	"encoding/json"
	"strings"

	"countersign/strictjson"
)

// A text is one value of a JSON text that strictjson has accepted, which is why
// nothing here can fail. It knows where it stands; encoding/json would not say.
type text struct {
	raw []byte // from its first byte to its last, no space around
	at  int
}

// readText checks all of raw.
func readText(raw []byte) (text, error) {
	if err := strictjson.Check(raw); err != nil {
		return text{}, err
	}
	inner := bytes.TrimLeft(raw, space)
	return text{raw: bytes.TrimRight(inner, space), at: len(raw) - len(inner)}, nil
}

const space = " \t\r\n"

// is reports whether v begins as its kind does: '{', '[', '"', 'n' for null.
func (v text) is(kind byte) bool { return v.raw[0] == kind }

// number reports whether v is a JSON number.
func (v text) number() bool { return v.is('-') || '0' <= v.raw[0] && v.raw[0] <= '9' }

// string returns a string's text, without quotes and escapes.
func (v text) string() (s string) {
	_ = json.Unmarshal(v.raw, &s) // it is a string, and strictjson has accepted it
	return s
}

// parts returns the elements of an array, or an object's keys and values in turn.
func (v text) parts() (parts []text) {
	for i := 1; ; {
		for strings.IndexByte(space+",:", v.raw[i]) >= 0 {
			i++
		}
		if i == len(v.raw)-1 {
			return parts
		}
		n := length(v.raw[i:])
		parts = append(parts, text{raw: v.raw[i : i+n], at: v.at + i})
		i += n
	}
}

// length returns how long the value at the head of raw is. Something follows it,
// because it is part of an array or object.
func length(raw []byte) int {
	for i, depth := 0, 0; ; i++ {
		switch raw[i] {
		case '"':
			for i++; raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		default: // of a number or word, or between values
			if depth > 0 || strings.IndexByte(space+",:]}", raw[i+1]) < 0 {
				continue
			}
		}
		if depth == 0 {
			return i + 1
		}
	}
}
