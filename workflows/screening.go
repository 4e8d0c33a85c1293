package workflows

import (
	"fmt"
	"time"

	"countersign/activities/rescreening"
	"countersign/audit/screened"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// RefreshScreeningInput starts a RefreshScreening. The zero value is what its schedule
// gives.
type RefreshScreeningInput struct {
	// All has open approvals screened again although no list has changed: for an operator
	// whose last run was cut off.
	All bool `json:"all,omitempty"`
	// Carried is what an earlier run of the same workflow hands on; starters leave it empty.
	Carried *CarriedScreening `json:"carried,omitempty"`
}

// CarriedScreening is all that a long screening must not forget.
type CarriedScreening struct {
	Lists  []screened.List        `json:"lists,omitempty"`
	After  string                 `json:"after,omitempty"`
	Result RefreshScreeningResult `json:"result"`
}

// RefreshScreeningResult is what came of it.
type RefreshScreeningResult struct {
	// Changed names the lists that have changed, Unread those that could not be read.
	Changed []string `json:"changed,omitempty"`
	Unread  []string `json:"unread,omitempty"`
	// Screened counts the open approvals that were looked at, Told those of them with an
	// address that is not clear any more, and Failed those that could not be screened.
	Screened int `json:"screened"`
	Told     int `json:"told"`
	Failed   int `json:"failed"`
}

// ErrScreeningIncomplete is the type of the error with which a RefreshScreening ends that
// could not screen every open approval. Wire format.
const ErrScreeningIncomplete = "ScreeningIncomplete"

const (
	// screeningPage is how many approvals one run screens: it has some 6 events for each,
	// and histories want to stay under 4,096 (temporal.md §5.9).
	screeningPage = 200
	// screeningAtOnce is how many are screened at a time. Each asks every source, and
	// vendors allow few requests a second.
	screeningAtOnce = 8
)

// RefreshScreening reads the screening lists again and, when one of them has changed,
// screens the addresses of every open approval again. What is found is on the trail; no
// decision is changed. A schedule runs it; see package schedules.
//
// It goes on when an approval cannot be screened and then ends with an error, so that
// somebody looks; run it again with All.
func RefreshScreening(ctx workflow.Context, in RefreshScreeningInput) (RefreshScreeningResult, error) {
	c := in.Carried
	if c == nil {
		refreshed, err := refreshLists(ctx)
		if err != nil {
			return RefreshScreeningResult{}, err
		}
		c = &CarriedScreening{Lists: refreshed.Lists, Result: RefreshScreeningResult{Changed: refreshed.Changed, Unread: refreshed.Failed}}
		if len(c.Result.Changed) == 0 && !in.All {
			return c.Result, nil
		}
	}
	page, err := openApprovals(ctx, c.After)
	if err != nil {
		return c.Result, err
	}
	if err := c.screen(ctx, page.IDs); err != nil {
		return c.Result, err
	}
	if page.More {
		c.After = page.IDs[len(page.IDs)-1]
		return c.Result, workflow.NewContinueAsNewError(ctx, RefreshScreeningWorkflow, RefreshScreeningInput{Carried: c})
	}
	if c.Result.Failed > 0 {
		return c.Result, temporal.NewNonRetryableApplicationError(fmt.Sprintf("%d of %d open approvals could not be screened again: run %s with all",
			c.Result.Failed, c.Result.Screened, RefreshScreeningWorkflow), ErrScreeningIncomplete, nil)
	}
	return c.Result, nil
}

func refreshLists(ctx workflow.Context) (out rescreening.RefreshListsResult, err error) {
	var screening *rescreening.Screening
	ctx = screeningStep(ctx, 20*time.Minute, "read the screening lists again")
	err = workflow.ExecuteActivity(ctx, screening.RefreshLists,
		rescreening.RefreshListsInput{Run: workflow.GetInfo(ctx).WorkflowExecution.RunID}).Get(ctx, &out)
	return out, err
}

func openApprovals(ctx workflow.Context, after string) (out rescreening.OpenApprovalsResult, err error) {
	var screening *rescreening.Screening
	ctx = screeningStep(ctx, 2*time.Minute, "list open approvals")
	err = workflow.ExecuteActivity(ctx, screening.ListOpenApprovals,
		rescreening.OpenApprovalsInput{After: after, Limit: screeningPage}).Get(ctx, &out)
	return out, err
}

// screen screens approvals again, some at a time, and counts.
func (c *CarriedScreening) screen(ctx workflow.Context, ids []string) error {
	var screening *rescreening.Screening
	free, done := workflow.NewSemaphore(ctx, screeningAtOnce), workflow.NewWaitGroup(ctx)
	for _, id := range ids {
		if err := free.Acquire(ctx, 1); err != nil {
			return err
		}
		done.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer done.Done()
			defer free.Release(1)
			var found rescreening.RescreenResult
			err := workflow.ExecuteActivity(screeningStep(ctx, 2*time.Minute, "screen "+id+" again"),
				screening.RescreenApproval, rescreening.RescreenInput{ApprovalID: id, Lists: c.Lists}).Get(ctx, &found)
			c.Result.Screened++
			switch {
			case err != nil:
				c.Result.Failed++
				workflow.GetLogger(ctx).Error("approval could not be screened again", "approval", id, "error", err)
			case found.Count > 0:
				c.Result.Told++
			}
		})
	}
	done.Wait(ctx)
	return ctx.Err()
}

// screeningStep is for a step that is tried for an hour and then given up: the lists will
// have changed again, and who waits for this run waits for newer ones.
func screeningStep(ctx workflow.Context, each time.Duration, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: each, ScheduleToCloseTimeout: time.Hour,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute},
		Summary:     summary,
	})
}
