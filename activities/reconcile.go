package activities

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"countersign"
	"countersign/activities/wire"
)

// Reconciler finds approvals whose webhook never came.
type Reconciler struct {
	Custodian Pending
	Starter   Starter
}

// A Pending knows what waits at the custodian. custody/dfns.Custodian is the real one.
type Pending interface {
	// Pending yields the IDs of approvals that wait for decisions. One without an ID that can be
	// read is a [countersign.UnreadableError], and it goes on; other errors end it.
	Pending(ctx context.Context) iter.Seq2[string, error]
}

// A Starter starts the workflow of an approval. Asked for one that was started
// before, running or closed, it starts nothing and reports false.
type Starter interface {
	StartApproval(ctx context.Context, approvalID string) (started bool, err error)
}

// StartMissingResult counts what was found.
type StartMissingResult struct {
	// Pending approvals at the custodian, and those of them that had no workflow.
	Pending int      `json:"pending"`
	Started []string `json:"started,omitempty"`
	// Unreadable names what waits and has no ID that can be read. Package reconciling, which
	// reads the same list, raises the alarms.
	Unreadable []string `json:"unreadable,omitempty"`
}

// maxNamed bounds the IDs in a result, which is kept in the workflow's history.
const maxNamed = 100

// StartMissingApprovals lists what waits at the custodian and starts a workflow
// for each approval that has none. It is safe to run at any time and twice at
// once: an approval is one workflow. One that cannot be read or started keeps no other
// from it.
func (a *Reconciler) StartMissingApprovals(ctx context.Context) (StartMissingResult, error) {
	var res StartMissingResult
	var failed error
	fails := 0
	for id, err := range a.Custodian.Pending(ctx) {
		var odd *countersign.UnreadableError
		if errors.As(err, &odd) {
			if len(res.Unreadable) < maxNamed {
				res.Unreadable = append(res.Unreadable, odd.Name())
			}
			continue
		}
		if err != nil {
			return res, wire.Error(errors.Join(fmt.Errorf("list pending approvals: %w", err), failed))
		}
		res.Pending++
		started, err := a.Starter.StartApproval(ctx, id)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("start the workflow of approval %s: %w", id, err))
			if fails++; fails == maxFails || ctx.Err() != nil {
				break
			}
		}
		if started && len(res.Started) < maxNamed {
			res.Started = append(res.Started, id)
		}
	}
	return res, wire.Error(failed)
}
