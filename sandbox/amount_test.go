package sandbox_test

import "testing"

// A rule on amounts asks for approval above its limit, and shows the amount.
func TestAnAmountAboveTheLimitNeedsApproval(t *testing.T) {
	w := newWorld(t, 1)
	always := w.policyWith(map[string]any{"kind": "NoAction"}, nil)
	limit := into[entity](t, w.admin.post("/v2/policies", map[string]any{"name": "large", "activityKind": "Wallets:Sign",
		"rule":   map[string]any{"kind": "TransactionAmountLimit", "configuration": map[string]any{"limit": 3000, "currency": "USD"}},
		"action": ask(0, group(1))}), 200).ID
	if e := w.pay(w.admin, "1000000000000000000"); e.ApprovalID != "" {
		t.Errorf("a transfer at the limit = %+v", e)
	}
	e := w.pay(w.admin, "1000000000000000001")
	a := into[struct {
		Status            string
		PolicyEvaluations []struct {
			PolicyID  string
			Triggered bool
			Context   *struct {
				TransactionAmount struct{ Value, Currency string }
			}
		}
	}](t, w.admin.get("/v2/policy-approvals/"+e.ApprovalID), 200)
	if len(a.PolicyEvaluations) != 2 || a.PolicyEvaluations[0].PolicyID != always || a.PolicyEvaluations[1].PolicyID != limit {
		t.Fatalf("evaluations = %+v", a.PolicyEvaluations)
	}
	if c := a.PolicyEvaluations[1].Context; c == nil || c.TransactionAmount.Value != "3000.000000000000003" || c.TransactionAmount.Currency != "USD" {
		t.Errorf("context = %+v", c)
	}
	if a.PolicyEvaluations[0].Context != nil {
		t.Errorf("context of a rule without an amount = %+v", a.PolicyEvaluations[0].Context)
	}
	call := into[entity](t, w.admin.post(w.path("transactions"), map[string]any{"kind": "Evm", "to": w.env.TokenAddress,
		"data": "0xa9059cbb" + word(recipient) + word("1")}), 200)
	if call.Status != "Pending" {
		t.Errorf("a contract call = %+v", call)
	}
}
