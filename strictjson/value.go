package strictjson

import (
	"bytes"
	"encoding/json"
	"strings"
)

// A Value is one value of a JSON text that [Check] has accepted, which is why nothing
// here can fail. It knows where it stands; encoding/json would not say.
type Value struct {
	// Raw is the value from its first byte to its last, without space around it.
	Raw []byte
	// At is the offset of the first byte in the text.
	At int
}

// Read checks a whole text and returns the value in it. The error is an [*Error].
func Read(text []byte) (Value, error) {
	if err := Check(text); err != nil {
		return Value{}, err
	}
	inner := bytes.TrimLeft(text, space)
	return Value{Raw: bytes.TrimRight(inner, space), At: len(text) - len(inner)}, nil
}

const space = " \t\r\n"

// Is reports whether v begins as its kind does: '{', '[', '"', 't' for true, 'n' for
// null.
func (v Value) Is(kind byte) bool { return v.Raw[0] == kind }

// IsNumber reports whether v is a JSON number.
func (v Value) IsNumber() bool { return v.Is('-') || '0' <= v.Raw[0] && v.Raw[0] <= '9' }

// Text returns a string's text, without quotes and escapes; empty for other kinds.
func (v Value) Text() (s string) {
	_ = json.Unmarshal(v.Raw, &s)
	return s
}

// Members returns an object's values by their keys.
func (v Value) Members() map[string]Value {
	members := map[string]Value{}
	for parts := v.Parts(); len(parts) > 0; parts = parts[2:] {
		members[parts[0].Text()] = parts[1]
	}
	return members
}

// Parts returns the elements of an array, or an object's keys and values in turn.
func (v Value) Parts() (parts []Value) {
	for i := 1; ; {
		for strings.IndexByte(space+",:", v.Raw[i]) >= 0 {
			i++
		}
		if i == len(v.Raw)-1 {
			return parts
		}
		n := length(v.Raw[i:])
		parts = append(parts, Value{Raw: v.Raw[i : i+n], At: v.At + i})
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
