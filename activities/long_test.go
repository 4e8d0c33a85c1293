package activities_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"countersign"
	"countersign/activities"
	"countersign/audit"
	"countersign/rules"
	"countersign/rules/backtest"
	"countersign/rules/services"
)

// everything is as long as it can be without being too long for the record by itself.
func everything() (a countersign.Approval, r rules.Result) {
	a = pending(ap)
	a.Activity.Transfer = nil
	for i := range 60 {
		a.Activity.Operations = append(a.Activity.Operations, countersign.Call{To: fmt.Sprintf("0x%040d", i), Data: make([]byte, 400)})
	}
	desk := services.New(services.Services{}, a, start)
	for i := range 150 {
		desk.Note("own", fmt.Sprint("source ", i, strings.Repeat("s", 60)), fmt.Appendf(nil, `{"answer":%d}`, i))
	}
	_, evidence := desk.Close()
	r = rules.Result{
		Decision: countersign.Abstained(countersign.OverCap, "%s", strings.Repeat("long ", 100)),
		Books:    []string{"a book"}, Evidence: evidence, Contract: "c", Function: "f()", Args: map[string]any{"a": strings.Repeat("x", 9_000)}, At: start,
	}
	for i := range 400 {
		r.Inside = append(r.Inside, rules.DecodedCall{To: fmt.Sprintf("0x%040d", 1_000+i)})
	}
	for i := range 300 {
		r.Claims = append(r.Claims, countersign.Claim{Budget: fmt.Sprint("pot/", i), Amount: countersign.NewAmount(2), Limit: countersign.NewAmount(1)})
		r.Rules = append(r.Rules, fmt.Sprint("Net/", i, strings.Repeat("r", 300)))
		r.Words = append(r.Words, strings.Repeat("w", 290))
	}
	return a, r
}

// However long all of it is together, the decision stands on the trail, and nothing of
// the request, the evidence and the budgets is lost.
func TestEverythingAtItsLongestFitsARecord(t *testing.T) {
	a, r := everything()
	d := newDesk(t, fixed{r}, a)
	d.Shadow, d.ShadowRules = fixed{r}, audit.Rules{Book: "next"}
	got, err := d.DecideApproval(t.Context(), activities.DecideInput{ApprovalID: ap})
	if err != nil || got.Decision.Code != countersign.OverCap {
		t.Fatalf("decided %+v, %v", got.Decision, err)
	}
	e, err := d.trail.Find(t.Context(), got.Key)
	if err != nil {
		t.Fatal(err)
	}
	var in audit.Intent
	if err := e.Decode(&in); err != nil {
		t.Fatal(err)
	}
	asked, evidence, err := backtest.Recorded(in, func(digest string) ([]byte, error) { return d.db.Evidence(t.Context(), digest) })
	was, _ := json.Marshal(a.Activity)
	is, _ := json.Marshal(asked.Activity)
	if err != nil || string(is) != string(was) {
		t.Errorf("the request came back with %d operations, %v", len(asked.Activity.Operations), err)
	}
	if len(evidence) != 152 { // 150 notes, the request and the budgets
		t.Fatalf("%d pieces of evidence came back", len(evidence))
	}
	var balances []countersign.Balance
	for _, e := range evidence {
		if e.Kind == "budgets" {
			err = json.Unmarshal(e.Answer, &balances)
		}
	}
	if err != nil || len(balances) != 300 || len(in.Budgets) == 0 || in.Budgets[0].Fits {
		t.Errorf("%d balances came back, %v; the record has %+v", len(balances), err, in.Budgets)
	}
	d.records(t, audit.DecisionIntent)
}
