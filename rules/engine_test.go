package rules_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/risk"
	"countersign/rules"

	"pgregory.net/rapid"
)

const (
	net   = "EthereumSepolia"
	token = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" // an EIP-55 test vector
	alice = "0x1111111111111111111111111111111111111111"
)

var (
	now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	abi = calldata.MustABI("mint(address to,uint256 amount)", "burn(uint256 amount)", "deposit()")
)

// book has one contract whose mint and deposit are decided by rule.
func book(rule rules.Rule) *rules.Book {
	return &rules.Book{
		Name: "test", Version: "1",
		Contracts: []rules.Contract{{
			Network: net, Address: token, Name: "TUSD", ABI: abi,
			Functions: map[string]rules.Rule{"mint(address,uint256)": rule, "deposit()": rule},
			Risks:     map[string]risk.Set{"mint(address,uint256)": risk.Recipient, "deposit()": risk.Value | risk.Recipient},
		}},
		Transfers: []rules.Asset{{Network: net, Kind: "Native", Rule: rule}, {Network: net, Kind: "Erc20", Locator: token, Rule: rule}},
	}
}

func word(hexDigits string) string { return strings.Repeat("0", 64-len(hexDigits)) + hexDigits }

func bytesOf(hexDigits string) (b []byte) {
	if _, err := fmt.Sscanf(hexDigits, "%x", &b); err != nil {
		panic(err)
	}
	return b
}

var (
	mint    = bytesOf("40c10f19" + word(alice[2:]) + word("64")) // 100
	burn    = bytesOf("42966c68" + word("64"))
	deposit = bytesOf("d0e30db0")
)

func call(to string, data []byte) countersign.Approval {
	return countersign.Approval{ID: "ap-1", InitiatorID: "us-maker", Activity: countersign.Activity{
		Kind: "Wallets:Sign", Request: "Eip1559", Network: net, WalletID: "wa-1",
		Call: &countersign.Call{To: strings.ToLower(to), Data: data},
	}}
}

func transfer(kind, asset string, amount uint64) countersign.Approval {
	a := call(token, nil)
	a.Activity.Call, a.Activity.Request = nil, kind
	a.Activity.Transfer = &countersign.Transfer{Kind: kind, Asset: asset, To: alice, Amount: countersign.NewAmount(amount)}
	return a
}

func with(a countersign.Approval, change func(*countersign.Approval)) countersign.Approval {
	change(&a)
	return a
}

func approve(context.Context, *rules.Request) rules.Decision { return rules.Approve("fine") }

func answering(d rules.Decision) rules.Rule {
	return func(context.Context, *rules.Request) rules.Decision { return d }
}

// TestTheWayToARule is what the engine decides before or instead of a rule.
func TestTheWayToARule(t *testing.T) {
	stranger := "0x2222222222222222222222222222222222222222"
	for _, tt := range []struct {
		name     string
		approval countersign.Approval
		want     countersign.ReasonCode
	}{
		{"a listed function is decided by its rule", call(token, mint), countersign.WithinPolicy},
		{"the custodian's case of the network does not matter", with(call(token, mint), func(a *countersign.Approval) { a.Activity.Network = "ethereumsepolia" }), countersign.WithinPolicy},
		{"another network is another contract", with(call(token, mint), func(a *countersign.Approval) { a.Activity.Network = "Ethereum" }), countersign.UnknownContract},
		{"an unlisted contract", call(stranger, mint), countersign.UnknownContract},
		{"an unlisted contract is not even decoded", call(stranger, []byte{1}), countersign.UnknownContract},
		{"a function that the ABI lacks", call(token, bytesOf("8456cb59")), countersign.UnknownFunction},
		{"a function without a rule", call(token, burn), countersign.UnknownFunction},
		{"a byte too many", call(token, append(mint[:len(mint):len(mint)], 0)), countersign.MalformedCallData},
		{"a byte too few", call(token, mint[:len(mint)-1]), countersign.MalformedCallData},
		{"no call data: a native transfer", call(token, nil), countersign.WithinPolicy},
		{"value with a function that takes none", with(call(token, mint), func(a *countersign.Approval) { a.Activity.Call.Value = countersign.NewAmount(1) }), countersign.ValueWithCall},
		{"value with one that does", with(call(token, deposit), func(a *countersign.Approval) { a.Activity.Call.Value = countersign.NewAmount(1) }), countersign.WithinPolicy},
		{"a contract creation", call("", mint), countersign.ContractCreation},
		{"a listed native transfer", transfer("Native", "", 5), countersign.WithinPolicy},
		{"a listed token in another case", transfer("Erc20", strings.ToLower(token), 5), countersign.WithinPolicy},
		{"an unlisted token", transfer("Erc20", stranger, 5), countersign.UnknownAsset},
		{"an unlisted kind", transfer("Spl", "mint", 5), countersign.UnknownAsset},
		{"what is not read", with(call(token, mint), func(a *countersign.Approval) { a.Activity.Call = nil }), countersign.UnreadableActivity},
		{"a call and a transfer at once", with(transfer("Native", "", 5), func(a *countersign.Approval) { a.Activity.Call = &countersign.Call{} }), countersign.UnreadableActivity},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := book(approve).Decide(t.Context(), tt.approval, now).Decision
			if got.Code != tt.want || (tt.want != countersign.WithinPolicy && got.Verdict != countersign.Abstain) {
				t.Errorf("decided %+v, want %s", got, tt.want)
			}
		})
	}
}

