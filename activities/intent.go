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

// intent is the whole decision as it is signed, with the evidence that it names. An
// approval that does not fit its budgets, or that no machine may give now, becomes an
// abstention here, inside the transaction that holds both.
func (a *Approvals) intent(ctx context.Context, in DecideInput, approval countersign.Approval, r rules.Result, st countersign.Standing) (audit.Intent, [][]byte) {
	decision := r.Decision
	for _, b := range st.Balances {
		if decision.Verdict == countersign.Approve && !b.Fits {
			decision = countersign.Abstained(countersign.OverBudget, "%s on top of %s does not fit the limit of %s of budget %s",
				b.Amount, b.Before, b.Limit, b.Budget)
		}
	}
	if len(st.Halted) > 0 && decision.Verdict.Spoken() {
		decision = countersign.Abstained(countersign.Halted, "machines may not decide in %s now; the rules said %s (%s)",
			st.Halted[0], decision.Verdict, decision.Code)
	}
	intent := audit.Intent{
		Custodian: a.Custodian.Name(), ApprovalID: approval.ID, InitiatorID: approval.InitiatorID,
		AskedAt: r.At, Snapshot: approval.Snapshot, Policies: approval.Policies, Books: r.Books, AppliedRules: short(r.Rules), Halted: st.Halted,
		Decision: decision, Rules: a.Rules, Budgets: st.Balances, Trigger: in.Trigger, Workflow: here(ctx),
		MakerGroups: a.People.Of(approval.InitiatorID), CheckerGroups: a.People.Of(a.Approver),
	}
	var evidence [][]byte
	intent.Evidence, evidence = recordedEvidence(r.Evidence)
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
	return intent, evidence
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
