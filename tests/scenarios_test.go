package tests

import (
	"testing"
	"time"

	"countersign/cmd/countersign/demo"
)

// TestScenarios runs the demo's scenarios with ingress and worker as processes of
// their own, as they run in production.
func TestScenarios(t *testing.T) {
	s := newSite(t, func(o *options) { o.ReconcileEvery = 2 * time.Second })
	s.start("worker")
	s.startIngress()
	for _, sc := range demo.Scenarios() { // in order: they share one budget
		t.Run(sc.Name, func(t *testing.T) {
			detail, err := sc.Run(t.Context(), s.World)
			if err != nil {
				t.Fatalf("want %s: %v", sc.Expect, err)
			}
			t.Log(detail)
		})
	}
	s.verifies()
}
