package tests

import (
	"reflect"
	"testing"

	"countersign"
	"countersign/activities/settlement"
	"countersign/audit/booked"
	"countersign/workflows"
	settling "countersign/workflows/settlement"
)

// settlementNames are the wire names of settlements, for [TestWireNames].
func settlementNames(t *testing.T) (names []string) {
	add := func(kind string, values ...string) {
		for _, v := range values {
			names = append(names, kind+" "+v)
		}
	}
	steps := reflect.TypeFor[*settlement.Settlements]()
	for i := range steps.NumMethod() {
		add("activity", steps.Method(i).Name)
	}
	add("signal", workflows.LegSignal)
	add("memo", workflows.FoundLateMemo)
	add("workflow-id", workflows.SettlementID("ID"), workflows.BatchID("ID"))
	add("record-key", countersign.SettlementKey("ID", "WHAT"), countersign.BatchKey("ID", "WHAT"))
	add("batch-end", settlement.BatchSettled, settlement.BatchCompensated, settlement.BatchPartial)
	for _, c := range []struct{ kind, of string }{
		{"settlement-state", "SettlementState"}, {"settlement-issue", "SettlementIssue"}, {"request-kind", "RequestKind"}, {"request-status", "RequestStatus"},
	} {
		add(c.kind, constants(t, "..", c.of)...)
	}
	for _, v := range []any{
		settling.SettlementInput{}, settling.SettlementStatus{}, settling.SettlementBatchInput{}, settling.SettlementBatchStatus{}, settling.LegReport{},
		settlement.OpenSettlementInput{}, settlement.OpenSettlementResult{}, settlement.SubmitSettlementInput{}, settlement.SubmitSettlementResult{},
		settlement.FollowSettlementInput{}, settlement.FollowSettlementResult{}, settlement.PostSettlementInput{}, settlement.PostSettlementResult{},
		settlement.ReleaseSettlementInput{}, settlement.RetractSettlementInput{}, settlement.RetractSettlementResult{}, settlement.EscalateSettlementInput{},
		settlement.RecordedResult{}, settlement.OpenBatchInput{}, settlement.OpenBatchResult{}, settlement.CloseBatchInput{},
		booked.Settlement{}, booked.Submission{}, booked.Settled{}, booked.Released{}, booked.Retracted{}, booked.SettlementEscalation{},
		booked.Acceptance{}, booked.Batch{}, booked.BatchEnd{},
	} {
		add("json", jsonNames(reflect.TypeOf(v), reflect.TypeOf(v).String())...)
	}
	return names
}
