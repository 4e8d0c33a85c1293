package typeddata

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

type kind uint8

// The kinds of type that EIP-712 has: the atomic ones first, each of which is
// one word, then the dynamic ones, then the reference types.
const (
	uintKind kind = iota + 1
	intKind
	addressKind
	boolKind
	fixedKind
	bytesKind
	stringKind
	arrayKind
	structKind
)

// A typ is a compiled type. It is immutable once its schema is compiled.
type typ struct {
	kind kind
	// size is the width in bits of integers, the length in bytes of fixedKind and
	// the number of elements of arrayKind, where 0 is any number.
	size int
	elem *typ    // of arrayKind
	def  *define // of structKind
	name string  // as it is spelled and hashed
}

// A define is a struct.
type define struct {
	name   string
	at     int
	fields []field

	typeHash [32]byte // once it is sealed
	state    int8     // of the search for cycles
	height   int
}

// A field is a member of a struct.
type field struct {
	name string
	typ  *typ
	at   int // its type's offset in types
}

// own is the struct alone, as encodeType writes it.
func (d *define) own() string {
	members := make([]string, len(d.fields))
	for i, f := range d.fields {
		members[i] = f.typ.name + " " + f.name
	}
	return d.name + "(" + strings.Join(members, ",") + ")"
}

// encodeType is the struct, then those it refers to, directly or not, by name.
func (d *define) encodeType() string {
	others := map[string]string{}
	d.collect(others)
	delete(others, d.name)
	var b strings.Builder
	b.WriteString(d.own())
	for _, name := range slices.Sorted(maps.Keys(others)) {
		b.WriteString(others[name])
	}
	return b.String()
}

// seal hashes the type once, and not for each value of it.
func (d *define) seal() { d.typeHash = keccak([]byte(d.encodeType())) }

func (d *define) collect(seen map[string]string) {
	if _, done := seen[d.name]; done {
		return
	}
	seen[d.name] = d.own()
	for _, other := range d.refers() {
		other.collect(seen)
	}
}

// refers lists the structs that members of d are of, or are arrays of.
func (d *define) refers() (others []*define) {
	for _, f := range d.fields {
		t := f.typ
		for t.kind == arrayKind {
			t = t.elem
		}
		if t.kind == structKind {
			others = append(others, t.def)
		}
	}
	return others
}

var (
	identifier = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)
	// reserved are the names that Solidity gives to types of its own, among them
	// those that EIP-712 has not: a struct of that name is read in two ways.
	reserved = regexp.MustCompile(`^(address|bool|string|byte|function|(u?int|bytes)[0-9]*|u?fixed([0-9]+x[0-9]+)?)$`)
	suffixes = regexp.MustCompile(`^(\[([1-9][0-9]{0,4})?\])*$`)
)

// words are the types without a size.
var words = map[string]kind{"address": addressKind, "bool": boolKind, "bytes": bytesKind, "string": stringKind}

// atomic compiles a type that is neither an array nor a struct. There are no
// aliases: "uint" would be hashed as it stands (EIP-712), which no contract does.
func atomic(name string) (*typ, bool) {
	if k, ok := words[name]; ok {
		return &typ{kind: k, name: name}, true
	}
	for _, p := range []struct {
		prefix    string
		kind      kind
		step, max int
	}{{"uint", uintKind, 8, 256}, {"int", intKind, 8, 256}, {"bytes", fixedKind, 1, 32}} {
		digits, ok := strings.CutPrefix(name, p.prefix)
		if n, err := strconv.Atoi(digits); ok && err == nil {
			ok = strconv.Itoa(n) == digits && n >= p.step && n <= p.max && n%p.step == 0
			return &typ{kind: p.kind, size: n, name: name}, ok
		}
	}
	return nil, false
}

// arrays applies "[]" and "[n]" to base, left to right.
func arrays(base *typ, suffix string) (*typ, bool) {
	if !suffixes.MatchString(suffix) || strings.Count(suffix, "]") > MaxDepth {
		return nil, false
	}
	t := base
	for suffix != "" {
		inner, rest, _ := strings.Cut(suffix[1:], "]")
		n, _ := strconv.Atoi(inner) // 0 where there are no digits: any number
		if n > MaxValues {
			return nil, false
		}
		t = &typ{kind: arrayKind, size: n, elem: t, name: t.name + "[" + inner + "]"}
		suffix = rest
	}
	return t, true
}
