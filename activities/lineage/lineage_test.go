package lineage_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"countersign"
	"countersign/activities/lineage"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/store"
	"countersign/store/storetest"
)

const ap = "ap-1"

func put(t *testing.T, trail *store.Trail, key string, kind audit.Type, thread string, body any) {
	t.Helper()
	if _, err := trail.Append(t.Context(), audit.Draft{Key: key, Type: kind, Lineage: thread, Body: body}); err != nil {
		t.Fatal(err)
	}
}

// opening puts a settlement on the trail, with the custodian's answer where there is one.
func opening(t *testing.T, trail *store.Trail, origin, thread string, answer *booked.Submission) {
	t.Helper()
	put(t, trail, "settlement/pay-1/opened", booked.SettlementOpened, thread, booked.Settlement{SettlementID: "pay-1", Origin: origin, WalletID: "wa-1"})
	if answer != nil {
		put(t, trail, "settlement/pay-1/submitted", booked.SettlementSubmitted, thread, answer)
	}
}

func TestAnApprovalJoinsTheSettlementThatAskedForIt(t *testing.T) {
	asked := countersign.Approval{ID: ap, Activity: countersign.Activity{ExternalID: "pay-1", RequestID: "xfr-1", WalletID: "wa-1"}}
	other := asked
	other.Activity.WalletID = "wa-2"
	for _, tt := range []struct {
		name     string
		origin   string // of the settlement, empty where there is none
		answer   *booked.Submission
		approval countersign.Approval
		want     string
	}{
		{"nobody of ours", "", nil, asked, "approval/ap-1"},
		{"ours, not answered yet", booked.Initiated, nil, asked, "settlement/pay-1"},
		{"ours, by its request", booked.Initiated, &booked.Submission{RequestID: "xfr-1"}, asked, "settlement/pay-1"},
		{"ours, by its approval", booked.Initiated, &booked.Submission{RequestID: "xfr-0", ApprovalID: ap}, asked, "settlement/pay-1"},
		{"a stranger who takes our external ID", booked.Initiated, &booked.Submission{RequestID: "xfr-0", ApprovalID: "ap-0"}, asked, "approval/ap-1"},
		{"of another wallet", booked.Initiated, nil, other, "approval/ap-1"},
		{"somebody else's", booked.Observed, nil, asked, "approval/ap-1"},
		{"unreadable", booked.Initiated, nil, countersign.Approval{ID: ap}, "approval/ap-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			trail := storetest.Trail(t, time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
			if tt.origin != "" {
				opening(t, trail, tt.origin, "settlement/pay-1", tt.answer)
			}
			if got, err := lineage.OfApproval(t.Context(), trail, "us-1", tt.approval); err != nil || got != tt.want {
				t.Errorf("%s, %v; want %s", got, err, tt.want)
			}
		})
	}
	t.Run("decided", func(t *testing.T) { // it stays what it was
		trail := storetest.Trail(t, time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
		put(t, trail, countersign.DecisionKey(ap, "us-1"), audit.DecisionIntent, "approval/ap-1", audit.Intent{ApprovalID: ap})
		opening(t, trail, booked.Initiated, "settlement/pay-1", nil)
		if got, err := lineage.OfApproval(t.Context(), trail, "us-1", asked); err != nil || got != "approval/ap-1" {
			t.Errorf("%s, %v", got, err)
		}
	})
}

func TestTheThreadOfASettlement(t *testing.T) {
	trail := storetest.Trail(t, time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
	theirs := booked.Settlement{SettlementID: "xfr-9", Request: &countersign.Request{ApprovalID: "ap-9"}}
	begin := func(s booked.Settlement, want string) {
		t.Helper()
		if got, err := lineage.Begin(t.Context(), trail, s); err != nil || got != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
	begin(theirs, "approval/ap-9")
	put(t, trail, "settlement/xfr-9/opened", booked.SettlementOpened, "approval/ap-9", theirs)
	begin(booked.Settlement{SettlementID: "tx-r", PartOf: "xfr-9", Request: &countersign.Request{}}, "approval/ap-9")
	begin(booked.Settlement{SettlementID: "xfr-8", Request: &countersign.Request{}}, "settlement/xfr-8")
	begin(booked.Settlement{SettlementID: "pay-1", Instruction: &countersign.Instruction{}}, "settlement/pay-1")
	opening(t, trail, booked.Initiated, "settlement/pay-1", &booked.Submission{RequestID: "xfr-1", ApprovalID: ap})
	for id, want := range map[string]lineage.Thread{
		"xfr-9": {Lineage: "approval/ap-9", ApprovalID: "ap-9"},
		"pay-1": {Lineage: "settlement/pay-1", ApprovalID: ap},
		"none":  {Lineage: "settlement/none"},
	} {
		if got, err := lineage.OfSettlement(t.Context(), trail, id); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", id, got, err, want)
		}
	}
}

type broken struct{}

var errAway = errors.New("the database is away")

func (broken) Find(context.Context, string) (audit.Entry, error) { return audit.Entry{}, errAway }

// What cannot be read is no lineage of its own: the step is tried again.
func TestATrailThatIsAwayIsAnError(t *testing.T) {
	_, one := lineage.OfApproval(t.Context(), broken{}, "us-1", countersign.Approval{ID: ap})
	_, two := lineage.OfSettlement(t.Context(), broken{}, "pay-1")
	_, three := lineage.Begin(t.Context(), broken{}, booked.Settlement{PartOf: "pay-1"})
	for _, err := range []error{one, two, three} {
		if !errors.Is(err, errAway) {
			t.Errorf("%v, want %v", err, errAway)
		}
	}
}
