package calldata

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrABI means that an ABI or a signature cannot be compiled. The message names
// the text and what is wrong with it.
var ErrABI = errors.New("not an ABI")

// A Kind is the shape of a type.
type Kind uint8

// The kinds of the Solidity ABI specification.
const (
	Uint       Kind = iota + 1 // uint8 … uint256
	Int                        // int8 … int256
	Address                    // 20 bytes
	Bool                       // 0 or 1
	FixedBytes                 // bytes1 … bytes32
	Bytes                      // any length
	String                     // UTF-8 of any length
	Slice                      // T[]
	Array                      // T[n]
	Tuple                      // a struct
)

// A Type is a compiled ABI type. It is immutable after parsing.
type Type struct {
	Kind Kind
	// Size is the width in bits of Uint and Int, the length in bytes of
	// FixedBytes, and the number of elements of Array.
	Size int
	// Elem is the element type of Slice and Array.
	Elem *Type
	// Fields are the members of Tuple.
	Fields []Field

	id      uint32 // the type's place in Function.types, from 1
	name    string // canonical spelling, as hashed for the selector
	head    int    // bytes that the type takes in its parent's head
	inner   int    // bytes of the heads of an Array's elements or a Tuple's fields
	dynamic bool
	unused  [4]uint64 // the bits of a word that the type leaves no meaning
}

// A Field is a named argument or tuple member. The name may be empty.
type Field struct {
	Name string
	Type *Type
}

// label is the field's name, or its position where it has none. The two cannot be
// taken for one another: a name never starts with a digit.
func (f Field) label(i int) string {
	if f.Name == "" {
		return strconv.Itoa(i)
	}
	return f.Name
}

// String returns the canonical spelling: "uint256", "(address,bytes)[]".
func (t *Type) String() string { return t.name }

const (
	word = 32
	// maxNesting bounds the depth of types; Solidity programs use three or four.
	maxNesting = 16
	// maxHead bounds the head of one type, so that T[n] cannot ask for the moon.
	maxHead = 1 << 16
)

// newType finishes a type: its spelling, its head and whether it is dynamic.
func newType(t Type) (*Type, error) {
	switch t.Kind {
	case Uint:
		t.name, t.head = "uint"+strconv.Itoa(t.Size), word
	case Int:
		t.name, t.head = "int"+strconv.Itoa(t.Size), word
	case Address:
		t.name, t.head = "address", word
	case Bool:
		t.name, t.head = "bool", word
	case FixedBytes:
		t.name, t.head = "bytes"+strconv.Itoa(t.Size), word
	case Bytes:
		t.name, t.head, t.dynamic = "bytes", word, true
	case String:
		t.name, t.head, t.dynamic = "string", word, true
	case Slice:
		t.name, t.head, t.dynamic = t.Elem.name+"[]", word, true
	case Array:
		t.name, t.dynamic, t.head = fmt.Sprintf("%s[%d]", t.Elem.name, t.Size), t.Elem.dynamic, t.Elem.head*t.Size
	case Tuple:
		if err := checkNames(t.Fields); err != nil {
			return nil, err
		}
		t.name, t.head, t.dynamic = tupleLayout(t.Fields)
	}
	t.inner, t.unused = t.head, unusedBits(t)
	if t.dynamic {
		t.head = word
	}
	if t.head == 0 || t.head > maxHead {
		return nil, fmt.Errorf("%w: type %s takes %d bytes, want 1 to %d", ErrABI, t.name, t.head, maxHead)
	}
	return &t, nil
}

// unusedBits returns the bits of a word, as four big-endian numbers, that must be
// zero in every value of t. Signed integers are extended and checked apart.
func unusedBits(t Type) (mask [4]uint64) {
	from, to := 0, 0 // the bits of the word that are in use, from the left
	switch t.Kind {
	case Uint:
		from, to = 256-t.Size, 256
	case Address:
		from, to = 256-160, 256
	case Bool:
		from, to = 255, 256
	case FixedBytes:
		from, to = 0, 8*t.Size
	default:
		return mask
	}
	for bit := range 256 {
		if bit < from || bit >= to {
			mask[bit/64] |= 1 << (63 - bit%64)
		}
	}
	return mask
}

// checkNames refuses names by which an argument could not be told from another.
func checkNames(fields []Field) error {
	seen := map[string]bool{}
	for _, f := range fields {
		switch {
		case f.Name == "":
		case !identifier(f.Name):
			return fmt.Errorf("%w: argument name %q", ErrABI, f.Name)
		case seen[f.Name]:
			return fmt.Errorf("%w: two arguments named %q", ErrABI, f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}

func tupleLayout(fields []Field) (name string, head int, dynamic bool) {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Type.name
		head += f.Type.head
		dynamic = dynamic || f.Type.dynamic
	}
	return "(" + strings.Join(names, ",") + ")", head, dynamic
}

// elementary compiles a type without suffix: uint256, address, bytes4. Aliases
// ("uint") are refused: the selector is made of the full name, and a reader who
// guesses is one too many.
func elementary(s string) (*Type, error) {
	switch s {
	case "address":
		return newType(Type{Kind: Address})
	case "bool":
		return newType(Type{Kind: Bool})
	case "bytes":
		return newType(Type{Kind: Bytes})
	case "string":
		return newType(Type{Kind: String})
	}
	for _, p := range []struct {
		prefix         string
		kind           Kind
		min, max, step int
	}{{"uint", Uint, 8, 256, 8}, {"int", Int, 8, 256, 8}, {"bytes", FixedBytes, 1, 32, 1}} {
		digits, ok := strings.CutPrefix(s, p.prefix)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(digits)
		if err != nil || strconv.Itoa(n) != digits || n < p.min || n > p.max || n%p.step != 0 {
			return nil, fmt.Errorf("%w: type %q, want %s%d to %s%d", ErrABI, s, p.prefix, p.min, p.prefix, p.max)
		}
		return newType(Type{Kind: p.kind, Size: n})
	}
	return nil, fmt.Errorf("%w: type %q is not known (address payable, fixed and aliases such as uint are not ABI types)", ErrABI, s)
}

// suffixed applies "[]" and "[n]" to base, left to right.
func suffixed(base *Type, suffix string) (*Type, error) {
	t := base
	for depth := 0; suffix != ""; depth++ {
		inner, rest, ok := strings.Cut(suffix, "]")
		if !ok || !strings.HasPrefix(inner, "[") || depth >= maxNesting {
			return nil, fmt.Errorf("%w: array suffix %q", ErrABI, suffix)
		}
		next := Type{Kind: Slice, Elem: t}
		if inner != "[" {
			n, err := strconv.Atoi(inner[1:])
			if err != nil || strconv.Itoa(n) != inner[1:] || n < 1 || n > maxHead {
				return nil, fmt.Errorf("%w: array length %q", ErrABI, inner[1:])
			}
			next = Type{Kind: Array, Size: n, Elem: t}
		}
		var err error
		if t, err = newType(next); err != nil {
			return nil, err
		}
		suffix = rest
	}
	return t, nil
}
