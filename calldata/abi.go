package calldata

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign/strictjson"

	"golang.org/x/crypto/sha3"
)

// An ABI is the set of functions that may be called on a contract, compiled.
// It is immutable and safe for concurrent use.
type ABI struct {
	functions map[Selector]*Function
}

// A Selector is the first four bytes of call data: those of the Keccak-256 of
// the function's signature.
type Selector [4]byte

// String returns 0x and eight hex digits.
func (s Selector) String() string { return "0x" + hex.EncodeToString(s[:]) }

// A Function is one entry of an ABI.
type Function struct {
	Name string
	// Signature is the canonical one: "mint(address,uint256)". Overloads differ
	// in it, so functions are addressed by it and never by name alone.
	Signature string
	Selector  Selector
	Inputs    []Field

	types []*Type // every type in the inputs; Type.id says where
	args  *Type   // the inputs as one tuple; nil without inputs
	words []*Type // the inputs' types, where each is one word; nil otherwise
}

// ParseABI compiles a JSON ABI. Entries other than functions are passed over.
// Two functions with one selector are refused: bytes that could mean either
// cannot be decided on; so is JSON that two readers could read differently.
func ParseABI(source []byte) (*ABI, error) {
	if err := strictjson.Check(source); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrABI, err)
	}
	var entries []jsonEntry
	if err := json.Unmarshal(source, &entries); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrABI, err)
	}
	a := &ABI{functions: map[Selector]*Function{}}
	for i, e := range entries {
		if e.Type != "function" && e.Type != "" {
			continue
		}
		fields, err := jsonFields(e.Inputs, 0)
		if err != nil {
			return nil, fmt.Errorf("entry %d (%s): %w", i, e.Name, err)
		}
		f, err := newFunction(e.Name, fields)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i, err)
		}
		if err := a.add(f); err != nil {
			return nil, err
		}
	}
	return a, a.checkSize()
}

// ParseSignatures compiles human-readable signatures such as
// "mint(address to,uint256 amount)".
func ParseSignatures(signatures ...string) (*ABI, error) {
	a := &ABI{functions: map[Selector]*Function{}}
	for _, s := range signatures {
		f, err := parseSignature(s)
		if err != nil {
			return nil, err
		}
		if err := a.add(f); err != nil {
			return nil, err
		}
	}
	return a, a.checkSize()
}

// MustABI is [ParseSignatures] for rule books; it panics on a mistake.
func MustABI(signatures ...string) *ABI {
	a, err := ParseSignatures(signatures...)
	if err != nil {
		panic(err)
	}
	return a
}

// Function returns the function with a canonical signature.
func (a *ABI) Function(signature string) (*Function, bool) {
	f, ok := a.functions[SelectorOf(signature)]
	return f, ok && f.Signature == signature
}

// Functions returns all functions, sorted by signature.
func (a *ABI) Functions() []*Function {
	return slices.SortedFunc(maps.Values(a.functions), func(x, y *Function) int {
		return strings.Compare(x.Signature, y.Signature)
	})
}

func (a *ABI) add(f *Function) error {
	if other, taken := a.functions[f.Selector]; taken {
		return fmt.Errorf("%w: %s and %s share the selector %s", ErrABI, other.Signature, f.Signature, f.Selector)
	}
	a.functions[f.Selector] = f
	return nil
}

func (a *ABI) checkSize() error {
	if len(a.functions) == 0 {
		return fmt.Errorf("%w: no functions", ErrABI)
	}
	return nil
}

func newFunction(name string, inputs []Field) (*Function, error) {
	if !identifier(name) {
		return nil, fmt.Errorf("%w: function name %q", ErrABI, name)
	}
	f := &Function{Name: name, Signature: name + "()", Inputs: inputs}
	if len(inputs) > 0 {
		args, err := newType(Type{Kind: Tuple, Fields: inputs})
		if err != nil {
			return nil, fmt.Errorf("function %.64s: %w", name, err)
		}
		f.Signature, f.args = name+args.name, args
		for _, in := range inputs {
			if in.Type.Kind < Bytes {
				f.words = append(f.words, in.Type)
			}
		}
		if len(f.words) < len(inputs) {
			f.words = nil
		}
	}
	f.Selector = SelectorOf(f.Signature)
	f.number(inputs)
	return f, nil
}

// number gives every type in the inputs its place among the function's types. Types
// are made for one function each.
func (f *Function) number(fields []Field) {
	for _, field := range fields {
		for t := field.Type; t != nil; t = t.Elem {
			f.types = append(f.types, t)
			t.id = uint32(len(f.types))
			f.number(t.Fields)
		}
	}
}

// SelectorOf returns the selector of a canonical signature.
func SelectorOf(signature string) Selector {
	h := sha3.NewLegacyKeccak256() // the EVM's Keccak, not the SHA-3 of FIPS 202
	h.Write([]byte(signature))
	return Selector(h.Sum(nil)[:4])
}

type jsonEntry struct {
	Type   string      `json:"type"`
	Name   string      `json:"name"`
	Inputs []jsonField `json:"inputs"`
}

type jsonField struct {
	Name       string      `json:"name"`
	Type       string      `json:"type"`
	Components []jsonField `json:"components"`
}

func jsonFields(in []jsonField, depth int) ([]Field, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("%w: nested deeper than %d", ErrABI, maxNesting)
	}
	out := make([]Field, len(in))
	for i, f := range in {
		t, err := jsonType(f, depth)
		if err != nil {
			return nil, fmt.Errorf("input %d %q: %w", i, f.Name, err)
		}
		out[i] = Field{Name: f.Name, Type: t}
	}
	return out, nil
}

func jsonType(f jsonField, depth int) (*Type, error) {
	base, suffix := f.Type, ""
	if i := strings.IndexByte(f.Type, '['); i >= 0 {
		base, suffix = f.Type[:i], f.Type[i:]
	}
	var t *Type
	var err error
	if base == "tuple" {
		var fields []Field
		if fields, err = jsonFields(f.Components, depth+1); err == nil {
			t, err = newType(Type{Kind: Tuple, Fields: fields})
		}
	} else {
		t, err = elementary(base)
	}
	if err != nil {
		return nil, err
	}
	return suffixed(t, suffix)
}
