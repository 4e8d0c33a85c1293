package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"countersign"
	"countersign/activities/lineage"
	"countersign/activities/wire"
	"countersign/audit"
)

// Comparison compares our decisions with those that the custodian holds under our name,
// both ways. It is safe to run at any time and twice at once: an alarm about an approval
// is raised once.
type Comparison struct {
	Custodian VotesCustodian
	Trail     ComparisonTrail
	// Approver is the service account's user ID at the custodian.
	Approver string
	// Now is the clock.
	Now func() time.Time
}

// A VotesCustodian tells what was decided under a name.
type VotesCustodian interface {
	Approval(ctx context.Context, id string) (countersign.Approval, error)
	// VotedBy yields the approvals in which a user has spoken, at least those that were
	// decided since then.
	VotedBy(ctx context.Context, userID string, since time.Time) iter.Seq2[countersign.Approval, error]
}

// A ComparisonTrail tells what we decided. store.Trail is the real one.
type ComparisonTrail interface {
	Find(ctx context.Context, key string) (audit.Entry, error)
	Append(ctx context.Context, d audit.Draft) (audit.Entry, error)
	// Unposted yields the approvals that were approved or rejected in a span of time, and
	// for which no answer of the custodian stands.
	Unposted(ctx context.Context, approver string, since, until time.Time) iter.Seq2[string, error]
	// Began is when the first record of the trail was signed: of what the custodian holds from
	// before, the trail knows nothing.
	Began(ctx context.Context) (time.Time, error)
}

// CompareInput says how far to look back.
type CompareInput struct {
	// Lookback is how old a decision may be; zero means two days.
	Lookback time.Duration `json:"lookback,omitempty"`
	// Since is until when an earlier run has compared: the lookback is from there, however long
	// nobody has compared meanwhile. Zero means that nobody ever has, or that it is not known:
	// then everything since the trail began is compared.
	Since time.Time `json:"since,omitzero"`
}

// CompareResult counts what was compared, and names the alarms that stand.
type CompareResult struct {
	// Votes are the custodian's, Intents those of ours that it has not answered.
	Votes   int      `json:"votes"`
	Intents int      `json:"intents"`
	Alarms  []string `json:"alarms,omitempty"`
	// Until is until when was compared, for the Since of the next run.
	Until time.Time `json:"until,omitzero"`
}

const (
	defaultLookback = 48 * time.Hour
	// postGrace is how long a decision may wait to be posted before people hear of it.
	postGrace = 2 * time.Minute
)

// CompareDecisions looks for a decision under our name without an intent of ours (the
// credential is used outside), for one that says something else, and for intents that
// never came to anything. Each raises an alarm on the trail.
func (a *Comparison) CompareDecisions(ctx context.Context, in CompareInput) (CompareResult, error) {
	if in.Lookback <= 0 {
		in.Lookback = defaultLookback
	}
	now := a.Now()
	c := comparing{Comparison: a}
	from, err := a.from(ctx, in, now)
	if err != nil {
		return c.result, wire.Error(fmt.Errorf("read when the trail began: %w", err))
	}
	for approval, err := range a.Custodian.VotedBy(ctx, a.Approver, from) {
		if err != nil {
			return c.result, wire.Error(fmt.Errorf("list what was decided under our name: %w", err))
		}
		c.result.Votes++
		if err := c.vote(ctx, approval); err != nil {
			return c.result, wire.Error(fmt.Errorf("compare approval %s: %w", approval.ID, err))
		}
	}
	for id, err := range a.Trail.Unposted(ctx, a.Approver, from, now.Add(-postGrace)) {
		if err != nil {
			return c.result, wire.Error(fmt.Errorf("list intents without an answer: %w", err))
		}
		c.result.Intents++
		if err := c.unposted(ctx, id); err != nil {
			return c.result, wire.Error(fmt.Errorf("compare approval %s: %w", id, err))
		}
	}
	c.result.Until = now.UTC()
	return c.result, nil
}

// from is when the oldest decision that is compared may have been made.
func (a *Comparison) from(ctx context.Context, in CompareInput, now time.Time) (time.Time, error) {
	from := now.Add(-in.Lookback)
	if !in.Since.IsZero() {
		if since := in.Since.Add(-in.Lookback); since.Before(from) {
			from = since
		}
		return from, nil
	}
	began, err := a.Trail.Began(ctx)
	if err == nil && began.Before(from) {
		from = began
	}
	return from, err
}

// comparing is one run.
type comparing struct {
	*Comparison
	result CompareResult
}

// vote compares one decision under our name with our intent.
func (c *comparing) vote(ctx context.Context, approval countersign.Approval) error {
	vote, ok := approval.VoteOf(c.Approver)
	if !ok {
		return nil
	}
	entry, err := c.Trail.Find(ctx, countersign.DecisionKey(approval.ID, c.Approver))
	if errors.Is(err, audit.ErrNoRecord) {
		return c.alarm(ctx, audit.UsedOutside, approval, vote,
			fmt.Sprintf("the custodian holds %s under our name, and we have never decided this approval: the credential is used outside", vote.Verdict))
	}
	if err != nil {
		return err
	}
	var in audit.Intent
	if err := entry.Decode(&in); err != nil {
		return err
	}
	if in.Decision.Verdict == vote.Verdict {
		return nil
	}
	return c.alarm(ctx, audit.OtherVerdict, approval, vote,
		fmt.Sprintf("the custodian holds %s under our name, record %d says %s", vote.Verdict, entry.Index, in.Decision.Verdict))
}

// unposted looks what became of an intent that nobody has answered for.
func (c *comparing) unposted(ctx context.Context, id string) error {
	approval, err := c.Custodian.Approval(ctx, id)
	switch {
	case errors.Is(err, countersign.ErrNotFound):
		return c.alarm(ctx, audit.UnknownApproval, countersign.Approval{ID: id}, nil, "we have decided an approval that the custodian does not know")
	case errors.Is(err, countersign.ErrUnreadable):
		return nil // its workflow abstains or voids; there is nothing to compare
	case err != nil:
		return err
	}
	if _, voted := approval.VoteOf(c.Approver); voted {
		return nil // the answer was lost; its workflow finds it
	}
	return c.alarm(ctx, audit.NeverPosted, approval, approval,
		fmt.Sprintf("our decision has not reached the custodian, where the approval is %s", approval.Status))
}

// alarm raises an alarm, once.
func (c *comparing) alarm(ctx context.Context, code audit.AlarmCode, about countersign.Approval, read any, what string) error {
	evidence, err := json.Marshal(read)
	if err != nil {
		return err
	}
	thread, err := lineage.OfApproval(ctx, c.Trail, c.Approver, about)
	if err != nil {
		return err
	}
	key := countersign.AlarmKey(string(code), about.ID, c.Approver)
	if _, err := c.Trail.Append(ctx, audit.Draft{
		Key: key, Type: audit.AlarmRaised, Lineage: thread, Retold: true, Evidence: [][]byte{evidence},
		Body: audit.Alarm{Code: code, ApprovalID: about.ID, What: what, Evidence: digest(evidence), Workflow: wire.Here(ctx)},
	}); err != nil {
		return err
	}
	if len(c.result.Alarms) < maxNamed {
		c.result.Alarms = append(c.result.Alarms, key)
	}
	return nil
}
