package erc7730

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"

	"countersign/calldata"
	"countersign/strictjson"
)

// The budget of a descriptor. Nesting is bounded by [strictjson.MaxDepth].
const (
	// MaxBytes is how large a file may be. The largest of the public registry has
	// about a fifth of it.
	MaxBytes = 1 << 20
	// maxFields is how many fields one call may be described by.
	maxFields = 1_000
)

var (
	// ErrDescriptor means that a file is no descriptor that we can read; the message
	// says what is wrong. Another version of the file may help.
	ErrDescriptor = errors.New("not a usable ERC-7730 descriptor")

	// ErrNotDescribed means that a descriptor says nothing of a call that can be
	// relied on: something in it is not understood, or does not fit the call. Show
	// what was decoded instead.
	ErrNotDescribed = errors.New("call is not described")
)

// A Descriptor is a file, compiled and bound to contracts. It is immutable and safe
// for concurrent use.
type Descriptor struct {
	deployments map[deployment]bool
	signatures  map[string]*Format
	selectors   map[calldata.Selector]*Format // of keys that are only a selector
}

type deployment struct {
	chain   uint64
	address [20]byte
}

// versions are the published schemas that we know, by the last part of their name.
// The name is not the version, but we never fetch what it leads to, so a name that
// is not here is a version that we do not know.
var versions = []string{
	"erc7730-v1.schema.json", "erc7730-v1.0.0.schema.json",
	"erc7730-v2.schema.json", "erc7730-v2.0.0.schema.json", "erc7730-v2.1.0.schema.json",
}

// Parse compiles a descriptor of at most [MaxBytes]. The error is [ErrDescriptor]:
// JSON that two readers could read differently, an unknown version of the schema,
// includes, a binding that cannot be checked, keys that mean two functions. A format
// that is not understood is an error when it is used, so that one does not spoil the
// others.
func Parse(raw []byte) (*Descriptor, error) {
	if len(raw) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrDescriptor, len(raw), MaxBytes)
	}
	if err := strictjson.Check(raw); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDescriptor, err)
	}
	read := json.NewDecoder(bytes.NewReader(raw))
	read.UseNumber() // amounts do not survive a float
	var file any
	if err := read.Decode(&file); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDescriptor, err)
	}
	d, err := compile(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDescriptor, err)
	}
	return d, nil
}

func compile(file any) (*Descriptor, error) {
	o, err := objectOf(file, "the file")
	if err != nil {
		return nil, err
	}
	if what, found := o.take("includes"); found {
		return nil, fmt.Errorf("includes %.80q: includes are not followed; give the resolved file, with what it includes merged in", what)
	}
	schema, _ := o.text("$schema")
	if !slices.Contains(versions, path.Base(schema)) {
		return nil, fmt.Errorf("$schema %.80q is not a version that is known, want one of %q", schema, versions)
	}
	d := &Descriptor{deployments: map[deployment]bool{}, signatures: map[string]*Format{}, selectors: map[calldata.Selector]*Format{}}
	c := &compiler{}
	for _, part := range []struct {
		name    string
		compile func(*object) error
	}{{"context", d.bind}, {"metadata", c.metadata}, {"display", func(o *object) error { return c.display(d, o) }}} {
		inner, err := o.object(part.name)
		if err == nil && inner == nil && part.name != "metadata" {
			err = errors.New("is missing")
		}
		if err == nil && inner != nil {
			err = part.compile(inner)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return d, o.rest()
}

// bind reads the binding context. Only what we can check ourselves is a binding: a
// list of chains and addresses.
func (d *Descriptor) bind(o *object) error {
	if _, found := o.take("eip712"); found {
		return errors.New("eip712: descriptors of EIP-712 messages are not supported")
	}
	contract, err := o.object("contract")
	if err != nil || contract == nil {
		return errors.Join(errors.New("contract: is missing"), err)
	}
	contract.take("abi") // deprecated, and never needed: the calls are decoded already
	for _, unchecked := range []string{"factory", "addressMatcher"} {
		if _, found := contract.take(unchecked); found {
			return fmt.Errorf("contract.%s: this binding cannot be checked; bind by deployments", unchecked)
		}
	}
	list, err := contract.list("deployments")
	if err == nil && len(list) == 0 {
		err = errors.New("none")
	}
	for i := 0; err == nil && i < len(list); i++ {
		err = d.deployment(list[i])
	}
	if err != nil {
		return fmt.Errorf("contract.deployments: %w", err)
	}
	return errors.Join(contract.rest(), o.rest())
}

func (d *Descriptor) deployment(v any) error {
	o, err := objectOf(v, "deployment")
	if err != nil {
		return err
	}
	chain, _ := o.take("chainId")
	n, isNumber := chain.(json.Number)
	id, err := constantInteger(n)
	if !isNumber || err != nil || !id.IsUint64() || id.Uint64() == 0 {
		return fmt.Errorf("chainId %v is no chain", chain)
	}
	text, err := o.text("address")
	if err != nil {
		return err
	}
	address, err := parseAddress(text)
	if err != nil {
		return err
	}
	d.deployments[deployment{id.Uint64(), address}] = true
	return o.rest()
}

// For returns the format for calls of a function of the contract at an address of a
// chain. Chain and address must be one of the deployments exactly; a proxy in front
// of one does not count, because we cannot check what it leads to. The function must
// have the signature of the key, or its selector where the key is one.
func (d *Descriptor) For(chainID uint64, to [20]byte, f *calldata.Function) (*Format, bool) {
	if d == nil || f == nil || !d.deployments[deployment{chainID, to}] {
		return nil, false
	}
	format, found := d.signatures[f.Signature]
	if !found {
		format, found = d.selectors[f.Selector]
	}
	return format, found
}
