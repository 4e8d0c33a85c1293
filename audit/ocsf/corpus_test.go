package ocsf_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/audit/complete"
	"countersign/audit/ocsf"
	"countersign/audit/screened"
	"countersign/audit/swept"
)

var (
	morning = time.Date(2026, 5, 4, 9, 0, 0, 123456789, time.UTC)
	product = ocsf.Product{Version: "1.4.0", Origin: "treasury.example/log"}
)

// A sample is a record of each type, and of each way that a type can go.
type sample struct {
	name string
	kind audit.Type
	body any
}

var corpus = []sample{
	{"approves", audit.DecisionIntent, intent(countersign.Approve)},
	{"rejects", audit.DecisionIntent, intent(countersign.Reject)},
	{"abstains", audit.DecisionIntent, intent(countersign.Abstain)},
	{"forgets its verdict", audit.DecisionIntent, audit.Intent{}},
	{"posted", audit.DecisionOutcome, post(audit.Posted)},
	{"found", audit.DecisionOutcome, post(audit.Found)},
	{"moot", audit.DecisionOutcome, post(audit.Moot)},
	{"void", audit.DecisionOutcome, post(audit.Void)},
	{"in conflict", audit.DecisionOutcome, post(audit.Conflict)},
	{"posted in some way of tomorrow", audit.DecisionOutcome, post("tomorrow")},
	{"approved", audit.ApprovalOutcome, resolution(countersign.StatusApproved, false)},
	{"denied against us", audit.ApprovalOutcome, resolution(countersign.StatusDenied, true)},
	{"expired", audit.ApprovalOutcome, resolution(countersign.StatusExpired, false)},
	{"ended somehow", audit.ApprovalOutcome, resolution("", false)},
	{"noticed", audit.EventNoticed, audit.Notice{Event: event()}},
	{"stray", audit.EventStray, audit.Notice{}},
	{"halted", audit.ControlHalted, audit.Control{Scope: "all", Reason: "drill", By: "ana"}},
	{"resumed", audit.ControlResumed, audit.Control{Scope: "wallet/wa-1"}},
	{"enrolled", audit.KeyEnrolled, audit.Enrolment{KeyID: "kid-1", Use: audit.RecordKey, Subject: "us-1", From: 7, By: "ana"}},
	{"retired", audit.KeyRetired, audit.KeyEnd{KeyID: "kid-1", From: 9}},
	{"revoked", audit.KeyRevoked, audit.KeyEnd{KeyID: "kid-1", From: 3, Reason: "lost", By: "bo"}},
	{"accepted", audit.WebhookAccepted, audit.Delivery{Event: event()}},
	{"escalated", audit.ApprovalEscalated, audit.Escalation{ApprovalID: "ap-1", Code: countersign.OverCap, Reason: "too much"}},
	{"a person approves", audit.HumanDecided, audit.HumanDecision{ApprovalID: "ap-1", Vote: countersign.Vote{UserID: "us-ana", Verdict: countersign.Approve}}},
	{"first book", audit.BookChanged, audit.BookChange{After: audit.Rules{Book: "treasury", Version: "1"}}},
	{"next book", audit.BookChanged, audit.BookChange{Before: &audit.Rules{Book: "treasury", Version: "1"}, After: audit.Rules{Book: "treasury", Version: "2", Digest: "ab"}, Shadow: true}},
	{"no book", audit.BookChanged, audit.BookChange{}},
	{"schedule created", audit.ScheduleChanged, audit.ScheduleChange{Schedule: "sweep", Change: "created", After: "daily"}},
	{"schedule updated", audit.ScheduleChanged, audit.ScheduleChange{Schedule: "sweep", Change: "updated", After: "hourly"}},
	{"schedule of tomorrow", audit.ScheduleChanged, audit.ScheduleChange{}},
	{"exported", audit.ExportMade, audit.Export{Form: "csv", By: "auditor", From: 1, To: 20}},
	{"signed in", audit.SignedIn, audit.SignIn{Name: "grafana", Scopes: []string{"records:read"}, Address: "192.0.2.7:51712"}},
	{"signed in from nowhere", audit.SignedIn, audit.SignIn{Address: "@"}},
	{"used outside", audit.AlarmRaised, audit.Alarm{Code: audit.UsedOutside, ApprovalID: "ap-1", What: "a decision without an intent"}},
	{"never posted", audit.AlarmRaised, audit.Alarm{Code: audit.NeverPosted, ApprovalID: "ap-1", What: "silence"}},
	{"a wallet's books begin", booked.WalletOpened, booked.Opening{WalletID: "wa-1", Network: "Ethereum", Balances: []booked.Balance{{Asset: "ETH/18"}}}},
	{"a deposit", booked.DepositBooked, booked.Deposit{Network: "Ethereum", TxHash: "0x1", Wallets: []string{"wa-1"}}},
	{"a doubtful deposit", booked.DepositDoubtful, booked.Deposit{Network: "Ethereum", TxHash: "0x1", Why: "the balance says otherwise"}},
	{"a deposit that vanished", booked.DepositVanished, booked.Deposit{}},
	{"a deposit that did not last", booked.DepositReversed, booked.DepositReversal{Network: "Ethereum", TxHash: "0x1", Now: "in pool", Wallets: []string{"wa-1"}}},
	{"a window is complete", complete.Certified, complete.Certificate{Complete: true, Sources: []complete.Count{{Source: "webhooks", Expected: 3, Seen: 2, Repaired: 1}}}},
	{"a window is not", complete.Certified, complete.Certificate{Sources: []complete.Count{{Source: "webhooks", Unknown: "away"}}}},
	{"a settlement", booked.SettlementOpened, booked.Settlement{SettlementID: "pay-1", WalletID: "wa-1", Network: "Ethereum"}},
	{"submitted", booked.SettlementSubmitted, booked.Submission{SettlementID: "pay-1", RequestID: "xfr-1", Status: "pending"}},
	{"settled", booked.SettlementSettled, booked.Settled{SettlementID: "pay-1", State: "settled", Differs: []string{"one", "two"}, Wallets: []string{"wa-1"}}},
	{"released", booked.SettlementReleased, booked.Released{SettlementID: "pay-1", State: "denied", Reason: "no"}},
	{"retracted", booked.SettlementRetracted, booked.Retracted{SettlementID: "pay-1", Now: "in pool"}},
	{"reversed", booked.SettlementReversed, booked.Retracted{SettlementID: "pay-1", Now: "in pool"}},
	{"a settlement that is stuck", booked.SettlementEscalated, booked.SettlementEscalation{SettlementID: "pay-1", Issue: "stuck", Reason: "in no block"}},
	{"accepted", booked.SettlementAccepted, booked.Acceptance{SettlementID: "pay-1", By: "carol", Reason: "looked"}},
	{"a batch", booked.BatchOpened, booked.Batch{BatchID: "b-1", Legs: []booked.BatchLeg{{SettlementID: "b-1.1"}}}},
	{"a batch in part", booked.BatchClosed, booked.BatchEnd{BatchID: "b-1", End: "partial", Legs: []booked.LegEnd{{SettlementID: "b-1.1", State: "settled"}}}},
	{"a batch of nothing", booked.BatchClosed, booked.BatchEnd{}},
	{"a sweep is planned", swept.SweepPlanned, swept.Planned{SweepID: "sweep/n/2026-11-29T17:30:00Z", Network: "Ethereum", TopUps: 1, Moves: 2}},
	{"a sweep is put off", swept.SweepPlanned, swept.Planned{SweepID: "sweep/n/2026-11-29T17:30:00Z", Deferred: "gas_price"}},
	{"a sweep is approved", swept.SweepApproved, swept.Verdict{SweepID: "sweep/n/2026-11-29T17:30:00Z", Network: "Ethereum", By: "carol", Reason: "looked"}},
	{"a sweep is declined", swept.SweepDeclined, swept.Verdict{}},
	{"a sweep is done", swept.SweepClosed, swept.Closed{SweepID: "sweep/n/2026-11-29T17:30:00Z", Network: "Ethereum", Planned: 2, Moved: 2}},
	{"a sweep is done in part", swept.SweepClosed, swept.Closed{Reason: "gas_price", Planned: 2, Moved: 1, NotBegun: 1}},
	{"finality is broken", audit.AlarmRaised, audit.Alarm{Code: audit.FinalityBroken, SettlementID: "pay-1", What: "it did not last"}},
	{"an alarm without a word", audit.AlarmRaised, audit.Alarm{}},
	{"refreshed", screened.ListsRefreshed, screened.Refreshed{Changed: []string{"ofac", "eu"}}},
	{"rescreened", screened.ApprovalRescreened, screened.Rescreened{ApprovalID: "ap-1", Screening: "hit", Count: 1, Addresses: []screened.Address{{Network: "Ethereum", Address: "0xabc", Now: "hit"}}}},
	{"of tomorrow", "tomorrow.comes", map[string]any{"approval_id": "ap-1", "odd": []any{1, nil, "x"}}},
	{"of no type", "", nil},
	{"another shape than its type says", audit.DecisionIntent, []string{"a list"}},
}

