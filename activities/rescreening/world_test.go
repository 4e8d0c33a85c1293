package rescreening_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/activities/rescreening"
	"countersign/audit"
	"countersign/audit/audittest"
	"countersign/audit/tree"
	"countersign/rules"
	"countersign/rules/services"
	"countersign/store"
)

const (
	us = "us-checker"
	ap = "ap-1"
)

var (
	start   = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	errLost = errors.New("connection lost")
)

// office has a decision that rests on a screening, and the lists.
type office struct {
	*activities.Approvals
	*rescreening.Screening
	custodian *custodian
	lists     *lists
	db        *store.DB
	trail     *store.Trail
	key       ed25519.PublicKey
}

func newOffice(t *testing.T, held string) *office {
	t.Helper()
	l := &lists{held: map[string]string{"a": held}, next: map[string]string{"a": held}, away: map[string]bool{}}
	said := services.New(services.Services{Screener: l}, pending(ap), start)
	said.Screen(t.Context(), bad, worse, other)
	_, evidence := said.Close()
	o := &office{custodian: &custodian{t: t, approvals: map[string]countersign.Approval{ap: pending(ap)}}, lists: l}
	now := func() time.Time { return start }
	o.trail, o.key = found(t, now)
	o.db = o.trail.DB
	o.Approvals = &activities.Approvals{Custodian: o.custodian, Trail: o.trail, Book: book{evidence}, Approver: us, Now: now}
	o.Screening = &rescreening.Screening{Screener: l, Trail: o.trail, Approver: us, Now: now}
	o.decide(t, ap)
	return o
}

// found is a new trail that signs, and the key that it signs records with.
func found(t *testing.T, now func() time.Time) (*store.Trail, ed25519.PublicKey) {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "trail.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, logKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	k, err := tree.NewKey("trail.test", logKey)
	if err != nil {
		t.Fatal(err)
	}
	trail := &store.Trail{DB: db, Signer: &audit.Signer{Key: key, Issuer: "test", Subject: us, Now: now}}
	if err := db.SignWith(t.Context(), &store.Log{Keys: []*tree.Key{k}}); err != nil {
		t.Fatal(err)
	}
	if err := trail.Found(t.Context()); err != nil {
		t.Fatal(err)
	}
	return trail, pub
}

func (o *office) decide(t *testing.T, id string) {
	t.Helper()
	if _, err := o.DecideApproval(t.Context(), activities.DecideInput{ApprovalID: id}); err != nil {
		t.Fatal(err)
	}
}

// records counts the records of a type, and checks that the trail verifies.
func (o *office) records(t *testing.T, kind audit.Type) (n int) {
	t.Helper()
	for e, err := range o.db.Entries(t.Context(), store.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Record.Type == kind {
			n++
		}
	}
	report, err := audittest.Verify(o.db.Entries(t.Context(), store.Filter{}), audit.NewKeys(o.key))
	if err != nil || !report.OK() {
		t.Fatalf("trail does not verify: %v %v", err, report.Faults)
	}
	return n
}

// untilDone asks until the step succeeds, as Temporal would.
func untilDone[T any](t *testing.T, step func() (T, error)) T {
	t.Helper()
	for range 5 {
		v, err := step()
		if err == nil {
			return v
		}
		if !errors.Is(err, errLost) {
			t.Fatalf("step: %v", err)
		}
	}
	t.Fatal("step did not succeed in five attempts")
	panic("unreachable")
}

// faultyTrail loses the next append, or only its answer.
type faultyTrail struct {
	rescreening.OpenTrail
	loseEffect, loseAnswer int
}

func (f *faultyTrail) Append(ctx context.Context, d audit.Draft) (audit.Entry, error) {
	if f.loseEffect > 0 {
		f.loseEffect--
		return audit.Entry{}, fmt.Errorf("before: %w", errLost)
	}
	e, err := f.OpenTrail.Append(ctx, d)
	if f.loseAnswer > 0 {
		f.loseAnswer--
		return audit.Entry{}, fmt.Errorf("after: %w", errLost)
	}
	return e, err
}

// book approves everything, on the same evidence.
type book struct{ evidence []services.Evidence }

func (b book) Decide(context.Context, countersign.Approval, time.Time) rules.Result {
	return rules.Result{Decision: countersign.Approved("fine"), Evidence: b.evidence}
}

// custodian holds approvals; nothing is posted to it here.
type custodian struct {
	t         *testing.T
	approvals map[string]countersign.Approval
}

func (c *custodian) Name() string { return "fake" }

func (c *custodian) Approval(_ context.Context, id string) (countersign.Approval, error) {
	a, ok := c.approvals[id]
	if !ok {
		return a, countersign.ErrNotFound
	}
	return a, nil
}

func (c *custodian) Vote(context.Context, string, countersign.Verdict, string) (countersign.Receipt, error) {
	c.t.Error("a screening has posted a decision")
	return countersign.Receipt{}, countersign.ErrDenied
}

func (c *custodian) Assertion(context.Context, string, countersign.Vote) (countersign.Assertion, []byte, error) {
	return countersign.Assertion{}, nil, countersign.ErrNotFound
}

// pending is an approval of a transfer, as the custodian holds it.
func pending(id string) countersign.Approval {
	return countersign.Approval{
		ID: id, InitiatorID: "us-maker", Status: countersign.StatusPending, Snapshot: "snap-" + id,
		CreatedAt: start.Add(-time.Second),
		Activity: countersign.Activity{
			Kind: "Wallets:Sign", Request: "Native", WalletID: "wa-1", Network: "Net",
			Transfer: &countersign.Transfer{Kind: "Native", To: "0xabc", Amount: countersign.NewAmount(60)},
		},
	}
}
