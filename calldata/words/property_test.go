package words_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/erc7730"
	"countersign/calldata/risk"
	"countersign/calldata/words"

	"pgregory.net/rapid"
)

// known are signatures that have words of their own, beside those of the wrappers.
var known = []string{
	"transfer(address,uint256)", "transferFrom(address,address,uint256)", "approve(address,uint256)", "increaseAllowance(address,uint256)", "decreaseApproval(address,uint256)",
	"mint(address,uint256)", "burn(uint256)", "burnFrom(address,uint256)", "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
	"permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)", "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
	"deposit()", "withdraw(uint256)", "deposit(uint256,address)", "mint(uint256,address)", "withdraw(uint256,address,address)", "redeem(uint256,address,address)",
	"safeTransferFrom(address,address,uint256,bytes)", "setApprovalForAll(address,bool)", "safeTransferFrom(address,address,uint256,uint256,bytes)",
	"safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)", "mintBatch(address,uint256[],uint256[],bytes)", "burnBatch(address,uint256[],uint256[])",
	"approve(address,address,uint160,uint48)", "permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)",
	"permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)", "transferFrom((address,address,uint160,address)[])", "lockdown((address,address)[])",
	"permitTransferFrom(((address,uint256)[],uint256,uint256),(address,uint256)[],address,bytes)",
	"addOwnerWithThreshold(address,uint256)", "enableModule(address)", "setGuard(address)", "grantRole(bytes32,address)", "transferOwnership(address)", "changeProxyAdmin(address,address)",
}

// layouts are steps of the Universal Router.
var layouts = []string{
	"V3_SWAP_EXACT_IN(address,uint256,uint256,bytes,bool)", "V2_SWAP_EXACT_OUT(address,uint256,uint256,address[],bool)", "SWEEP(address,address,uint256)", "TRANSFER(address,address,uint256)",
	"PERMIT2_PERMIT_BATCH(((address,uint160,uint48,uint48)[],address,uint256),bytes)", "WRAP_ETH(address,uint256)", "SETTLE(address,uint256,bool)", "EXECUTE_SUB_PLAN(bytes,bytes[])",
}

// hostile is text that wants to be more than text.
func hostile() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", "Treasury", "\u202e\u2066abc", "a\nb\x00c\x1b[2J", `"quoted" — and (more)`, "אבג", "\xff\xfe", strings.Repeat("x", 500), strings.Repeat("word ", 90), "…", "\u200b\u3164", "0x1111…1111",
	}))
}

// someType draws a type, deeper ones more rarely.
func someType(t *rapid.T, depth int) string {
	choice := rapid.IntRange(0, 12-min(depth, 3)).Draw(t, "type")
	switch {
	case choice > 9 && depth < 3:
		var members []string
		for range rapid.IntRange(1, 3).Draw(t, "members") {
			members = append(members, someType(t, depth+1))
		}
		return "(" + strings.Join(members, ",") + ")"
	case choice == 9 && depth < 3:
		return someType(t, depth+1) + rapid.SampledFrom([]string{"[]", "[2]"}).Draw(t, "array")
	}
	return rapid.SampledFrom([]string{"address", "uint256", "uint160", "uint48", "uint8", "int24", "bool", "bytes32", "bytes4", "bytes", "string"}).Draw(t, "word")
}

func someSignature(t *rapid.T) string {
	var in []string
	for i := range rapid.IntRange(0, 8).Draw(t, "arguments") {
		in = append(in, someType(t, 0)+rapid.SampledFrom([]string{"", fmt.Sprintf(" a%d", i), " " + strings.Repeat("n", 80) + fmt.Sprint(i)}).Draw(t, "name"))
	}
	return rapid.SampledFrom([]string{"f", "transfer", strings.Repeat("long", 30)}).Draw(t, "function") + "(" + strings.Join(in, ",") + ")"
}

