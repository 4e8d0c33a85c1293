package ingress_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign"
	"countersign/ingress"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
)

func TestDispatchSignals(t *testing.T) {
	s := newSite(t)
	resolved := event("whe-2", "policy.approval.resolved", `{"approval":{"id":"ap-1"},"activityId":"xfr-1"}`)
	retry := strings.Replace(pending, `"id":"whe-1"`, `"id":"whe-9","retryOf":"whe-1"`, 1)
	for _, body := range []string{pending, pending, retry, resolved, resolved} {
		if w := s.post(body); w.Code != 200 {
			t.Fatalf("answer = %d %s", w.Code, w.Body)
		}
	}
	run := s.temporal.run("approval/ap-1")
	if run.kind != "Approval" || run.summary != `"Approval ap-1"` || len(run.signals) != 2 {
		t.Fatalf("run = %s %s with %d signals, want Approval with 2", run.kind, run.summary, len(run.signals))
	}
	if got := data(run.input); got != `{"approval_id":"ap-1"}` {
		t.Errorf("input = %s", got)
	}
	if got := string(run.attributes["ApprovalId"].GetData()); got != `"ap-1"` {
		t.Errorf("search attribute ApprovalId = %s, want \"ap-1\"", got)
	}
	var e countersign.Event
	if err := json.Unmarshal([]byte(data(run.signals[1])), &e); err != nil || e.ID != "whe-2" || e.Kind != countersign.ApprovalResolved {
		t.Errorf("second signal = %+v, %v", e, err)
	}
}

// What was asked of the custodian is one settlement, from its request to its end.
func TestDispatchSignalsASettlement(t *testing.T) {
	s := newSite(t)
	asked := `{"transferRequest":{"id":"xfr-1","walletId":"wa-1","externalId":"pay-1"}}`
	for i, kind := range []string{"wallet.transfer.requested", "wallets.transfer.confirmed"} {
		if w := s.post(event(fmt.Sprint("whe-", i), kind, asked)); w.Code != 200 {
			t.Fatalf("answer = %d %s", w.Code, w.Body)
		}
	}
	run := s.temporal.run("settlement/pay-1")
	if run.kind != "Settlement" || run.summary != `"Settlement pay-1"` || len(run.signals) != 2 {
		t.Fatalf("run = %s %s with %d signals, want Settlement with 2", run.kind, run.summary, len(run.signals))
	}
	if got := data(run.input); got != `{"id":"pay-1","request":{"kind":"transfer","wallet_id":"wa-1","id":"xfr-1"}}` {
		t.Errorf("input = %s", got)
	}
	if got := string(run.attributes["WalletId"].GetData()); got != `"wa-1"` {
		t.Errorf("search attribute WalletId = %s", got)
	}
}

func TestDispatchStarts(t *testing.T) {
	for _, tt := range []struct{ name, kind, data, workflow, attribute string }{
		{"notice", "wallets.created", `{"wallet":{"id":"wa-1"}}`, "Notice", `"wallet.created"`},
		{"stray wallet", "wallet.transfer.confirmed", `{"transferRequest":{"id":"xfr-1"}}`, "Stray", `"wallet.transfer.confirmed"`},
		{"stray kind", "moon.landed", `{}`, "Stray", `"moon.landed"`},
		{"stray subject", "policy.approval.resolved", `{"activityId":"xfr-1"}`, "Stray", `"policy.approval.resolved"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			body := event("whe-1", tt.kind, tt.data)
			later := strings.Replace(body, `"id":"whe-1"`, `"id":"whe-2","retryOf":"whe-1"`, 1)
			for _, b := range []string{body, body, later} {
				if w := s.post(b); w.Code != 200 {
					t.Fatalf("answer = %d %s", w.Code, w.Body)
				}
			}
			run := s.temporal.run("event/whe-1")
			if run.kind != tt.workflow || len(run.signals) != 0 || len(s.temporal.runs) != 1 {
				t.Fatalf("run = %s of %d, want one %s", run.kind, len(s.temporal.runs), tt.workflow)
			}
			if got := string(run.attributes["EventKind"].GetData()); got != tt.attribute {
				t.Errorf("search attribute EventKind = %s, want %s", got, tt.attribute)
			}
			var in struct {
				Event countersign.Event `json:"event"`
			}
			if err := json.Unmarshal([]byte(data(run.input)), &in); err != nil || in.Event.ID != "whe-1" {
				t.Errorf("input = %s, %v", data(run.input), err)
			}
		})
	}
}

func TestClosedCasesStayClosed(t *testing.T) {
	s := newSite(t)
	notice := event("whe-5", "wallet.created", `{"wallet":{"id":"wa-1"}}`)
	s.post(pending)
	s.post(notice)
	s.temporal.run("approval/ap-1").closed = true
	s.temporal.run("event/whe-5").closed = true
	late := strings.Replace(pending, `"id":"whe-1"`, `"id":"whe-7"`, 1)
	for _, body := range []string{pending, late, notice} {
		if w := s.post(body); w.Code != 200 {
			t.Errorf("answer = %d %s, want 200: the case is closed", w.Code, w.Body)
		}
	}
	if run := s.temporal.run("approval/ap-1"); !run.closed || len(run.signals) != 1 {
		t.Errorf("the case was opened again: %+v", run)
	}
}

// The answer to the first delivery is lost; the second finds its work done.
func TestDispatchWhenTheAnswerWasLost(t *testing.T) {
	s := &temporal{}
	d := &ingress.Dispatcher{Service: s}
	e := countersign.Event{ID: "whe-1", Kind: countersign.ApprovalPending, Subject: "ap-1"}
	for range 2 {
		if err := d.Dispatch(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.run("approval/ap-1").signals); n != 1 {
		t.Errorf("%d signals, want 1", n)
	}
}

func TestDispatchErrors(t *testing.T) {
	e := countersign.Event{ID: "whe-1", Kind: countersign.ApprovalPending, Subject: "ap-1"}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&ingress.Dispatcher{Service: &temporal{hang: true}}).Dispatch(ctx, e); err == nil {
		t.Error("Dispatch with a cancelled context = nil")
	}
	err := (&ingress.Dispatcher{Service: &temporal{down: serviceerror.NewUnavailable("away")}}).Dispatch(t.Context(), e)
	var away *serviceerror.Unavailable
	if !errors.As(err, &away) || !strings.Contains(err.Error(), "approval/ap-1") {
		t.Errorf("Dispatch = %v, want Unavailable with the workflow's ID", err)
	}
}

// The IDs are on the wire: two releases must give one event the same.
func TestRequestIDIsStable(t *testing.T) {
	if got, want := ingress.RequestID("approval/ap-1", "whe-1"), "85c62093-247d-57da-b7a7-7620ce4c4d94"; got != want {
		t.Errorf("RequestID = %s, want %s", got, want)
	}
	if ingress.RequestID("approval/ap-1", "whe-1") == ingress.RequestID("approval/ap-1", "whe-2") {
		t.Error("two events share a request ID")
	}
}

func data(p *commonpb.Payloads) string {
	if len(p.GetPayloads()) != 1 {
		return "not one payload"
	}
	return string(p.GetPayloads()[0].GetData())
}
