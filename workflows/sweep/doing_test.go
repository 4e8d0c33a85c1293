package sweep_test

import (
	"context"

	steps "countersign/activities/sweep"
)

// activities are those of the world, and nothing else that it can do.
func (w *world) activities() any { return &struct{ doing }{w} }

type doing interface {
	PlanSweep(context.Context, steps.PlanSweepInput) (steps.PlanSweepResult, error)
	SweepPage(context.Context, steps.SweepPageInput) (steps.SweepPageResult, error)
	SweepVerdict(context.Context, steps.SweepVerdictInput) (steps.SweepVerdictResult, error)
	SweepEnds(context.Context, steps.SweepEndsInput) (steps.SweepEndsResult, error)
	CloseSweep(context.Context, steps.CloseSweepInput) (steps.CloseSweepResult, error)
}
