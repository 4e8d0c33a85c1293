package known_test

import (
	"errors"
	"strings"
	"testing"

	"countersign"
	"countersign/audit"
	"countersign/audit/known"
	"countersign/audit/swept"
)

func TestWhatNoRecordCanHoldIsRefused(t *testing.T) {
	for name, want := range map[string]bool{"": true, string(audit.DecisionIntent): true, string(swept.SweepPlanned): true, "decision.intnt": false, "Decision.intent": false} {
		got, err := known.Type(name)
		if (err == nil) != want || want && string(got) != name {
			t.Errorf("Type(%q) = %q, %v", name, got, err)
		}
		if !want && (!errors.Is(err, known.ErrUnknown) || !strings.Contains(err.Error(), string(audit.DecisionIntent))) {
			t.Errorf("Type(%q) = %v, want it to name the known ones", name, err)
		}
	}
	for name, want := range map[string]bool{"": true, string(countersign.Abstain): true, "approved": false} {
		if _, err := known.Verdict(name); (err == nil) != want || !want && !strings.Contains(err.Error(), "approve, reject, abstain") {
			t.Errorf("Verdict(%q) = %v", name, err)
		}
	}
}
