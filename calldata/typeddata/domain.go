package typeddata

import (
	"encoding/json"

	"countersign/strictjson"
)

// domainFields are the members that a domain may have, in the order in which
// they are hashed (EIP-712, definition of domainSeparator).
var domainFields = []field{
	{name: "name", typ: &typ{kind: stringKind, name: "string"}},
	{name: "version", typ: &typ{kind: stringKind, name: "string"}},
	{name: "chainId", typ: &typ{kind: uintKind, size: 256, name: "uint256"}},
	{name: "verifyingContract", typ: &typ{kind: addressKind, name: "address"}},
	{name: "salt", typ: &typ{kind: fixedKind, size: 32, name: "bytes32"}},
}

// domain reads the domain into d. Its type is made of the members that it has,
// and must be the one in types where that is given: libraries differ in which of
// the two they go by.
func (r *reader) domain(raw json.RawMessage, declared *define, d *Data) error {
	v, err := readText(raw)
	if err != nil {
		return within(err, "domain")
	}
	if !v.Is('{') {
		return within(refuse(BadValue, v.At, "not an object"), "domain")
	}
	given := v.Members()
	for _, name := range []string{"chainId", "verifyingContract"} {
		if _, has := given[name]; !has {
			return within(within(refuse(MissingBinding, v.At, "is not there: the signature would be good elsewhere too"), name), "domain")
		}
	}
	def := &define{name: domainType}
	for _, f := range domainFields {
		if _, has := given[f.name]; has {
			def.fields = append(def.fields, f)
		}
	}
	if declared != nil && declared.own() != def.own() {
		return within(within(refuse(DomainMismatch, declared.at, "%.200s, but the domain has %s", declared.own(), def.own()), domainType), "types")
	}
	def.seal()
	if d.domain, err = r.value(&typ{kind: structKind, def: def, name: domainType}, v); err != nil {
		return within(err, "domain")
	}
	return within(d.bind(given), "domain")
}

// bind fills the fields of d that say what the signature is bound to.
func (d *Data) bind(given map[string]strictjson.Value) error {
	member := func(name string) Value {
		v, _ := d.domain.Member(name)
		return v
	}
	chain, _ := member("chainId").Int()
	if chain.Sign() == 0 || !chain.IsUint64() {
		return within(refuse(BadValue, given["chainId"].At, "%s is no chain, want 1 to 2^64-1", chain), "chainId")
	}
	d.ChainID = chain.Uint64()
	d.VerifyingContract, _ = member("verifyingContract").Address()
	if d.VerifyingContract == zeroAddress {
		return within(refuse(MissingBinding, given["verifyingContract"].At, "the zero address is no contract"), "verifyingContract")
	}
	name, _ := member("name").Bytes()
	version, _ := member("version").Bytes()
	d.DomainName, d.Version = string(name), string(version) // "" of the zero Value
	if salt := member("salt"); salt.Type != "" {
		d.Salt = salt.String()
	}
	return nil
}

const zeroAddress = "0x0000000000000000000000000000000000000000"
