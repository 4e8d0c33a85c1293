package typeddata

import (
	"encoding/json"

	"golang.org/x/crypto/sha3"
)

// The budget of one Parse. What is read costs time in proportion to its size;
// these keep that size sane.
const (
	MaxBytes  = 128 << 10 // of types, domain and message together
	MaxDepth  = 16        // of values in values: the message is the first
	MaxValues = 10_000    // of any kind, the domain's included
	MaxTypes  = 128       // structs that are defined
)

// Data is typed data that was read in full. It is immutable.
type Data struct {
	// PrimaryType is the name of the message's type.
	PrimaryType string
	// ChainID is the chain that the signature is good on. It is never zero.
	ChainID uint64
	// VerifyingContract is the contract that will check the signature: 0x and 40
	// lower-case hex digits, never the zero address.
	VerifyingContract string
	// DomainName, Version and Salt (0x and 64 lower-case hex digits) are "" where
	// the domain has no such member.
	DomainName, Version, Salt string

	domain, message       Value
	encodeType            string
	separator, structHash [32]byte
}

// Parse reads typed data: the JSON texts of the types, domain and message of
// eth_signTypedData_v4 (EIP-712). Where primaryType is "" it is the one struct
// that no other refers to, as ethers has it. The error is a [*calldata.Refusal].
//
// Every struct but EIP712Domain must be part of the message. EIP712Domain may be
// left out of types; if it is there it lists the members that the domain has, in
// the order of the EIP. The domain must have chainId and verifyingContract.
//
// Integers are decimals or 0x-hex in strings, or JSON integers that every reader
// holds exactly (up to 2^53-1). An address in mixed case must have its checksum
// (EIP-55). Bytes are 0x-hex. null is no value of any type.
func Parse(types, domain, message json.RawMessage, primaryType string) (*Data, error) {
	if n := len(types) + len(domain) + len(message); n > MaxBytes {
		return nil, refuse(TooLarge, 0, "%d bytes, at most %d", n, MaxBytes)
	}
	s, err := readSchema(types)
	if err != nil {
		return nil, within(err, "types")
	}
	primary, err := s.primary(primaryType)
	if err != nil {
		return nil, err
	}
	r := &reader{}
	d := &Data{PrimaryType: primary.name, encodeType: primary.encodeType()}
	if err := r.domain(domain, s.domain, d); err != nil {
		return nil, err
	}
	if d.message, err = r.document(primary, message); err != nil {
		return nil, within(err, "message")
	}
	d.separator, d.structHash = d.domain.encode(), d.message.encode()
	return d, nil
}

// Message returns the message: a struct of the primary type.
func (d *Data) Message() Value { return d.message }

// EncodeType returns the primary type as it is hashed: "Mail(Person from,Person
// to,string contents)Person(string name,address wallet)" (EIP-712, encodeType).
func (d *Data) EncodeType() string { return d.encodeType }

// StructHash returns hashStruct of the message (EIP-712).
func (d *Data) StructHash() [32]byte { return d.structHash }

// DomainSeparator returns hashStruct of the domain (EIP-712).
func (d *Data) DomainSeparator() [32]byte { return d.separator }

// Digest returns what is signed: the Keccak-256 hash of 0x19 0x01, the domain
// separator and the message's hash (EIP-712; EIP-191 version 1).
func (d *Data) Digest() [32]byte {
	return keccak([]byte{0x19, 0x01}, d.separator[:], d.structHash[:])
}

// encode is the word that stands for v in the hash of what it is part of.
func (v Value) encode() [32]byte {
	switch v.typ.kind {
	case bytesKind, stringKind:
		return keccak(v.raw)
	case arrayKind, structKind:
		parts := make([]byte, 0, 32*(len(v.list)+1))
		if v.typ.kind == structKind {
			parts = append(parts, v.typ.def.typeHash[:]...)
		}
		for _, e := range v.list {
			word := e.encode()
			parts = append(parts, word[:]...)
		}
		return keccak(parts)
	}
	return [32]byte(v.raw)
}

func keccak(parts ...[]byte) (hash [32]byte) {
	h := sha3.NewLegacyKeccak256()
	for _, p := range parts {
		h.Write(p)
	}
	h.Sum(hash[:0])
	return hash
}
