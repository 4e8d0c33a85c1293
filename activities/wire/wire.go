// Package wire is what every activity says in the same way: which failures no retry can cure,
// under which names, and where its workflow can be looked up.
package wire

import (
	"context"
	"errors"

	"countersign"
	"countersign/audit"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// permanent lists the failures that no retry can cure and the name each carries
// in workflow history. The names are wire format: add to them, never rename one.
//
// What is not here is asked again, for as long as it takes: a custodian that is
// away comes back, a revoked credential is replaced, a database is repaired. A
// workflow that gave up on those would leave an approval that nobody looks at.
var permanent = []struct {
	err  error
	name string
}{
	{countersign.ErrInvalid, "InvalidRequest"},
	{countersign.ErrID, "InvalidID"},
	{countersign.ErrExternalIDReused, "ExternalIDReused"},
	{countersign.ErrNoMaker, "NoMaker"},
	{audit.ErrTooLarge, "RecordTooLarge"},
	{audit.ErrNoRecord, "NoRecord"},
	{audit.ErrForged, "ForgedRecord"},
	{audit.ErrOtherContent, "RecordConflict"},
}

// PermanentErrors returns the names above.
func PermanentErrors() []string {
	names := make([]string, len(permanent))
	for i, p := range permanent {
		names[i] = p.name
	}
	return names
}

// Error gives an error the form in which it crosses into a workflow.
func Error(err error) error {
	for _, p := range permanent {
		if errors.Is(err, p.err) {
			return temporal.NewNonRetryableApplicationError(err.Error(), p.name, err)
		}
	}
	return err
}

// Here is where the work can be looked up in Temporal: the workflow that asked for the
// activity, or nothing outside of one.
func Here(ctx context.Context) audit.Workflow {
	if !activity.IsActivity(ctx) {
		return audit.Workflow{}
	}
	exec := activity.GetInfo(ctx).WorkflowExecution
	return audit.Workflow{ID: exec.ID, RunID: exec.RunID}
}

// Deliveries are the records of webhooks that were believed.
func Deliveries(ctx context.Context, lineage string, heard []countersign.Event) (drafts []audit.Draft) {
	for _, e := range heard {
		if countersign.CheckID(e.Root()) != nil { // a hint that nobody could find again
			continue
		}
		drafts = append(drafts, audit.Draft{
			Key: countersign.WebhookKey(e.Root()), Type: audit.WebhookAccepted, Lineage: lineage, Retold: true, // it is delivered more than once
			Body: audit.Delivery{Event: e, Workflow: Here(ctx)},
		})
	}
	return drafts
}
