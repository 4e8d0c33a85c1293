package sweep

import (
	"errors"

	"countersign"
	plans "countersign/sweep"
)

// The planner is not there yet: nothing here is registered with a worker until it is.

var errNoPlanner = errors.New("there is no planner of sweeps yet")

func makePlan(plans.Run, plans.Snapshot) (plans.Plan, error) { return plans.Plan{}, errNoPlanner }

func instruct(plans.Plan, plans.Move) (countersign.Instruction, error) {
	return countersign.Instruction{}, errNoPlanner
}