// encode draws a value of a type and writes it as the ABI has it; dynamic says whether
// a sequence holds an offset in its place.
func encode(t *rapid.T, typ *calldata.Type) (data []byte, dynamic bool) {
	switch typ.Kind {
	case calldata.Slice, calldata.Array:
		n, fields := typ.Size, []calldata.Field{}
		if typ.Kind == calldata.Slice {
			n = rapid.IntRange(0, 12).Draw(t, "length")
		}
		for range n {
			fields = append(fields, calldata.Field{Type: typ.Elem})
		}
		data, dynamic = sequence(t, fields)
		if typ.Kind == calldata.Slice {
			return append(size(n), data...), true
		}
		return data, dynamic
	case calldata.Tuple:
		return sequence(t, typ.Fields)
	case calldata.String:
		return padded([]byte(strings.ToValidUTF8(hostile().Draw(t, "text"), "?"))), true
	case calldata.Bytes:
		return padded(rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "bytes")), true
	}
	return word(t, typ), false
}

func word(t *rapid.T, typ *calldata.Type) []byte {
	w := make([]byte, 32)
	fill := rapid.SampledFrom([]byte{0, 1, 0x7f, 0xff}).Draw(t, "fill")
	bits := typ.Size
	switch typ.Kind {
	case calldata.Bool:
		w[31] = fill & 1
		return w
	case calldata.FixedBytes:
		copy(w, slices.Repeat([]byte{fill}, typ.Size))
		return w
	case calldata.Address:
		bits = 160
		if rapid.Bool().Draw(t, "pinned") {
			a := rapid.SampledFrom([]calltree.Address{calltree.Address(tusd), calltree.Address(nft), calltree.Address(treasury), {19: 1}, {}}).Draw(t, "address")
			copy(w[12:], a[:])
			return w
		}
	case calldata.Int:
		if fill&0x80 != 0 {
			return slices.Repeat([]byte{0xff}, 32)
		}
	}
	copy(w[32-bits/8:], slices.Repeat([]byte{fill}, bits/8))
	return w
}

func size(n int) []byte { return binary.BigEndian.AppendUint64(make([]byte, 24), uint64(n)) }

func padded(b []byte) []byte {
	return append(append(size(len(b)), b...), make([]byte, (32-len(b)%32)%32)...)
}

// sequence writes heads and, behind them, what is dynamic.
func sequence(t *rapid.T, fields []calldata.Field) (data []byte, dynamic bool) {
	parts, isDynamic, head := make([][]byte, len(fields)), make([]bool, len(fields)), 0
	for i, f := range fields {
		parts[i], isDynamic[i] = encode(t, f.Type)
		if isDynamic[i] = isDynamic[i] || flexible(f.Type); isDynamic[i] {
			head += 32
		} else {
			head += len(parts[i])
		}
	}
	var tail []byte
	for i, p := range parts {
		if isDynamic[i] {
			data, tail, dynamic = append(data, size(head+len(tail))...), append(tail, p...), true
		} else {
			data = append(data, p...)
		}
	}
	return append(data, tail...), dynamic
}

// flexible reports whether a type's length varies, whatever its value.
func flexible(t *calldata.Type) bool {
	switch t.Kind {
	case calldata.Slice, calldata.Bytes, calldata.String:
		return true
	case calldata.Array:
		return flexible(t.Elem)
	}
	return slices.ContainsFunc(t.Fields, func(f calldata.Field) bool { return flexible(f.Type) })
}

// someNode draws a call, decoded or not, reached in any way, with calls inside.
func someNode(t *rapid.T, depth int) calltree.Node {
	n := calltree.Node{
		To:        rapid.SampledFrom([]calltree.Address{calltree.Address(tusd), calltree.Address(nft), calltree.Address(multi), calltree.Address(vault), calltree.Address(weth), calltree.Address(raw), {}}).Draw(t, "to"),
		Operation: calltree.Operation(rapid.IntRange(0, 4).Draw(t, "operation")), Kind: calltree.Kind(rapid.IntRange(0, 7).Draw(t, "kind") % 5),
		Risks: risk.Set(rapid.Uint32().Draw(t, "risks")), Via: rapid.SampledFrom([]string{"", "safe", "eip7702"}).Draw(t, "via"), Step: rapid.Bool().Draw(t, "step"),
	}
	if rapid.Bool().Draw(t, "value") {
		n.Value = calltree.Wei(word(t, calldata.MustABI("f(uint256)").Functions()[0].Inputs[0].Type))
	}
	signature := rapid.OneOf(rapid.Custom(someSignature), rapid.SampledFrom(known), rapid.SampledFrom(layouts), rapid.SampledFrom(calltree.Wrappers())).Draw(t, "signature")
	if rapid.IntRange(0, 9).Draw(t, "decoded") > 0 {
		f := calldata.MustABI(signature).Functions()[0]
		data, _ := sequence(t, f.Inputs)
		if err := f.DecodeInto(&n.Call, data); err != nil {
			t.Fatalf("%s: %v", signature, err)
		}
		n.Data = append(f.Selector[:], data...)
	}
	if n.Kind.Opaque() && rapid.Bool().Draw(t, "anomaly") {
		n.Anomaly = &calldata.Refusal{Code: rapid.SampledFrom([]calldata.Code{calltree.UnknownContract, calldata.UnknownSelector, calltree.AfterUpgrade, calltree.NoCallData, calltree.SetCode, calldata.Truncated}).Draw(t, "code"), Why: hostile().Draw(t, "why")}
	}
	if depth < 2 {
		for range rapid.IntRange(0, 2).Draw(t, "children") {
			n.Children = append(n.Children, someNode(t, depth+1))
		}
	}
	return n
}

