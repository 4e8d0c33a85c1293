package ingress

import (
	"maps"
	"slices"

	"countersign"
	"countersign/workflows"
)

// A Route says whose business a kind of event is.
type Route struct {
	// Kind is the kind of event; empty in the route of strays.
	Kind countersign.EventKind
	// Workflow is the type of the workflow that hears it.
	Workflow string
	// Signal is what the workflow hears it by. Without one the event is the
	// workflow's input and nothing is signalled.
	Signal string
	// Subject lists where in the delivery's data the ID of the subject may be, the
	// documented place first.
	Subject []string
}

// stray is the route of what has no other: it is recorded for people to look at.
var stray = Route{Workflow: workflows.StrayWorkflow}

// routes is the one table: a row for every kind in dfns.md §3.5. The places are
// those of §3.6; where that says nothing (keys, vaults, swaps, payouts, watched
// addresses) they follow the custom of the rest.
var routes = table(
	approval(countersign.ApprovalPending, "approval.id", "approvalId"),
	approval(countersign.ApprovalResolved, "approval.id", "approvalId"),

	notice("policy.triggered", "policyEvaluation.id"),
	notice("policy.activity.resolved", "activity.id", "activityId"),

	notice("wallet.transfer.requested", "transferRequest.id"),
	notice("wallet.transfer.broadcasted", "transferRequest.id"),
	notice("wallet.transfer.confirmed", "transferRequest.id"),
	notice("wallet.transfer.failed", "transferRequest.id"),
	notice("wallet.transfer.rejected", "transferRequest.id"),
	notice("wallet.transaction.requested", "transactionRequest.id"),
	notice("wallet.transaction.broadcasted", "transactionRequest.id"),
	notice("wallet.transaction.confirmed", "transactionRequest.id"),
	notice("wallet.transaction.failed", "transactionRequest.id"),
	notice("wallet.transaction.rejected", "transactionRequest.id"),
	notice("wallet.signature.requested", "signatureRequest.id"),
	notice("wallet.signature.signed", "signatureRequest.id"),
	notice("wallet.signature.failed", "signatureRequest.id"),
	notice("wallet.signature.rejected", "signatureRequest.id"),

	notice("wallet.created", "wallet.id"),
	notice("wallet.activated", "wallet.id"),
	notice("wallet.delegated", "wallet.id"),
	notice("wallet.exported", "wallet.id"),
	notice("wallet.tags.modified", "wallet.id"),
	notice("wallet.offer.received", "offer.id"),
	notice("wallet.offer.accepted", "offer.id"),
	notice("wallet.offer.rejected", "offer.id"),
	notice("wallet.offer.withdrawn", "offer.id"),

	notice("key.created", "key.id", "keyId", "id"),
	notice("key.deleted", "key.id", "keyId", "id"),
	notice("key.delegated", "key.id", "keyId", "id"),
	notice("key.exported", "key.id", "keyId", "id"),

	// What happened on a chain has no ID of its own; the wallet is the subject.
	notice("wallet.blockchainevent.detected", "blockchainEvent.walletId", "wallet.id", "walletId"),
	notice("wallet.blockchain_event.transfer.included", "blockchainEvent.walletId", "wallet.id", "walletId"),
	notice("wallet.blockchain_event.misc.confirmed", "blockchainEvent.walletId", "wallet.id", "walletId"),
	notice("address_watch.blockchain_event.transfer.confirmed", "addressWatch.id", "addressWatchId", "blockchainEvent.addressWatchId", "blockchainEvent.txHash"),
	notice("address_watch.blockchain_event.misc.confirmed", "addressWatch.id", "addressWatchId", "blockchainEvent.addressWatchId", "blockchainEvent.txHash"),

	notice("vault.created", "vault.id", "vaultId", "id"),
	notice("vault.updated", "vault.id", "vaultId", "id"),
	notice("vault.tags.modified", "vault.id", "vaultId", "id"),
	notice("vault.event.created", "vaultEvent.id"),

	notice("swap.completed", "swap.id", "swapRequest.id", "swapId", "id"),
	notice("swap.failed", "swap.id", "swapRequest.id", "swapId", "id"),
	notice("payout.action.required", "payout.id", "payoutId", "id"),
	notice("webhook.event.retry.triggered", "id"),
)

// Routes returns the table, sorted by kind.
func Routes() []Route {
	kinds := slices.Sorted(maps.Keys(routes))
	rows := make([]Route, len(kinds))
	for i, k := range kinds {
		rows[i] = routes[k]
	}
	return rows
}

// RouteOf returns whose business e is. A kind without a row, and an event
// without a subject, is a stray: verified, not understood, and recorded.
func RouteOf(e countersign.Event) Route {
	r, ok := routes[e.Kind]
	if !ok || countersign.CheckID(e.Subject) != nil {
		return stray
	}
	return r
}

// WorkflowID is the ID of the workflow that hears e: one for each approval, and
// one for each event that is nobody's.
func (r Route) WorkflowID(e countersign.Event) string {
	if r.Workflow == workflows.ApprovalWorkflow {
		return workflows.ApprovalID(e.Subject)
	}
	return workflows.EventID(e.Root())
}

func approval(kind countersign.EventKind, subject ...string) Route {
	return Route{Kind: kind, Workflow: workflows.ApprovalWorkflow, Signal: workflows.EventSignal, Subject: subject}
}

func notice(kind countersign.EventKind, subject ...string) Route {
	return Route{Kind: kind, Workflow: workflows.NoticeWorkflow, Subject: subject}
}

func table(rows ...Route) map[countersign.EventKind]Route {
	m := make(map[countersign.EventKind]Route, len(rows))
	for _, r := range rows {
		if _, twice := m[r.Kind]; twice {
			panic("ingress: two routes for " + string(r.Kind))
		}
		m[r.Kind] = r
	}
	return m
}
