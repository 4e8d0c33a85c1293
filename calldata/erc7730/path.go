package erc7730

import (
	"regexp"
	"strconv"
	"strings"

	"countersign/calldata"
)

// A path is a compiled path reference: a root and the steps from it.
type path struct {
	text  string
	root  byte // '#', '@', '$', or 0 for one relative to the structure being described
	steps []step
}

// A step chooses a member by name, an element by index, or a range.
type step struct {
	name     string // of a member; empty for the others
	index    bool
	from, to int
	open     bool // a range without end
	whole    bool // [], which chooses elements and no bytes
}

// maxPath is how long a path, or an intent with paths in it, may be, in bytes.
const maxPath = 2_048

// stepForm is a name, [], [i], [from:to] or a range with one end left out.
var stepForm = regexp.MustCompile(`^(?:([A-Za-z0-9_$]+)|\[(?:(-?[0-9]{1,6})|((-?[0-9]{1,6})?:(-?[0-9]{1,6})?))?\])$`)

// path compiles a path. Steps are separated by dots; a bracket may also stand
// right behind a name, as in the specification's own examples.
func (o *object) path(text string) *path {
	p, rest := &path{text: text}, text
	if len(text) > 2 && strings.IndexByte("#@$", text[0]) >= 0 && text[1] == '.' {
		p.root, rest = text[0], text[2:]
	}
	steps := strings.Split(strings.ReplaceAll(strings.ReplaceAll(rest, "[", ".["), "..[", ".["), ".")
	if strings.HasPrefix(rest, "[") {
		steps = steps[1:] // nothing stands in front of the bracket
	}
	if len(text) > maxPath || len(steps) > 32 {
		o.fail("path %.80q is too long", text)
		return p
	}
	for _, token := range steps {
		m := stepForm.FindStringSubmatch(token)
		if m == nil {
			o.fail("path %.80q: %.40q is neither a name nor [], [i] or [from:to]", text, token)
			return p
		}
		s := step{name: m[1], index: m[2] != "", open: m[5] == "", whole: token == "[]"}
		s.from, _ = strconv.Atoi(m[2] + m[4]) // one of them at most; digits in either case
		s.to, _ = strconv.Atoi(m[5])
		p.steps = append(p.steps, s)
	}
	return p
}

// normal is the path as it is compared with others: without the root of the data,
// which may be left out, and without a trailing choice of all elements.
func normal(text string) string {
	return strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(text, "#."), "[]"), ".")
}

// within puts the path of an enclosing group in front of a relative one.
func within(outer, inner string) string {
	if outer == "" || strings.HasPrefix(inner, "#.") || strings.HasPrefix(inner, "@.") {
		return inner
	}
	return outer + "." + inner
}

// resolve follows a path. It leads to one datum, or through a list to several; to
// nothing only when there was a mistake or the list is empty.
func (s *scope) resolve(p *path) (found []datum, several bool) {
	steps := p.steps
	switch p.root {
	case 0:
		found = []datum{s.base}
	case '#':
		found = []datum{s.root()}
	case '@':
		found, steps = []datum{s.container(p)}, steps[1:]
	default:
		s.fail("path %.80q does not lead to data of the call", p.text)
	}
	for len(steps) > 0 && s.err == nil {
		found, several = s.follow(p, found, several, steps[0], len(steps) == 1)
		steps = steps[1:]
	}
	if s.err == nil && !several && found[0].list() { // a path to a list stands for its elements
		return s.follow(p, found, false, step{open: true, whole: true}, true)
	}
	return found, several && s.err == nil
}

// follow takes one step from every datum found so far.
func (s *scope) follow(p *path, found []datum, several bool, next step, last bool) (out []datum, many bool) {
	for _, d := range found {
		b, hasBytes := d.raw()
		switch {
		case next.name != "":
			out = append(out, s.member(p, d, next.name))
		case d.list() && (next.index || !several):
			from, to := s.bounds(p, next, d.value.Len())
			for i := from; i < to; i++ {
				out = append(out, datum{value: d.value.At(i), typ: d.typ.Elem})
			}
			many = !next.index
		case hasBytes && last && !next.index && !next.whole:
			from, to := s.bounds(p, next, len(b))
			out = append(out, datum{bytes: append([]byte{}, b[from:to]...)})
		default:
			s.fail("path %.80q: there is no such part, or it is in a list of lists", p.text)
		}
	}
	return out, several || many
}

// member is the argument or member of a name.
func (s *scope) member(p *path, d datum, name string) datum {
	fields, at := d.members, d.at
	if d.typ != nil && d.typ.Kind == calldata.Tuple {
		fields, at = d.typ.Fields, d.value.At
	}
	for i, f := range fields {
		if f.Name == name {
			return datum{value: at(i), typ: f.Type}
		}
	}
	s.fail("path %.80q: there is no %q", p.text, name)
	return datum{}
}

// bounds turns a range into positions of something of length n. A range that is not
// wholly inside is a mistake: nobody knows what its author meant.
func (s *scope) bounds(p *path, r step, n int) (from, to int) {
	from, to = r.from, r.to
	if from < 0 {
		from += n
	}
	if to < 0 {
		to += n
	}
	if r.index {
		to = from + 1
	} else if r.open {
		to = n
	}
	if from < 0 || to > n || from > to || to-from > maxFields && n > maxFields {
		s.fail("path %.80q: the range is not inside of %d, or too long", p.text, n)
		return 0, 0
	}
	return from, to
}
