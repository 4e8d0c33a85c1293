package erc7730_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/erc7730"

	"github.com/ethereum/go-ethereum/accounts/abi"
)

var someAmount = countersign.NewAmount(5)

func TestParseRefuses(t *testing.T) {
	good := file(swap(""), "", "")
	change := func(old, new string) string {
		out := strings.Replace(good, old, new, 1)
		if out == good {
			t.Fatalf("%q is not in the file", old)
		}
		return out
	}
	if _, err := erc7730.Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, source, want string }{
		{"nothing", ``, "JSON refused"},
		{"no object", `[]`, "want an object"},
		{"a key that stands twice", change(`"context"`, `"metadata": {}, "context"`), "stands twice"},
		{"a key in another case", change(`"context"`, `"Metadata": {}, "context"`), "only in case"},
		{"depth", strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), "deeper than 32"},
		{"size", `{"a": "` + strings.Repeat("x", erc7730.MaxBytes) + `"}`, "at most 1048576"},
		{"includes", change(`"context"`, `"includes": "./common.json", "context"`), "give the resolved file"},
		{"no version", change(`"$schema"`, `"$id"`), "is not a version that is known"},
		{"a version to come", change(`erc7730-v2`, `erc7730-v3`), "is not a version that is known"},
		{"a draft", change(`erc7730-v2.schema`, `erc7730-v3.0.0-next.schema`), "is not a version that is known"},
		{"an unknown section", change(`"context"`, `"extra": 1, "context"`), `["extra"] is not understood`},
		{"EIP-712", change(`"contract"`, `"eip712"`), "EIP-712 messages are not supported"},
		{"a factory", change(`"deployments"`, `"factory": {"deployEvent": "x"}, "deployments"`), "cannot be checked"},
		{"an address matcher", change(`"deployments"`, `"addressMatcher": "https://x", "deployments"`), "cannot be checked"},
		{"no deployments", change(`"deployments"`, `"$id"`), "bound to nothing"},
		{"chain as text", change(`"chainId": 1,`, `"chainId": "1",`), "want a chainId"},
		{"chain zero", change(`"chainId": 1,`, `"chainId": 0,`), "want a chainId"},
		{"chain with a fraction", change(`"chainId": 1,`, `"chainId": 1.5,`), "want a chainId"},
		{"a mistyped address", change(`0x1111111254EEB`, `0x1111111254eEB`), "EIP-55"},
		{"a short address", change(`582"`, `58"`), "want a chainId and an address"},
		{"an unknown constraint", change(`"deployments"`, `"bytecode": "0x", "deployments"`), "is not understood"},
		{"no formats", change(`"formats"`, `"$id"`), "formats: is missing"},
		{"an alias in a key", change(`int24 tick`, `int tick`), "formats: key"},
		{"a broken selector", change(swapSignature, `0xa9059cbg`), "formats: key"},
		{"two keys for one function", change(`"formats": {`, `"formats": {"swap((address,uint256,bytes)[],address,uint256,int24,string,bool,bytes32,bytes)": {"intent": "x"},`), "mean one selector"},
		{"a key and its selector", file(`"f(uint256 a)": {"intent": "x"}, "`+calldata.SelectorOf("f(uint256)").String()+`": {"intent": "y"}`, "", ""), "mean one selector"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, err := erc7730.Parse([]byte(tt.source))
			if d != nil || !errors.Is(err, erc7730.ErrDescriptor) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Parse = %v, %v; want ErrDescriptor with %q", d, err, tt.want)
			}
		})
	}
}

func TestForBindsExactly(t *testing.T) {
	d, err := erc7730.Parse([]byte(file(`"f(uint256 a)": {"intent": "x"}, "0x01020304": {"intent": "y"}`, "", "")))
	if err != nil {
		t.Fatal(err)
	}
	f := calldata.MustABI("f(uint256 other)").Functions()[0]
	bySelector := &calldata.Function{Name: "g", Signature: "g()", Selector: calldata.Selector{1, 2, 3, 4}}
	collision := &calldata.Function{Name: "g", Signature: "g()", Selector: f.Selector}
	for _, tt := range []struct {
		name  string
		chain uint64
		to    [20]byte
		f     *calldata.Function
		want  bool
	}{
		{"chain, address and signature", 1, router, f, true},
		{"another deployment", 10, router, f, true},
		{"a selector", 1, router, bySelector, true},
		{"another chain", 2, router, f, false},
		{"another address", 1, usdc, f, false},
		{"another function", 1, router, calldata.MustABI("f(uint128)").Functions()[0], false},
		{"another function with the selector of a signature", 1, router, collision, false},
		{"no function", 1, router, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, got := d.For(tt.chain, tt.to, tt.f); got != tt.want {
				t.Errorf("For = %v, want %v", got, tt.want)
			}
		})
	}
	if _, found := (*erc7730.Descriptor)(nil).For(1, router, f); found {
		t.Error("no descriptor has a format")
	}
}

// The names that paths use are those of the key; without any, those of the pinned
// function.
func TestPathsUseTheNamesOfTheKey(t *testing.T) {
	data := pack(t, []abi.ArgumentMarshaling{{Type: "address"}, {Type: "uint256"}}, treasury, someAmount.Big())
	pinned := "f(address to,uint256 amount)"
	for _, tt := range []struct{ name, key, path, want string }{
		{"names of the key", "f(address who, uint256 sum)", "sum", "sum: 5"},
		{"not those of the function then", "f(address who, uint256 sum)", "amount", ""},
		{"without names", "f(address,uint256)", "amount", "amount: 5"},
		{"a selector", calldata.SelectorOf("f(address,uint256)").String(), "amount", "amount: 5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source := file(fmt.Sprintf(`%q: {"intent": "x", "fields": [{"path": %q, "format": "raw"}]}`, tt.key, tt.path), "", "")
			fields, _, err := describe(t, source, decode(t, pinned, data), "0", env())
			if lines(fields) != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("Describe = %q, %v; want %q", lines(fields), err, tt.want)
			}
		})
	}
}

// required and excluded are version 1's.
func TestVersionOne(t *testing.T) {
	fields := []string{`{"path": "to", "label": "To", "format": "raw"}`, `{"path": "legs.[].amount", "label": "N", "format": "raw"}`, `{"path": "all", "label": "All", "format": "raw"}`}
	for _, tt := range []struct{ name, more, want string }{
		{"excluded is hidden", `, "excluded": ["#.to", "legs"], "screens": {"stax": []}`, "All: true"},
		{"required is shown", `, "required": ["to", "#.all"], "excluded": ["data"]`, "To: 0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359\nN [0]: 1500000\nN [1]: 42\nAll: true"},
		{"required and hidden", `, "required": ["to"], "excluded": ["to"]`, ""},
		{"required without a field", `, "required": ["data"]`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source := strings.Replace(file(swap(tt.more, fields...), "", ""), "v2.schema", "v1.schema", 1)
			got, _, err := describe(t, source, someSwap().call(t), "0", env())
			if lines(got) != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("Describe =\n%s, %v\nwant\n%s", lines(got), err, tt.want)
			}
		})
	}
}
