package activities_test

import (
	"context"
	"fmt"

	"countersign"
	"countersign/activities"
	"countersign/audit"
)

// faultyTrail loses the next append, or only its answer.
type faultyTrail struct {
	activities.Trail
	loseEffect, loseAnswer int
}

func (f *faultyTrail) do(what func() (audit.Entry, error)) (audit.Entry, error) {
	if f.loseEffect > 0 {
		f.loseEffect--
		return audit.Entry{}, fmt.Errorf("before: %w", errLost)
	}
	e, err := what()
	if f.loseAnswer > 0 {
		f.loseAnswer--
		return audit.Entry{}, fmt.Errorf("after: %w", errLost)
	}
	return e, err
}

func (f *faultyTrail) Append(ctx context.Context, d audit.Draft) (audit.Entry, error) {
	return f.do(func() (audit.Entry, error) { return f.Trail.Append(ctx, d) })
}

func (f *faultyTrail) Decide(ctx context.Context, key string, claims []countersign.Claim, scopes []string,
	conclude func(countersign.Standing) (audit.Draft, bool),
) (audit.Entry, error) {
	return f.do(func() (audit.Entry, error) { return f.Trail.Decide(ctx, key, claims, scopes, conclude) })
}

func (f *faultyTrail) Close(ctx context.Context, d audit.Draft, key string, moved bool) (audit.Entry, error) {
	return f.do(func() (audit.Entry, error) { return f.Trail.Close(ctx, d, key, moved) })
}

func (f *faultyTrail) Void(ctx context.Context, d audit.Draft, key string) (audit.Entry, error) {
	return f.do(func() (audit.Entry, error) { return f.Trail.Void(ctx, d, key) })
}

// hasty changes an approval between a read of ours and our vote.
type hasty struct {
	*custodian
	change func(*countersign.Approval)
	done   bool
}

func (h *hasty) Vote(ctx context.Context, id string, v countersign.Verdict, reason string) (countersign.Receipt, error) {
	if !h.done {
		h.done = true
		h.set(id, h.change)
	}
	return h.custodian.Vote(ctx, id, v, reason)
}

// starter keeps the promise of activities.Starter.
type starter struct {
	known  map[string]bool
	fail   error
	refuse string // the one approval that cannot be started
}

func (s *starter) StartApproval(_ context.Context, id string) (bool, error) {
	if s.fail != nil {
		return false, s.fail
	}
	if id == s.refuse {
		return false, errLost
	}
	started := !s.known[id]
	s.known[id] = true
	return started, nil
}
