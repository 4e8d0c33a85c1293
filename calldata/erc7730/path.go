package erc7730

import (
	"fmt"
	"strconv"
	"strings"

	"countersign/calldata"
)

// The budget of one path.
const (
	maxPathLength = 512
	maxSteps      = 32
)

// A path is a compiled path reference: a root and the steps from it.
type path struct {
	text  string
	root  byte // '#', '@', '$', or 0 for one relative to the structure being described
	steps []step
}

// A step chooses a member by name, an element by index, or a range.
type step struct {
	name     string
	kind     stepKind
	from, to int
	open     bool // a range without end
	whole    bool // [], which chooses elements and no bytes
}

type stepKind uint8

const (
	byName stepKind = iota
	byIndex
	byRange // [], [a:b]: every element of a list, or some bytes
)

// parsePath compiles a path. Steps are separated by dots; a bracket may also stand
// right behind a name, as the specification's own examples have it.
func parsePath(text string) (*path, error) {
	bad := func(why string) (*path, error) { return nil, fmt.Errorf("path %.80q: %s", text, why) }
	if text == "" || len(text) > maxPathLength {
		return bad("empty or too long")
	}
	p, rest := &path{text: text}, text
	if strings.IndexByte("#@$", text[0]) >= 0 {
		if len(text) < 3 || text[1] != '.' {
			return bad("want a dot and a name behind the root")
		}
		p.root, rest = text[0], text[2:]
	}
	for more := true; more; {
		var s step
		end := strings.IndexAny(rest, ".[")
		if strings.HasPrefix(rest, "[") {
			end = strings.IndexByte(rest, ']') + 1
			if end == 0 || !s.bracket(rest[1:end-1]) {
				return bad("want [], [i] or [from:to]")
			}
		} else {
			if end < 0 {
				end = len(rest)
			}
			if s.name = rest[:end]; !name(s.name) {
				return bad("want a name")
			}
		}
		if p.steps = append(p.steps, s); len(p.steps) > maxSteps {
			return bad("too many steps")
		}
		rest = rest[end:]
		if more = rest != ""; more && rest[0] == '.' {
			if rest = rest[1:]; rest == "" {
				return bad("ends with a dot")
			}
		} else if more && rest[0] != '[' {
			return bad("want a dot")
		}
	}
	return p, nil
}

// bracket reads what stands between [ and ].
func (s *step) bracket(inner string) (ok bool) {
	from, to, isRange := strings.Cut(inner, ":")
	if inner == "" || isRange {
		s.kind, s.open, s.whole = byRange, to == "", inner == ""
		return (from == "" || number(from, &s.from)) && (to == "" || number(to, &s.to))
	}
	s.kind = byIndex
	return number(inner, &s.from)
}

// number reads an index. Nothing in a call has a million elements.
func number(text string, n *int) bool {
	i, err := strconv.Atoi(text)
	*n = i
	return err == nil && strconv.Itoa(i) == text && i > -1_000_000 && i < 1_000_000
}

func name(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$') {
			return false
		}
	}
	return s != ""
}

// normal is the path as it is compared with others: without the root of the data,
// which may be left out, and without a trailing choice of all elements.
func normal(text string) string {
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(text, "#."), "[]"), ".")
}

// within puts the path of an enclosing group in front of a relative one.
func within(outer, inner string) string {
	if outer == "" || strings.HasPrefix(inner, "#.") || strings.HasPrefix(inner, "@.") || strings.HasPrefix(inner, "$.") {
		return inner
	}
	return outer + "." + inner
}

// resolve follows the path. It leads to one value, or through a range to several.
func (p *path) resolve(s *scope) (found []datum, several bool, err error) {
	at, steps := s.base, p.steps
	switch p.root {
	case '@':
		d, err := s.container(p)
		return []datum{d}, false, err
	case '$':
		return nil, false, fmt.Errorf("path %.80q does not lead to data of the call", p.text)
	case '#':
		at = s.root()
	}
	found = []datum{at}
	for i, step := range steps {
		last := i == len(steps)-1
		if step.kind == byRange && len(found) == 1 && found[0].list() {
			if several {
				return nil, false, fmt.Errorf("path %.80q goes through more than one list", p.text)
			}
			found, err = found[0].elements(step)
			several = true
		} else {
			err = each(found, func(d *datum) error { return d.follow(step, last) })
		}
		if err != nil {
			return nil, false, fmt.Errorf("path %.80q: %w", p.text, err)
		}
	}
	if len(found) == 1 && !several && found[0].list() { // a path to a list stands for its elements
		found, err = found[0].elements(step{kind: byRange, open: true})
		several = true
	}
	return found, several, err
}

func each(ds []datum, do func(*datum) error) error {
	for i := range ds {
		if err := do(&ds[i]); err != nil {
			return err
		}
	}
	return nil
}

// list reports whether the value is an array of the call.
func (d *datum) list() bool {
	return d.typ != nil && (d.typ.Kind == calldata.Slice || d.typ.Kind == calldata.Array)
}

// elements returns the part of a list that a range chooses.
func (d *datum) elements(s step) ([]datum, error) {
	from, to, err := s.bounds(d.value.Len())
	if err != nil {
		return nil, err
	}
	if to-from > maxFields {
		return nil, fmt.Errorf("%d elements, at most %d", to-from, maxFields)
	}
	out := make([]datum, 0, to-from)
	for i := from; i < to; i++ {
		out = append(out, datum{value: d.value.At(i), typ: d.typ.Elem})
	}
	return out, nil
}

// bounds turns a range into positions of something of length n. A range that is not
// wholly inside is an error: nobody knows what its author meant.
func (s step) bounds(n int) (from, to int, err error) {
	from, to = s.from, s.to
	if from < 0 {
		from += n
	}
	if to < 0 {
		to += n
	}
	if s.open {
		to = n
	}
	if from < 0 || to > n || from > to {
		return 0, 0, fmt.Errorf("[%d:%d] is not inside of %d", s.from, s.to, n)
	}
	return from, to, nil
}

// follow takes one step from a single value.
func (d *datum) follow(s step, last bool) error {
	switch {
	case s.kind == byName && d.members != nil:
		for i, f := range d.members {
			if f.Name == s.name {
				*d = datum{value: d.at(i), typ: f.Type}
				return nil
			}
		}
		return fmt.Errorf("no %q", s.name)
	case s.kind == byName && d.typ != nil && d.typ.Kind == calldata.Tuple:
		v := d.value
		*d = datum{members: d.typ.Fields, at: v.At}
		return d.follow(s, last)
	case s.kind == byIndex && d.list():
		i := s.from
		if i < 0 {
			i += d.value.Len()
		}
		if i < 0 || i >= d.value.Len() {
			return fmt.Errorf("no element %d of %d", s.from, d.value.Len())
		}
		*d = datum{value: d.value.At(i), typ: d.typ.Elem}
		return nil
	case s.kind == byRange && last && !s.whole:
		return d.slice(s)
	}
	return fmt.Errorf("a %s has no such part", d.kind())
}
