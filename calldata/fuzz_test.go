package calldata_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"countersign/calldata"
)

// FuzzDecode holds the package to its promise: whatever we read, go-ethereum
// reads as the same values and would write as the same bytes. The selector is
// put in front, so that the fuzzer spends its time on the arguments.
func FuzzDecode(f *testing.F) {
	for _, seed := range []struct {
		signature string
		words     []string
	}{
		{"f()", nil},
		{"f(address,uint256)", []string{alice, num(5)}},
		{"f(int24,uint24,bool,bytes4)", []string{ones, num(1), num(1), text("abcd")}},
		{"f(bytes,string)", []string{num(64), num(128), num(5), text("hello"), num(5), text("grün")}},
		{"f(uint256[],uint8[2])", []string{num(96), num(1), num(2), num(1), num(9)}},
		{"f(bytes[2])", []string{num(32), num(64), num(96), num(0), num(0)}},
		{"f((address,(bytes,bool)[])[])", []string{num(32), num(1), num(32), alice, num(64), num(1), num(32), num(64), num(1), num(0)}},
		{"f(uint256[][][])", []string{num(32), num(1), num(32), num(1), num(32), num(0)}},
		{"f(bytes)", []string{num(0), num(0)}},
		{"f(bytes[])", []string{num(32), num(1), ones[:62] + "e0"}},
	} {
		body, err := hex.DecodeString(strings.Join(seed.words, ""))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed.signature, body)
	}
	f.Fuzz(func(t *testing.T, signature string, body []byte) {
		a, err := calldata.ParseSignatures(signature)
		if err != nil {
			return
		}
		fn := a.Functions()[0]
		again, err := calldata.ParseSignatures(fn.Signature)
		if err != nil || again.Functions()[0].Selector != fn.Selector {
			t.Fatalf("%q compiles to %s, which compiles to %v (%v)", signature, fn.Signature, again, err)
		}
		data := append(fn.Selector[:], body...)
		c, err := a.Decode(data)
		if err != nil {
			if r := refusal(t, err); r.Offset < 0 || r.Offset > len(data) || r.Code == "" || r.Why == "" {
				t.Fatalf("refusal %+v of call data of %d bytes", r, len(data))
			}
			return
		}
		for _, in := range fn.Inputs { // go-ethereum makes Go arrays of them, of gigabytes
			if slots(in.Type) > 1<<12 {
				return
			}
		}
		newOracle(t, fn).agrees(t, data, c)
	})
}

// slots is how many values stand in a Go value of the type before any list.
func slots(t *calldata.Type) int {
	switch t.Kind {
	case calldata.Slice:
		return slots(t.Elem)
	case calldata.Array:
		return min(slots(t.Elem), 1<<20) * t.Size
	case calldata.Tuple:
		n := 1
		for _, f := range t.Fields {
			n += slots(f.Type)
		}
		return n
	}
	return 1
}

// FuzzParseABI: no text makes the compiler panic, and what it takes has
// signatures that compile to the same functions.
func FuzzParseABI(f *testing.F) {
	f.Add(fn("mint", `{"name":"to","type":"address"},{"name":"amount","type":"uint256"}`))
	f.Add(fn("f", `{"name":"cs","type":"tuple[2][]","components":[{"name":"b","type":"bytes"}]}`))
	f.Add(`[{"type":"constructor"},{"name":"f","inputs":null}]`)
	f.Fuzz(func(t *testing.T, source string) {
		a, err := calldata.ParseABI([]byte(source))
		if err != nil {
			return
		}
		for _, fn := range a.Functions() {
			again, err := calldata.ParseSignatures(fn.Signature)
			if err != nil || again.Functions()[0].Selector != fn.Selector {
				t.Fatalf("%s compiles to %v (%v)", fn.Signature, again, err)
			}
		}
	})
}
