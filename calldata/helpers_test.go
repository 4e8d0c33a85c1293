package calldata_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"countersign/calldata"

	"github.com/ethereum/go-ethereum/accounts/abi"
)

// The words that hostile call data is written in. Each is 32 bytes, as hex.

// num is a number: an amount, an offset, a length.
func num(n uint64) string { return fmt.Sprintf("%064x", n) }

// hexWord is a word of given digits, filled with zeros on the left.
func hexWord(digits string) string { return strings.Repeat("0", 64-len(digits)) + digits }

// text is bytes, filled with zeros on the right.
func text(s string) string {
	digits := hex.EncodeToString([]byte(s))
	return digits + strings.Repeat("0", (64-len(digits)%64)%64)
}

const (
	alice = "000000000000000000000000a11ce00000000000000000000000000000000001"
	bob   = "000000000000000000000000b0b0000000000000000000000000000000000002"
	ones  = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
)

// call joins the selector of a signature and words.
func call(t testing.TB, signature string, words ...string) (*calldata.ABI, []byte) {
	t.Helper()
	a, err := calldata.ParseSignatures(signature)
	if err != nil {
		t.Fatalf("signature %s: %v", signature, err)
	}
	body, err := hex.DecodeString(strings.Join(words, ""))
	if err != nil {
		t.Fatalf("words: %v", err)
	}
	selector := a.Functions()[0].Selector
	return a, append(selector[:], body...)
}

// refusal returns why err was given, or fails.
func refusal(t testing.TB, err error) *calldata.Refusal {
	t.Helper()
	var r *calldata.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("error %v (%T), want a refusal", err, err)
	}
	return r
}

// An oracle is go-ethereum's idea of one function.
type oracle struct{ inputs abi.Arguments }

// newOracle tells go-ethereum the types that we compiled. It names every member
// itself: go-ethereum makes Go structs of tuples.
func newOracle(t testing.TB, f *calldata.Function) oracle {
	t.Helper()
	var o oracle
	for i, in := range f.Inputs {
		spelling, components := marshaling(in.Type)
		typ, err := abi.NewType(spelling, "", components)
		if err != nil {
			t.Fatalf("go-ethereum refuses type %s: %v", in.Type, err)
		}
		o.inputs = append(o.inputs, abi.Argument{Name: fmt.Sprintf("a%d", i), Type: typ})
	}
	return o
}

func marshaling(t *calldata.Type) (spelling string, components []abi.ArgumentMarshaling) {
	switch t.Kind {
	case calldata.Slice:
		spelling, components = marshaling(t.Elem)
		return spelling + "[]", components
	case calldata.Array:
		spelling, components = marshaling(t.Elem)
		return fmt.Sprintf("%s[%d]", spelling, t.Size), components
	case calldata.Tuple:
		for i, f := range t.Fields {
			spelling, below := marshaling(f.Type)
			components = append(components, abi.ArgumentMarshaling{Name: fmt.Sprintf("m%d", i), Type: spelling, Components: below})
		}
		return "tuple", components
	}
	return t.String(), nil
}

// agrees fails unless go-ethereum reads the same values from data and would
// write them as the same bytes.
func (o oracle) agrees(t rapidT, data []byte, c *calldata.Call) {
	t.Helper()
	values, err := o.inputs.Unpack(data[4:])
	if err != nil {
		t.Fatalf("we read %s from %x, go-ethereum says %v", c.Function.Signature, data, err)
	}
	again, err := o.inputs.Pack(values...)
	if err != nil || !slices.Equal(again, data[4:]) {
		t.Fatalf("%s: we accept\n%x, canonical is\n%x (%v)", c.Function.Signature, data[4:], again, err)
	}
	for i, v := range values {
		want := plain(o.inputs[i].Type, reflect.ValueOf(v))
		if got := c.Args()[i].JSON(); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s argument %d = %v, go-ethereum reads %v", c.Function.Signature, i, got, want)
		}
	}
}

// rapidT is what *testing.T and *rapid.T share.
type rapidT interface {
	Helper()
	Fatalf(format string, args ...any)
}

// plain writes one of go-ethereum's values as [calldata.Value.JSON] does.
func plain(t abi.Type, v reflect.Value) any {
	switch t.T {
	case abi.SliceTy, abi.ArrayTy:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plain(*t.Elem, v.Index(i))
		}
		return out
	case abi.TupleTy:
		out := make([]any, v.NumField())
		for i := range out {
			out[i] = plain(*t.TupleElems[i], v.Field(i))
		}
		return out
	case abi.StringTy, abi.BoolTy:
		return v.Interface()
	case abi.AddressTy, abi.BytesTy, abi.FixedBytesTy:
		b := make([]byte, v.Len())
		for i := range b {
			b[i] = byte(v.Index(i).Uint())
		}
		return "0x" + hex.EncodeToString(b)
	}
	return fmt.Sprint(v.Interface()) // Go's integers and *big.Int
}
