package activities_test

import (
	"slices"
	"testing"

	"countersign"
	"countersign/activities"
	"countersign/audit"
	"countersign/store"
)

// told lists the types of the records about our approval, in their order, and checks
// that all share its lineage, and are found by its wallet: all but what was heard before
// anybody knew the wallet.
func (d *desk) told(t *testing.T) (types []audit.Type) {
	t.Helper()
	for e, err := range d.db.Entries(t.Context(), store.Filter{From: 2}) { // behind the keys
		if err != nil {
			t.Fatal(err)
		}
		if e.Record.Lineage != countersign.ApprovalLineage(ap) {
			t.Errorf("record %d (%s) has lineage %q", e.Index, e.Record.Type, e.Record.Lineage)
		}
		if e.Record.Type != audit.WebhookAccepted && !slices.Contains(e.Record.Facets(), audit.Facet{Name: audit.FacetWallet, Value: "wa-1"}) {
			t.Errorf("record %d (%s) is not found by its wallet", e.Index, e.Record.Type)
		}
		types = append(types, e.Record.Type)
	}
	return types
}

func same(t *testing.T, got []audit.Type, want ...audit.Type) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("records %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("records %v, want %v", got, want)
		}
	}
}

var (
	asked = countersign.Event{ID: "whe-1", Source: "dfns", Kind: countersign.ApprovalPending, Subject: ap, Digest: "d1", Secret: "s1"}
	ended = countersign.Event{ID: "whe-2", Source: "dfns", Kind: countersign.ApprovalResolved, Subject: ap, Digest: "d2", Secret: "s1"}
)

func TestTheTrailTellsAllFromTheWebhookToTheEnd(t *testing.T) {
	d := newDesk(t, approving(), pending(ap))
	decide := activities.DecideInput{ApprovalID: ap, Deliveries: []countersign.Event{asked}}
	for range 2 { // an attempt whose answer was lost tells nothing twice
		if _, err := d.DecideApproval(t.Context(), decide); err != nil {
			t.Fatal(err)
		}
	}
	d.post(t)
	resolve := activities.ResolveInput{ApprovalID: ap, Deliveries: []countersign.Event{asked, ended}}
	if _, err := d.ResolveApproval(t.Context(), resolve); err != nil {
		t.Fatal(err)
	}
	same(t, d.told(t), audit.WebhookAccepted, audit.DecisionIntent, audit.DecisionOutcome, audit.WebhookAccepted, audit.ApprovalOutcome)
	e, err := d.trail.Find(t.Context(), countersign.WebhookKey("whe-1"))
	if err != nil {
		t.Fatal(err)
	}
	var body audit.Delivery
	if err := e.Decode(&body); err != nil || body.Event.Digest != "d1" || body.Event.Secret != "s1" {
		t.Errorf("delivery %+v, %v; want its digest and the secret that verified it", body, err)
	}
}

func TestDeliveriesAreRecordedWhileAnApprovalIsOpen(t *testing.T) {
	d := newDesk(t, &judge{decision: countersign.Abstained("over_cap", "too much")}, pending(ap))
	d.decide(t)
	if _, err := d.ResolveApproval(t.Context(), activities.ResolveInput{ApprovalID: ap, Deliveries: []countersign.Event{asked}}); err != nil {
		t.Fatal(err)
	}
	same(t, d.told(t), audit.DecisionIntent, audit.ApprovalEscalated, audit.WebhookAccepted)
}

// What people said is imported with how they proved themselves.
func TestHumanDecisionsAreImported(t *testing.T) {
	proof := countersign.Assertion{ActionID: "ac-1", CredentialID: "cr-1", ClientData: "e30", Signature: "c2ln"}
	for _, tt := range []struct {
		name  string
		known map[string]countersign.Assertion
	}{
		{"with their assertion", map[string]countersign.Assertion{"us-alice": proof}},
		{"and why it is missing", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, &judge{decision: countersign.Abstained("over_cap", "too much")}, pending(ap))
			d.custodian.assertions, d.custodian.failLog = tt.known, 1
			d.decide(t)
			d.custodian.set(ap, func(a *countersign.Approval) {
				a.Status = countersign.StatusApproved
				a.Votes = []countersign.Vote{{UserID: "us-alice", Verdict: countersign.Approve, Raw: []byte(`{"userId":"us-alice"}`)}}
			})
			d.resolve(t)
			same(t, d.told(t), audit.DecisionIntent, audit.ApprovalEscalated, audit.HumanDecided, audit.ApprovalOutcome)
			e, err := d.trail.Find(t.Context(), countersign.HumanKey(ap, "us-alice"))
			if err != nil {
				t.Fatal(err)
			}
			var body audit.HumanDecision
			if err := e.Decode(&body); err != nil {
				t.Fatal(err)
			}
			if raw, err := d.db.Evidence(t.Context(), body.Decision); err != nil || string(raw) != `{"userId":"us-alice"}` {
				t.Errorf("the custodian's own words: %q, %v", raw, err)
			}
			if tt.known == nil {
				if body.Assertion != nil || body.Missing == "" {
					t.Errorf("imported %+v, want why the assertion is missing", body)
				}
				return
			}
			if body.Assertion == nil || *body.Assertion != proof || body.Missing != "" {
				t.Errorf("imported %+v, want the assertion", body)
			}
			if _, err := d.db.Evidence(t.Context(), body.Log); err != nil {
				t.Errorf("the custodian's log entry: %v", err)
			}
		})
	}
}

// What changes after the decision is left to people, and the trail says so.
func TestAVoidIsEscalated(t *testing.T) {
	d := newDesk(t, approving(), pending(ap))
	d.decide(t)
	d.custodian.set(ap, func(a *countersign.Approval) { a.Snapshot = "another" })
	d.post(t)
	same(t, d.told(t), audit.DecisionIntent, audit.DecisionOutcome, audit.ApprovalEscalated)
}
