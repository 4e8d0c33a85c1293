package rules_test

import (
	"slices"
	"strings"
	"testing"

	"countersign"
	"countersign/calldata/words"
	"countersign/rules"

	"countersign/calldata/risk"
)

// What people read is made of the book's own names, for every call inside, and also
// where the rules leave the item to them.
func TestWords(t *testing.T) {
	const listed = "0x6666666666666666666666666666666666666666"
	b := safeBook(approve, rules.Inner, risk.Delegatecall)
	b.Contracts[0].Token = &words.Token{Symbol: "TUSD", Decimals: 2}
	b.Networks = map[string]rules.Network{strings.ToLower(net): {ChainID: 11155111, Accounts: map[string]string{alice: "Alice"}}}
	b.Transfers[0].Name, b.Transfers[0].Decimals = "ETH", 18
	b.Transfers = append(b.Transfers, rules.Asset{Network: net, Kind: "Erc20", Locator: listed, Name: "USDC", Decimals: 6, Rule: approve})
	for _, tt := range []struct {
		name string
		a    countersign.Approval
		want []string
	}{
		{"a mint", call(token, mint), []string{"mint 1.00 TUSD to 0x1111…1111 (Alice)"}},
		{"a batch of a Safe", batch(t, record(0, token, 0, mint), record(0, alice, 5, nil)), []string{
			"Safe 0x3333…3333 (Treasury) executes 1 call by delegatecall",
			"  batch of 2 calls, through 0x4444…4444 (MultiSend) by delegatecall",
			"    mint 1.00 TUSD to 0x1111…1111 (Alice)",
			"    send 0.000000000000000005 ETH to 0x1111…1111 (Alice)"}},
		{"what cannot be read", call(stranger, mint), []string{"cannot be read: unknown contract 0x5555…5555, 68 bytes"}},
		{"a transfer of the currency", transfer("Native", "", 5), []string{"send 0.000000000000000005 ETH to 0x1111111111111111111111111111111111111111 (Alice)"}},
		{"a transfer of a token that is pinned as a contract", transfer("Erc20", token, 123), []string{"send 1.23 TUSD to 0x1111111111111111111111111111111111111111 (Alice)"}},
		{"a transfer of an asset that is listed", transfer("Erc20", listed, 1_500_000), []string{"send 1.50 USDC to 0x1111111111111111111111111111111111111111 (Alice)"}},
		{"a transfer that no rule is for", transfer("Spl", "So1ana", 5), []string{"send 5 units of Spl So1ana to 0x1111111111111111111111111111111111111111 (Alice)"}},
		{"a call of an asset that is listed", call(listed, mint), []string{"cannot be read: unknown contract 0x6666…6666 (USDC token), 68 bytes"}},
		{"a call and a transfer at once", with(transfer("Native", "", 5), func(a *countersign.Approval) { a.Activity.Call = &countersign.Call{} }), nil},
		{"a message", typed(permitDef, token, permit("1")), []string{"sign Permit for " + token}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "a message" {
				b.Contracts[0].Messages = map[string]rules.Rule{permitType: approve}
			}
			if got := b.Decide(t.Context(), tt.a, now).Words; !slices.Equal(got, tt.want) {
				t.Errorf("words\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// TestTheUnitOfATransfer is what a record needs beside the amount: of what the book tells nothing, there is none.
func TestTheUnitOfATransfer(t *testing.T) {
	b := book(approve)
	b.Transfers[0].Name, b.Transfers[0].Decimals = "ETH", 18
	for _, tt := range []struct {
		name string
		a    countersign.Approval
		want countersign.Unit
	}{
		{"the currency", transfer("Native", "", 5), countersign.Unit{Symbol: "ETH", Decimals: 18}},
		{"a token without a name", transfer("Erc20", token, 5), countersign.Unit{}},
		{"a token that is not listed", transfer("Erc20", stranger, 5), countersign.Unit{}},
		{"a call", call(token, mint), countersign.Unit{}},
	} {
		if got := b.Decide(t.Context(), tt.a, now).Unit; got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// A batch of a thousand calls is told by its first lines.
func TestManyWordsAreCut(t *testing.T) {
	records := slices.Repeat([][]byte{record(0, token, 0, mint)}, 500)
	got := safeBook(approve, rules.Inner, risk.Delegatecall).Decide(t.Context(), batch(t, records...), now).Words
	if len(got) != 41 || strings.TrimSpace(got[40]) != "…" {
		t.Errorf("%d lines, the last %q, want 40 and an ellipsis", len(got), got[len(got)-1])
	}
}
