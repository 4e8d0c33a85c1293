package calldata_test

import (
	"errors"
	"strings"
	"testing"

	"countersign/calldata"
)

func TestParseSignatures(t *testing.T) {
	for _, tt := range []struct{ text, canonical, selector string }{
		// Selectors from the literature (ERC-20, ERC-721, Safe, Multicall3, Permit2).
		{"transfer(address,uint256)", "transfer(address,uint256)", "0xa9059cbb"},
		{"function transfer(address to, uint256 amount) external returns (bool)", "transfer(address,uint256)", "0xa9059cbb"},
		{"transferFrom(address,address,uint256)", "transferFrom(address,address,uint256)", "0x23b872dd"},
		{"approve(address,uint256)", "approve(address,uint256)", "0x095ea7b3"},
		{"mint(address to,uint256 amount)", "mint(address,uint256)", "0x40c10f19"},
		{"burn(uint256)", "burn(uint256)", "0x42966c68"},
		{"totalSupply()", "totalSupply()", "0x18160ddd"},
		{"  pause()  ", "pause()", "0x8456cb59"},
		{"safeTransferFrom(address,address,uint256,bytes)", "safeTransferFrom(address,address,uint256,bytes)", "0xb88d4fde"},
		{"multicall(bytes[] calldata data) public payable returns(bytes[] memory)", "multicall(bytes[])", "0xac9650d8"},
		{"multiSend(bytes transactions)", "multiSend(bytes)", "0x8d80ff0a"},
		{"aggregate3((address target,bool allowFailure,bytes callData)[] calls)", "aggregate3((address,bool,bytes)[])", "0x82ad56cb"},
		{"aggregate3(tuple(address target,bool allowFailure,bytes callData)[] calls)", "aggregate3((address,bool,bytes)[])", "0x82ad56cb"},
		{
			"execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)",
			"execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)", "0x6a761202",
		},
		{
			"exactInputSingle((address tokenIn,address tokenOut,uint24 fee,address recipient,uint256 deadline,uint256 amountIn,uint256 amountOutMinimum,uint160 sqrtPriceLimitX96) params)",
			"exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))", "0x414bf389",
		},
		{"f(((uint8,(bool[2][],string)[3]),bytes32)[][2])", "f(((uint8,(bool[2][],string)[3]),bytes32)[][2])", ""},
		{"_a$1(int256 _x,\tint8 $y)", "_a$1(int256,int8)", ""},
		{"f(uint256 tuple,uint256 memory)", "f(uint256,uint256)", ""},
	} {
		t.Run(tt.text, func(t *testing.T) {
			a, err := calldata.ParseSignatures(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			f, found := a.Function(tt.canonical)
			if !found || len(a.Functions()) != 1 || a.Functions()[0] != f {
				t.Fatalf("Functions = %v, want %s", a.Functions()[0].Signature, tt.canonical)
			}
			if tt.selector != "" && f.Selector.String() != tt.selector {
				t.Errorf("selector = %s, want %s", f.Selector, tt.selector)
			}
		})
	}
}

func TestParseSignaturesRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"nothing", ""},
		{"a name alone", "transfer"},
		{"no name", "(address)"},
		{"a name that starts with a digit", "1f(address)"},
		{"a name with a space", "my f(address)"},
		{"alias uint", "f(uint)"},
		{"alias int", "f(int x)"},
		{"alias byte", "f(byte)"},
		{"address payable", "f(address payable)"},
		{"address payable, named", "f(address payable to)"},
		{"uint7", "f(uint7)"},
		{"uint0", "f(uint0)"},
		{"uint12", "f(uint12)"},
		{"uint257", "f(uint257)"},
		{"uint264", "f(uint264)"},
		{"uint08", "f(uint08)"},
		{"uint+8", "f(uint+8)"},
		{"int264", "f(int264)"},
		{"bytes0", "f(bytes0)"},
		{"bytes33", "f(bytes33)"},
		{"fixed point", "f(fixed128x18)"},
		{"function type", "f(function)"},
		{"a contract's name", "f(IERC20 token)"},
		{"an upper-case type", "f(Uint256)"},
		{"T[0]", "f(uint256[0])"},
		{"T[-1]", "f(uint256[-1])"},
		{"T[01]", "f(uint256[01])"},
		{"T[99999999999]", "f(uint256[99999999999])"},
		{"T[99999999999999999999999]", "f(uint256[99999999999999999999999])"},
		{"arrays whose size overflows", "f(uint8[65536][65536][65536][65536])"},
		{"array without end", "f(uint256[2)"},
		{"array without beginning", "f(uint256])"},
		{"array within array", "f(uint256[[2]])"},
		{"empty tuple", "f(())"},
		{"empty tuple within", "f((uint256,()))"},
		{"tuple without members", "f(tuple)"},
		{"duplicate argument names", "f(uint256 a,address a)"},
		{"duplicate member names", "f((uint256 a,address a) c)"},
		{"a position as name", "f(uint256 1,uint256)"},
		{"an event's word", "f(uint256 indexed)"},
		{"trailing comma", "f(uint256,)"},
		{"leading comma", "f(,uint256)"},
		{"two names", "f(uint256 a b)"},
		{"trailing garbage", "f(uint256) now"},
		{"garbage that looks like returns", "f(uint256) returnsomething"},
		{"a second signature", "f(uint256),g(uint256)"},
		{"semicolon", "f(uint256);"},
		{"bracket too many", "f(uint256))"},
		{"bracket too few", "f((uint256)"},
		{"no closing bracket", "f(uint256"},
		{"only an opening bracket", "f("},
		{"NUL", "f(uint256\x00)"},
		{"newline", "f(uint256\n,bool)"},
		{"other letters in the name", "ƒ(uint256)"},
		{"10,000 opening brackets", "f" + strings.Repeat("(", 10_000)},
		{"10,000 nested tuples", "f" + strings.Repeat("(", 10_000) + "bool" + strings.Repeat(")", 10_000)},
		{"10,000 array suffixes", "f(bool" + strings.Repeat("[]", 10_000) + ")"},
		{"10,000 array suffixes that double", "f(bool" + strings.Repeat("[2]", 10_000) + ")"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := calldata.ParseSignatures(tt.text)
			if !errors.Is(err, calldata.ErrABI) {
				t.Errorf("ParseSignatures(%.80q) = %v, %v, want ErrABI", tt.text, a, err)
			}
		})
	}
}

