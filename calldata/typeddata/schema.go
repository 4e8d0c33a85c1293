package typeddata

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"countersign/strictjson"
)

// domainType is the name that EIP-712 gives to the type of the domain.
const domainType = "EIP712Domain"

// A schema is the compiled strictjson.Value of types.
type schema struct {
	defs   map[string]*define // without the domain
	domain *define            // nil where the strictjson.Value has none
}

func readSchema(raw json.RawMessage) (*schema, error) {
	v, err := readText(raw)
	if err != nil {
		return nil, err
	}
	if !v.Is('{') {
		return nil, refuse(BadType, v.At, "not an object of types")
	}
	s := &schema{defs: map[string]*define{}}
	parts := v.Parts()
	// Names first: a type may be used before it is defined.
	for i := 0; i < len(parts); i += 2 {
		name := parts[i].Text()
		switch {
		case !identifier.MatchString(name) || reserved.MatchString(name):
			return nil, refuse(BadType, parts[i].At, "%.40q is no name for a struct", name)
		case len(s.defs) == MaxTypes:
			return nil, refuse(TooLarge, parts[i].At, "more than %d types", MaxTypes)
		}
		s.defs[name] = &define{name: name, at: parts[i].At}
	}
	for i := 0; i < len(parts); i += 2 {
		name := parts[i].Text()
		if s.defs[name].fields, err = s.fields(parts[i+1]); err != nil {
			return nil, within(err, name)
		}
	}
	s.domain = s.defs[domainType]
	delete(s.defs, domainType)
	return s, nil
}

// fields reads [{"name":…,"type":…},…].
func (s *schema) fields(v strictjson.Value) ([]field, error) {
	if !v.Is('[') {
		return nil, refuse(BadType, v.At, "not an array of members")
	}
	var fields []field
	seen := map[string]bool{}
	for i, e := range v.Parts() {
		f, err := s.field(e)
		if err == nil && seen[f.name] {
			err = refuse(BadType, e.At, "a second member %.40q", f.name)
		}
		if err != nil {
			return nil, within(err, index(i))
		}
		seen[f.name] = true
		fields = append(fields, f)
	}
	if len(fields) == 0 {
		return nil, refuse(BadType, v.At, "a struct without members, which Solidity does not have")
	}
	return fields, nil
}

func (s *schema) field(v strictjson.Value) (f field, err error) {
	if !v.Is('{') {
		return f, refuse(BadType, v.At, "not an object")
	}
	words := v.Members()
	for _, name := range []string{"name", "type"} {
		if w, has := words[name]; !has {
			return f, within(refuse(MissingMember, v.At, "is not there"), name)
		} else if !w.Is('"') {
			return f, within(refuse(BadType, w.At, "not a string"), name)
		}
	}
	if len(words) > 2 {
		return f, refuse(UnknownMember, v.At, "%d members, want name and type", len(words))
	}
	f = field{name: words["name"].Text(), at: words["type"].At}
	if !identifier.MatchString(f.name) {
		return f, within(refuse(BadType, words["name"].At, "%.40q is no name for a member", f.name), "name")
	}
	if f.typ, err = s.compile(words["type"].Text(), f.at); err != nil {
		return f, within(err, "type")
	}
	return f, nil
}

func (s *schema) compile(spelling string, at int) (*typ, error) {
	end := strings.IndexByte(spelling, '[')
	if end < 0 {
		end = len(spelling)
	}
	name := spelling[:end]
	base, ok := atomic(name)
	if def := s.defs[name]; def != nil && name != domainType {
		base, ok = &typ{kind: structKind, def: def, name: name}, true
	}
	switch {
	case !ok && (!identifier.MatchString(name) || reserved.MatchString(name) || name == domainType):
		return nil, refuse(BadType, at, "%.40q is no type for a member (nor are aliases such as uint)", spelling)
	case !ok:
		return nil, refuse(UnknownType, at, "type %.40q is not defined", name)
	}
	t, ok := arrays(base, spelling[end:])
	if !ok {
		return nil, refuse(BadType, at, "array suffix %.40q", spelling[end:])
	}
	return t, nil
}

// primary returns the type of the message, once all of the schema is found to be
// what the message is made of.
func (s *schema) primary(name string) (*define, error) {
	roots := maps.Clone(s.defs)
	for _, d := range s.defs {
		for _, other := range d.refers() {
			delete(roots, other.name)
		}
	}
	if name == "" {
		switch names := slices.Sorted(maps.Keys(roots)); {
		case len(s.defs) == 0:
			return nil, within(refuse(MissingMember, 0, "no type of a message"), "types")
		case len(names) > 1:
			return nil, within(refuse(AmbiguousPrimaryType, 0, "not given, and no other type refers to any of %.200q", names), "primaryType")
		case len(names) == 1:
			name = names[0]
		default: // a cycle; which of its types is refused does not matter
			name = slices.Min(slices.Collect(maps.Keys(s.defs)))
		}
	}
	d := s.defs[name]
	if d == nil {
		return nil, within(refuse(UnknownType, 0, "%.40q is not a defined type of a message", name), "primaryType")
	}
	height, err := d.measure()
	if err != nil {
		return nil, within(err, "types")
	}
	if height > MaxDepth {
		return nil, within(refuse(TooLarge, d.at, "values of %s nest %d deep, at most %d", d.name, height, MaxDepth), "types")
	}
	for _, name := range slices.Sorted(maps.Keys(s.defs)) {
		if u := s.defs[name]; u.state != measured {
			return nil, within(within(refuse(UnusedType, u.at, "is no part of %s", d.name), name), "types")
		}
		s.defs[name].seal()
	}
	return d, nil
}

// The states of a struct in the search for cycles.
const (
	entered  int8 = iota + 1 // its members are being looked at
	measured                 // its height is known
)

// measure returns how deep values of the struct nest, itself included, and
// refuses one that contains itself.
func (d *define) measure() (int, error) {
	switch d.state {
	case measured:
		return d.height, nil
	case entered:
		return 0, within(refuse(RecursiveType, d.at, "contains itself"), d.name)
	}
	d.state = entered
	below := 0
	for _, f := range d.fields {
		n, t := 1, f.typ
		for ; t.kind == arrayKind; t = t.elem {
			n++
		}
		if t.kind == structKind {
			height, err := t.def.measure()
			if err != nil {
				return 0, err
			}
			n += height - 1
		}
		below = max(below, n)
	}
	d.state, d.height = measured, below+1
	return d.height, nil
}
