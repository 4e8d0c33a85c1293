package strictjson

import (
	"fmt"
	"strconv"
	"strings"
)

// A scanner walks the text once. Its stacks are slices that grow to the deepest
// point and are reused from there.
type scanner struct {
	data  []byte
	pos   int
	stack []frame
	keys  []key  // keys of every open object, innermost last
	fold  []byte // their folded bytes, back to back
}

// A frame is one open array or object.
type frame struct {
	object bool
	index  int // array: the element being read
	at     int // object: offset of the key being read, -1 before the first
	keys   int // object: where its keys begin in scanner.keys
	fold   int // object: where their bytes begin in scanner.fold
}

func (s *scanner) value() error {
	s.space()
	switch c := s.peek(); {
	case c == '{':
		return s.object()
	case c == '[':
		return s.array()
	case c == '"':
		return s.text(false)
	case c == '-' || '0' <= c && c <= '9':
		return s.number()
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	case s.pos >= len(s.data):
		return s.fail(s.pos, "text ends where a value should be")
	default:
		return s.fail(s.pos, fmt.Sprintf("byte 0x%02x where a value should be", c))
	}
}

func (s *scanner) object() error {
	if err := s.open(frame{object: true, at: -1, keys: len(s.keys), fold: len(s.fold)}); err != nil {
		return err
	}
	if s.space(); s.peek() == '}' {
		s.close()
		return nil
	}
	for {
		s.space()
		if s.peek() != '"' {
			return s.fail(s.pos, "no key where one should be")
		}
		s.top().at = s.pos
		if err := s.text(true); err != nil {
			return err
		}
		if s.space(); s.peek() != ':' {
			return s.fail(s.pos, "no colon after the key")
		}
		s.pos++
		if err := s.value(); err != nil {
			return err
		}
		more, err := s.next('}')
		if err != nil {
			return err
		}
		if !more {
			err = s.distinct()
			s.close()
			return err
		}
	}
}

func (s *scanner) array() error {
	if err := s.open(frame{}); err != nil {
		return err
	}
	if s.space(); s.peek() == ']' {
		s.close()
		return nil
	}
	for {
		if err := s.value(); err != nil {
			return err
		}
		more, err := s.next(']')
		if err != nil {
			return err
		}
		if !more {
			s.close()
			return nil
		}
		s.top().index++
	}
}

// next reads a comma (more follows) or the closing bracket.
func (s *scanner) next(end byte) (more bool, err error) {
	s.space()
	switch s.peek() {
	case ',':
		s.pos++
		return true, nil
	case end:
		return false, nil // close steps over it
	}
	return false, s.fail(s.pos, fmt.Sprintf("neither a comma nor %q", string(end)))
}

func (s *scanner) open(f frame) error {
	if len(s.stack) == MaxDepth {
		return s.fail(s.pos, fmt.Sprintf("nested deeper than %d", MaxDepth))
	}
	s.pos++
	s.stack = append(s.stack, f)
	return nil
}

func (s *scanner) close() {
	s.pos++
	f := s.top()
	if f.object {
		s.keys, s.fold = s.keys[:f.keys], s.fold[:f.fold]
	}
	s.stack = s.stack[:len(s.stack)-1]
}

func (s *scanner) top() *frame { return &s.stack[len(s.stack)-1] }

// peek returns the next byte, or 0 at the end; a NUL is no JSON either.
func (s *scanner) peek() byte {
	if s.pos < len(s.data) {
		return s.data[s.pos]
	}
	return 0
}

func (s *scanner) space() {
	for s.pos < len(s.data) {
		switch s.data[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

func (s *scanner) fail(offset int, reason string) error {
	return &Error{Offset: offset, Path: s.path(), Reason: reason}
}

// path is built only when something is wrong.
func (s *scanner) path() string {
	var b strings.Builder
	b.WriteByte('$')
	for _, f := range s.stack {
		switch {
		case !f.object:
			b.WriteString("[" + strconv.Itoa(f.index) + "]")
		case f.at >= 0:
			b.WriteString(s.step(f.at))
		}
	}
	return b.String()
}
