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
	b := safeBook(approve, rules.Inner, risk.Delegatecall)
	b.Contracts[0].Token = &words.Token{Symbol: "TUSD", Decimals: 2}
	b.Networks = map[string]rules.Network{strings.ToLower(net): {ChainID: 11155111, Accounts: map[string]string{alice: "Alice"}}}
	b.Transfers[0].Name, b.Transfers[0].Decimals = "ETH", 18
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

// A batch of a thousand calls is told by its first lines.
func TestManyWordsAreCut(t *testing.T) {
	records := slices.Repeat([][]byte{record(0, token, 0, mint)}, 500)
	got := safeBook(approve, rules.Inner, risk.Delegatecall).Decide(t.Context(), batch(t, records...), now).Words
	if len(got) != 41 || strings.TrimSpace(got[40]) != "…" {
		t.Errorf("%d lines, the last %q, want 40 and an ellipsis", len(got), got[len(got)-1])
	}
}