// TestNoMistakeInARuleApproves runs rules that are wrong in every way.
func TestNoMistakeInARuleApproves(t *testing.T) {
	for _, tt := range []struct {
		name string
		rule rules.Rule
		want countersign.ReasonCode
	}{
		{"says nothing", answering(rules.Decision{}), countersign.NoVerdict},
		{"says what is no verdict", answering(rules.Decision{Verdict: "yes", Code: "ok"}), countersign.NoVerdict},
		{"approves on another ground", answering(rules.Decision{Verdict: countersign.Approve, Code: "because"}), countersign.NoVerdict},
		{"rejects without a threat", answering(rules.Reject("", "no")), countersign.NoVerdict},
		{"rejects because all is well", answering(rules.Reject(countersign.WithinPolicy, "no")), countersign.NoVerdict},
		{"abstains with a sentence for a code", answering(rules.Abstain("I Do Not Know", "hm")), countersign.NoVerdict},
		{"panics", func(context.Context, *rules.Request) rules.Decision { panic("boom") }, countersign.RulePanic},
		{"panics with nil", func(context.Context, *rules.Request) rules.Decision { panic(nil) }, countersign.RulePanic},
		{"ends its goroutine", func(context.Context, *rules.Request) rules.Decision { runtime.Goexit(); return rules.Approve("") }, countersign.RulePanic},
		{"asks for an argument that is not there", func(_ context.Context, r *rules.Request) rules.Decision {
			r.Call.Address("recipient")
			return rules.Approve("fine")
		}, countersign.RulePanic},
		{"takes an argument for another type", func(_ context.Context, r *rules.Request) rules.Decision {
			r.Call.Address("amount")
			return rules.Approve("fine")
		}, countersign.RulePanic},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := book(tt.rule).Decide(t.Context(), call(token, mint), now)
			if got.Decision.Verdict != countersign.Abstain || got.Decision.Code != tt.want || got.Decision.Reason == "" {
				t.Errorf("decided %+v, want an abstention: %s", got.Decision, tt.want)
			}
		})
	}
}

func TestTheEngineApprovesOnlyWhatARuleApproved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rules.Decision{
			Verdict: countersign.Verdict(rapid.SampledFrom([]string{"", "approve", "reject", "abstain", "Approve", "yes"}).Draw(t, "verdict")),
			Code:    countersign.ReasonCode(rapid.SampledFrom([]string{"", "within_policy", "deny_listed", "Bad Code", "x"}).Draw(t, "code")),
			Reason:  rapid.String().Draw(t, "reason"),
		}
		got := book(answering(d)).Decide(context.Background(), call(token, mint), now).Decision
		wants := d.Verdict == countersign.Approve && d.Code == countersign.WithinPolicy
		if (got.Verdict == countersign.Approve) != wants {
			t.Fatalf("rule said %+v, engine %+v", d, got)
		}
		if !got.Code.Valid() || got.Reason == "" {
			t.Fatalf("engine's decision %+v has no ground", got)
		}
	})
}

func TestARuleThatIsTooSlow(t *testing.T) {
	over := errors.New("the deadline")
	decided, wrote := make(chan struct{}), make(chan struct{})
	for name, rule := range map[string]rules.Rule{
		"and heeds its context": func(ctx context.Context, r *rules.Request) rules.Decision {
			<-ctx.Done()
			return rules.Approve("late")
		},
		"and does not": func(ctx context.Context, r *rules.Request) rules.Decision {
			<-decided
			for range 100 { // still writes when all is decided: nobody reads it
				r.Count(rules.Budget{Name: "pot"}, countersign.NewAmount(1))
				r.Note("k", "s", nil)
			}
			close(wrote)
			return rules.Approve("late")
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, over)
			defer cancel()
			got := book(rule).Decide(ctx, call(token, mint), now)
			if got.Decision.Verdict != countersign.Abstain || got.Decision.Code != countersign.RuleTimeout || len(got.Claims) != 0 {
				t.Errorf("decided %+v with %d claims, want rule_timeout without", got.Decision, len(got.Claims))
			}
			if !strings.Contains(got.Decision.Reason, over.Error()) {
				t.Errorf("reason %q does not say why", got.Decision.Reason)
			}
		})
	}
	close(decided)
	<-wrote
}

func TestTheResultSaysWhatWasDecoded(t *testing.T) {
	pot := rules.Budget{Name: "pot", Limit: countersign.NewAmount(500), Window: rules.Rolling(24 * time.Hour)}
	got := book(func(_ context.Context, r *rules.Request) rules.Decision {
		r.Count(pot, r.Call.Amount("amount"))
		r.Note("list", "ofac", []byte("clear"))
		if r.Initiator() != "us-maker" || r.Wallet() != "wa-1" || r.Network() != net || r.Call.Address("to") != alice || !r.Now.Equal(now) {
			return rules.Abstain("wrong_request", "the rule sees another request")
		}
		return rules.Approve("fine")
	}).Decide(t.Context(), call(token, mint), now)
	if got.Decision.Verdict != countersign.Approve || got.Contract != "TUSD" || got.Function != "mint(address,uint256)" ||
		got.Args["to"] != alice || got.Args["amount"] != "100" {
		t.Errorf("result %+v", got)
	}
	if len(got.Claims) != 1 || got.Claims[0].Amount.String() != "100" || !got.Claims[0].Since.Equal(now.Add(-24*time.Hour)) {
		t.Errorf("claims %+v, want 100 since a day ago", got.Claims)
	}
	const digest = "913a4cb91be20332f3559f8070255d7ac3e6228bb423f4441551d3f783e7d4f4" // sha256 of "clear"
	if len(got.Evidence) != 1 || got.Evidence[0].Source != "ofac" || got.Evidence[0].Digest != digest {
		t.Errorf("evidence %+v", got.Evidence)
	}
}
