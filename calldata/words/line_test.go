package words_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"countersign/calldata/calltree"
	"countersign/calldata/erc7730"
	"countersign/calldata/words"

	"github.com/ethereum/go-ethereum/common"
)

// Functions that are not known are told as they were called.
func TestFallback(t *testing.T) {
	type nested struct {
		Name0 common.Address
		Name1 []*big.Int
	}
	many := make([]*big.Int, 20)
	for i := range many {
		many[i] = n(int64(i))
	}
	who := slices.Repeat([]common.Address{treasury}, 7)
	run(t, []golden{
		{"no arguments", "", raw, call(t, "pause()"), "call pause() of 0x27b1…1c26"},
		{"names of arguments", "", raw, call(t, "f(address to,uint256 amount,bool ok)", treasury, n(5), true), "call f(to=0x1111…1111 (Treasury), amount=5, ok=true) of 0x27b1…1c26"},
		{"no names", "7", raw, call(t, "f(address,int24)", tusd, n(-5)), "call f(0x5aAe…eAed (TUSD token), -5) of 0x27b1…1c26, sending 0.000000000000000007 ETH along"},
		{"the largest numbers", "", raw, call(t, "f(uint256 a,uint128 b)", most, power(128)), "call f(a=2^256-1, b=2^128-1) of 0x27b1…1c26"},
		{"bytes", "", raw, call(t, "f(bytes4 a,bytes b,bytes c)", [4]byte{1, 2, 3, 4}, []byte{}, []byte{0xff}), "call f(a=0x01020304, b=0x, c=0xff) of 0x27b1…1c26"},
		{"many bytes", "", raw, call(t, "f(bytes a)", make([]byte, 100)), "call f(a=100 bytes) of 0x27b1…1c26"},
		{"text cannot leave its quotes", "", raw, call(t, "f(string s,address to)", `") of 0x1234…`+"\u202e\n", bob), `call f(s="\") of 0x1234\u2026\u202e\u000a", to=0xb0b0…0002) of 0x27b1…1c26`},
		{"text that hides behind letters", "", raw, call(t, "f(string s)", "א\u0301\u200b"), `call f(s="\u05d0\u0301\u200b") of 0x27b1…1c26`},
		{"tuples and lists", "", raw, call(t, "f((address who,uint256[] n)[] x)", []nested{{bob, []*big.Int{n(1), n(2)}}, {alice, nil}}), "call f(x=[(who=0xb0b0…0002, n=[1, 2]), (who=0xa11c…0001, n=[])]) of 0x27b1…1c26"},
		{"a long list says how much more there is", "", raw, call(t, "f(uint256[] n)", many), "call f(n=[0, 1, 2, 3, 4, 5, 6, 7, … 12 more]) of 0x27b1…1c26"},
		{"token words need a pinned token", "", raw, call(t, "transfer(address to,uint256 amount)", bob, n(5)), "call transfer(to=0xb0b0…0002, amount=5) of 0x27b1…1c26"},
		{"and the exact signature", "", tusd, call(t, "transfer(address to,uint128 amount)", bob, n(5)), "call transfer(to=0xb0b0…0002, amount=5) of 0x5aAe…eAed (TUSD token)"},
		{"and the standard of the token", "", tusd, call(t, "safeTransferFrom(address,address,uint256)", alice, bob, n(5)), "call safeTransferFrom(0xa11c…0001, 0xb0b0…0002, 5) of 0x5aAe…eAed (TUSD token)"},
		{"deposit of an ERC-20 is not wrapping", eth, tusd, call(t, "deposit()"), "call deposit() of 0x5aAe…eAed (TUSD token), sending 1.00 ETH along"},
		{"a line that does not fit keeps what is short", "", raw, call(t, "pay(string memo,uint256[] ids,address to,uint256 amount,address a,address b,address c,address d,address e)", strings.Repeat("memo ", 40), slices.Repeat([]*big.Int{power(100)}, 30), treasury, n(123456), who[0], who[1], who[2], bob, alice),
			"call pay(memo=text of 200 bytes, ids=[30 elements], to=0x1111…1111 (Treasury), amount=123456, a=0x1111…1111 (Treasury), b=0x1111…1111 (Treasury), c=0x1111…1111 (Treasury), d=0xb0b0…0002, e=0xa11c…0001) of 0x27b1…1c26"},
	})
}

