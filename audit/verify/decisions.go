package verify

import (
	"crypto/sha256"
	"encoding/hex"

	"countersign"
	"countersign/audit"
	"countersign/audit/form"
	"countersign/audit/verify/budgets"
	"countersign/audit/verify/rows"

	"golang.org/x/mod/sumdb/tlog"
)

// An intent is what must be remembered of a decision.
type intent struct {
	index    int64
	approval [sha256.Size]byte
	verdict  byte // its place in [rows.Verdicts]
	claims   budgets.Span
}

// intent remembers a decision, and checks what it says of hands and budgets.
func (v *verifier) intent(r *rows.Row, fault faulter) {
	f := &r.Facts
	verdict, ok := rows.VerdictOf(f.Decided)
	if f.Unclear == "" && !ok {
		f.Unclear = "its verdict is none"
	}
	if f.Unclear != "" {
		fault(BodyUnclear, "%s", f.Unclear)
		return
	}
	v.once(r, DecidedTwice, fault)
	if rows.Verdicts[verdict].Spoken() {
		v.whileHalted(r, fault)
		same, err := f.SameHands(form.Text(r.Payload.Subject))
		switch {
		case err != nil:
			fault(BodyUnclear, "groups: %v", err)
		case same:
			fault(SameHands, "%s decided what %.80q initiated: maker and checker count as one", r.Payload.Subject, f.Initiator)
		}
	}
	in := intent{index: r.Index, approval: sha256.Sum256(f.Approval), verdict: verdict}
	in.claims = v.claims(r, verdict, fault)
	v.intents[r.Leaf] = in
}

// claims checks a decision's balances and remembers what it takes from budgets.
func (v *verifier) claims(r *rows.Row, verdict byte, fault faulter) budgets.Span {
	d := budgets.Decision{
		Balances: r.Facts.Budgets, Elsewhere: r.Facts.Elsewhere(), Approves: rows.Verdicts[verdict] == countersign.Approve,
		Asked: budgets.Unknown,
	}
	if len(d.Balances) > 0 {
		d.At, _ = rows.Micros(r.Payload.At)
		if text, ok := form.String(r.Facts.Asked); ok {
			if at, ok := rows.Micros(text); ok {
				d.Asked = at
			}
		}
	}
	span, wrong, unproven := v.budgets.Decide(d)
	v.report.Unproven.Budgets += unproven
	for _, w := range wrong {
		fault(map[budgets.Kind]FaultCode{budgets.Unclear: BodyUnclear, budgets.Differs: BudgetDiffers, budgets.Overdrawn: Overdrawn}[w.Kind], "%s", w.What)
	}
	return span
}

// outcome checks that an effect stands behind the intent that it names and says the same.
func (v *verifier) outcome(r *rows.Row, fault faulter) {
	f := &r.Facts
	if f.Unclear != "" {
		fault(BodyUnclear, "%s", f.Unclear)
		return
	}
	post := audit.Type(r.Payload.Type) == audit.DecisionOutcome
	v.once(r, ToldTwice, fault)
	v.custody(r, fault)
	var leaf tlog.Hash
	n, err := hex.Decode(leaf[:], f.Intent[:min(len(f.Intent), 2*len(leaf))])
	in, ok := v.intents[leaf]
	if err != nil || n != len(leaf) || len(f.Intent) != 2*n || !ok || hexOf(leaf) != string(f.Intent) {
		v.withoutIntent(r, post, fault)
		return
	}
	verdict, known := rows.VerdictOf(f.Verdict)
	if !known || verdict != in.verdict || sha256.Sum256(f.Approval) != in.approval {
		fault(IntentDiffers, "says %.20q of %.80q, its intent at index %d another thing", f.Verdict, f.Approval, in.index)
		return
	}
	if !post {
		v.ended(f, in, fault)
		return
	}
	if audit.PostResult(f.Result) == audit.Void {
		v.budgets.Move(in.claims, budgets.Noted)
	}
	if f.Stands() {
		v.posted(r, in, leaf, fault)
	}
}

// withoutIntent deals with an outcome whose intent was not read. In a range it may lie
// before it.
func (v *verifier) withoutIntent(r *rows.Row, post bool, fault faulter) {
	if v.from > 0 {
		issuer, index, leaf, named := r.Facts.Reference()
		if !post || !r.Facts.Stands() || named && index < v.from && leaf == string(r.Facts.Intent) && issuer == form.Text(r.Payload.Issuer) {
			v.report.Unproven.Intents++
			return
		}
	}
	fault(IntentMissing, "names the intent %.16q, which does not stand before it", r.Facts.Intent)
}

// posted checks what a verdict that the custodian holds must have had behind it.
func (v *verifier) posted(r *rows.Row, in intent, leaf tlog.Hash, fault faulter) {
	if !rows.Verdicts[in.verdict].Spoken() {
		fault(IntentDiffers, "an abstention was posted: the custodian holds a verdict that was never decided")
	}
	issuer, index, named, ok := r.Facts.Reference()
	if !ok || index != in.index || named != hexOf(leaf) || issuer != form.Text(r.Payload.Issuer) {
		fault(Reference, "the reason that the custodian was told does not name its intent, record %d: %.80q", in.index, tail(r.Facts.Reason, 80))
	}
	if v.source.Checkpoints != nil && v.seen.size <= in.index && !v.seen.torn {
		fault(IntentUnsaid, "its intent, record %d, was under no checkpoint when it was posted; the last was of %d records", in.index, v.seen.size)
	}
}

// ended settles what an approval took from budgets.
func (v *verifier) ended(f *rows.Facts, in intent, fault faulter) {
	moved := countersign.ApprovalStatus(f.Status) == countersign.StatusApproved
	switch {
	case string(f.Ended) == "committed" && moved:
		v.budgets.Move(in.claims, budgets.Committed)
	case string(f.Ended) == "released" && !moved:
		v.budgets.Move(in.claims, budgets.Released)
	default:
		fault(BudgetDiffers, "the approval ended %.20q, and what it took from budgets is said to be %.20q", f.Status, f.Ended)
	}
}

func tail(text []byte, n int) []byte { return text[max(0, len(text)-n):] }
