package activities

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"countersign"
	"countersign/activities/evidence"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/rules"
	"countersign/rules/services"
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
	request, whole := recorded(approval.Activity)
	if whole != nil {
		r.Evidence = append(slices.Clone(r.Evidence), kept(services.RequestKind, a.Custodian.Name(), r.At, whole))
	}
	budgets, whole := recordedBudgets(after(st.Balances, decision.Verdict))
	if whole != nil {
		r.Evidence = append(slices.Clone(r.Evidence), kept(services.BudgetsKind, "countersign", r.At, whole))
	}
	intent := audit.Intent{
		Custodian: a.Custodian.Name(), ApprovalID: approval.ID, InitiatorID: approval.InitiatorID,
		AskedAt: r.At, Snapshot: approval.Snapshot, Policies: approval.Policies, Books: r.Books, AppliedRules: short(r.Rules), Halted: st.Halted,
		Decision: decision, Rules: a.Rules, Budgets: budgets, Trigger: in.Trigger, Workflow: wire.Here(ctx),
		MakerGroups: a.People.Of(approval.InitiatorID), CheckerGroups: a.People.Of(a.Approver),
	}
	var beside [][]byte
	intent.Evidence, beside = evidence.Record(r.Evidence)
	if call := approval.Activity.Call; call != nil {
		intent.CallHash, intent.CallLength = digest(call.Data), len(call.Data)
		if len(call.Data) >= 4 {
			intent.Selector = "0x" + hex.EncodeToString(call.Data[:4])
		}
	}
	intent.Request, intent.Words = request, recordedWords(r.Words)
	if r.Unit.Known() {
		intent.Unit = &r.Unit
	}
	decode(&intent, approval.Activity, r)
	return intent, beside
}

// decode fills in what the rules saw, as much of it as has room.
func decode(in *audit.Intent, asked countersign.Activity, r rules.Result) {
	if r.Function != "" {
		in.Decoded = &audit.Decoded{Contract: r.Contract, Function: r.Function, Args: r.Args, Inside: inside(r.Inside)}
	}
	contracts := audit.Contracts(asked, in.Decoded)
	if in.Decoded != nil {
		if text, err := json.Marshal(in.Decoded); err == nil {
			in.Tree = digest(text)
		}
		if tooLong(in.Decoded, maxDecoded) {
			in.Decoded.Inside = nil
		}
		if tooLong(in.Decoded, maxDecoded) {
			in.Decoded.Args = nil
		}
	}
	nameContracts(in, contracts)
}

// nameContracts lists the contracts of what is asked for where the request and the tree do not
// name all of them any more. The list has the room that the tree has left: if there is too
// little, the calls inside make place for it.
func nameContracts(in *audit.Intent, all []string) {
	if len(audit.Contracts(in.Request, in.Decoded)) == len(all) {
		return
	}
	if in.Decoded != nil && tooLong([]any{in.Decoded, all}, maxDecoded) {
		in.Decoded.Inside = nil
	}
	for room := maxDecoded - length(in.Decoded); len(in.Contracts) < len(all); {
		next := all[len(in.Contracts)]
		if room -= length(next) + 1; room < 0 {
			break
		}
		in.Contracts = append(in.Contracts, next)
	}
	in.MoreContracts = len(all) - len(in.Contracts)
}

// What is unbounded in a record, in bytes of JSON: all together stay under
// [audit.MaxEntry], to which base64url adds a third, with the evidence that is listed
// ([evidence.Record]). What is left out is bound by the
// hash and the snapshot, and the request and the budgets stand whole beside the record.
const (
	maxRequest = 14 << 10
	maxDecoded = 10 << 10
	maxWords   = 4 << 10
	maxBudgets = 4 << 10
)

func tooLong(v any, limit int) bool { return length(v) > limit }

// length is that of JSON in bytes, more than there is room for where there is none.
func length(v any) int {
	text, err := json.Marshal(v)
	if err != nil {
		return math.MaxInt32
	}
	return len(text)
}

// kept is evidence of our own: what has no room in the record.
func kept(kind, source string, at time.Time, whole []byte) services.Evidence {
	return services.Evidence{Kind: kind, Source: source, Digest: digest(whole), At: at, Answer: whole}
}

// after says what each window holds once the decision is made.
func after(all []countersign.Balance, v countersign.Verdict) []countersign.Balance {
	all = slices.Clone(all)
	for i, b := range all {
		held := b.Before
		if v == countersign.Approve {
			var err error
			if held, err = held.Add(b.Amount); err != nil {
				continue // wider than 256 bits fits no budget: nothing is reserved
			}
		}
		all[i].After = &held
	}
	return all
}

// recordedBudgets are the balances for a record: of very many those that do not fit, a
// few at most, and all of them as JSON.
func recordedBudgets(all []countersign.Balance) (short []countersign.Balance, whole []byte) {
	whole, err := json.Marshal(all)
	if err == nil && len(whole) <= maxBudgets {
		return all, nil
	}
	for _, b := range all {
		if !b.Fits && len(short) < 5 && len(b.Budget) < 256 {
			short = append(short, b)
		}
	}
	return short, whole
}

// recordedWords are the first lines that have room.
func recordedWords(words []string) []string {
	for n := len(words); n > 0; n-- {
		if !tooLong(words[:n], maxWords) {
			return words[:n]
		}
	}
	return nil
}

// recorded is an activity without what would be too long for a record, and then the
// whole of it as JSON.
func recorded(a countersign.Activity) (short countersign.Activity, whole []byte) {
	if !tooLong(a, maxRequest) {
		return a, nil
	}
	whole, _ = json.Marshal(a) // what cannot be marshalled is not recorded either
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
	if tooLong(a, maxRequest) { // texts of unlikely length, or hundreds of operations
		a = countersign.Activity{Kind: clip(a.Kind), Request: clip(a.Request), RequestID: clip(a.RequestID),
			WalletID: clip(a.WalletID), Network: clip(a.Network), Unreadable: "too long to record: see the snapshot"}
	}
	return a, whole
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
