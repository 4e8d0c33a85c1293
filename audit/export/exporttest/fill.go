package exporttest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
)

// New is a log that has enrolled ana, the log's key, bo and cy: four records, each under a
// checkpoint of its own.
func New(tb testing.TB) *Log {
	tb.Helper()
	l := &Log{TB: tb, heads: map[string]audit.Head{}}
	l.Enrol("ana", audit.RecordKey, "ana", "ana")
	l.Enrol("ana", audit.LogKey, Origin, "log")
	l.Enrol("ana", audit.RecordKey, "bo", "bo")
	l.Enrol("bo", audit.RecordKey, "cy", "cy")
	return l
}

// Enrol has an author enrol the key of a name, under a checkpoint of its own.
func (l *Log) Enrol(by string, use audit.KeyUse, subject, name string) {
	l.Helper()
	e, err := audit.NewEnrolment(Issuer, use, subject, l.next(), Signer(name))
	if err != nil {
		l.Fatal(err)
	}
	l.Add(by, audit.Draft{Key: audit.KeyRecordKey(e.KeyID, audit.KeyEnrolled), Type: audit.KeyEnrolled, Body: e})
	l.Commit()
}

// Filled is a new log with at least n records: approvals, each decided, posted and ended,
// under a checkpoint every few records. A record has about 1.4 KB.
func Filled(tb testing.TB, n int) *Log {
	tb.Helper()
	l := New(tb)
	l.Fill(n, 1)
	return l
}

// Fill appends approvals until there are n records or a few more, with a checkpoint over the
// decisions and one over what became of them for every so many approvals.
func (l *Log) Fill(n, perCheckpoint int) {
	l.Helper()
	authors := []string{"ana", "bo", "cy"}
	for i := l.Size(); l.Size() < int64(n); i += int64(perCheckpoint) {
		for j := range perCheckpoint {
			l.decide(authors[j%3], fmt.Sprintf("ap-%d-%d", i, j), j)
		}
		l.Commit()
		decided := l.Entries[l.Size()-int64(perCheckpoint):]
		for j, in := range decided {
			l.resolve(authors[j%3], in)
		}
		l.Commit()
	}
}

// decide adds a decision.
func (l *Log) decide(who, approval string, n int) {
	verdict := countersign.Approve
	if n%3 == 2 {
		verdict = countersign.Reject
	}
	l.Add(who, audit.Draft{
		Key: countersign.DecisionKey(approval, who), Type: audit.DecisionIntent, Lineage: countersign.ApprovalLineage(approval),
		Body: audit.Intent{
			Custodian: "dfns", ApprovalID: approval, InitiatorID: "us-maker", AskedAt: At(l.next()).Add(-2 * time.Second), Snapshot: "snap",
			Decision: countersign.Decision{Verdict: verdict, Code: countersign.WithinPolicy, Reason: "=1+1 <within> & \"policy\""},
			Request:  countersign.Activity{Kind: "Wallets:Sign", Request: "Erc20", WalletID: "wa-1", Network: "EthereumSepolia"},
			Rules:    audit.Rules{Book: "treasury", Version: "3"},
			Words:    []string{strings.Repeat("mint 100 USDX to the settlement wallet; ", 8)},
		},
	})
}

// resolve adds what became of a decision.
func (l *Log) resolve(who string, in audit.Entry) {
	l.Helper()
	var intent audit.Intent
	if err := in.Decode(&intent); err != nil {
		l.Fatal(err)
	}
	id, verdict := intent.ApprovalID, intent.Decision.Verdict
	l.Add(who, audit.Draft{Key: countersign.PostKey(id, who), Type: audit.DecisionOutcome, Body: audit.Post{
		ApprovalID: id, Intent: in.LeafHash, Verdict: verdict, Result: audit.Posted, Snapshot: "snap",
		Reason: fmt.Sprintf("fine [countersign %s #%d %s]", Issuer, in.Index, in.LeafHash),
	}})
	status, budgets := countersign.StatusApproved, "committed"
	if verdict == countersign.Reject {
		status, budgets = countersign.StatusDenied, "released"
	}
	l.Add(who, audit.Draft{Key: countersign.OutcomeKey(id), Type: audit.ApprovalOutcome, Body: audit.Resolution{
		ApprovalID: id, Intent: in.LeafHash, Verdict: verdict, Outcome: countersign.Outcome{Status: status}, Budgets: budgets,
	}})
}
