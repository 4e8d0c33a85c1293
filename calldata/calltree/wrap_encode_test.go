package calltree_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/big"
	"reflect"
	"strings"

	"countersign/calldata/calltree"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// The call data of the tests is go-ethereum's, not ours: pack writes a call of a
// signature with arguments in plain Go. An address is a name of the world, an
// integer an int or a *big.Int, bytes and bytesN are []byte.
func pack(signature string, args ...any) []byte {
	inputs := inputsOf(signature)
	if len(inputs) != len(args) {
		panic(fmt.Sprintf("%d arguments for %s", len(args), signature))
	}
	values := make([]any, len(args))
	for i, a := range args {
		values[i] = goValue(inputs[i].Type, a).Interface()
	}
	body, err := inputs.Pack(values...)
	if err != nil {
		panic(fmt.Sprintf("pack %s: %v", signature, err))
	}
	return append(crypto.Keccak256([]byte(signature))[:4], body...)
}

// encode is abi.encode: pack without a selector. The name in front of the types
// does not matter.
func encode(types string, args ...any) []byte { return pack("f"+types, args...)[4:] }

// A tuple holds the members of a struct, a list the elements of an array.
type (
	tuple []any
	list  []any
)

var parsed = map[string]abi.Arguments{}

func inputsOf(signature string) abi.Arguments {
	if inputs, ok := parsed[signature]; ok {
		return inputs
	}
	selector, err := abi.ParseSelector(signature)
	if err != nil {
		panic(err)
	}
	var inputs abi.Arguments
	for _, in := range selector.Inputs {
		t, err := abi.NewType(in.Type, "", in.Components)
		if err != nil {
			panic(fmt.Sprintf("%s: %v", signature, err))
		}
		inputs = append(inputs, abi.Argument{Name: in.Name, Type: t})
	}
	parsed[signature] = inputs
	return inputs
}

// goValue makes the value that go-ethereum wants for a type.
func goValue(t abi.Type, v any) reflect.Value {
	out := reflect.New(t.GetType()).Elem()
	switch t.T {
	case abi.TupleTy:
		if len(v.(tuple)) != out.NumField() {
			panic(fmt.Sprintf("%d members for %s", len(v.(tuple)), t))
		}
		for i, m := range v.(tuple) {
			out.Field(i).Set(goValue(*t.TupleElems[i], m))
		}
	case abi.SliceTy:
		for _, e := range v.(list) {
			out = reflect.Append(out, goValue(*t.Elem, e))
		}
	case abi.AddressTy:
		switch a := v.(type) {
		case string:
			out.Set(reflect.ValueOf(common.Address(at(a))))
		case calltree.Address:
			out.Set(reflect.ValueOf(common.Address(a)))
		}
	case abi.UintTy, abi.IntTy:
		setInteger(out, v)
	case abi.FixedBytesTy:
		reflect.Copy(out, reflect.ValueOf(v))
	case abi.BytesTy:
		out.SetBytes(v.([]byte))
	default: // bool, string
		out.Set(reflect.ValueOf(v))
	}
	return out
}

func setInteger(out reflect.Value, v any) {
	n, ok := v.(*big.Int)
	if !ok {
		n = big.NewInt(int64(v.(int)))
	}
	switch {
	case out.Kind() == reflect.Pointer:
		out.Set(reflect.ValueOf(n))
	case out.CanUint():
		out.SetUint(n.Uint64())
	default:
		out.SetInt(n.Int64())
	}
}

// pay is a token's transfer, the call that most wrappers here make.
func pay(to string, amount int) []byte { return pack(transfer, to, amount) }

// records joins packed records of a MultiSend.
func records(rs ...[]byte) []byte { return bytes.Join(rs, nil) }

// rec is one record of a MultiSend.
func rec(operation byte, to string, value int, data []byte) []byte {
	return record(operation, at(to), big.NewInt(int64(value)), data)
}

// joined is abi.encodePacked of addresses, bytes and words.
func joined(parts ...any) (out []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			a := at(p)
			out = append(out, a[:]...)
		case int:
			out = append(out, big.NewInt(int64(p)).FillBytes(make([]byte, 32))...)
		case []byte:
			out = append(out, p...)
		}
	}
	return out
}

func word(n int) []byte { return joined(n) }

// nameOf is what stands in front of a signature's arguments.
func nameOf(signature string) string { return signature[:strings.IndexByte(signature, '(')] }

func hexOf(b []byte) string { return hex.EncodeToString(b) }
