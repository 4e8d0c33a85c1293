package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"countersign/activities"
	"countersign/workflows"
)

// A run compares from where the last one that came to an end has compared to, however long ago
// that was; runs that failed meanwhile have not moved it.
func TestCompareDecisionsGoesOn(t *testing.T) {
	until := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, last := range map[string]*activities.CompareResult{
		"nobody has compared yet":          nil,
		"a release that did not say":       {Votes: 3},
		"the last run was a long time ago": {Votes: 3, Until: until},
	} {
		b := newBench(t)
		var want time.Time
		if last != nil {
			b.SetLastCompletionResult(*last)
			want = last.Until
		}
		var c *activities.Comparison
		tries := 0
		b.OnActivity(c.CompareDecisions, anything, anything).Return(func(_ context.Context, in activities.CompareInput) (activities.CompareResult, error) {
			if tries++; tries < 3 {
				return activities.CompareResult{}, errors.New("away")
			}
			if !in.Since.Equal(want) {
				t.Errorf("%s: since %s, want %s", name, in.Since, want)
			}
			return activities.CompareResult{Until: until.Add(time.Minute)}, nil
		})
		b.ExecuteWorkflow(workflows.CompareDecisions)
		var res activities.CompareResult
		if err := b.GetWorkflowResult(&res); err != nil || !res.Until.Equal(until.Add(time.Minute)) {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
}
