package strictjson

import (
	"bytes"
	"slices"
)

// A key is one key of an object being read: where its opening quote is, and
// where its folded bytes are in scanner.fold.
type key struct{ at, from, to int }

// few is how many keys are compared pair by pair; more are sorted first, so
// that a long object does not cost its square.
const few = 8

// distinct refuses the innermost object when two of its keys fold to the same.
func (s *scanner) distinct() error {
	keys := s.keys[s.top().keys:]
	compare := func(a, b key) int { return bytes.Compare(s.fold[a.from:a.to], s.fold[b.from:b.to]) }
	if len(keys) > few {
		slices.SortStableFunc(keys, compare)
		for i := 1; i < len(keys); i++ {
			if compare(keys[i-1], keys[i]) == 0 {
				return s.twice(keys[i-1], keys[i])
			}
		}
		return nil
	}
	for i := range keys {
		for j := range i {
			if compare(keys[j], keys[i]) == 0 {
				return s.twice(keys[j], keys[i])
			}
		}
	}
	return nil
}

// twice tells a repeated key from one that differs in case or in its escapes.
func (s *scanner) twice(first, second key) error {
	s.top().at = second.at
	if s.spelled(first) == s.spelled(second) {
		return s.fail(second.at, "key stands twice")
	}
	return s.fail(second.at, "key differs from an earlier one only in case or escapes")
}

// spelled is the key as it stands in the text, up to its closing quote.
func (s *scanner) spelled(k key) string {
	end := k.at + 1
	for s.data[end] != '"' {
		if s.data[end] == '\\' {
			end++
		}
		end++
	}
	return string(s.data[k.at:end])
}
