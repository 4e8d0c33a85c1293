package rulestest

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"countersign/calldata"
	"countersign/eip55"
)

// ErrArgument means that an argument is not of its type.
var ErrArgument = errors.New("argument is not of its type")

// Encode builds call data from a function's signature ("mint(address to,uint256 amount)")
// and its arguments: integers as decimal text or JSON numbers, addresses and bytes as
// hex, booleans, arrays and tuples as lists.
func Encode(signature string, args ...any) ([]byte, error) {
	abi, err := calldata.ParseSignatures(signature)
	if err != nil {
		return nil, err
	}
	f := abi.Functions()[0]
	body, err := sequence(f.Inputs, args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Signature, err)
	}
	data := append(f.Selector[:], body...)
	if _, err := abi.Decode(data); err != nil { // what we build must be what a book reads
		return nil, fmt.Errorf("%s: %w", f.Signature, err)
	}
	return data, nil
}

// sequence writes values as the ABI specification's "head and tail" has it.
func sequence(fields []calldata.Field, values []any) ([]byte, error) {
	if len(values) != len(fields) {
		return nil, fmt.Errorf("%w: %d values for %d places", ErrArgument, len(values), len(fields))
	}
	heads, parts, size := make([]bool, len(values)), make([][]byte, len(values)), 0
	for i, f := range fields {
		var err error
		if parts[i], err = encode(f.Type, values[i]); err != nil {
			return nil, fmt.Errorf("%d %s: %w", i, f.Name, err)
		}
		if heads[i] = dynamic(f.Type); heads[i] {
			size += 32
		} else {
			size += len(parts[i])
		}
	}
	var head, tail []byte
	for i, part := range parts {
		if heads[i] {
			head = append(head, number(size+len(tail))...)
			tail = append(tail, part...)
		} else {
			head = append(head, part...)
		}
	}
	return append(head, tail...), nil
}

func dynamic(t *calldata.Type) bool {
	switch t.Kind {
	case calldata.Bytes, calldata.String, calldata.Slice:
		return true
	case calldata.Array:
		return dynamic(t.Elem)
	case calldata.Tuple:
		for _, f := range t.Fields {
			if dynamic(f.Type) {
				return true
			}
		}
	}
	return false
}

func encode(t *calldata.Type, v any) ([]byte, error) {
	switch t.Kind {
	case calldata.Slice, calldata.Array, calldata.Tuple:
		return encodeList(t, v)
	case calldata.Bool:
		b, ok := v.(bool)
		if !ok {
			return nil, wrong(t, v)
		}
		if b {
			return number(1), nil
		}
		return number(0), nil
	}
	text := fmt.Sprint(v)
	if n, ok := v.(json.Number); ok {
		text = n.String()
	}
	switch t.Kind {
	case calldata.Uint, calldata.Int:
		n, ok := new(big.Int).SetString(text, 10)
		if !ok || n.BitLen() > t.Size || t.Kind == calldata.Uint && n.Sign() < 0 {
			return nil, wrong(t, v)
		}
		if n.Sign() < 0 { // two's complement
			n.Add(n, new(big.Int).Lsh(big.NewInt(1), 256))
		}
		return n.FillBytes(make([]byte, 32)), nil
	case calldata.Address:
		a, err := eip55.Parse(text)
		if err != nil {
			return nil, err
		}
		return append(make([]byte, 12), a[:]...), nil
	case calldata.String:
		return padded(len(text), []byte(text)), nil
	}
	b, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil || !strings.HasPrefix(text, "0x") || t.Kind == calldata.FixedBytes && len(b) != t.Size {
		return nil, wrong(t, v)
	}
	if t.Kind == calldata.FixedBytes {
		return append(b, make([]byte, 32-len(b))...), nil
	}
	return padded(len(b), b), nil
}

func encodeList(t *calldata.Type, v any) ([]byte, error) {
	list, ok := v.([]any)
	if !ok || t.Kind == calldata.Array && len(list) != t.Size {
		return nil, wrong(t, v)
	}
	fields := t.Fields
	if t.Kind != calldata.Tuple {
		fields = make([]calldata.Field, len(list))
		for i := range fields {
			fields[i].Type = t.Elem
		}
	}
	body, err := sequence(fields, list)
	if t.Kind == calldata.Slice {
		body = append(number(len(list)), body...)
	}
	return body, err
}

func wrong(t *calldata.Type, v any) error {
	return fmt.Errorf("%w: %.80q is not a %s", ErrArgument, fmt.Sprint(v), t)
}

func number(n int) []byte { return big.NewInt(int64(n)).FillBytes(make([]byte, 32)) }

func padded(n int, b []byte) []byte {
	return append(append(number(n), b...), make([]byte, (32-n%32)%32)...)
}
