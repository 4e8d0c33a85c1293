// Package abiform carries values between text and the EVM's ABI: the arguments of a function
// or a constructor as people and JSON write them, and what a function returns as JSON shows
// it. Integers are decimal or 0x-hex texts, bytes and addresses 0x-hex. It is pure.
package abiform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strconv"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/common/math"
)

// Pack encodes a call of method with JSON arguments: an object by name, or a list in order.
// Nothing is an empty list.
func Pack(method abi.Method, arguments json.RawMessage) ([]byte, error) {
	values, err := Values(method.Inputs, arguments)
	if err != nil {
		return nil, err
	}
	packed, err := method.Inputs.Pack(values...)
	return append(append([]byte{}, method.ID...), packed...), err
}

// Values reads JSON arguments into go-ethereum's types.
func Values(inputs abi.Arguments, arguments json.RawMessage) ([]any, error) {
	list := []any{}
	if len(arguments) > 0 {
		dec := json.NewDecoder(bytes.NewReader(arguments))
		dec.UseNumber()
		var given any
		if err := dec.Decode(&given); err != nil {
			return nil, err
		}
		switch given := given.(type) {
		case []any:
			list = given
		case map[string]any:
			for _, in := range inputs {
				v, there := given[in.Name]
				if !there {
					return nil, fmt.Errorf("argument %q is missing", in.Name)
				}
				list = append(list, v)
			}
			if len(given) != len(inputs) {
				return nil, fmt.Errorf("%d arguments given by name, the function takes %d", len(given), len(inputs))
			}
		}
	}
	if len(list) != len(inputs) {
		return nil, fmt.Errorf("%d arguments given, %d taken", len(list), len(inputs))
	}
	values := make([]any, len(list))
	for i, in := range inputs {
		v, err := read(in.Type, list[i])
		if err != nil {
			return nil, fmt.Errorf("argument %q: %w", in.Name, err)
		}
		values[i] = v.Interface()
	}
	return values, nil
}

// read turns decoded JSON into a value of go-ethereum's type for t.
func read(t abi.Type, given any) (reflect.Value, error) {
	out := reflect.New(t.GetType()).Elem()
	switch t.T {
	case abi.SliceTy, abi.ArrayTy:
		list, ok := given.([]any)
		if !ok || t.T == abi.ArrayTy && len(list) != t.Size {
			return out, fmt.Errorf("must be a list of %s", t)
		}
		if t.T == abi.SliceTy {
			out = reflect.MakeSlice(t.GetType(), len(list), len(list))
		}
		for i, member := range list {
			v, err := read(*t.Elem, member)
			if err != nil {
				return out, fmt.Errorf("item %d: %w", i, err)
			}
			out.Index(i).Set(v)
		}
		return out, nil
	case abi.TupleTy:
		members, ok := given.(map[string]any)
		if !ok || len(members) != len(t.TupleElems) {
			return out, fmt.Errorf("must be an object with the members of %s", t)
		}
		for i, name := range t.TupleRawNames {
			v, err := read(*t.TupleElems[i], members[name])
			if err != nil {
				return out, fmt.Errorf("%s: %w", name, err)
			}
			out.Field(i).Set(v)
		}
		return out, nil
	case abi.BoolTy:
		b, err := strconv.ParseBool(fmt.Sprint(given))
		out.SetBool(b)
		return out, err
	}
	switch given.(type) {
	case string, json.Number:
		return scalar(t, fmt.Sprint(given), out)
	}
	return out, fmt.Errorf("must be a %s, as text", t)
}

// scalar reads the text of an integer, address, string or bytes.
func scalar(t abi.Type, text string, out reflect.Value) (reflect.Value, error) {
	switch t.T {
	case abi.StringTy:
		out.SetString(text)
	case abi.AddressTy:
		if !common.IsHexAddress(text) {
			return out, fmt.Errorf("%q is no address", text)
		}
		out.Set(reflect.ValueOf(common.HexToAddress(text)))
	case abi.BytesTy, abi.FixedBytesTy:
		raw, err := hexutil.Decode(text)
		if err != nil || t.T == abi.FixedBytesTy && len(raw) != t.Size {
			return out, fmt.Errorf("%q is no %s in 0x-hex", text, t)
		}
		if t.T == abi.BytesTy {
			out.SetBytes(raw)
		} else {
			reflect.Copy(out, reflect.ValueOf(raw))
		}
	case abi.IntTy, abi.UintTy:
		return integer(t, text, out)
	default:
		return out, fmt.Errorf("type %s is not supported", t)
	}
	return out, nil
}

func integer(t abi.Type, text string, out reflect.Value) (reflect.Value, error) {
	n, ok := math.ParseBig256(text)
	low, high := new(big.Int), new(big.Int).Lsh(big.NewInt(1), uint(t.Size))
	if t.T == abi.IntTy {
		high.Rsh(high, 1)
		low.Neg(high)
	}
	if !ok || text == "" || n.Cmp(low) < 0 || n.Cmp(high) >= 0 {
		return out, fmt.Errorf("%q is no %s", text, t)
	}
	switch {
	case out.CanInt():
		out.SetInt(n.Int64())
	case out.CanUint():
		out.SetUint(n.Uint64())
	default:
		out.Set(reflect.ValueOf(n))
	}
	return out, nil
}

// Unpack decodes what a call of method returned, for JSON.
func Unpack(method abi.Method, data []byte) ([]any, error) {
	values, err := method.Outputs.Unpack(data)
	if err != nil {
		return nil, err
	}
	shown := []any{}
	for i, v := range values {
		shown = append(shown, show(method.Outputs[i].Type, reflect.ValueOf(v)))
	}
	return shown, nil
}

// show turns a value of go-ethereum's into what JSON shows.
func show(t abi.Type, v reflect.Value) any {
	switch t.T {
	case abi.SliceTy, abi.ArrayTy:
		list := []any{}
		for i := range v.Len() {
			list = append(list, show(*t.Elem, v.Index(i)))
		}
		return list
	case abi.TupleTy:
		members := map[string]any{}
		for i, name := range t.TupleRawNames {
			members[name] = show(*t.TupleElems[i], v.Field(i))
		}
		return members
	case abi.BytesTy, abi.FixedBytesTy:
		raw := make([]byte, v.Len())
		reflect.Copy(reflect.ValueOf(raw), v)
		return hexutil.Encode(raw)
	case abi.BoolTy:
		return v.Bool()
	}
	return fmt.Sprint(v.Interface()) // integers in decimal, addresses with checksum, strings
}
