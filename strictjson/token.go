package strictjson

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string. With keep, its folded bytes join the keys of the object
// being read.
func (s *scanner) text(keep bool) error {
	start, from := s.pos, len(s.fold)
	for s.pos++; s.pos < len(s.data); {
		r, size := rune(s.data[s.pos]), 1
		switch {
		case r == '"':
			s.pos++
			if keep {
				s.keys = append(s.keys, key{at: start, from: from, to: len(s.fold)})
			}
			return nil
		case r < ' ':
			return s.fail(s.pos, "control character in a string")
		case r == '\\':
			var reason string
			if r, size, reason = escape(s.data[s.pos:]); reason != "" {
				return s.fail(s.pos, reason)
			}
		case r >= utf8.RuneSelf:
			if r, size = utf8.DecodeRune(s.data[s.pos:]); r == utf8.RuneError && size == 1 {
				return s.fail(s.pos, "invalid UTF-8")
			}
		}
		s.pos += size
		if keep {
			s.fold = utf8.AppendRune(s.fold, foldRune(r))
		}
	}
	return s.fail(start, "string has no end")
}

// escape reads the escape at the head of b: its rune and its length in bytes.
func escape(b []byte) (r rune, size int, reason string) {
	if len(b) < 2 {
		return 0, 0, "string has no end"
	}
	if i := bytes.IndexByte([]byte(`"\/bfnrt`), b[1]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 2, ""
	}
	r, ok := unit(b)
	switch {
	case !ok:
		return 0, 0, "unknown escape"
	case !utf16.IsSurrogate(r):
		return r, 6, ""
	}
	low, _ := unit(b[6:])
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, 0, "surrogate escape without its other half"
	}
	return r, 12, ""
}

// unit reads \uXXXX.
func unit(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

func (s *scanner) number() error {
	start := s.pos
	if s.peek() == '-' {
		s.pos++
	}
	leading := s.peek()
	whole := s.digits()
	if whole == 0 || leading == '0' && whole > 1 {
		return s.fail(start, "not a number")
	}
	if s.peek() == '.' {
		s.pos++
		if s.digits() == 0 {
			return s.fail(start, "not a number")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if s.digits() == 0 {
			return s.fail(start, "not a number")
		}
	}
	return nil
}

func (s *scanner) digits() (n int) {
	for ; '0' <= s.peek() && s.peek() <= '9'; n++ {
		s.pos++
	}
	return n
}

func (s *scanner) word(w string) error {
	if !bytes.HasPrefix(s.data[s.pos:], []byte(w)) {
		return s.fail(s.pos, "unknown word")
	}
	s.pos += len(w)
	return nil
}

// foldRune returns the smallest rune that equals r but for case, as encoding/json
// does when it looks for a field: "K", "k" and the Kelvin sign are one.
func foldRune(r rune) rune {
	if 'a' <= r && r <= 'z' {
		return r - 'a' + 'A'
	}
	if r < utf8.RuneSelf {
		return r
	}
	for {
		next := unicode.SimpleFold(r)
		if next <= r {
			return next
		}
		r = next
	}
}

// step renders the key that begins at offset at, as part of a path.
func (s *scanner) step(at int) string {
	end := at + 1
	for end < len(s.data) && s.data[end] != '"' && end-at <= 40 {
		end++
	}
	k := s.data[at+1 : end]
	for _, c := range k {
		if c != '_' && c != '-' && !('0' <= c && c <= '9') && !('a' <= c|0x20 && c|0x20 <= 'z') {
			return "[" + strconv.QuoteToASCII(string(k)) + "]"
		}
	}
	return fmt.Sprintf(".%s", k)
}
