package erc7730

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign/calldata"
	"countersign/strictjson"
)

// The budget of a descriptor. Nesting is bounded by [strictjson.MaxDepth].
const (
	// MaxBytes is how large a file may be, in bytes.
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
// The name is not the version, but we never fetch what it leads to: a name that is
// not here is a version that we do not know.
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
	m := &mistake{err: read.Decode(&file)}
	d := &Descriptor{deployments: map[deployment]bool{}, signatures: map[string]*Format{}, selectors: map[calldata.Selector]*Format{}}
	d.compile(objectOf(m, file, "the file"))
	if m.err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDescriptor, m.err)
	}
	return d, nil
}

func (d *Descriptor) compile(o *object) {
	if o.has("includes") {
		o.fail("includes %.80q: includes are not followed; give the resolved file, with what it includes merged in", o.take("includes"))
	}
	schema := o.text("$schema")
	if !slices.Contains(versions, schema[strings.LastIndexByte(schema, '/')+1:]) {
		o.fail("$schema %.80q is not a version that is known, want one of %q", schema, versions)
	}
	context, metadata, display := o.object("context"), o.object("metadata"), o.object("display")
	o.rest()
	d.bind(context)
	c := &compiler{constants: metadata.object("constants").left, enums: metadata.object("enums").left, definitions: display.object("definitions").left}
	c.display(d, display)
}

// bind reads the binding context. Only what we can check ourselves is a binding: a
// list of chains and addresses.
func (d *Descriptor) bind(o *object) {
	if o.has("eip712") {
		o.fail("context.eip712: descriptors of EIP-712 messages are not supported")
	}
	contract := o.object("contract")
	contract.take("abi") // deprecated, and not needed: calls are decoded already
	for _, unchecked := range []string{"factory", "addressMatcher"} {
		if contract.has(unchecked) {
			o.fail("context.contract.%s: this binding cannot be checked; bind by deployments", unchecked)
		}
	}
	for _, v := range take[[]any](contract, "deployments") {
		at := objectOf(o.mistake, v, "deployment")
		id, isInteger := integerOf(at.left["chainId"])
		_, isNumber := at.take("chainId").(json.Number)
		address, isAddress := addressOf(at.text("address"))
		if !isNumber || !isInteger || !id.IsUint64() || id.Sign() == 0 || !isAddress {
			o.fail("deployment: want a chainId and an address, in mixed case only with its EIP-55 checksum")
			return
		}
		d.deployments[deployment{id.Uint64(), address}] = true
		at.rest()
	}
	if len(d.deployments) == 0 {
		o.fail("context.contract.deployments: none, so the file is bound to nothing")
	}
	contract.rest()
	o.rest()
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
