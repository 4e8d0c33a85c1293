package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"countersign"
	"countersign/audit"
	"countersign/rules"
)

// intent is the whole decision as it is signed. An approval that does not fit its
// budgets becomes an abstention here, inside the transaction that holds them.
func (a *Approvals) intent(ctx context.Context, in DecideInput, approval countersign.Approval, r rules.Result, balances []countersign.Balance) audit.Intent {
	decision := r.Decision
	for _, b := range balances {
		if decision.Verdict == countersign.Approve && !b.Fits {
			decision = countersign.Abstained(countersign.OverBudget, "%s on top of %s does not fit the limit of %s of budget %s",
				b.Amount, b.Before, b.Limit, b.Budget)
		}
	}
	intent := audit.Intent{
		Custodian: a.Custodian.Name(), ApprovalID: approval.ID, InitiatorID: approval.InitiatorID,
		Snapshot: approval.Snapshot, Policies: approval.Policies,
		Decision: decision, Rules: a.Rules, Budgets: balances, Trigger: in.Trigger, Workflow: here(ctx),
	}
	for _, e := range r.Evidence {
		intent.Evidence = append(intent.Evidence, audit.Evidence(e))
	}
	if call := approval.Activity.Call; call != nil {
		sum := sha256.Sum256(call.Data)
		intent.CallHash = hex.EncodeToString(sum[:])
	}
	intent.Request, intent.Words = recorded(approval.Activity), r.Words
	if r.Function != "" {
		intent.Decoded = &audit.Decoded{Contract: r.Contract, Function: r.Function, Args: r.Args, Inside: inside(r.Inside)}
		if tooLong(intent.Decoded) {
			intent.Decoded.Inside = nil
		}
		if tooLong(intent.Decoded) {
			intent.Decoded.Args = nil
		}
	}
	return intent
}

// maxRecorded bounds what was asked and what was decoded, in bytes of JSON each, so
// that a record stays under [audit.MaxEntry]: base64url adds a third to both. What
// is left out is bound by the hash and the snapshot all the same.
const maxRecorded = 20 << 10

func tooLong(v any) bool {
	text, err := json.Marshal(v)
	return err != nil || len(text) > maxRecorded
}

// recorded is an activity without what would be too long for a record.
func recorded(a countersign.Activity) countersign.Activity {
	if !tooLong(a) {
		return a
	}
	if a.Call != nil {
		short := *a.Call
		short.Data, short.Delegates = nil, nil
		a.Call = &short
	}
	a.Operations = slices.Clone(a.Operations)
	for i := range a.Operations {
		a.Operations[i].Data, a.Operations[i].Delegates = nil, nil
	}
	if a.TypedData != nil {
		a.TypedData = &countersign.TypedData{ChainID: a.TypedData.ChainID}
	}
	if tooLong(a) { // texts of unlikely length: a memo, a reason
		return countersign.Activity{Kind: clip(a.Kind), Request: clip(a.Request), RequestID: clip(a.RequestID),
			WalletID: clip(a.WalletID), Network: clip(a.Network), Unreadable: "too long to record: see the snapshot"}
	}
	return a
}

func clip(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "")
	}
	return s
}

func inside(calls []rules.DecodedCall) (out []audit.DecodedCall) {
	for _, c := range calls {
		out = append(out, audit.DecodedCall{
			To: c.To, Contract: c.Contract, Function: c.Function, Operation: c.Operation, Value: c.Value, Args: c.Args, Inside: inside(c.Inside),
		})
	}
	return out
}
