package tests

import (
	"reflect"
	"strings"
	"testing"

	steps "countersign/activities/sweep"
	"countersign/audit/swept"
	"countersign/sweep"
	"countersign/workflows"
	flow "countersign/workflows/sweep"
)

// sweepNames are the wire names of sweeps, for [TestWireNames].
func sweepNames(t *testing.T) (names []string) {
	add := func(kind string, values ...string) {
		for _, v := range values {
			names = append(names, kind+" "+v)
		}
	}
	activities := reflect.TypeFor[*steps.Sweeps]()
	for i := range activities.NumMethod() {
		add("activity", activities.Method(i).Name)
	}
	add("signal", workflows.VerdictSignal)
	add("workflow-id", strings.Replace(sweep.Run{Order: sweep.Order{Sweep: "NAME"}}.ID(), "0001-01-01T00:00:00Z", "TIME", 1))
	add("sweep-verdict", steps.Approved, steps.Declined)
	for _, c := range []struct{ kind, dir, of string }{
		{"record-type", "../audit/swept", "Type"}, {"sweep-purpose", "../sweep", "Purpose"}, {"sweep-reason", "../sweep", "Reason"},
		{"sweep-phase", "../workflows/sweep", "Phase"}, {"sweep-stop", "../workflows/sweep", "Stop"}, {"sweep-outcome", "../workflows/sweep", "Outcome"},
		{"sweep-need", "../workflows/sweep", "Need"},
	} {
		add(c.kind, constants(t, c.dir, c.of)...)
	}
	for _, v := range []any{
		sweep.Order{}, sweep.Plan{}, swept.Planned{}, swept.Contents{}, swept.Verdict{}, swept.Closed{}, swept.Result{},
		steps.PlanSweepInput{}, steps.PlanSweepResult{}, steps.SweepPageInput{}, steps.SweepPageResult{}, steps.SweepVerdictInput{}, steps.SweepVerdictResult{},
		flow.SweepInput{}, flow.SweepStatus{}, flow.ScheduledSweepResult{},
		steps.SweepEndsInput{}, steps.SweepEndsResult{}, steps.CloseSweepInput{}, steps.CloseSweepResult{},
	} {
		add("json", jsonNames(reflect.TypeOf(v), reflect.TypeOf(v).String())...)
	}
	return names
}
