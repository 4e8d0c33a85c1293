package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"countersign"
	"countersign/audit"
	"countersign/audit/form"

	"golang.org/x/mod/sumdb/tlog"
)

// An intent is what must be remembered of a decision.
type intent struct {
	index    int64
	approval [sha256.Size]byte
	verdict  byte // its place in verdicts
	claims   span
}

// verdicts are those that there are.
var verdicts = []countersign.Verdict{countersign.Approve, countersign.Reject, countersign.Abstain}

// verdictOf is a verdict's place; ok says whether it is one.
func verdictOf(text []byte) (place byte, ok bool) {
	for i, v := range verdicts {
		if string(v) == string(text) {
			return byte(i), true //nolint:gosec // of three
		}
	}
	return 0, false
}

// intent remembers a decision, and checks what it says of hands and budgets.
func (v *verifier) intent(r *row, fault faulter) {
	f := &r.facts
	verdict, ok := verdictOf(f.decided)
	if f.unclear == "" && !ok {
		f.unclear = "its verdict is none"
	}
	if f.unclear != "" {
		fault(BodyUnclear, "%s", f.unclear)
		return
	}
	if spoken(f.decided) {
		same, err := f.sameHands(form.Text(r.payload.Subject))
		switch {
		case err != nil:
			fault(BodyUnclear, "groups: %v", err)
		case same:
			fault(SameHands, "%s decided what %.80q initiated: maker and checker count as one", r.payload.Subject, f.initiator)
		}
	}
	in := intent{index: r.index, approval: sha256.Sum256(f.approval), verdict: verdict}
	in.claims = v.budgets.decide(r, &v.report.Unproven.Budgets, fault)
	v.intents[r.leaf] = in
}

// outcome checks that an effect stands behind the intent that it names and says the same.
func (v *verifier) outcome(r *row, fault faulter) {
	f := &r.facts
	if f.unclear != "" {
		fault(BodyUnclear, "%s", f.unclear)
		return
	}
	post := audit.Type(r.payload.Type) == audit.DecisionOutcome
	// A pinned key is known before the log tells who vouches for it; a worker may have come
	// first.
	if r.custody == withoutIt && r.known != nil && v.keys.all[r.known.number].vouches != nil {
		r.custody = v.keys.all[r.known.number].custodyOf(f.receipt)
	}
	switch r.custody {
	case underIt:
		v.report.CustodianProofs++
	case withoutIt, tellOfOther:
		v.report.CustodianUnproven++
	case againstIt:
		fault(CustodianSig, "the custodian's credential has not signed the user action in its receipt")
	case notAsked:
	}
	var leaf tlog.Hash
	n, err := hex.Decode(leaf[:], f.intent[:min(len(f.intent), 2*len(leaf))])
	in, ok := v.intents[leaf]
	if err != nil || n != len(leaf) || len(f.intent) != 2*n || !ok || hexOf(leaf) != string(f.intent) {
		v.withoutIntent(r, post, fault)
		return
	}
	verdict, known := verdictOf(f.verdict)
	if !known || verdict != in.verdict || sha256.Sum256(f.approval) != in.approval {
		fault(IntentDiffers, "says %.20q of %.80q, its intent at index %d another thing", f.verdict, f.approval, in.index)
		return
	}
	if !post {
		v.ended(f, in, fault)
		return
	}
	if audit.PostResult(f.result) == audit.Void {
		v.budgets.move(in.claims, pending)
	}
	if f.stands() {
		v.posted(r, in, leaf, fault)
	}
}

// withoutIntent deals with an outcome whose intent was not read. In a range it may lie
// before it.
func (v *verifier) withoutIntent(r *row, post bool, fault faulter) {
	if v.from > 0 {
		issuer, index, leaf, named := reference(r.facts.reason)
		if !post || !r.facts.stands() || named && index < v.from && leaf == string(r.facts.intent) && issuer == form.Text(r.payload.Issuer) {
			v.report.Unproven.Intents++
			return
		}
	}
	fault(IntentMissing, "names the intent %.16q, which does not stand before it", r.facts.intent)
}

// posted checks what a verdict that the custodian holds must have had behind it.
func (v *verifier) posted(r *row, in intent, leaf tlog.Hash, fault faulter) {
	if !verdicts[in.verdict].Spoken() {
		fault(IntentDiffers, "an abstention was posted: the custodian holds a verdict that was never decided")
	}
	issuer, index, named, ok := reference(r.facts.reason)
	if !ok || index != in.index || named != hexOf(leaf) || issuer != form.Text(r.payload.Issuer) {
		fault(Reference, "the reason that the custodian was told does not name its intent, record %d: %.80q", in.index, tail(r.facts.reason, 80))
	}
	if v.source.Checkpoints != nil && v.seen.size <= in.index && !v.seen.torn {
		fault(IntentUnsaid, "its intent, record %d, was under no checkpoint when it was posted; the last was of %d records", in.index, v.seen.size)
	}
}

// ended settles what an approval took from budgets.
func (v *verifier) ended(f *facts, in intent, fault faulter) {
	moved := countersign.ApprovalStatus(f.status) == countersign.StatusApproved
	switch {
	case string(f.ended) == "committed" && moved:
		v.budgets.move(in.claims, committed)
	case string(f.ended) == "released" && !moved:
		v.budgets.move(in.claims, released)
	default:
		fault(BudgetDiffers, "the approval ended %.20q, and what it took from budgets is said to be %.20q", f.status, f.ended)
	}
}

// reference reads what activities/post.go puts behind the reason that it posts: "[countersign
// <issuer> #<index> <leaf hash>]".
func reference(reason []byte) (issuer string, index int64, leaf string, ok bool) {
	const mark = " [countersign "
	text, closed := strings.CutSuffix(string(reason), "]")
	at := strings.LastIndex(text, mark)
	if !closed || at < 0 {
		return "", 0, "", false
	}
	text = text[at+len(mark):]
	last := strings.LastIndexByte(text, ' ')
	if last < 0 {
		return "", 0, "", false
	}
	hash := strings.LastIndex(text[:last], " #")
	if hash < 0 {
		return "", 0, "", false
	}
	number := text[hash+2 : last]
	index, err := strconv.ParseInt(number, 10, 64)
	return text[:hash], index, text[last+1:], err == nil && strconv.FormatInt(index, 10) == number
}

func tail(text []byte, n int) []byte { return text[max(0, len(text)-n):] }
