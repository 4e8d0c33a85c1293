package verify_test

import (
	"crypto/ed25519"
	"fmt"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
)

// A taken is a claim as a store keeps it.
type taken struct {
	budget, approval string
	amount           uint64
	at               time.Time // between the asking and the signing
	counts, open     bool
}

// held is what a budget's window holds.
func (b *book) held(budget string, since time.Time) (sum uint64) {
	for _, c := range b.claims {
		if c.budget == budget && c.counts && !c.at.Before(since) {
			sum += c.amount
		}
	}
	return sum
}

// decide appends a decision that takes from a budget, as the store would: it becomes an
// abstention when it does not fit.
func (b *book) decide(who, approval string, verdict countersign.Verdict, claims ...countersign.Claim) audit.Entry {
	b.Helper()
	b.minutes++
	at := b.now()
	b.minutes--
	in := audit.Intent{
		Custodian: "dfns", ApprovalID: approval, InitiatorID: "maker", AskedAt: at.Add(-2 * time.Second), Snapshot: "snap",
		Decision: countersign.Decision{Verdict: verdict, Code: countersign.WithinPolicy, Reason: "<ok> & fine"},
		Request:  countersign.Activity{Kind: "Wallets:Sign", Request: "Erc20", WalletID: "wa-1", Network: "EthereumSepolia"},
	}
	for _, c := range claims {
		held := countersign.NewAmount(b.held(c.Budget, c.Since))
		after, err := held.Add(c.Amount)
		fits := err == nil && after.Cmp(c.Limit) <= 0
		in.Budgets = append(in.Budgets, countersign.Balance{Claim: c, Before: held, Fits: fits})
		if !fits && verdict == countersign.Approve {
			in.Decision.Verdict = countersign.Abstain
		}
	}
	for _, c := range claims {
		b.claims = append(b.claims, taken{budget: c.Budget, approval: approval, amount: c.Amount.Big().Uint64(), at: at.Add(-time.Second),
			counts: in.Decision.Verdict == countersign.Approve, open: true})
	}
	return b.add(who, audit.Draft{
		Key: countersign.DecisionKey(approval, who), Type: audit.DecisionIntent, Lineage: countersign.ApprovalLineage(approval), Body: in,
	})
}

// reasonOf is what the custodian is told.
func (b *book) reasonOf(in audit.Entry) string {
	return fmt.Sprintf("fine [countersign %s #%d %s]", b.issuer, in.Index, in.LeafHash)
}

func intentOf(tb testing.TB, e audit.Entry) (in audit.Intent) {
	tb.Helper()
	if err := e.Decode(&in); err != nil {
		tb.Fatal(err)
	}
	return in
}

// post is the draft of what became of a decision.
func (b *book) post(in audit.Entry, result audit.PostResult) audit.Draft {
	b.Helper()
	body := intentOf(b, in)
	p := audit.Post{ApprovalID: body.ApprovalID, Intent: in.LeafHash, Verdict: body.Decision.Verdict, Result: result, Snapshot: "snap"}
	if result.Stands() {
		p.Reason = b.reasonOf(in)
		data := []byte(`{"challenge":"Y2gt` + body.ApprovalID + `","crossOrigin":false,"type":"key.get"}`)
		p.Receipt = &countersign.Receipt{AnswerDigest: "aa", Status: countersign.StatusPending, Proof: countersign.UserAction{
			CredentialID: "cr-1", Challenge: "ch-1", ClientData: b64(data), Signature: b64(ed25519.Sign(key("credential"), data)),
		}}
	}
	if result == audit.Void {
		for i := range b.claims {
			if c := &b.claims[i]; c.approval == body.ApprovalID && c.open {
				c.counts = false
			}
		}
	}
	return audit.Draft{Key: countersign.PostKey(body.ApprovalID, in.Record.Subject), Type: audit.DecisionOutcome, Body: p}
}

// end is the draft of how an approval ended.
func (b *book) end(in audit.Entry, status countersign.ApprovalStatus) audit.Draft {
	b.Helper()
	body := intentOf(b, in)
	budgets, moved := "released", status == countersign.StatusApproved
	if moved {
		budgets = "committed"
	}
	for i := range b.claims {
		if c := &b.claims[i]; c.approval == body.ApprovalID && c.open {
			c.counts, c.open = moved, false
		}
	}
	return audit.Draft{Key: countersign.OutcomeKey(body.ApprovalID), Type: audit.ApprovalOutcome, Body: audit.Resolution{
		ApprovalID: body.ApprovalID, Intent: in.LeafHash, Verdict: body.Decision.Verdict,
		Outcome: countersign.Outcome{Status: status}, Budgets: budgets,
	}}
}

func (b *book) notice(event string) audit.Draft {
	return audit.Draft{Key: countersign.EventKey(event), Type: audit.EventStray, Body: audit.Notice{}}
}
