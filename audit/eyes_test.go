package audit_test

import (
	"strings"
	"testing"

	"countersign"
	"countersign/audit"
)

// Maker and checker are two, and the record shows it: whoever verifies the trail
// checks it again.
func TestADecisionOnOnesOwnRequestIsAFault(t *testing.T) {
	for _, tt := range []struct {
		name    string
		verdict countersign.Verdict
		intent  audit.Intent
		fault   bool
	}{
		{"somebody else's request", countersign.Approve, audit.Intent{InitiatorID: "bo"}, false},
		{"one's own, approved", countersign.Approve, audit.Intent{InitiatorID: "ana"}, true},
		{"one's own, rejected", countersign.Reject, audit.Intent{InitiatorID: "ana"}, true},
		{"one's own, left to people", countersign.Abstain, audit.Intent{InitiatorID: "ana"}, false},
		{"of one group", countersign.Approve, audit.Intent{InitiatorID: "bo", MakerGroups: []string{"x", "desk"}, CheckerGroups: []string{"desk"}}, true},
		{"of two groups", countersign.Approve, audit.Intent{InitiatorID: "bo", MakerGroups: []string{"x"}, CheckerGroups: []string{"desk"}}, false},
		{"of one group, left to people", countersign.Abstain, audit.Intent{InitiatorID: "bo", MakerGroups: []string{"desk"}, CheckerGroups: []string{"desk"}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var l trail
			in := tt.intent
			in.ApprovalID, in.Decision.Verdict = "ap", tt.verdict
			l.add(t, "ana", audit.Draft{Key: countersign.DecisionKey("ap", "ana"), Type: audit.DecisionIntent, Body: in})
			report := l.verify(t)
			if report.OK() == tt.fault {
				t.Errorf("faults %+v, want one: %t", report.Faults, tt.fault)
			}
			if tt.fault && !strings.Contains(report.Faults[0].What, "count as one") {
				t.Errorf("fault %q", report.Faults[0].What)
			}
		})
	}
}