func intent(v countersign.Verdict) audit.Intent {
	return audit.Intent{
		ApprovalID: "ap-1", InitiatorID: "us-9", Policies: []string{"po-1", "po-2"},
		Request:  countersign.Activity{Kind: "Wallets:Sign", WalletID: "wa-1", Network: "Ethereum", Call: &countersign.Call{To: "0x00000000000000000000000000000000000000AA"}},
		Decision: countersign.Decision{Verdict: v, Code: countersign.WithinPolicy, Reason: "<fine> & \"dandy\""},
		Rules:    audit.Rules{Book: "treasury", Version: "3", Digest: strings.Repeat("ab", 32)},
	}
}

func post(r audit.PostResult) audit.Post {
	return audit.Post{ApprovalID: "ap-1", Verdict: countersign.Approve, Result: r, Why: "because"}
}

func resolution(s countersign.ApprovalStatus, overruled bool) audit.Resolution {
	return audit.Resolution{ApprovalID: "ap-1", Verdict: countersign.Approve, Outcome: countersign.Outcome{Status: s}, Overruled: overruled}
}

func event() countersign.Event {
	return countersign.Event{ID: "ev-1", Source: "dfns", Kind: countersign.ApprovalPending, Subject: "ap-1"}
}

// entry is a record as a store hands it out.
func (s sample) entry(tb testing.TB, index int64) audit.Entry {
	tb.Helper()
	body, err := json.Marshal(s.body)
	if err != nil {
		tb.Fatal(err)
	}
	jws := "eyJ." + strconv.FormatInt(index, 10) + ".c2ln"
	return audit.Entry{Index: index, JWS: jws, LeafHash: audit.LeafHash(jws), Record: audit.Record{
		Version: audit.Version, ID: "0196-" + strconv.FormatInt(index, 10), Type: s.kind, Key: "k/" + strconv.FormatInt(index, 10),
		Issuer: "treasury", Subject: "us-1", At: morning, Index: index, Body: body,
	}}
}

// ofRecords reports whether an expression is audit's Type, in that package or below it.
func ofRecords(x ast.Expr) bool {
	if below, ok := x.(*ast.SelectorExpr); ok {
		pkg, named := below.X.(*ast.Ident)
		return named && pkg.Name == "audit" && below.Sel.Name == "Type"
	}
	id, ok := x.(*ast.Ident)
	return ok && id.Name == "Type"
}

// recordTypes are the constants of type audit.Type, read from the source: a type that
// somebody adds tomorrow is in it.
func recordTypes(tb testing.TB) (types []audit.Type) {
	tb.Helper()
	files, err := filepath.Glob("../*.go")
	below, err2 := filepath.Glob("../*/*.go")
	if err := errors.Join(err, err2); err != nil || len(files) == 0 || len(below) == 0 {
		tb.Fatalf("no source of package audit: %v", err)
	}
	for _, name := range append(files, below...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			tb.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if !ofRecords(spec.Type) {
				return true
			}
			for _, v := range spec.Values {
				value, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					tb.Fatal(err)
				}
				types = append(types, audit.Type(value))
			}
			return true
		})
	}
	return types
}
