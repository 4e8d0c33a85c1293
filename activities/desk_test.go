package activities_test

import (
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/audit"
	"countersign/audit/audittest"
	"countersign/audit/tree"
	"countersign/store"
)

// budget is a claim of 60 on a pot of 100.
var budget = []countersign.Claim{{Budget: "pot", Amount: countersign.NewAmount(60), Limit: countersign.NewAmount(100)}}

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// desk is a real trail, a fake custodian and a book.
type desk struct {
	*activities.Approvals
	custodian *custodian
	db        *store.DB
	trail     *store.Trail
	key       ed25519.PublicKey
	logKey    ed25519.PrivateKey
}

func newDesk(t *testing.T, book activities.Book, as ...countersign.Approval) *desk {
	t.Helper()
	return newDeskAt(t, filepath.Join(t.TempDir(), "trail.db"), book, as...)
}

func newDeskAt(t *testing.T, file string, book activities.Book, as ...countersign.Approval) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return start }
	trail := &store.Trail{DB: db, Signer: &audit.Signer{Key: key, Issuer: "test", Subject: us, Now: now}}
	logKey := found(t, trail)
	c := newCustodian(t, as...)
	return &desk{
		Approvals: &activities.Approvals{Custodian: c, Trail: trail, Book: book, Approver: us, Now: now},
		custodian: c, db: db, trail: trail, key: pub, logKey: logKey,
	}
}

// found makes a database the log of a trail, with a key of its own.
func found(tb testing.TB, trail *store.Trail) ed25519.PrivateKey {
	tb.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		tb.Fatal(err)
	}
	k, err := tree.NewKey("trail.test", key)
	if err != nil {
		tb.Fatal(err)
	}
	if err := trail.DB.SignWith(tb.Context(), &store.Log{Keys: []*tree.Key{k}}); err != nil {
		tb.Fatal(err)
	}
	if err := trail.Found(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return key
}

// decide and post until they succeed, as Temporal would.
func (d *desk) decide(t *testing.T) activities.DecideResult {
	t.Helper()
	return untilDone(t, func() (activities.DecideResult, error) {
		return d.DecideApproval(t.Context(), activities.DecideInput{ApprovalID: ap})
	})
}

func (d *desk) post(t *testing.T) activities.PostResult {
	t.Helper()
	return untilDone(t, func() (activities.PostResult, error) {
		return d.PostDecision(t.Context(), activities.PostInput{ApprovalID: ap})
	})
}

func (d *desk) resolve(t *testing.T) activities.ResolveResult {
	t.Helper()
	return untilDone(t, func() (activities.ResolveResult, error) {
		return d.ResolveApproval(t.Context(), activities.ResolveInput{ApprovalID: ap})
	})
}

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

// records counts the records of a type, and checks that the trail verifies.
func (d *desk) records(t *testing.T, kind audit.Type) int {
	t.Helper()
	n := 0
	for e, err := range d.db.Entries(t.Context(), store.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Record.Type == kind {
			n++
		}
	}
	report, err := audittest.Verify(d.db.Entries(t.Context(), store.Filter{}), audit.NewKeys(d.key))
	if err != nil || !report.OK() {
		t.Fatalf("trail does not verify: %v %v", err, report.Faults)
	}
	return n
}

// taken is what the pot holds.
func (d *desk) taken(t *testing.T) string {
	t.Helper()
	sum, err := d.db.Taken(t.Context(), "pot", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return sum.String()
}
