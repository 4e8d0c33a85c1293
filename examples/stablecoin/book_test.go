package stablecoin_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/examples/stablecoin"
	"countersign/rules"
)

const (
	token    = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"
	ours     = "0x1111111111111111111111111111111111111111"
	denied   = "0x9999999999999999999999999999999999999999"
	stranger = "0x2222222222222222222222222222222222222222"
)

const good = `{"network":"Net","token":"` + token + `","symbol":"TUSD","decimals":6,
	"max_per_mint":"5000000","daily_mint":"20000000","recipients":["` + ours + `"],"deny_list":["` + denied + `"]}`

func newBook(t *testing.T) *rules.Book {
	t.Helper()
	b, err := stablecoin.New([]byte(good))
	if err == nil {
		err = b.Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// asks is an approval of a call with an address and an amount for arguments.
func asks(selector, to string, amount uint64) countersign.Approval {
	text := selector
	if to != "" {
		text += strings.Repeat("0", 24) + to[2:]
	}
	n := hex.EncodeToString(countersign.NewAmount(amount).Big().FillBytes(make([]byte, 32)))
	data, err := hex.DecodeString(text + n)
	if err != nil {
		panic(err)
	}
	return countersign.Approval{Activity: countersign.Activity{
		Kind: "Wallets:Sign", Request: "Eip1559", Network: "Net", Call: &countersign.Call{To: token, Data: data},
	}}
}

func transfers(kind, asset, to string, amount uint64) countersign.Approval {
	return countersign.Approval{Activity: countersign.Activity{
		Kind: "Wallets:Sign", Request: kind, Network: "Net",
		Transfer: &countersign.Transfer{Kind: kind, Asset: asset, To: to, Amount: countersign.NewAmount(amount)},
	}}
}

func TestTheDesk(t *testing.T) {
	const mint, burn = "40c10f19", "42966c68"
	for _, tt := range []struct {
		name     string
		approval countersign.Approval
		verdict  countersign.Verdict
		code     countersign.ReasonCode
		counts   string // of the daily budget
	}{
		{"a mint to us", asks(mint, ours, 1_000_000), countersign.Approve, countersign.WithinPolicy, "1000000"},
		{"a mint exactly at the cap", asks(mint, ours, 5_000_000), countersign.Approve, countersign.WithinPolicy, "5000000"},
		{"a mint one unit over it", asks(mint, ours, 5_000_001), countersign.Abstain, countersign.OverCap, "5000001"},
		{"a mint to a stranger", asks(mint, stranger, 1), countersign.Abstain, countersign.UnlistedRecipient, "1"},
		{"a mint to the deny-list", asks(mint, denied, 1), countersign.Reject, countersign.DenyListed, "1"},
		{"a mint of too much to the deny-list is still a threat", asks(mint, denied, 9_000_000), countersign.Reject, countersign.DenyListed, "9000000"},
		{"a burn is left to people", asks(burn, "", 1), countersign.Abstain, countersign.UnknownFunction, ""},
		{"a transfer of the token to us", transfers("Erc20", token, ours, 5_000_000), countersign.Approve, countersign.WithinPolicy, ""},
		{"a transfer over the cap", transfers("Erc20", token, ours, 5_000_001), countersign.Abstain, countersign.OverCap, ""},
		{"a transfer to a stranger", transfers("Erc20", token, stranger, 1), countersign.Abstain, countersign.UnlistedRecipient, ""},
		{"a transfer to the deny-list", transfers("Erc20", token, denied, 1), countersign.Reject, countersign.DenyListed, ""},
		{"a transfer of another token", transfers("Erc20", stranger, ours, 1), countersign.Abstain, countersign.UnknownAsset, ""},
		{"a transfer of ETH", transfers("Native", "", ours, 1), countersign.Abstain, countersign.UnknownAsset, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := newBook(t).Decide(t.Context(), tt.approval, time.Now())
			if got.Decision.Verdict != tt.verdict || got.Decision.Code != tt.code {
				t.Errorf("decided %+v, want %s (%s)", got.Decision, tt.verdict, tt.code)
			}
			counts := ""
			for _, c := range got.Claims {
				counts += c.Amount.String()
			}
			if counts != tt.counts {
				t.Errorf("counts %q of the day, want %q", counts, tt.counts)
			}
		})
	}
}

func TestAmountsAreWrittenForPeople(t *testing.T) {
	got := newBook(t).Decide(t.Context(), asks("40c10f19", ours, 6_000_000), time.Now()).Decision.Reason
	if got != "mint of 6.00 TUSD is over the cap of 5.00 TUSD" {
		t.Errorf("reason %q", got)
	}
}

func TestEachMistakeInTheConfigurationIsNamed(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"no network", `"Net"`, `""`, "network: is empty"},
		{"a wrong token", token, "0x12", "token: not an EVM address"},
		{"a cap of zero", `"5000000"`, `"0"`, "max_per_mint"},
		{"a cap that is a number", `"5000000"`, `5000000`, "configuration"},
		{"a negative budget", `"20000000"`, `"-1"`, "not an amount"},
		{"a wrong recipient", ours, "nobody", "recipients: not an EVM address"},
		{"a recipient on both lists", ours, denied, "is on the deny-list too"},
		{"a field that nobody reads", `"symbol"`, `"symbl"`, `unknown field "symbl"`},
		{"more behind it", `"]}`, `"]} {}`, "more than one JSON value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := stablecoin.New([]byte(strings.Replace(good, tt.old, tt.new, 1)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestAnotherConfigurationIsAnotherBook(t *testing.T) {
	other, err := stablecoin.New([]byte(strings.Replace(good, `"5000000"`, `"5000001"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := newBook(t).Digest(), other.Digest(); a == b || len(a) != 64 {
		t.Errorf("digests %q and %q", a, b)
	}
}
