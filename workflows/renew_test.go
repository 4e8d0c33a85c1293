package workflows_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"countersign/activities/timetable"
	"countersign/workflows"

	"go.temporal.io/sdk/testsuite"
)

// clockwork has schedules that fail to be renewed a few times before they are.
type clockwork struct{ failures int }

func (c *clockwork) Renew(context.Context) ([]string, error) {
	if c.failures > 0 {
		c.failures--
		return nil, errors.New("temporal is busy")
	}
	return []string{"sweep/nightly"}, nil
}

func TestRenewSchedulesIsTriedAgain(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterActivity(&timetable.Timetable{Schedules: &clockwork{failures: 2}})
	env.ExecuteWorkflow(workflows.RenewSchedules)
	var got timetable.RenewResult
	if err := env.GetWorkflowResult(&got); err != nil || !slices.Equal(got.Renewed, []string{"sweep/nightly"}) {
		t.Errorf("renewed %q, %v; want sweep/nightly at the third try", got.Renewed, err)
	}
}
