package workflows

import (
	"fmt"
	"time"

	"countersign/activities/certify"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// CertifyInput says which window is certified: the last full hour or day in UTC, or one from a
// time to another.
type CertifyInput struct {
	// Window is "hour" or "day"; empty where From and To are given.
	Window string    `json:"window,omitempty"`
	From   time.Time `json:"from,omitzero"`
	To     time.Time `json:"to,omitzero"`
}

// settledAfter is how long after its end a window is asked for: what happened at its end may be on
// its way. It is more than the margin that the activity demands.
const settledAfter = 3 * time.Minute

// Certify puts a certificate on the trail that everything that happened in a window has its
// workflow, and starts what has none. A schedule runs it; see package schedules.
func Certify(ctx workflow.Context, in CertifyInput) (certify.CertifyWindowResult, error) {
	window, err := windowOf(in, ScheduledAt(ctx))
	if err != nil {
		return certify.CertifyWindowResult{}, temporal.NewNonRetryableApplicationError(err.Error(), "InvalidRequest", err)
	}
	if wait := window.To.Add(settledAfter).Sub(workflow.Now(ctx)); wait > 0 {
		if err := workflow.Sleep(ctx, wait); err != nil {
			return certify.CertifyWindowResult{}, err
		}
	}
	words := fmt.Sprintf("%s to %s", window.From.Format(time.RFC3339), window.To.Format(time.RFC3339))
	workflow.SetCurrentDetails(ctx, "Certifying "+words+".")
	res, err := certifyOnce(ctx, window, "certify "+words)
	if err != nil && ctx.Err() == nil && !permanent(err) {
		// A source stays unknown: the certificate says so, and an alarm does.
		window.Accept, window.Earlier = true, certify.Progress(err)
		res, err = certifyOnce(ctx, window, "certify "+words+", as far as it is known")
	}
	if err == nil {
		workflow.SetCurrentDetails(ctx, story(words, res))
	}
	return res, err
}

func certifyOnce(ctx workflow.Context, in certify.CertifyWindowInput, summary string) (res certify.CertifyWindowResult, err error) {
	var c *certify.Completeness
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 30 * time.Minute, ScheduleToCloseTimeout: time.Hour, HeartbeatTimeout: 2 * time.Minute,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 5 * time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute},
		Summary:     summary,
	})
	err = workflow.ExecuteActivity(ctx, c.CertifyWindow, in).Get(ctx, &res)
	return res, err
}

// scheduledAt is when the schedule meant a run to start, as Temporal says it of the workflows that
// it starts.
var scheduledAt = temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")

// ScheduledAt is when a workflow's schedule meant it to start, in UTC: one that catches up is of its
// own hour and not of the last. Of a workflow that no schedule has started it is when that was
// started.
func ScheduledAt(ctx workflow.Context) time.Time {
	if at, ok := workflow.GetTypedSearchAttributes(ctx).GetTime(scheduledAt); ok {
		return at.UTC()
	}
	return workflow.GetInfo(ctx).WorkflowStartTime.UTC()
}

// windowOf is the window that an input means at a time.
func windowOf(in CertifyInput, now time.Time) (w certify.CertifyWindowInput, err error) {
	length := map[string]time.Duration{"hour": time.Hour, "day": 24 * time.Hour}[in.Window]
	switch {
	case in.Window == "" && !in.From.IsZero() && !in.To.IsZero():
		return certify.CertifyWindowInput{From: in.From.UTC(), To: in.To.UTC()}, nil
	case length == 0 || !in.From.IsZero() || !in.To.IsZero():
		return w, fmt.Errorf("window %q from %s to %s: want hour or day, or from and to alone", in.Window, in.From, in.To)
	}
	to := now.Truncate(length) // since the year 1, in UTC: hours and days of the calendar
	return certify.CertifyWindowInput{From: to.Add(-length), To: to}, nil
}

// seen says how many of those were found late.
func seen(n, late int) string {
	if late == 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d (%d late)", n, late)
}

func story(words string, r certify.CertifyWindowResult) string {
	text := fmt.Sprintf("%s: %d expected, %s seen, %d repaired, %d missing (record %d).", words, r.Expected, seen(r.Seen, r.Late), r.Repaired, r.Missing, r.Index)
	if r.Unreadable > 0 {
		text += fmt.Sprintf(" %d cannot be read.", r.Unreadable)
	}
	if !r.Complete {
		text += " **Not complete**: people must look."
	}
	return text
}
