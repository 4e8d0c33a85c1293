package activities_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/rules"
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

func (c *custodian) VotedBy(_ context.Context, user string, since time.Time) iter.Seq2[countersign.Approval, error] {
	return func(yield func(countersign.Approval, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(c.approvals)) {
			v, voted := c.approvals[id].VoteOf(user)
			if old := !v.At.IsZero() && v.At.Before(since); voted && !old && !yield(c.approvals[id], nil) {
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
