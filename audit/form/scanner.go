package form

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
)

// A scanner walks over bytes once and remembers nothing.
type scanner struct {
	b  []byte
	at int
}

func (s *scanner) ahead(t string) bool {
	return len(s.b)-s.at >= len(t) && string(s.b[s.at:s.at+len(t)]) == t
}

func (s *scanner) skip(t string) bool {
	if !s.ahead(t) {
		return false
	}
	s.at += len(t)
	return true
}

// text reads a member's name and its text in the one spelling that encoding/json gives it.
func (s *scanner) text(name string, into *[]byte) bool {
	if !s.skip(name) || !s.next('"') {
		return false
	}
	from := s.at
	for {
		s.plain()
		if s.at >= len(s.b) {
			return false
		}
		switch c := s.b[s.at]; {
		case c == '"':
			*into = b(s.b, from, s.at)
			s.at++
			return separators(*into)
		case c != '\\' || !s.oneEscape():
			return false
		}
	}
}

// separators reports whether a text is free of U+2028 and U+2029, which are written as
// escapes.
func separators(t []byte) bool {
	if bytes.IndexByte(t, 0xe2) < 0 {
		return true
	}
	for i := 0; i+2 < len(t); i++ {
		if t[i] == 0xe2 && t[i+1] == 0x80 && t[i+2]&^1 == 0xa8 {
			return false
		}
	}
	return true
}

// oneEscape passes over an escape that could not be spelled otherwise.
func (s *scanner) oneEscape() bool {
	if s.at+1 >= len(s.b) {
		return false
	}
	switch s.b[s.at+1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		s.at += 2
		return true
	case 'u':
		if s.ahead(`\u2028`) || s.ahead(`\u2029`) || s.ahead(`\u00`) && s.control() {
			s.at += 6
			return true
		}
	}
	return false
}

// control reports whether an escape \u00xx is that of a control character which has no
// shorter one.
func (s *scanner) control() bool {
	if s.at+6 > len(s.b) {
		return false
	}
	high, low := s.b[s.at+4], s.b[s.at+5]
	if high == '0' {
		return low >= '0' && low <= '7' || low == 'b' || low == 'e' || low == 'f'
	}
	return high == '1' && (low >= '0' && low <= '9' || low >= 'a' && low <= 'f')
}

// number reads a member's name and its whole number in its one spelling.
func (s *scanner) number(name string, into *int64) bool {
	if !s.skip(name) {
		return false
	}
	minus := s.next('-')
	from, n := s.at, uint64(0)
	for s.at < len(s.b) && s.b[s.at] >= '0' && s.b[s.at] <= '9' {
		if s.at-from == 19 { // the longest has 19 digits, and 19 cannot overflow 64 bits
			return false
		}
		n = n*10 + uint64(s.b[s.at]-'0')
		s.at++
	}
	digits := s.at - from
	limit := uint64(math.MaxInt64)
	if minus {
		limit++
	}
	if digits == 0 || s.b[from] == '0' && (digits > 1 || minus) || n > limit {
		return false
	}
	*into = int64(n) //nolint:gosec // compared with the limit above
	if minus {
		*into = -*into
	}
	return true
}

// value passes over one JSON value without spaces.
func (s *scanner) value(depth int) bool {
	if s.at >= len(s.b) {
		return false
	}
	switch s.b[s.at] {
	case '{':
		return s.object(depth, nil)
	case '[':
		return s.list(depth)
	case '"':
		return s.anyText()
	case 't':
		return s.skip("true")
	case 'f':
		return s.skip("false")
	case 'n':
		return s.skip("null")
	}
	return s.anyNumber()
}

// object passes over an object and, where it is asked to, remembers its members.
func (s *scanner) object(depth int, members *[]Member) bool {
	s.at++
	if depth++; depth > maxDepth {
		return false
	}
	if s.next('}') {
		return true
	}
	for {
		name := s.at
		if name >= len(s.b) || s.b[name] != '"' || !s.anyText() {
			return false
		}
		value := s.at + 1
		if !s.next(':') || !s.value(depth) {
			return false
		}
		if members != nil {
			*members = append(*members, Member{Name: b(s.b, name+1, value-2), Value: b(s.b, value, s.at)})
		}
		if s.next(',') {
			continue
		}
		return s.next('}')
	}
}

func (s *scanner) list(depth int) bool {
	s.at++
	if depth++; depth > maxDepth {
		return false
	}
	if s.next(']') {
		return true
	}
	for s.value(depth) {
		if s.next(',') {
			continue
		}
		return s.next(']')
	}
	return false
}

// next passes over one byte, if it is that.
func (s *scanner) next(c byte) bool {
	if s.at < len(s.b) && s.b[s.at] == c {
		s.at++
		return true
	}
	return false
}

// anyText passes over a text in any spelling.
func (s *scanner) anyText() bool {
	s.at++
	for {
		s.plain()
		if s.at >= len(s.b) {
			return false
		}
		switch s.b[s.at] {
		case '"':
			s.at++
			return true
		case '\\':
			if !s.anyEscape() {
				return false
			}
		default:
			return false
		}
	}
}

func (s *scanner) anyEscape() bool {
	if s.at+1 >= len(s.b) {
		return false
	}
	switch s.b[s.at+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at += 2
		return true
	case 'u':
		if s.at+6 > len(s.b) {
			return false
		}
		for _, c := range s.b[s.at+2 : s.at+6] {
			if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return false
			}
		}
		s.at += 6
		return true
	}
	return false
}

func (s *scanner) anyNumber() bool {
	s.next('-')
	if !s.next('0') && !s.digits() {
		return false
	}
	if s.next('.') && !s.digits() {
		return false
	}
	if s.next('e') || s.next('E') {
		if !s.next('+') {
			s.next('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	from := s.at
	for s.at < len(s.b) && s.b[s.at] >= '0' && s.b[s.at] <= '9' {
		s.at++
	}
	return s.at > from
}

// ones has the lowest bit of each of eight bytes.
const ones = 0x0101010101010101

// plain goes on to the next byte that is a quote, a backslash or a control character, eight
// at once. (x-n) &^ x has the top bit of the lowest byte that is less than n; above that one
// it may err.
func (s *scanner) plain() {
	at := s.at
	for at+8 <= len(s.b) {
		x := binary.LittleEndian.Uint64(s.b[at:])
		quote, slash := x^(ones*'"'), x^(ones*'\\')
		found := ((x-ones*0x20)&^x | (quote-ones)&^quote | (slash-ones)&^slash) & (ones * 0x80)
		if found != 0 {
			s.at = at + bits.TrailingZeros64(found)/8
			return
		}
		at += 8
	}
	for at < len(s.b) {
		if c := s.b[at]; c < 0x20 || c == '"' || c == '\\' {
			break
		}
		at++
	}
	s.at = at
}
