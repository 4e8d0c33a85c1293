package rawtx

import (
	"bytes"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"

	"countersign/strictjson"
)

// members are the names that a transaction has in JSON, and the types that have
// a member of the name: ethers' TransactionRequest, viem's, JSON-RPC's.
var members = map[string][]uint8{
	"type": nil, "chainId": nil, "from": nil, "to": nil, "value": nil, "nonce": nil, // nil: all of them
	"data": nil, "input": nil, "gas": nil, "gasLimit": nil,
	"gasPrice":             {legacy, accessList},
	"accessList":           {accessList, dynamicFee, blob, setCode},
	"maxFeePerGas":         {dynamicFee, blob, setCode},
	"maxPriorityFeePerGas": {dynamicFee, blob, setCode},
	"maxFeePerBlobGas":     {blob},
	"blobVersionedHashes":  {blob},
	"authorizationList":    {setCode},
}

var names = slices.Sorted(maps.Keys(members))

// ParseJSON reads a transaction as ethers, viem and JSON-RPC write it before it
// is signed. Nothing is filled in but what all of them agree on: an absent value
// is zero, absent data empty, and without "to", or with null, a contract is
// created, which takes data.
//
// A number is a decimal or a 0x-quantity in a string; nonce, gas, chainId and
// type may be JSON integers up to 2^53-1. An address in mixed case must have its
// checksum (EIP-55). Of data and input, and of gas and gasLimit, both may be
// given when they are equal.
//
// The type may be left out where one type only fits the members. It is not
// enough to give gasPrice alone, of which viem makes a legacy transaction and
// ethers one of type 1, nor to give no fees. The error is a [*calldata.Refusal].
func ParseJSON(raw []byte) (*Transaction, error) {
	f := &failure{}
	if len(raw) > MaxBytes {
		f.refuse(TooLarge, 0, "", "%d bytes, at most %d", len(raw), MaxBytes)
		return f.result(nil)
	}
	v, err := strictjson.Read(raw)
	var bad *strictjson.Error
	switch {
	case errors.As(err, &bad):
		f.refuse(MalformedJSON, bad.Offset, strings.TrimPrefix(strings.TrimPrefix(bad.Path, "$"), "."), "%s", bad.Reason)
	case !v.Is('{'):
		f.refuse(MalformedJSON, v.At, "", "not an object")
	default:
		return f.result(open(v, "", names, f).transaction())
	}
	return f.result(nil)
}

func (o *object) transaction() *Transaction {
	tx := &Transaction{
		Type:                 o.typ(),
		ChainID:              o.chainID(),
		Nonce:                o.uint64("nonce"),
		MaxFeePerGas:         o.amount("maxFeePerGas"),
		MaxPriorityFeePerGas: o.amount("maxPriorityFeePerGas"),
		MaxFeePerBlobGas:     o.amount("maxFeePerBlobGas"),
		From:                 o.address("from"),
		AccessList:           o.accessList(),
		BlobHashes:           o.blobHashes(),
		Authorizations:       o.authorizations(),
	}
	if price := o.amount("gasPrice"); price != nil {
		tx.MaxFeePerGas = price
	}
	if value := o.amount("value"); value != nil {
		tx.Value = *value
	}
	o.complete(tx)
	tx.Gas = o.gas()
	tx.Data = o.data()
	tx.To = o.to(tx)
	return tx
}

// typ returns the type that is given, when all members fit it, or else the only
// one that they fit.
func (o *object) typ() uint8 {
	fit := []uint8{legacy, accessList, dynamicFee, blob, setCode}
	typ, given := o.givenType()
	if given {
		fit = []uint8{typ}
	}
	for _, name := range names {
		types := members[name]
		if types == nil || !o.has(name) {
			continue
		}
		fit = slices.DeleteFunc(fit, func(t uint8) bool { return !slices.Contains(types, t) })
		if len(fit) == 0 {
			o.refuse(Contradiction, o.members[name].At, name, "does not go with the type or the members beside it")
			return 0
		}
	}
	if given {
		return typ
	}
	// The last two types cannot be without these.
	for t, needs := range map[uint8]string{blob: "blobVersionedHashes", setCode: "authorizationList"} {
		if i := slices.Index(fit, t); i >= 0 && len(fit) > 1 && !o.has(needs) {
			fit = slices.Delete(fit, i, i+1)
		}
	}
	// What is left may be any of the types 0 to 2. They differ in how the fee is
	// written, and not in what the transaction does: libraries choose one by the chain.
	return fit[0]
}

// typeNames are viem's.
var typeNames = []string{legacy: "legacy", accessList: "eip2930", dynamicFee: "eip1559", blob: "eip4844", setCode: "eip7702"}

func (o *object) givenType() (typ uint8, given bool) {
	v, given := o.members["type"]
	if !given {
		return 0, false
	}
	if i := slices.Index(typeNames, v.Text()); i >= 0 {
		return uint8(i), true
	}
	i := o.integer("type", 64, true)
	if i == nil || i.Cmp(big.NewInt(setCode)) > 0 {
		o.refuse(UnknownType, v.At, "type", "want 0 to 4")
		return 0, true
	}
	return uint8(i.Uint64()), true
}

// complete refuses a type without the member that makes it one.
func (o *object) complete(tx *Transaction) {
	switch {
	case tx.Type == blob && len(tx.BlobHashes) == 0:
		o.refuse(MissingMember, o.at, "blobVersionedHashes", "a blob transaction has at least one")
	case tx.Type == setCode && len(tx.Authorizations) == 0:
		o.refuse(MissingMember, o.at, "authorizationList", "a set-code transaction has at least one")
	}
}

func (o *object) chainID() *uint64 {
	id := o.uint64("chainId")
	if id != nil && *id == 0 {
		o.refuse(BadMember, o.members["chainId"].At, "chainId", "zero names no chain")
	}
	return id
}

func (o *object) gas() *uint64 {
	gas, limit := o.uint64("gas"), o.uint64("gasLimit")
	switch {
	case gas == nil:
		return limit
	case limit != nil && *gas != *limit:
		o.refuse(Contradiction, o.members["gasLimit"].At, "gasLimit", "differs from gas")
	}
	return gas
}

func (o *object) data() []byte {
	data, input := o.bytes("data"), o.bytes("input")
	switch {
	case !o.has("data"):
		return input
	case o.has("input") && !bytes.Equal(data, input):
		o.refuse(Contradiction, o.members["input"].At, "input", "differs from data")
	}
	return data
}

// to reads the recipient, and refuses to create a contract of no code: the value
// would be lost, and what was meant is more likely that "to" was forgotten.
func (o *object) to(tx *Transaction) string {
	if v, has := o.members["to"]; has && !v.Is('n') {
		return o.address("to")
	}
	switch {
	case tx.Type >= blob:
		o.refuse(MissingMember, o.at, "to", "a transaction of type %d creates no contract", tx.Type)
	case len(tx.Data) == 0:
		o.refuse(MissingMember, o.at, "to", "is not there, nor is there code of a contract to create")
	}
	return ""
}
