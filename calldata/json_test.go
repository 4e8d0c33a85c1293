package calldata_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign/calldata"
)

// fn is a JSON ABI of one function with the given inputs.
func fn(name, inputs string) string {
	return fmt.Sprintf(`[{"type":"function","name":%q,"inputs":[%s],"outputs":[],"stateMutability":"nonpayable"}]`, name, inputs)
}

// Both forms of an ABI give the same functions, names included.
func TestParseABIAgreesWithSignatures(t *testing.T) {
	for _, tt := range []struct{ name, json, signature string }{
		{"plain", fn("mint", `{"name":"to","type":"address","internalType":"address"},{"name":"amount","type":"uint256"}`), "mint(address to,uint256 amount)"},
		{"no inputs", fn("pause", ""), "pause()"},
		{"no names", fn("f", `{"type":"bool"},{"name":"","type":"bytes4"}`), "f(bool,bytes4)"},
		{"arrays", fn("f", `{"name":"a","type":"uint8[2][]"}`), "f(uint8[2][] a)"},
		{
			"tuples", fn("f", `{"name":"cs","type":"tuple[][3]","components":[{"name":"to","type":"address"},{"name":"in","type":"tuple","components":[{"name":"b","type":"bytes"}]}]}`),
			"f((address to,(bytes b) in)[][3] cs)",
		},
		{"no type is a function", `[{"name":"f","inputs":[]}]`, "f()"},
		{
			"everything else is passed over",
			`[{"type":"constructor","inputs":[{"name":"x","type":"uint"}]},{"type":"event","name":"E","inputs":[{"name":"a","type":"junk","indexed":true}]},
			  {"type":"error","name":"X","inputs":[]},{"type":"receive"},{"type":"fallback"},{"type":"function","name":"f","inputs":[]}]`, "f()",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := calldata.ParseABI([]byte(tt.json))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := outline(got), outline(calldata.MustABI(tt.signature)); got != want {
				t.Errorf("JSON gives\n%s\nthe signature\n%s", got, want)
			}
		})
	}
}

// outline writes everything that an ABI says.
func outline(a *calldata.ABI) string {
	var b strings.Builder
	var fields func([]calldata.Field, string)
	fields = func(in []calldata.Field, indent string) {
		for _, f := range in {
			fmt.Fprintf(&b, "%s%s %s\n", indent, f.Type, f.Name)
			inner := f.Type
			for inner.Elem != nil {
				inner = inner.Elem
			}
			fields(inner.Fields, indent+"  ")
		}
	}
	for _, f := range a.Functions() {
		fmt.Fprintf(&b, "%s %s %s\n", f.Selector, f.Name, f.Signature)
		fields(f.Inputs, "  ")
	}
	return b.String()
}

func TestParseABIRefuses(t *testing.T) {
	const word = `{"name":"a","type":"uint256"}`
	for _, tt := range []struct{ name, json string }{
		{"nothing", ""},
		{"not JSON", "mint(address,uint256)"},
		{"an object", `{"abi":[]}`},
		{"null", "null"},
		{"no entries", "[]"},
		{"no functions", `[{"type":"event","name":"E","inputs":[]}]`},
		{"trailing garbage", fn("f", word) + "x"},
		{"two values", fn("f", word) + fn("g", word)},
		{"a key twice", `[{"type":"function","name":"mint","name":"burn","inputs":[]}]`},
		{"a key in two cases", `[{"type":"function","name":"f","inputs":[],"Inputs":[` + word + `]}]`},
		{"no name", fn("", word)},
		{"a name with brackets", fn("f(uint256)", "")},
		{"a name with a comma", fn("f,g", "")},
		{"alias uint", fn("f", `{"name":"a","type":"uint"}`)},
		{"address payable", fn("f", `{"name":"a","type":"address payable"}`)},
		{"uint7", fn("f", `{"name":"a","type":"uint7"}`)},
		{"uint264", fn("f", `{"name":"a","type":"uint264"}`)},
		{"bytes33", fn("f", `{"name":"a","type":"bytes33"}`)},
		{"T[0]", fn("f", `{"name":"a","type":"bool[0]"}`)},
		{"T[-1]", fn("f", `{"name":"a","type":"bool[-1]"}`)},
		{"T[99999999999]", fn("f", `{"name":"a","type":"bool[99999999999]"}`)},
		{"T[", fn("f", `{"name":"a","type":"bool["}`)},
		{"T]", fn("f", `{"name":"a","type":"bool]"}`)},
		{"T[]x", fn("f", `{"name":"a","type":"bool[]x"}`)},
		{"T[][", fn("f", `{"name":"a","type":"bool[]["}`)},
		{"a type with a space", fn("f", `{"name":"a","type":"bool "}`)},
		{"a tuple spelt out", fn("f", `{"name":"a","type":"(bool,bool)"}`)},
		{"a tuple without components", fn("f", `{"name":"a","type":"tuple"}`)},
		{"a tuple with no components", fn("f", `{"name":"a","type":"tuple[]","components":[]}`)},
		{"no type", fn("f", `{"name":"a"}`)},
		{"duplicate argument names", fn("f", word+","+word)},
		{"duplicate member names", fn("f", `{"name":"c","type":"tuple","components":[`+word+","+word+`]}`)},
		{"a position as name", fn("f", `{"name":"1","type":"bool"},{"type":"bool"}`)},
		{"a path as name", fn("f", `{"name":"a.b","type":"bool"}`)},
		{"known selector collision", `[{"type":"function","name":"burn","inputs":[{"name":"a","type":"uint256"}]},
			{"type":"function","name":"collate_propagate_storage","inputs":[{"name":"a","type":"bytes16"}]}]`},
		{"10,000 nested tuples", fn("f", strings.Repeat(`{"name":"a","type":"tuple","components":[`, 10_000)+word+strings.Repeat(`]}`, 10_000))},
		{"20 nested tuples", fn("f", strings.Repeat(`{"name":"a","type":"tuple","components":[`, 20)+word+strings.Repeat(`]}`, 20))},
		{"10,000 array suffixes", fn("f", `{"name":"a","type":"bool`+strings.Repeat("[]", 10_000)+`"}`)},
		{"10,000 brackets", strings.Repeat("[", 10_000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a, err := calldata.ParseABI([]byte(tt.json)); !errors.Is(err, calldata.ErrABI) {
				t.Errorf("ParseABI = %v, %v, want ErrABI", a, err)
			}
		})
	}
}

// Compiling is cheap however deep or wide the text is: no type is built of what
// is refused.
func TestRefusingAnABIIsCheap(t *testing.T) {
	for name, sig := range map[string]string{
		"nested":   "f" + strings.Repeat("(", 10_000) + "bool" + strings.Repeat(")", 10_000),
		"suffixes": "f(bool" + strings.Repeat("[]", 10_000) + ")",
		"doubling": "f(bool" + strings.Repeat("[2]", 10_000) + ")",
	} {
		allocs := testing.AllocsPerRun(10, func() {
			if _, err := calldata.ParseSignatures(sig); err == nil {
				t.Errorf("%s was accepted", name)
			}
		})
		if allocs > 300 {
			t.Errorf("%s: %.0f allocations, want at most 300", name, allocs)
		}
	}
}