func someNames(t *rapid.T) words.Names {
	pins := words.Names{Accounts: map[calltree.Address]string{calltree.Address(treasury): hostile().Draw(t, "account")}, Tokens: map[calltree.Address]words.Token{}, ChainID: 1}
	some := func() words.Token {
		return words.Token{Symbol: hostile().Draw(t, "symbol"), Decimals: rapid.IntRange(-1, 80).Draw(t, "decimals"), Standard: words.Standard(rapid.IntRange(0, 6).Draw(t, "standard")), Asset: calltree.Address(tusd)}
	}
	pins.Native = some()
	for _, a := range []calltree.Address{calltree.Address(tusd), calltree.Address(nft), calltree.Address(multi), calltree.Address(vault), calltree.Address(weth)} {
		if rapid.Bool().Draw(t, "pinned") {
			pins.Tokens[a] = some()
		}
	}
	source := fmt.Sprintf(`{"$schema": "erc7730-v2.schema.json", "context": {"contract": {"deployments": [{"chainId": 1, "address": "%s"}]}}, "display": {"formats": {"transfer(address to,uint256 amount)": {"intent": %q, "interpolatedIntent": "{to} {amount}", "fields": [{"path": "to", "format": "addressName"}, {"path": "amount", "format": "raw"}]}}}}`,
		tusd.Hex(), rapid.SampledFrom([]string{"x", "a \" b"}).Draw(t, "intent"))
	if d, err := erc7730.Parse([]byte(source)); err == nil {
		pins.Descriptors = append(pins.Descriptors, d)
	}
	return pins
}

// Whatever is called and whatever is pinned: no panic, one line, not too long, nothing
// in it that hides or turns what stands beside it.
func TestLinesAreFitToBeShown(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pins := someNames(rt)
		tree := &calltree.Tree{Roots: []calltree.Node{someNode(rt, 0)}}
		count := 0
		tree.Walk(func(_ string, n *calltree.Node) {
			count++
			fit(rt, pins.Line(n))
			if again := pins.Line(n); again != pins.Line(n) {
				rt.Fatalf("two lines for one call: %q", again)
			}
			for _, a := range pins.Full(n) {
				if len(a) != 42 || !strings.HasPrefix(a, "0x") {
					rt.Fatalf("%q is no address", a)
				}
			}
		})
		if got := len(pins.Lines(tree)); got != count {
			rt.Fatalf("%d lines for %d calls", got, count)
		}
	})
}

// Every address that a line shortens is listed in full.
func TestEveryShortAddressIsListed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		node := someNode(rt, 2)
		full := map[string]bool{}
		for _, a := range (words.Names{}).Full(&node) {
			full[a[:6]+"…"+a[38:]] = true
		}
		line := (words.Names{}).Line(&node)
		for i := strings.Index(line, "…"); i >= 0; i = nextEllipsis(line, i) {
			if i < 6 || !strings.HasPrefix(line[i-6:], "0x") || len(line) < i+7 {
				continue
			}
			if short := line[i-6 : i+7]; strings.Trim(short[9:], "0123456789abcdefABCDEF") == "" && !full[short] {
				rt.Fatalf("%s of %q is not among %v", short, line, full)
			}
		}
	})
}

func nextEllipsis(s string, i int) int {
	j := strings.Index(s[i+3:], "…")
	if j < 0 {
		return -1
	}
	return i + 3 + j
}