func TestNestingHasALimit(t *testing.T) {
	for depth, want := range map[int]bool{16: true, 17: false} {
		sig := "f(" + strings.Repeat("(", depth) + "bool" + strings.Repeat(")", depth) + ")"
		if _, err := calldata.ParseSignatures(sig); (err == nil) != want {
			t.Errorf("%d tuples deep: %v, want ok %t", depth, err, want)
		}
	}
	// What the limit lets through still has to be a small thing: 256 levels here.
	sig := "bool" + strings.Repeat("[1]", 16)
	for range 16 {
		sig = "(" + sig + ")" + strings.Repeat("[1]", 16)
	}
	a, data := call(t, "f("+sig+")", num(1))
	if _, err := a.Decode(data); err != nil {
		t.Errorf("the deepest type: %v", err)
	}
}

func TestSelectorClash(t *testing.T) {
	for _, tt := range []struct {
		name string
		sigs []string
	}{
		{"known collision", []string{"burn(uint256)", "collate_propagate_storage(bytes16)"}},
		{"known collision, other order", []string{"collate_propagate_storage(bytes16)", "burn(uint256)"}},
		{"one function twice", []string{"burn(uint256 a)", "burn(uint256 b)"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := calldata.ParseSignatures(tt.sigs...)
			if !errors.Is(err, calldata.ErrABI) || !strings.Contains(err.Error(), "0x42966c68") {
				t.Errorf("error %v, want ErrABI that names the selector", err)
			}
		})
	}
	if _, err := calldata.ParseSignatures(); !errors.Is(err, calldata.ErrABI) {
		t.Errorf("no functions: %v, want ErrABI", err)
	}
}

// Function wants the canonical spelling: a lookup by bare selector would let one
// spelling stand for another function.
func TestFunctionByExactSignature(t *testing.T) {
	a := calldata.MustABI("burn(uint256 amount)", "burn(uint256 amount,bytes memo)")
	for sig, want := range map[string]bool{
		"burn(uint256)": true, "burn(uint256,bytes)": true,
		"burn(uint256 amount)": false, "burn": false, "": false, "burn(uint256, bytes)": false,
		"collate_propagate_storage(bytes16)": false, // the selector of burn(uint256)
	} {
		if _, found := a.Function(sig); found != want {
			t.Errorf("Function(%q) found %t, want %t", sig, found, want)
		}
	}
}

func TestMustABI(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("MustABI did not panic")
		}
	}()
	calldata.MustABI("f(uint)")
}
