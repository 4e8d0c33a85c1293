package stablecoin_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/examples/stablecoin"
	"countersign/rules"
	"countersign/rules/services"
)

const treasury = "0x7777777777777777777777777777777777777777"

var sweeping = strings.Replace(good, `"recipients"`, `"sweep":{"treasury":"`+treasury+`","tag":"deposit","makers":["us-maker"],
	"gas_tag":"gas","max_gas":"1000","daily_gas":"5000"},"recipients"`, 1)

// tagged is a custodian whose wallets carry their own ID for a tag.
type tagged struct{}

func (tagged) WalletByID(_ context.Context, id string) (countersign.Wallet, error) {
	return countersign.Wallet{ID: id, Address: stranger, Tags: []string{id}}, nil
}

func (tagged) Holdings(context.Context, string) ([]countersign.Holding, error) { return nil, nil }

func TestTheSweepPasses(t *testing.T) {
	book, err := stablecoin.New([]byte(sweeping))
	if err == nil {
		err = book.Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	native := func(to string, amount uint64) countersign.Approval {
		a := transfers("", "", to, amount)
		a.Activity.Request, a.Activity.Transfer = "Eip1559", nil
		a.Activity.Call = &countersign.Call{To: to, Value: countersign.NewAmount(amount)}
		return a
	}
	for _, tt := range []struct {
		name          string
		approval      countersign.Approval
		wallet, maker string
		verdict       countersign.Verdict
		code          countersign.ReasonCode
		counts        string
	}{
		{"all of a deposit wallet's token", transfers("Erc20", token, treasury, 9_000_000), "deposit", "us-maker", countersign.Approve, countersign.WithinPolicy, ""},
		{"all of its ETH", native(treasury, 9_000_000), "deposit", "us-maker", countersign.Approve, countersign.WithinPolicy, ""},
		{"asked by somebody else", transfers("Erc20", token, treasury, 1), "deposit", "us-other", countersign.Abstain, countersign.UnlistedRecipient, ""},
		{"from a wallet without the tag", native(treasury, 1), "hot", "us-maker", countersign.Abstain, countersign.UnlistedRecipient, ""},
		{"to somebody else", native(stranger, 1), "deposit", "us-maker", countersign.Abstain, countersign.UnlistedRecipient, ""},
		{"of another token", transfers("Erc20", stranger, treasury, 1), "deposit", "us-maker", countersign.Abstain, countersign.UnknownAsset, ""},
		{"gas for a stranger of ours", native(stranger, 1000), "gas", "us-maker", countersign.Approve, countersign.WithinPolicy, "1000"},
		{"too much gas", native(stranger, 1001), "gas", "us-maker", countersign.Abstain, countersign.OverCap, "1001"},
		{"gas that somebody else asks for", native(stranger, 1), "gas", "us-other", countersign.Abstain, countersign.UnlistedRecipient, ""},
		{"the token is no gas", transfers("Erc20", token, stranger, 1), "gas", "us-maker", countersign.Abstain, countersign.UnlistedRecipient, ""},
		{"what is listed still passes", transfers("Erc20", token, ours, 1), "hot", "us-other", countersign.Approve, countersign.WithinPolicy, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.approval.InitiatorID, tt.approval.Activity.WalletID = tt.maker, tt.wallet
			got := rules.Engine{Decider: book, Services: services.Services{Wallets: tagged{}}}.Decide(t.Context(), tt.approval, time.Now())
			counts := ""
			for _, c := range got.Claims {
				counts += c.Amount.String()
			}
			if got.Decision.Verdict != tt.verdict || got.Decision.Code != tt.code || counts != tt.counts {
				t.Errorf("decided %+v, counts %q; want %s (%s), %q", got.Decision, counts, tt.verdict, tt.code, tt.counts)
			}
		})
	}
}

func TestEachMistakeInTheSweepIsNamed(t *testing.T) {
	for name, tt := range map[string]struct{ old, new, want string }{
		"no treasury":         {treasury, "", "sweep.treasury"},
		"a denied treasury":   {treasury, denied, "is on the deny-list"},
		"no tag":              {`"tag":"deposit"`, `"tag":""`, "sweep.tag"},
		"one tag for both":    {`"tag":"deposit"`, `"tag":"gas"`, "sweep.tag"},
		"nobody":              {`["us-maker"]`, `[]`, "sweep.makers"},
		"a cap without a tag": {`"gas_tag":"gas",`, ``, "sweep.gas_tag"},
		"no cap":              {`"max_gas":"1000",`, ``, "sweep.max_gas"},
		"no day's budget":     {`"5000"`, `"0"`, "sweep.daily_gas"},
	} {
		text := strings.Replace(sweeping, tt.old, tt.new, 1)
		if text == sweeping {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := stablecoin.New([]byte(text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error = %v, want %q named", name, err, tt.want)
		}
	}
}
