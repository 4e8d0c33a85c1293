package stablecoin_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/chain/simulation"
	"countersign/examples/stablecoin"
	"countersign/rules"
	"countersign/rules/rulestest"
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
		{"no symbol", `"TUSD"`, `""`, "symbol: is empty"},
		{"decimals below zero", `"decimals":6`, `"decimals":-1`, "decimals: -1"},
		{"decimals that no token has", `"decimals":6`, `"decimals":1000000000`, "decimals: 1000000000"},
		{"decimals in parts", `"decimals":6`, `"decimals":6.5`, "decimals"},
		{"a cap of zero", `"5000000"`, `"0"`, "max_per_mint: must be more than zero"},
		{"no cap", `"max_per_mint":"5000000",`, ``, "max_per_mint: not an amount"},
		{"a cap with a point", `"5000000"`, `"5.0"`, "max_per_mint: not an amount"},
		{"a cap of null", `"5000000"`, `null`, "max_per_mint: not an amount"},
		{"a cap that is a number", `"5000000"`, `5000000`, "max_per_mint"},
		{"a budget of zero", `"20000000"`, `"0"`, "daily_mint: must be more than zero"},
		{"a negative budget", `"20000000"`, `"-1"`, "daily_mint: not an amount"},
		{"a wrong deny-list", denied, "0xbad", "deny_list: not an EVM address"},
		{"a mistyped token", token, "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "token: not an EVM address"},
		{"a wrong recipient", ours, "nobody", "recipients: not an EVM address"},
		{"a recipient on both lists", ours, denied, "is on the deny-list too"},
		{"a field that nobody reads", `"symbol"`, `"symbl"`, `unknown field "symbl"`},
		{"more behind it", `"]}`, `"]} {}`, "data after the value"},
		{"a bracket too many", `"]}`, `"]}]`, "data after the value"},
		{"a brace too many", `"]}`, `"]}}`, "data after the value"},
		{"a cap that stands there twice", `"daily_mint"`, `"max_per_mint":"9","daily_mint"`, "JSON refused"},
		{"a cap that stands there in two cases", `"daily_mint"`, `"Max_Per_Mint":"9","daily_mint"`, "JSON refused"},
		{"nothing at all", good, "", "configuration"},
		{"null", good, "null", "token: not an EVM address"},
		{"a list", good, "[]", "configuration"},
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

func TestAllMistakesInTheConfigurationAtOnce(t *testing.T) {
	_, err := stablecoin.New([]byte(`{"decimals":-1,"recipients":["x"],"deny_list":["y"]}`))
	for _, want := range []string{"network: ", "symbol: ", "decimals: ", "max_per_mint: ", "daily_mint: ", "token: ", "recipients: ", "deny_list: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error does not name %s\n%v", want, err)
		}
	}
}

// The budget is of one token on one network, over a rolling day.
func TestMintsAreCountedAgainstTheDay(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	got := newBook(t).Decide(t.Context(), asks("40c10f19", ours, 7), now).Claims
	if len(got) != 1 || got[0].Budget != "mint/Net/"+token || got[0].Limit.String() != "20000000" || !got[0].Since.Equal(now.Add(-24*time.Hour)) {
		t.Errorf("claims %+v", got)
	}
}

// With simulation an approval stands only when the mint does what it says.
func TestMintsAreSimulated(t *testing.T) {
	book, err := stablecoin.New([]byte(strings.Replace(good, `{`, `{"simulate":true,`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	gains := func(who, amount string) *simulation.Result {
		change, err := simulation.ParseChange(amount)
		if err != nil {
			t.Fatal(err)
		}
		r := simulation.Result{Calls: []simulation.CallResult{{}}, Assets: []simulation.AssetDelta{{Account: who, Asset: simulation.ERC20(token), Delta: change}}}.Canonical()
		return &r
	}
	for _, tt := range []struct {
		name   string
		result *simulation.Result
		want   countersign.ReasonCode
	}{
		{"it gives the recipient what it says", gains(ours, "7"), countersign.WithinPolicy},
		{"it gives less", gains(ours, "6"), countersign.SimulationDiffers},
		{"it gives somebody else", gains(stranger, "7"), countersign.SimulationDiffers},
		{"it would fail", &simulation.Result{Calls: []simulation.CallResult{{Reverted: true, Reason: "paused"}}}, countersign.SimulationReverted},
		{"nobody simulates", nil, countersign.SimulationUnavailable},
	} {
		a := asks("40c10f19", ours, 7)
		a.Activity.WalletID = "wa-1"
		c := rulestest.Case{Name: tt.name, Approval: &a, Want: rulestest.Want{Verdict: countersign.Abstain, Code: tt.want}}
		if tt.want == countersign.WithinPolicy {
			c.Want.Verdict = countersign.Approve
		}
		c.Services.Simulation, c.Services.Wallet = tt.result, &countersign.Wallet{ID: "wa-1", Address: "0x7777777777777777777777777777777777777777"}
		if row := rulestest.Run(t.Context(), book, []rulestest.Case{c}).Rows[0]; row.Wrong != "" {
			t.Errorf("%s: decided %+v: %s", tt.name, row.Decision, row.Wrong)
		}
	}
}
