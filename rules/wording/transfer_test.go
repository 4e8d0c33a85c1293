package wording_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"countersign"
	"countersign/calldata/calltree"
	"countersign/calldata/words"
	"countersign/eip55"
	"countersign/rules/wording"

	"pgregory.net/rapid"
)

const (
	usdc  = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
	other = "0x6B175474E89094C44Da98b954EedeAC495271d0F"
	alice = "0x1111111111111111111111111111111111111111"
	mint  = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGkZwyTDt1v"
)

func at(text string) calltree.Address {
	a, err := eip55.Parse(text)
	if err != nil {
		panic(err)
	}
	return a
}

func TestTransfer(t *testing.T) {
	n := words.Names{Native: words.Token{Symbol: "ETH", Decimals: 18},
		Tokens: map[calltree.Address]words.Token{at(usdc): {Symbol: "USDC", Decimals: 6}}, Accounts: map[calltree.Address]string{at(alice): "Alice"}}
	twice := n
	twice.Tokens = map[calltree.Address]words.Token{at(usdc): {Symbol: "USDC", Decimals: 6}, at(other): {Symbol: "usdc", Decimals: 18}}
	dollars := countersign.Unit{Symbol: "USDC", Decimals: 6}
	for _, c := range []struct {
		name     string
		names    words.Names
		transfer countersign.Transfer
		unit     countersign.Unit
		want     string
	}{
		{"a token", n, countersign.Transfer{Kind: "Erc20", Asset: usdc, To: alice, Amount: countersign.NewAmount(1_234_500_000)}, dollars,
			"send 1,234.50 USDC to 0x1111111111111111111111111111111111111111 (Alice)"},
		{"in lower case, to a stranger", n, countersign.Transfer{Kind: "Erc20", Asset: strings.ToLower(usdc), To: strings.ToLower(other), Amount: countersign.NewAmount(1)}, dollars,
			"send 0.000001 USDC to " + other},
		{"one of two that are called the same", twice, countersign.Transfer{Kind: "Erc20", Asset: usdc, To: alice, Amount: countersign.NewAmount(1)}, dollars,
			"send 0.000001 USDC (" + usdc + ") to " + alice + " (Alice)"},
		{"called as the currency is", n, countersign.Transfer{Kind: "Erc20", Asset: usdc, To: alice, Amount: countersign.NewAmount(1)}, countersign.Unit{Symbol: "eth", Decimals: 0},
			"send 1 eth (" + usdc + ") to " + alice + " (Alice)"},
		{"the currency", n, countersign.Transfer{Kind: "Native", To: alice, Amount: countersign.MustAmount("1_500_000_000_000_000_000")}, countersign.Unit{Symbol: "ETH", Decimals: 18},
			"send 1.50 ETH to " + alice + " (Alice)"},
		{"an unknown currency", words.Names{}, countersign.Transfer{Kind: "Native", To: "So1ana", Amount: countersign.NewAmount(5)}, countersign.Unit{},
			"send 5 units of the network's currency to So1ana"},
		{"an unknown token", n, countersign.Transfer{Kind: "Erc20", Asset: other, To: alice, Amount: countersign.NewAmount(5000)}, countersign.Unit{},
			"send 5,000 units of Erc20 " + other + " to " + alice + " (Alice)"},
		{"a token of another chain", n, countersign.Transfer{Kind: "Spl", Asset: mint, To: "So1ana", Amount: countersign.NewAmount(5)}, countersign.Unit{Symbol: "USDC", Decimals: 6},
			"send 0.000005 USDC (" + mint + ") to So1ana"},
		{"a kind that has no place", n, countersign.Transfer{Kind: "Aip21", To: "0x1", Amount: countersign.NewAmount(5)}, countersign.Unit{}, "send 5 units of Aip21 to 0x1"},
		{"a piece", n, countersign.Transfer{Kind: "Erc721", Asset: other, To: alice, Amount: countersign.NewAmount(1), TokenID: "77"}, countersign.Unit{},
			"send item 77 of Erc721 " + other + " to " + alice + " (Alice)"},
		{"pieces", n, countersign.Transfer{Kind: "Erc1155", Asset: other, To: alice, Amount: countersign.NewAmount(3), TokenID: "77"}, countersign.Unit{},
			"send 3 of item 77 of Erc1155 " + other + " to " + alice + " (Alice)"},
		{"a memo", n, countersign.Transfer{Kind: "Native", To: "rXRP", Amount: countersign.NewAmount(5), Memo: "tag 7\" to Bob\u202e"}, countersign.Unit{},
			`send 5 units of the network's currency to rXRP with the memo "tag 7\" to Bob\u202e"`},
	} {
		if got := wording.Transfer(c.names, c.transfer, c.unit); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
}

// TestNothingOfATransferForgesItsLine: whatever texts it is made of.
func TestNothingOfATransferForgesItsLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Just(usdc), rapid.Just(alice))
		tr := countersign.Transfer{Kind: text.Draw(t, "kind"), Asset: text.Draw(t, "asset"), To: text.Draw(t, "to"), TokenID: text.Draw(t, "item"),
			Memo: text.Draw(t, "memo"), Amount: countersign.NewAmount(rapid.Uint64().Draw(t, "amount"))}
		unit := countersign.Unit{Symbol: text.Draw(t, "symbol"), Decimals: rapid.IntRange(-1, 80).Draw(t, "decimals")}
		n := words.Names{Accounts: map[calltree.Address]string{at(alice): text.Draw(t, "name")}}
		line := wording.Transfer(n, tr, unit)
		if !utf8.ValidString(line) || utf8.RuneCountInString(line) > 600 {
			t.Fatalf("%q", line)
		}
		for _, r := range line {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Fatalf("%q has %U", line, r)
			}
		}
		if tr.TokenID == "" && !unit.Known() && !strings.HasPrefix(line, "send "+tr.Amount.Format(0)+" units of ") {
			t.Fatalf("%q does not tell %s", line, tr.Amount)
		}
	})
}
