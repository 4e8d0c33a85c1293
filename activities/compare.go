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
	"countersign/audit/complete"
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
	// decided since then. One that cannot be read is a [countersign.UnreadableError], and it
	// goes on; other errors end it.
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
	Votes   int `json:"votes"`
	Intents int `json:"intents"`
	// Unreadable are approvals of the custodian's list that could not be compared: each is an
	// alarm.
	Unreadable int      `json:"unreadable,omitempty"`
	Alarms     []string `json:"alarms,omitempty"`
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
// never came to anything. Each raises an alarm on the trail, and so does each approval that
// cannot be read. One that cannot be compared keeps no other from it: a run that fails has
// compared all that it could, and the next one begins where this one has.
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
	if err := errors.Join(c.votes(ctx, from), c.intents(ctx, from, now.Add(-postGrace)), c.failed); err != nil {
		return c.result, wire.Error(err)
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
	failed error // of approvals, each by itself
	fails  int
}

// votes compares what the custodian holds under our name.
func (c *comparing) votes(ctx context.Context, from time.Time) error {
	for approval, err := range c.Custodian.VotedBy(ctx, c.Approver, from) {
		var odd *countersign.UnreadableError
		switch {
		case errors.As(err, &odd):
			c.result.Unreadable++
			err = c.one(ctx, odd.Name(), c.unreadable(ctx, odd))
		case err != nil:
			return fmt.Errorf("list what was decided under our name: %w", err)
		default:
			c.result.Votes++
			err = c.one(ctx, approval.ID, c.vote(ctx, approval))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// intents looks what became of those of ours that nobody has answered for.
func (c *comparing) intents(ctx context.Context, from, until time.Time) error {
	for id, err := range c.Trail.Unposted(ctx, c.Approver, from, until) {
		if err != nil {
			return fmt.Errorf("list intents without an answer: %w", err)
		}
		c.result.Intents++
		if err := c.one(ctx, id, c.unposted(ctx, id)); err != nil {
			return err
		}
	}
	return nil
}

// maxFails is after how many approvals that failed, each by itself, a run ends: then it is not
// they that are at fault.
const maxFails = 20

// one keeps the failure of one approval for the end of the run, or fails where that is now.
func (c *comparing) one(ctx context.Context, id string, err error) error {
	if err == nil {
		return nil
	}
	c.failed = errors.Join(c.failed, fmt.Errorf("compare approval %s: %w", id, err))
	if c.fails++; c.fails == maxFails {
		return fmt.Errorf("%d approvals could not be compared", c.fails)
	}
	return ctx.Err()
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
		odd := &countersign.UnreadableError{Kind: "approval", ID: id, Err: err}
		_ = errors.As(err, &odd) // what came is in it, where the custodian has given it
		return c.unreadable(ctx, odd)
	case err != nil:
		return err
	}
	if _, voted := approval.VoteOf(c.Approver); voted {
		return nil // the answer was lost; its workflow finds it
	}
	return c.alarm(ctx, audit.NeverPosted, approval, approval,
		fmt.Sprintf("our decision has not reached the custodian, where the approval is %s", approval.Status))
}

// unreadable raises the alarm of an approval that cannot be read, and so not be compared.
func (c *comparing) unreadable(ctx context.Context, odd *countersign.UnreadableError) error {
	key := complete.AlarmKey(complete.Unreadable, odd.Name())
	thread := key // of one without an ID there is nothing else
	said := "an approval whose ID cannot be read, either"
	if odd.ID != "" {
		var err error
		if thread, err = lineage.OfApproval(ctx, c.Trail, c.Approver, countersign.Approval{ID: odd.ID}); err != nil {
			return err
		}
		said = "which we have never decided: if our name stands there, the credential is used outside"
		switch entry, err := c.Trail.Find(ctx, countersign.DecisionKey(odd.ID, c.Approver)); {
		case err == nil:
			said = fmt.Sprintf("which we have decided in record %d", entry.Index)
		case !errors.Is(err, audit.ErrNoRecord):
			return err
		}
	}
	what := fmt.Sprintf("the custodian's %.140s cannot be read, and so is not compared, %s: look there who has decided what (%.300s)", odd.Name(), said, odd.Err)
	return c.raise(ctx, key, thread, odd.Raw, audit.Alarm{Code: complete.Unreadable, ApprovalID: odd.ID, What: what})
}

// alarm raises an alarm about an approval, once.
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
	return c.raise(ctx, key, thread, evidence, audit.Alarm{Code: code, ApprovalID: about.ID, What: what})
}

// raise puts an alarm on the trail, once.
func (c *comparing) raise(ctx context.Context, key, thread string, evidence []byte, a audit.Alarm) error {
	a.Evidence, a.Workflow = digest(evidence), wire.Here(ctx)
	if _, err := c.Trail.Append(ctx, audit.Draft{
		Key: key, Type: audit.AlarmRaised, Lineage: thread, Retold: true, Evidence: [][]byte{evidence}, Body: a,
	}); err != nil {
		return err
	}
	if len(c.result.Alarms) < maxNamed {
		c.result.Alarms = append(c.result.Alarms, key)
	}
	return nil
}
