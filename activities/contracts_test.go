package activities_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign"
	"countersign/activities"
	"countersign/audit"
	"countersign/rules"
	"countersign/store"
)

// called is the nth of many contracts, as a call tells it.
func called(n int) string { return fmt.Sprintf("0x%036dABcd", n) }

// within is a multicall of n calls, each of another contract, three deep.
func within(n int, args string) rules.Result {
	r := rules.Result{Decision: countersign.Approved("fine"), Contract: "c", Function: "multicall(bytes[])", Args: map[string]any{"a": args}}
	for i := range n {
		leaf := rules.DecodedCall{To: called(i), Function: "f()", Args: map[string]any{"a": strings.Repeat("x", 100)}}
		r.Inside = append(r.Inside, rules.DecodedCall{To: called(0), Inside: []rules.DecodedCall{{To: called(0), Inside: []rules.DecodedCall{leaf}}}})
	}
	return r
}

// by is how many decisions are found by a contract.
func (d *desk) by(t *testing.T, contract string) (n int) {
	t.Helper()
	q := store.Query{Type: audit.DecisionIntent, Facets: []audit.Facet{{Name: audit.FacetContract, Value: strings.ToLower(contract)}}}
	for _, err := range d.db.Select(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// manyContracts is a request, the contracts that its decision is to be found by, and whether
// the record lists them itself and has no room for more.
type manyContracts struct {
	name         string
	change       func(*countersign.Activity)
	result       rules.Result
	found        []string
	more, listed bool
}

func requestsOfManyContracts() []manyContracts {
	const token = "0xDdDdDdDdDdDdDdDdDdDdDdDdDdDdDdDdDdDdDdDd"
	call := func(a *countersign.Activity) {
		a.Transfer, a.Call = nil, &countersign.Call{To: called(5_000), Data: make([]byte, 40_000), Delegates: []string{called(6_000)}}
	}
	return []manyContracts{
		{"a few calls", call, within(10, ""), []string{called(0), called(9), called(5_000)}, false, true}, // the delegates have no room
		{"a tree without room", func(a *countersign.Activity) { a.Transfer = nil }, within(150, ""), []string{called(0), called(70), called(149)}, false, true},
		{"more contracts than room", call, within(1_000, ""), []string{called(0), called(70), called(999), called(5_000), called(6_000)}, true, true},
		{"arguments take it", func(*countersign.Activity) {}, within(100, strings.Repeat("x", 9_900)), []string{called(0), called(99)}, true, true},
		{"typed data", func(a *countersign.Activity) {
			a.Transfer, a.TypedData = nil, &countersign.TypedData{Domain: []byte(`{"name":"T","verifyingContract":"` + token + `"}`)}
		}, rules.Result{Decision: countersign.Approved("fine")}, []string{token}, false, false},
		{"long typed data", func(a *countersign.Activity) {
			a.Transfer, a.TypedData = nil, &countersign.TypedData{Domain: []byte(`{"verifyingContract":"` + token + `"}`), Message: []byte(`"` + strings.Repeat("x", 20_000) + `"`)}
		}, rules.Result{Decision: countersign.Approved("fine")}, []string{token}, false, true},
		{"operations", func(a *countersign.Activity) {
			a.Transfer = nil
			for i := range 200 {
				a.Operations = append(a.Operations, countersign.Call{To: called(i), Data: make([]byte, 300)})
			}
		}, rules.Result{Decision: countersign.Approved("fine")}, []string{called(0), called(199)}, false, true},
	}
}

// Nothing that is called hides behind how much else is called: a decision is found by each
// contract, and where the record has no room for all of them, by any.
func TestADecisionIsFoundByEveryContractInside(t *testing.T) {
	for _, tt := range requestsOfManyContracts() {
		t.Run(tt.name, func(t *testing.T) {
			a := pending(ap)
			tt.change(&a.Activity)
			d := newDesk(t, fixed{tt.result}, a)
			got, err := d.DecideApproval(t.Context(), activities.DecideInput{ApprovalID: ap})
			if err != nil || got.Decision.Code != countersign.WithinPolicy {
				t.Fatalf("decided %+v, %v", got.Decision, err)
			}
			in := d.intent(t, got.Key)
			if more, listed := in.MoreContracts > 0, len(in.Contracts)+in.MoreContracts > 0; more != tt.more || listed != tt.listed {
				t.Errorf("%d contracts listed, %d more", len(in.Contracts), in.MoreContracts)
			}
			for _, c := range tt.found {
				if d.by(t, c) != 1 {
					t.Errorf("not found by %s", c)
				}
			}
			if n := d.by(t, called(9_999)); (n == 1) != tt.more {
				t.Errorf("found %d times by a contract that is not in it", n)
			}
			e, err := d.trail.Find(t.Context(), got.Key)
			if err != nil || tt.more != slices.Contains(e.Record.Facets(), audit.Facet{Name: audit.FacetContract, Value: "*"}) {
				t.Errorf("facets %v, %v", e.Record.Facets(), err)
			}
		})
	}
}