// What does not fit is cut behind a whole amount or address, and says so; whose
// function it is and what is sent along stay.
func TestALineIsCutBetweenThings(t *testing.T) {
	var signature []string
	var args []any
	for i := range 20 {
		signature = append(signature, fmt.Sprintf("address a%d,uint256 n%d", i, i))
		args = append(args, treasury, new(big.Int).Lsh(n(3), 200))
	}
	c := call(t, "f("+strings.Join(signature, ",")+")", args...)
	at := node(t, tusd, c, eth)
	pins := names()
	pins.Accounts[calltree.Address(tusd)] = strings.Repeat("x", 100)
	line := pins.Line(at)
	fit(t, line)
	const number = "4820814132776970826625886277023487807566608981348378505904128"
	want := "call f(a0=0x1111…1111, n0=" + number + ", a1=0x1111…1111, n1=" + number + ", a2=0x1111…1111, n2=" + number + ", …) of 0x5aAe…eAed, sending 1.00 ETH along"
	if line != want {
		t.Errorf("Line = %s\nwant   %s", line, want)
	}
	if got := pins.Full(at); !slices.Equal(got, []string{treasury.Hex(), tusd.Hex()}) {
		t.Errorf("Full = %s", got)
	}
}

func TestFullListsEveryAddress(t *testing.T) {
	path := slices.Concat(tusd.Bytes(), []byte{0, 1, 244}, raw.Bytes(), []byte{0, 1, 244}, weth.Bytes())
	input := call(t, "P(address,uint256,uint256,bytes,bool)", bob, n(5), n(6), path, true).data[4:]
	execute := call(t, "execute(bytes,bytes[])", []byte{0}, [][]byte{input})
	router := pin(execute)
	router.Protocol = "uniswap-ur-v2"
	swap := read(t, map[common.Address]calltree.Contract{treasury: router}, calltree.Transaction{To: to(treasury), Data: execute.data})
	for _, tt := range []struct {
		name string
		node *calltree.Node
		want []common.Address
	}{
		{"in the order of the line", node(t, tusd, call(t, "transferFrom(address,address,uint256)", alice, bob, n(1)), "0"), []common.Address{tusd, alice, bob}},
		{"tokens that stand behind symbols", &swap.Roots[0].Children[0], []common.Address{tusd, weth, bob, raw, treasury}},
		{"each once", node(t, raw, call(t, "f(address,address,address)", bob, bob, tusd), "0"), []common.Address{bob, tusd, raw}},
		{"inside of lists and tuples, more than the line has", node(t, raw, call(t, "f(address[])", manyAddresses(30)), "0"), slices.Insert(manyAddresses(30), 8, raw)},
		{"of a transfer", &read(t, nil, calltree.Transaction{To: to(bob), Value: wei("1")}).Roots[0], []common.Address{bob}},
		{"of what cannot be read", &read(t, nil, calltree.Transaction{To: to(bob), Data: []byte{1, 2, 3, 4}}).Roots[0], []common.Address{bob}},
		{"of a creation", &read(t, nil, calltree.Transaction{Data: []byte{1, 2, 3, 4}}).Roots[0], nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want []string
			for _, a := range tt.want {
				want = append(want, a.Hex())
			}
			got := names().Full(tt.node)
			if !slices.Equal(got, want) {
				t.Errorf("Full = %s\nwant   %s", got, want)
			}
		})
	}
}

func manyAddresses(n int) (out []common.Address) {
	for i := range n {
		out = append(out, common.BytesToAddress([]byte{byte(i + 1), 0xff}))
	}
	return out
}

func TestLinesAreIndentedByDepth(t *testing.T) {
	transfer := call(t, "transfer(address,uint256)", bob, n(1_000_000))
	batch := call(t, "multiSend(bytes)", append(record(0, tusd, transfer.data), record(0, bob, nil)...))
	safe := call(t, "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)", raw, n(0), batch.data, uint8(1), n(0), n(0), n(0), nobody, nobody, []byte{})
	got := names().Lines(read(t, map[common.Address]calltree.Contract{tusd: pin(transfer), raw: pin(batch), treasury: pin(safe)}, calltree.Transaction{To: to(treasury), Data: safe.data}))
	want := []string{
		"Safe 0x1111…1111 (Treasury) executes 1 call by delegatecall",
		"  batch of 2 calls, through 0x27b1…1c26 by delegatecall",
		"    transfer 1.00 TUSD to 0xb0b0…0002",
		"    send 0.00 ETH to 0xb0b0…0002",
	}
	if !slices.Equal(got, want) {
		t.Errorf("Lines =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A descriptor adds words and takes none away.
func TestDescriptorsAddTheirWords(t *testing.T) {
	swap := call(t, "swap(address token,uint256 amount,address to)", tusd, n(1_000_000), bob)
	approve := call(t, "approve(address spender,uint256 value)", bob, n(1_000_000))
	const own = "call swap(token=0x5aAe…eAed (TUSD token), amount=1000000, to=0xb0b0…0002) of 0x27b1…1c26"
	good := descriptor(t, raw, `"swap(address token,uint256 amount,address to)": {"intent": "Swap", "interpolatedIntent": "Swap {amount}", "fields": [{"path": "amount", "format": "tokenAmount", "params": {"tokenPath": "token"}}]}`)
	for _, tt := range []struct {
		name  string
		at    common.Address
		call  made
		value string
		with  []*erc7730.Descriptor
		want  string
	}{
		{"an intent with values", raw, swap, "0", list(good), own + ` — "Swap 1.00 TUSD" (by descriptor)`},
		{"behind the value", raw, swap, eth, list(good), own + `, sending 1.00 ETH along — "Swap 1.00 TUSD" (by descriptor)`},
		{"names that are pinned", raw, swap, "0", list(descriptor(t, raw, `"swap(address,uint256,address)": {"intent": "Swap", "interpolatedIntent": "To {to} for {amount}, {@.value}", "fields": [{"path": "to", "format": "addressName"}, {"path": "@.value", "format": "amount"}, {"path": "amount", "format": "tokenAmount", "params": {"tokenPath": "to"}}]}`)),
			own + ` — "To 0xb0b0000000000000000000000000000000000002 for 1,000,000 units of the unknown token 0xb0b0000000000000000000000000000000000002, 0.00 ETH" (by descriptor)`},
		{"of another contract", alice, swap, "0", list(good), strings.Replace(own, "0x27b1…1c26", "0xa11c…0001", 1)},
		{"two for one call", raw, swap, "0", list(good, good), own},
		{"one that is not understood", raw, swap, "0", list(descriptor(t, raw, `"swap(address token,uint256 amount,address to)": {"intent": "Safe", "fields": [{"path": "amount", "format": "magic"}]}`)), own},
		{"the name of the function stands beside other words", tusd, approve, "0", list(descriptor(t, tusd, `"approve(address spender,uint256 value)": {"intent": "Log in"}`)),
			`allow 0xb0b0…0002 to spend 1.00 TUSD [approve] — "Log in" (by descriptor)`},
		{"quotes cannot be left", tusd, approve, "0", list(descriptor(t, tusd, `"approve(address spender,uint256 value)": {"intent": "x\" (by descriptor) — revoke the allowance\u202e"}`)),
			`allow 0xb0b0…0002 to spend 1.00 TUSD [approve] — "x\" (by descriptor) \u2014 revoke the allowance\u202e" (by descriptor)`},
		{"one that is too long is left out whole", tusd, approve, "0", list(descriptor(t, tusd, fmt.Sprintf(`"approve(address spender,uint256 value)": {"intent": "x", "interpolatedIntent": "%s"}`, strings.Repeat("x", 280)))),
			`allow 0xb0b0…0002 to spend 1.00 TUSD`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pins := names()
			pins.Descriptors = tt.with
			got := pins.Line(node(t, tt.at, tt.call, tt.value))
			if got != tt.want {
				t.Errorf("Line = %s\nwant   %s", got, tt.want)
			}
			fit(t, got)
		})
	}
}

// Whatever a descriptor says, the words without it come first, whole.
func TestADescriptorHidesNothing(t *testing.T) {
	hidden := descriptor(t, tusd, `"transfer(address to,uint256 amount)": {"intent": "Claim reward", "fields": [{"path": "to", "visible": "never"}, {"path": "amount", "visible": "never"}]}`)
	transfer := call(t, "transfer(address,uint256)", bob, n(1_000_000))
	pins := names()
	before := pins.Line(node(t, tusd, transfer, "0"))
	pins.Descriptors = list(hidden, nil)
	if got := pins.Line(node(t, tusd, transfer, "0")); got != before+` — "Claim reward" (by descriptor)` {
		t.Errorf("Line = %s", got)
	}
	c := call(t, "f(address a,bytes32 b,bytes32 c,bytes32 d,bytes32 e,bytes32 g)", bob, [32]byte{1}, [32]byte{2}, [32]byte{3}, [32]byte{4}, [32]byte{5})
	pins.Descriptors = list(descriptor(t, raw, `"f(address,bytes32,bytes32,bytes32,bytes32,bytes32)": {"intent": "x"}`))
	if got := pins.Line(node(t, raw, c, "0")); strings.Contains(got, "descriptor") || utf8.RuneCountInString(got) > words.MaxLine {
		t.Errorf("Line = %s, want nothing behind words that are cut", got)
	}
	delegated := node(t, tusd, transfer, "0")
	delegated.Operation = calltree.Delegatecall
	pins.Descriptors = list(hidden)
	if got := pins.Line(delegated); strings.Contains(got, "descriptor") {
		t.Errorf("Line = %s, want nothing said of foreign code", got)
	}
}

func list(d ...*erc7730.Descriptor) []*erc7730.Descriptor { return d }

func descriptor(t *testing.T, at common.Address, formats string) *erc7730.Descriptor {
	t.Helper()
	d, err := erc7730.Parse([]byte(fmt.Sprintf(`{"$schema": "../../specs/erc7730-v2.schema.json", "context": {"contract": {"deployments": [{"chainId": 1, "address": %q}]}}, "display": {"formats": {%s}}}`, at.Hex(), formats)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}
