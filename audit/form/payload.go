// Package form reads the payload of a record in the one form that the profile of package
// audit allows, without decoding it: what was signed is what would be written again, so
// that no two readers can see different records in it.
//
// The form is what encoding/json writes for an audit.Record, without HTML escapes: fixed
// members in a fixed order, no spaces, each text and number and time in its one spelling.
// The body alone may be spelled as its author did, without spaces.
package form

import (
	"errors"
	"unicode/utf8"
)

// ErrForm means that bytes are not a payload in the form of the profile.
var ErrForm = errors.New("not in the form of the profile")

// maxDepth is how deep objects and lists may lie in a payload; encoding/json reads no
// deeper.
const maxDepth = 10_000

// A Payload is a record as it was signed. Its texts and its body are parts of the bytes
// that were read and live as long. A text stands as between its quotes: since it has one
// spelling, two texts are equal when their bytes are; see [Text].
type Payload struct {
	ID, Type, Key, Lineage, Issuer, Subject, At, Prev []byte

	Index, Seq int64
	// Body is JSON, and Members what it holds when it is an object: the names as between
	// their quotes, in their order, whatever their spelling.
	Body    []byte
	Members []Member
}

// A Member is a name and its value, JSON.
type Member struct {
	Name, Value []byte
}

// Read reads a payload of version 1, or fails with [ErrForm]. It reuses the room of
// Members.
func (p *Payload) Read(b []byte) error {
	s := scanner{b: b}
	*p = Payload{Members: p.Members[:0]}
	// JSON is UTF-8; the scanner looks at single bytes.
	if !utf8.Valid(b) || !s.record(p) {
		return ErrForm
	}
	return nil
}

func (s *scanner) record(p *Payload) bool {
	ok := s.skip(`{"v":1`) && s.text(`,"id":`, &p.ID) && s.text(`,"type":`, &p.Type) && s.text(`,"key":`, &p.Key)
	if !ok {
		return false
	}
	if s.ahead(`,"lineage":`) && (!s.text(`,"lineage":`, &p.Lineage) || len(p.Lineage) == 0) {
		return false
	}
	ok = s.text(`,"iss":`, &p.Issuer) && s.text(`,"sub":`, &p.Subject) &&
		s.text(`,"at":`, &p.At) && moment(p.At) &&
		s.number(`,"index":`, &p.Index) && s.number(`,"seq":`, &p.Seq) &&
		s.text(`,"prev":`, &p.Prev) && s.skip(`,"body":`)
	if !ok {
		return false
	}
	from := s.at
	if s.ahead("{") {
		ok = s.object(1, &p.Members)
	} else {
		ok = s.value(1)
	}
	p.Body = b(s.b, from, s.at)
	return ok && s.skip("}") && s.at == len(s.b)
}

func b(bytes []byte, from, to int) []byte { return bytes[from:to:to] }

// moment reports whether text is a time as a record spells it: RFC 3339 in UTC, to the
// microsecond, without noughts at the end of the fraction.
func moment(t []byte) bool {
	n := len(t)
	if n < 20 || n > 27 || n == 21 || t[n-1] != 'Z' {
		return false
	}
	for i, c := range t[:n-1] {
		want := byte(0)
		switch i {
		case 4, 7:
			want = '-'
		case 10:
			want = 'T'
		case 13, 16:
			want = ':'
		case 19:
			want = '.'
		}
		if want != 0 && c != want || want == 0 && (c < '0' || c > '9') {
			return false
		}
	}
	two := func(i int) int { return int(t[i]-'0')*10 + int(t[i+1]-'0') }
	year, month, day := two(0)*100+two(2), two(5), two(8)
	return (n == 20 || t[n-2] != '0') &&
		month >= 1 && month <= 12 && day >= 1 && day <= days(year, month) &&
		two(11) < 24 && two(14) < 60 && two(17) < 60
}

func days(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
