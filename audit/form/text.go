package form

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Text is what a text says whose spelling between the quotes is given.
func Text(spelled []byte) string {
	if bytes.IndexByte(spelled, '\\') < 0 {
		return string(spelled)
	}
	var s string
	_ = json.Unmarshal(append(append([]byte{'"'}, spelled...), '"'), &s) // it was read as a text before
	return s
}

// String is the text that a value is; ok says whether it is one.
func String(value []byte) (text []byte, ok bool) {
	if len(value) < 2 || value[0] != '"' {
		return nil, false
	}
	inner := value[1 : len(value)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner, true
	}
	return []byte(Text(inner)), true
}

// Object appends the members of a value that was passed over as JSON without spaces before,
// as a member of a body was; ok says whether it is an object.
func Object(value []byte, to []Member) (members []Member, ok bool) {
	s := scanner{b: value}
	if !s.ahead("{") || !s.object(1, &to) || s.at != len(value) {
		return to[:0], false
	}
	return to, true
}

// Unambiguous reports whether no object in a value names two members that a reader could
// take for one: encoding/json does not tell cases apart and keeps the last, others keep
// the first.
func Unambiguous(value []byte) bool {
	if len(value) == 0 {
		return false
	}
	switch value[0] {
	case '{':
		members, ok := Object(value, nil)
		names := map[string]bool{}
		for _, m := range members {
			name := fold(Text(m.Name))
			if names[name] || !Unambiguous(m.Value) {
				return false
			}
			names[name] = true
		}
		return ok
	case '[':
		var items []json.RawMessage
		if json.Unmarshal(value, &items) != nil {
			return false
		}
		for _, item := range items {
			if !Unambiguous(item) {
				return false
			}
		}
	}
	return true
}

// fold is one spelling for all names that encoding/json takes for the same.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }
