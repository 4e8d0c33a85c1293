package words_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/words"

	"github.com/ethereum/go-ethereum/common"
)

func TestWordsOfWhatCannotBeRead(t *testing.T) {
	transfer := call(t, "transfer(address,uint256)", bob, n(1))
	pinned := map[common.Address]calltree.Contract{tusd: pin(transfer), treasury: pin(call(t, "multiSend(bytes)", []byte{}))}
	multi := call(t, "multiSend(bytes)", record(1, bob, transfer.data))
	for _, tt := range []struct {
		name string
		tx   calltree.Transaction
		want []string
	}{
		{"an unknown contract", calltree.Transaction{To: to(bob), Data: transfer.data}, []string{"cannot be read: unknown contract 0xb0b0…0002, 68 bytes"}},
		{"value for an unknown contract", calltree.Transaction{To: to(bob), Data: transfer.data, Value: wei(eth)}, []string{"cannot be read: unknown contract 0xb0b0…0002, 68 bytes, sending 1.00 ETH along"}},
		{"an unknown function", calltree.Transaction{To: to(tusd), Data: []byte{1, 2, 3, 4}}, []string{"cannot be read: unknown function 0x01020304 of 0x5aAe…eAed (TUSD token), 4 bytes"}},
		{"no selector", calltree.Transaction{To: to(tusd), Data: []byte{1}}, []string{"cannot be read: call of 0x5aAe…eAed (TUSD token): 1 bytes, want a selector of 4, 1 byte"}},
		{"arguments that are not exact", calltree.Transaction{To: to(tusd), Data: transfer.data[:60]}, []string{"cannot be read: call of 0x5aAe…eAed (TUSD token): want 64 bytes, 56 are left, 60 bytes"}},
		{"a batch that is cut", calltree.Transaction{To: to(treasury), Data: call(t, "multiSend(bytes)", []byte{0, 1}).data}, []string{"cannot be read: multiSend of 0x1111…1111 (Treasury): record 0 at byte 0 passes the end of 2 bytes, 100 bytes"}},
		{"a delegatecall of an unknown contract", calltree.Transaction{To: to(treasury), Data: multi.data},
			[]string{"batch of 1 call by delegatecall, through 0x1111…1111 (Treasury)", "  cannot be read: delegatecall, unknown contract 0xb0b0…0002, 68 bytes"}},
		{"a delegatecall without data", calltree.Transaction{To: to(treasury), Data: call(t, "multiSend(bytes)", record(1, bob, nil)).data},
			[]string{"batch of 1 call by delegatecall, through 0x1111…1111 (Treasury)", "  cannot be read: delegatecall, 0xb0b0…0002 is called without data, which runs its fallback, 0 bytes"}},
		{"a creation", calltree.Transaction{Data: make([]byte, 1234), Value: wei("5")}, []string{"create a contract from code that cannot be read, 1234 bytes, sending 0.000000000000000005 ETH along"}},
		{"a creation through the factory", calltree.Transaction{To: to(hex("0x4e59b44847b379578588920cA78FbF26c0B4956C")), Data: make([]byte, 40)}, []string{"create a contract through 0x4e59…956C from salt and code that cannot be read, 40 bytes"}},
		{"EIP-7702", calltree.Transaction{To: to(tusd), Data: transfer.data, Delegates: []calltree.Address{calltree.Address(bob)}, SetCode: true},
			[]string{"transfer 0.000001 TUSD to 0xb0b0…0002", "  give an account the code of 0xb0b0…0002 by an EIP-7702 authorisation, which cannot be read"}},
		{"EIP-7702 without authorisations", calltree.Transaction{To: to(tusd), Data: transfer.data, SetCode: true},
			[]string{"cannot be read: transfer of 0x5aAe…eAed (TUSD token): a transaction of type 4 without authorisations, 68 bytes"}},
		{"native transfer", calltree.Transaction{To: to(treasury), Value: wei("1500000000000000000")}, []string{"send 1.50 ETH to 0x1111…1111 (Treasury)"}},
		{"native transfer of nothing", calltree.Transaction{To: to(bob)}, []string{"send 0.00 ETH to 0xb0b0…0002"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := names().Lines(read(t, pinned, tt.tx))
			if !slices.Equal(got, tt.want) {
				t.Errorf("Lines =\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// The same function means other things when it is reached in other ways.
func TestHowACallIsMadeIsSaid(t *testing.T) {
	transfer := call(t, "transfer(address to,uint256 amount)", bob, n(1_000_000))
	owner := call(t, "addOwnerWithThreshold(address owner,uint256 threshold)", bob, n(1))
	for _, tt := range []struct {
		name  string
		op    calltree.Operation
		call  made
		value string
		want  string
	}{
		{"a call", calltree.Call, transfer, eth, "transfer 1.00 TUSD to 0xb0b0…0002, sending 1.00 ETH along"},
		{"a contract to itself", calltree.Self, transfer, eth, "transfer 1.00 TUSD to 0xb0b0…0002, seeing the 1.00 ETH of the outer call"},
		{"a delegatecall is no transfer of the token", calltree.Delegatecall, transfer, "0", "run transfer(to=0xb0b0…0002, amount=1000000) of 0x5aAe…eAed (TUSD token) by delegatecall, on the caller's storage and balance"},
		{"a delegatecall sends no value", calltree.Delegatecall, transfer, eth, "run transfer(to=0xb0b0…0002, amount=1000000) of 0x5aAe…eAed (TUSD token) by delegatecall, on the caller's storage and balance, with a value of 1.00 ETH that such a call does not send"},
		{"a delegatecall changes no owners of the target", calltree.Delegatecall, owner, "0", "run addOwnerWithThreshold(owner=0xb0b0…0002, threshold=1) of 0x5aAe…eAed (TUSD token) by delegatecall, on the caller's storage and balance"},
		{"a static call changes nothing", calltree.Staticcall, transfer, "0", "read transfer(to=0xb0b0…0002, amount=1000000) of 0x5aAe…eAed (TUSD token) by a static call, which changes nothing"},
		{"a batch by delegatecall", calltree.Delegatecall, call(t, "multiSend(bytes)", []byte{}), "0", "batch of 0 calls, through 0x5aAe…eAed (TUSD token) by delegatecall"},
		{"an account's code by delegatecall", calltree.Delegatecall, call(t, "execute(bytes32,bytes)", [32]byte{}, []byte{}), "0", "the caller, with the code of 0x5aAe…eAed (TUSD token), executes 0 calls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := calldata.MustABI(tt.call.signature).Decode(tt.call.data)
			if err != nil {
				t.Fatal(err)
			}
			got := names().Line(&calltree.Node{To: calltree.Address(tusd), Operation: tt.op, Value: wei(tt.value), Data: tt.call.data, Call: *c})
			if got != tt.want {
				t.Errorf("Line = %s\nwant   %s", got, tt.want)
			}
		})
	}
	if got, want := names().Line(&calltree.Node{To: calltree.Address(bob), Operation: calltree.Staticcall, Kind: calltree.Transfer}), "staticcall of 0xb0b0…0002 without data"; got != want {
		t.Errorf("Line = %s\nwant   %s", got, want)
	}
}

// Without what is pinned nothing has a name, a symbol or decimals.
func TestNothingIsInvented(t *testing.T) {
	transfer := call(t, "transfer(address to,uint256 amount)", treasury, n(1_000_000))
	ask := func(change func(*words.Names)) string {
		pins := names()
		change(&pins)
		return pins.Line(node(t, tusd, transfer, "5"))
	}
	for _, tt := range []struct {
		name   string
		change func(*words.Names)
		want   string
	}{
		{"nothing pinned", func(n *words.Names) { *n = words.Names{} }, "call transfer(to=0x1111…1111, amount=1000000) of 0x5aAe…eAed, sending 5 wei along"},
		{"no token", func(n *words.Names) { n.Tokens = nil }, "call transfer(to=0x1111…1111 (Treasury), amount=1000000) of 0x5aAe…eAed, sending 0.000000000000000005 ETH along"},
		{"no symbol", token("", 6), "transfer 1,000,000 units of 0x5aAe…eAed to 0x1111…1111 (Treasury), sending 0.000000000000000005 ETH along"},
		{"no decimals", token("TUSD", 0), "transfer 1,000,000 TUSD to 0x1111…1111 (Treasury), sending 0.000000000000000005 ETH along"},
		{"decimals that cannot be", token("TUSD", 78), "transfer 1,000,000 units of 0x5aAe…eAed (TUSD token) to 0x1111…1111 (Treasury), sending 0.000000000000000005 ETH along"},
		{"negative decimals", token("TUSD", -1), "transfer 1,000,000 units of 0x5aAe…eAed (TUSD token) to 0x1111…1111 (Treasury), sending 0.000000000000000005 ETH along"},
		{"a symbol that would turn the line", token("\u202eDSUT\n", 6), `transfer 1.00 \u202eDSUT\u000a to 0x1111…1111 (Treasury), sending 0.000000000000000005 ETH along`},
		{"a long symbol", token(strings.Repeat("x", 50), 6), "transfer 1.00 xxxxxxxxxxxxxxx… to 0x1111…1111 (Treasury), sending 0.000000000000000005 ETH along"},
		{"an item without a symbol", func(n *words.Names) { n.Tokens[calltree.Address(tusd)] = words.Token{Standard: words.ERC721} },
			"call transfer(to=0x1111…1111 (Treasury), amount=1000000) of 0x5aAe…eAed, sending 0.000000000000000005 ETH along"},
		{"two tokens of one name", func(n *words.Names) { n.Tokens[calltree.Address(raw)] = words.Token{Symbol: "tusd", Decimals: 18} },
			"transfer 1.00 TUSD (0x5aAe…eAed) to 0x1111…1111 (Treasury), sending 0.000000000000000005 ETH along"},
		{"two that begin alike", func(n *words.Names) {
			n.Tokens[calltree.Address(tusd)] = words.Token{Symbol: "a very long symbol A", Decimals: 6}
			n.Tokens[calltree.Address(raw)] = words.Token{Symbol: "a very long symbol B", Decimals: 6}
		}, "transfer 1.00 a very long sym… (0x5aAe…eAed) to 0x1111…1111 (Treasury), sending 0.000000000000000005 ETH along"},
		{"a token that is called as the currency", token("eth", 6), "transfer 1.00 eth (0x5aAe…eAed) to 0x1111…1111 (Treasury), sending 0.000000000000000005 ETH along"},
		{"a name with a line end", func(n *words.Names) { n.Accounts[calltree.Address(treasury)] = "Trea\nsury) (" }, `transfer 1.00 TUSD to 0x1111…1111 (Trea\u000asury) (), sending 0.000000000000000005 ETH along`},
		{"a symbol without decimals of the currency", func(n *words.Names) { n.Native = words.Token{Decimals: 18} }, "transfer 1.00 TUSD to 0x1111…1111 (Treasury), sending 5 wei along"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ask(tt.change); got != tt.want {
				t.Errorf("Line = %s\nwant   %s", got, tt.want)
			}
		})
	}
	if got := names().Line(nil); got != "" {
		t.Errorf("Line of nothing = %q", got)
	}
	if got := fmt.Sprint(names().Lines(nil), names().Full(nil)); got != "[] []" {
		t.Errorf("Lines and Full of nothing = %s", got)
	}
}

func token(symbol string, decimals int) func(*words.Names) {
	return func(n *words.Names) {
		n.Tokens[calltree.Address(tusd)] = words.Token{Symbol: symbol, Decimals: decimals}
	}
}

// A token of which less is pinned is told with less.
func TestTokensOfWhichLittleIsPinned(t *testing.T) {
	pins := names()
	pins.Tokens[calltree.Address(nft)] = words.Token{Standard: words.ERC721}
	pins.Tokens[calltree.Address(vault)] = words.Token{Symbol: "vTUSD", Decimals: 18, Standard: words.ERC4626}
	for _, tt := range []struct {
		name string
		at   common.Address
		call made
		want string
	}{
		{"an item without a symbol", nft, call(t, "burn(uint256)", n(7)), "burn token of 0xfB69…d359 #7"},
		{"a vault without an asset", vault, call(t, "deposit(uint256,address)", n(5_000_000), bob), "deposit 5,000,000 units of the asset into vault 0xD122…9aDb (vTUSD token), shares to 0xb0b0…0002"},
		{"a standard that is not one", tusd, call(t, "burn(uint256)", n(7)), "call burn(7) of 0x5aAe…eAed (TUSD token)"},
	} {
		pins.Tokens[calltree.Address(tusd)] = words.Token{Symbol: "TUSD", Decimals: 6, Standard: 99}
		t.Run(tt.name, func(t *testing.T) {
			if got := pins.Line(node(t, tt.at, tt.call, "0")); got != tt.want {
				t.Errorf("Line = %s\nwant   %s", got, tt.want)
			}
		})
	}
}

// Behind a change of code nobody can say what the old ABI's functions do.
func TestWordsAfterAnUpgrade(t *testing.T) {
	upgrade, transfer := call(t, "upgradeTo(address)", bob), call(t, "transfer(address,uint256)", bob, n(1))
	batch := call(t, "multiSend(bytes)", slices.Concat(record(0, tusd, upgrade.data), record(0, tusd, transfer.data)))
	got := names().Lines(read(t, map[common.Address]calltree.Contract{tusd: pin(upgrade, transfer), treasury: pin(batch)}, calltree.Transaction{To: to(treasury), Data: batch.data}))
	if want := "  cannot be read: an earlier call of the same transaction may change the code of 0x5aAe…eAed (TUSD token), 68 bytes"; got[2] != want {
		t.Errorf("Line = %s\nwant   %s", got[2], want)
	}
}
