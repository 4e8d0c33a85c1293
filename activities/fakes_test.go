package activities_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/audit"
	"countersign/audit/tree"
	"countersign/rules"
	"countersign/store"
)

const (
	us    = "us-checker"
	maker = "us-maker"
	ap    = "ap-1"
)

var errLost = errors.New("connection lost")

// custodian keeps a custodian's promises: one vote per user, none after the end,
// any denial final. Its faults lose the effect of a call or only its answer.
type custodian struct {
	t  *testing.T
	mu sync.Mutex

	approvals map[string]countersign.Approval
	// effective counts votes that were taken, by approval.
	effective map[string]int
	reasons   []string

	loseEffect, loseAnswer int // of the next votes
	failReads, failLog     int
	// assertions is what the custodian's log knows, by user.
	assertions map[string]countersign.Assertion
}

func newCustodian(t *testing.T, as ...countersign.Approval) *custodian {
	c := &custodian{t: t, approvals: map[string]countersign.Approval{}, effective: map[string]int{}}
	for _, a := range as {
		c.approvals[a.ID] = a
	}
	return c
}

func (c *custodian) Name() string { return "fake" }

func (c *custodian) Approval(_ context.Context, id string) (countersign.Approval, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failReads > 0 {
		c.failReads--
		return countersign.Approval{}, errLost
	}
	a, ok := c.approvals[id]
	if !ok {
		return a, countersign.ErrNotFound
	}
	a.Votes = slices.Clone(a.Votes)
	return a, nil
}

func (c *custodian) Vote(_ context.Context, id string, v countersign.Verdict, reason string) (countersign.Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v != countersign.Approve && v != countersign.Reject {
		c.t.Errorf("asked to vote %q", v)
	}
	if c.loseEffect > 0 {
		c.loseEffect--
		return countersign.Receipt{}, errLost
	}
	a := c.approvals[id]
	if _, voted := a.VoteOf(us); voted {
		return countersign.Receipt{}, countersign.ErrAlreadyVoted
	}
	if a.Status != countersign.StatusPending {
		return countersign.Receipt{}, countersign.ErrNotPending
	}
	a.Votes = append(a.Votes, countersign.Vote{UserID: us, Verdict: v, Reason: reason})
	a.Status = countersign.StatusApproved
	if v == countersign.Reject {
		a.Status = countersign.StatusDenied
	}
	c.approvals[id] = a
	c.effective[id]++
	c.reasons = append(c.reasons, reason)
	if c.loseAnswer > 0 {
		c.loseAnswer--
		return countersign.Receipt{}, errLost
	}
	return countersign.Receipt{AnswerDigest: "d", Status: a.Status}, nil
}

func (c *custodian) Pending(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(c.approvals)) {
			if c.approvals[id].Status == countersign.StatusPending && !yield(id, nil) {
				return
			}
		}
	}
}

func (c *custodian) Assertion(_ context.Context, id string, v countersign.Vote) (countersign.Assertion, []byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failLog > 0 {
		c.failLog--
		return countersign.Assertion{}, nil, errLost
	}
	proof, ok := c.assertions[v.UserID]
	if !ok {
		return proof, nil, countersign.ErrNotFound
	}
	return proof, []byte("log entry of " + id + " by " + v.UserID), nil
}

func (c *custodian) VotedBy(_ context.Context, user string, _ time.Time) iter.Seq2[countersign.Approval, error] {
	return func(yield func(countersign.Approval, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(c.approvals)) {
			if _, voted := c.approvals[id].VoteOf(user); voted && !yield(c.approvals[id], nil) {
				return
			}
		}
	}
}

// set changes an approval from outside.
func (c *custodian) set(id string, change func(*countersign.Approval)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.approvals[id]
	change(&a)
	c.approvals[id] = a
}

// pending is an approval of a mint, as the custodian holds it.
func pending(id string) countersign.Approval {
	return countersign.Approval{
		ID: id, InitiatorID: maker, Status: countersign.StatusPending, Snapshot: "snap-" + id,
		CreatedAt: start.Add(-time.Second),
		Activity: countersign.Activity{
			Kind: "Wallets:Sign", Request: "Native", WalletID: "wa-1", Network: "Net",
			Transfer: &countersign.Transfer{Kind: "Native", To: "0xabc", Amount: countersign.NewAmount(60)},
		},
	}
}

// judge is a book that says the same to everything.
type judge struct {
	decision countersign.Decision
	claims   []countersign.Claim
	// before, when set, runs first.
	before func(context.Context)
	asked  int
}

func (j *judge) Decide(ctx context.Context, _ countersign.Approval, _ time.Time) rules.Result {
	j.asked++
	if j.before != nil {
		j.before(ctx)
	}
	return rules.Result{Decision: j.decision, Claims: j.claims}
}

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
	report, err := audit.Verify(d.db.Entries(t.Context(), store.Filter{}), audit.NewKeys(d.key))
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
