package rules_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/risk"
	"countersign/rules"
)

const (
	permitType = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
	permitDef  = `"Permit":[{"name":"owner","type":"address"},{"name":"spender","type":"address"},{"name":"value","type":"uint256"},{"name":"nonce","type":"uint256"},{"name":"deadline","type":"uint256"}]`

	safeType = "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"
	safeDef  = `"SafeTx":[{"name":"to","type":"address"},{"name":"value","type":"uint256"},{"name":"data","type":"bytes"},{"name":"operation","type":"uint8"},{"name":"safeTxGas","type":"uint256"},{"name":"baseGas","type":"uint256"},{"name":"gasPrice","type":"uint256"},{"name":"gasToken","type":"address"},{"name":"refundReceiver","type":"address"},{"name":"nonce","type":"uint256"}]`
	nobody   = "0x0000000000000000000000000000000000000000"
)

// typed is an approval of a message for a contract on chain 11155111.
func typed(definition, contract, message string) countersign.Approval {
	a := call(token, nil)
	a.Activity.Call, a.Activity.Request = nil, "Eip712"
	a.Activity.TypedData = &countersign.TypedData{
		Types:  json.RawMessage("{" + definition + "}"),
		Domain: json.RawMessage(`{"name":"x","version":"1","chainId":11155111,"verifyingContract":"` + strings.ToLower(contract) + `"}`), Message: json.RawMessage(message),
		ChainID: 11155111,
	}
	return a
}

func permit(value string) string {
	return fmt.Sprintf(`{"owner":%q,"spender":%q,"value":%q,"nonce":"0","deadline":"1800000000"}`, alice, stranger, value)
}

func safeTx(to, data string, operation int, gasPrice string) string {
	return fmt.Sprintf(`{"to":%q,"value":"0","data":%q,"operation":%d,"safeTxGas":"0","baseGas":"0","gasPrice":%q,"gasToken":%q,"refundReceiver":%q,"nonce":"7"}`,
		strings.ToLower(to), data, operation, gasPrice, nobody, nobody)
}

func TestMessages(t *testing.T) {
	small := func(_ context.Context, r *rules.Request) rules.Decision {
		if r.Message.Address("spender") != stranger || r.Message.Amount("value").Cmp(countersign.NewAmount(100)) > 0 {
			return rules.Abstain(rules.OverCap, "more than 100 to %s until %d", r.Message.Address("spender"), r.Message.Form.Deadline)
		}
		return rules.Approve("a small permit")
	}
	b := book(approve)
	b.Contracts[0].Messages = map[string]rules.Rule{permitType: small}
	b.Contracts[0].Risks[permitType] = risk.Allowance
	b.Contracts = append(b.Contracts, rules.Contract{Network: net, Address: safe, Name: "Treasury",
		Messages: map[string]rules.Rule{safeType: rules.Inner}})
	if err := b.Check(); err != nil {
		t.Fatal(err)
	}
	with := func(a countersign.Approval, change func(*countersign.TypedData)) countersign.Approval {
		change(a.Activity.TypedData)
		return a
	}
	hexOf := func(data []byte) string { return fmt.Sprintf("0x%x", data) }
	for _, tt := range []struct {
		name   string
		a      countersign.Approval
		want   countersign.ReasonCode
		reason string
	}{
		{"a small permit", typed(permitDef, token, permit("100")), countersign.WithinPolicy, "a small permit"},
		{"a large one", typed(permitDef, token, permit("101")), countersign.OverCap, "until 1800000000"},
		{"an unlimited one, which the rule does not name", typed(permitDef, token, permit("0x"+strings.Repeat("f", 64))), countersign.UnnamedRisk, "unlimited_allowance"},
		{"for another chain", with(typed(permitDef, token, permit("1")), func(d *countersign.TypedData) { d.ChainID = 1 }), countersign.MalformedTypedData, "is chain 1"},
		{"for a contract that is not pinned", typed(permitDef, stranger, permit("1")), countersign.UnknownContract, stranger},
		{"of a type without a rule", typed(strings.Replace(permitDef, "deadline", "expiry", 1), token, strings.Replace(permit("1"), "deadline", "expiry", 1)), countersign.UnknownFunction, "no rule for messages"},
		{"with a member too many", typed(permitDef, token, strings.Replace(permit("1"), `"nonce"`, `"memo":"x","nonce"`, 1)), countersign.MalformedTypedData, "memo"},
		{"bound to no contract", with(typed(permitDef, token, permit("1")), func(d *countersign.TypedData) { d.Domain = json.RawMessage(`{"chainId":11155111}`) }), countersign.MalformedTypedData, "missing_binding"},

		{"a Safe's call that is within policy", typed(safeDef, safe, safeTx(token, hexOf(mint), 0, "0")), countersign.WithinPolicy, "1 calls"},
		{"a Safe's call to a stranger", typed(safeDef, safe, safeTx(stranger, hexOf(mint), 0, "0")), countersign.UnknownContract, stranger},
		{"a Safe's delegatecall", typed(safeDef, safe, safeTx(token, hexOf(mint), 1, "0")), countersign.UnnamedRisk, "delegatecall"},
		{"a Safe that pays for gas", typed(safeDef, safe, safeTx(token, hexOf(mint), 0, "5")), countersign.UnnamedRisk, "recipient"},
		{"a Safe's operation that is none", typed(safeDef, safe, safeTx(token, hexOf(mint), 2, "0")), countersign.NoRule, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := b.Decide(t.Context(), tt.a, now)
			if got.Decision.Code != tt.want || !strings.Contains(got.Decision.Reason, tt.reason) {
				t.Errorf("decided %+v, want %s: …%s…", got.Decision, tt.want, tt.reason)
			}
		})
	}
	if got := b.Decide(t.Context(), typed(permitDef, token, permit("100")), now); got.Function != permitType || got.Contract != "TUSD" {
		t.Errorf("decoded %q of %q, want the permit of TUSD", got.Function, got.Contract)
	}
}

// A contract that only verifies messages needs no ABI; one that does neither is a
// mistake.
func TestABookOfMessages(t *testing.T) {
	b := &rules.Book{Name: "x", Version: "1", Contracts: []rules.Contract{
		{Network: net, Address: safe, Messages: map[string]rules.Rule{safeType: nil}, Functions: map[string]rules.Rule{"f()": approve}},
		{Network: net, Address: token, ABI: calldata.MustABI("f()"), Protocol: "uniswap-ur-v9"},
	}}
	err := b.Check()
	for _, want := range []string{"has no rule", `function "f()" has no ABI`, `protocol "uniswap-ur-v9" is not known`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
}
