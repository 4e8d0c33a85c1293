package ingress_test

import (
	"strings"
	"testing"

	"countersign"
	"countersign/ingress"
	"countersign/workflows"
)

// documented is every kind in dfns.md §3.5: the enum of SDK 0.8.21, what OpenAPI
// 2.0.155 adds, and what only its prose names.
const documented = `
	policy.triggered policy.approval.pending policy.approval.resolved
	key.created key.deleted key.delegated key.exported
	wallet.blockchainevent.detected
	wallet.created wallet.activated wallet.delegated wallet.exported
	wallet.signature.failed wallet.signature.rejected wallet.signature.requested wallet.signature.signed
	wallet.transaction.broadcasted wallet.transaction.confirmed wallet.transaction.failed wallet.transaction.rejected wallet.transaction.requested
	wallet.transfer.broadcasted wallet.transfer.confirmed wallet.transfer.failed wallet.transfer.rejected wallet.transfer.requested
	wallet.offer.received wallet.offer.accepted wallet.offer.rejected wallet.offer.withdrawn
	wallet.tags.modified payout.action.required

	wallet.blockchain_event.transfer.included wallet.blockchain_event.misc.confirmed
	vault.created vault.updated vault.tags.modified vault.event.created
	address_watch.blockchain_event.transfer.confirmed address_watch.blockchain_event.misc.confirmed

	policy.activity.resolved swap.completed swap.failed webhook.event.retry.triggered`

func TestEveryDocumentedKindHasARoute(t *testing.T) {
	kinds := strings.Fields(documented)
	rows := map[countersign.EventKind]ingress.Route{}
	for _, r := range ingress.Routes() {
		rows[r.Kind] = r
	}
	ours := 0
	for _, r := range rows {
		if r.Source == ingress.OwnSource {
			ours++
		}
	}
	if len(kinds) != 44 || len(rows) != len(kinds)+ours || ours != 19 {
		t.Errorf("%d kinds documented, %d rows, %d of our own; want 44, 63 and 19", len(kinds), len(rows), ours)
	}
	for _, k := range kinds {
		r, ok := rows[countersign.EventKind(k)]
		if !ok {
			t.Errorf("%s has no row", k)
			continue
		}
		want, signal, subject := workflows.NoticeWorkflow, "", "x-1"
		switch {
		case strings.HasPrefix(k, "policy.approval."):
			want, signal = workflows.ApprovalWorkflow, workflows.EventSignal
		case strings.HasPrefix(k, "wallet.transfer."), strings.HasPrefix(k, "wallet.transaction."):
			want, signal = workflows.SettlementWorkflow, workflows.EventSignal
		case k == "wallet.blockchainevent.detected", k == "wallet.blockchain_event.transfer.included":
			want, signal, subject = workflows.DepositWorkflow, workflows.EventSignal, "Ethereum:0x1"
		}
		if r.Workflow != want || r.Signal != signal || len(r.Subject) == 0 {
			t.Errorf("%s = %+v, want workflow %s by %q", k, r, want, signal)
		}
		if got := ingress.RouteOf(countersign.Event{Kind: r.Kind, Subject: subject, WalletID: "wa-1"}); got.Workflow != want {
			t.Errorf("RouteOf(%s) = %s, want %s", k, got.Workflow, want)
		}
	}
}

func TestRouteOf(t *testing.T) {
	for _, tt := range []struct {
		name         string
		e            countersign.Event
		workflow, id string
	}{
		{"approval", countersign.Event{ID: "whe-1", Kind: "policy.approval.pending", Subject: "ap-1"}, "Approval", "approval/ap-1"},
		{"its resolution is the same case", countersign.Event{ID: "whe-2", Kind: "policy.approval.resolved", Subject: "ap-1"}, "Approval", "approval/ap-1"},
		{"approval without a subject", countersign.Event{ID: "whe-1", Kind: "policy.approval.resolved"}, "Stray", "event/whe-1"},
		{"settlement by its external ID", countersign.Event{ID: "whe-1", Kind: "wallet.transfer.requested", Subject: "xfr-1", WalletID: "wa-1", ExternalID: "pay-1"}, "Settlement", "settlement/pay-1"},
		{"settlement without one", countersign.Event{ID: "whe-1", Kind: "wallet.transaction.failed", Subject: "tx-1", WalletID: "wa-1"}, "Settlement", "settlement/tx-1"},
		{"settlement with one like the custodian's", countersign.Event{ID: "whe-1", Kind: "wallet.transaction.failed", Subject: "tx-1", WalletID: "wa-1", ExternalID: "xfr-9"}, "Settlement", "settlement/tx-1"},
		{"settlement of no wallet", countersign.Event{ID: "whe-1", Kind: "wallet.transfer.requested", Subject: "xfr-1"}, "Stray", "event/whe-1"},
		{"notice", countersign.Event{ID: "whe-1", Kind: "wallet.created", Subject: "wa-1"}, "Notice", "event/whe-1"},
		{"retry of a notice", countersign.Event{ID: "whe-2", RetryOf: "whe-1", Kind: "wallet.created", Subject: "wa-1"}, "Notice", "event/whe-1"},
		{"deposit, by the custodian", countersign.Event{ID: "whe-1", Kind: "wallet.blockchainevent.detected", Subject: "Ethereum:0xab"}, "Deposit", "deposit/Ethereum/0xab"},
		{"the same, by our watcher", countersign.Event{ID: "e-1", Source: "countersign", Kind: "chain.deposit.confirmed", Subject: "Ethereum:0xab"}, "Deposit", "deposit/Ethereum/0xab"},
		{"an EVM hash is written in one way", countersign.Event{ID: "e-1", Source: "countersign", Kind: "chain.deposit.seen", Subject: "Ethereum:0x" + strings.Repeat("AB", 32)}, "Deposit", "deposit/Ethereum/0x" + strings.Repeat("ab", 32)},
		{"deposit without a network", countersign.Event{ID: "e-1", Source: "countersign", Kind: "chain.deposit.seen", Subject: "0xab"}, "Stray", "event/e-1"},
		{"the custodian tells what only we may", countersign.Event{ID: "whe-1", Source: "dfns", Kind: "chain.deposit.confirmed", Subject: "Ethereum:0xab"}, "Stray", "event/whe-1"},
		{"we tell what only the custodian may", countersign.Event{ID: "e-1", Source: "countersign", Kind: "policy.approval.pending", Subject: "ap-1"}, "Stray", "event/e-1"},
		{"unknown kind", countersign.Event{ID: "whe-1", Kind: "moon.landed"}, "Stray", "event/whe-1"},
		{"subject that is no ID", countersign.Event{ID: "whe-1", Kind: "wallet.created", Subject: "a/b"}, "Stray", "event/whe-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := ingress.RouteOf(tt.e)
			if r.Workflow != tt.workflow || r.WorkflowID(tt.e) != tt.id {
				t.Errorf("route = %s %s, want %s %s", r.Workflow, r.WorkflowID(tt.e), tt.workflow, tt.id)
			}
		})
	}
}
