package ingress

import (
	"cmp"
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
	// documented place first. A place with a + is two that make one ID, with a colon
	// between them.
	Subject []string
	// Wallet lists in the same way where the ID of the wallet may be that it happened to.
	Wallet []string
	// External lists where the maker's own ID of it may be.
	External []string
	// Source is who may tell of this kind: [Source], or [OwnSource] for what our own
	// watchers tell. From anybody else the event is a stray.
	Source string

	process process
}

// stray is the route of what has no other: it is recorded for people to look at.
var stray = Route{Workflow: workflows.StrayWorkflow, process: alone}

// routes is the one table: a row for every kind in dfns.md §3.5. The places are
// those of §3.6; where that says nothing (keys, vaults, swaps, payouts, watched
// addresses) they follow the custom of the rest.
var routes = table(
	approval(countersign.ApprovalPending, "approval.id", "approvalId"),
	approval(countersign.ApprovalResolved, "approval.id", "approvalId"),

	notice("policy.triggered", "policyEvaluation.id"),
	notice("policy.activity.resolved", "activity.id", "activityId"),

	transfer("wallet.transfer.requested"),
	transfer("wallet.transfer.broadcasted"),
	transfer("wallet.transfer.confirmed"),
	transfer("wallet.transfer.failed"),
	transfer("wallet.transfer.rejected"),
	transaction("wallet.transaction.requested"),
	transaction("wallet.transaction.broadcasted"),
	transaction("wallet.transaction.confirmed"),
	transaction("wallet.transaction.failed"),
	transaction("wallet.transaction.rejected"),
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

	// What happened on a chain has no ID of its own. A transfer is one of a transaction's,
	// whose deposit reads all of them; of the rest the wallet is the subject.
	deposit("wallet.blockchainevent.detected", "blockchainEvent.network+blockchainEvent.txHash"),
	deposit("wallet.blockchain_event.transfer.included", "blockchainEvent.network+blockchainEvent.txHash"),
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

	// What our own watchers see on chains and in the custodian's lists (docs/watching.md).
	own(deposit("chain.deposit.seen", "chainEvent.network+chainEvent.txHash")),
	own(deposit("chain.deposit.retracted", "chainEvent.network+chainEvent.txHash")),
	own(deposit("chain.deposit.confirmed", "chainEvent.network+chainEvent.txHash")),
	own(notice("chain.transaction.seen", "chainEvent.id")),
	own(notice("chain.transaction.retracted", "chainEvent.id")),
	own(notice("chain.transaction.confirmed", "chainEvent.id")),
	own(notice("chain.function.seen", "chainEvent.id")),
	own(notice("chain.function.retracted", "chainEvent.id")),
	own(notice("chain.function.confirmed", "chainEvent.id")),
	own(notice("chain.event.seen", "chainEvent.id")),
	own(notice("chain.event.retracted", "chainEvent.id")),
	own(notice("chain.event.confirmed", "chainEvent.id")),
	own(notice("chain.balance.seen", "chainEvent.id")),
	own(notice("chain.balance.retracted", "chainEvent.id")),
	own(notice("chain.balance.confirmed", "chainEvent.id")),
	own(notice("platform.policy.changed", "entity.id")),
	own(notice("platform.credential.changed", "entity.id")),
	own(notice("platform.service_account.changed", "entity.id")),
	own(notice("platform.wallet.created", "entity.id")),
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

// RouteOf returns whose business e is. A kind without a row, or of another sender, and an
// event without a subject, is a stray: verified, not understood, and recorded.
func RouteOf(e countersign.Event) Route {
	r, ok := routes[e.Kind]
	if !ok || r.Source != cmp.Or(e.Source, Source) || r.process.check(e) != nil {
		return stray
	}
	return r
}

// WorkflowID is the ID of the workflow that hears e: one for each approval and each
// deposit, and one for each event that is nobody's.
func (r Route) WorkflowID(e countersign.Event) string { return r.process.id(e) }

func approval(kind countersign.EventKind, subject ...string) Route {
	return Route{Kind: kind, Workflow: workflows.ApprovalWorkflow, Signal: workflows.EventSignal, Subject: subject, Source: Source, process: oneApproval}
}

func deposit(kind countersign.EventKind, subject ...string) Route {
	return Route{Kind: kind, Workflow: workflows.DepositWorkflow, Signal: workflows.EventSignal, Subject: subject, Wallet: []string{"blockchainEvent.walletId", "chainEvent.walletId", "wallet.id"}, Source: Source, process: oneDeposit}
}

func transfer(kind countersign.EventKind) Route {
	return request(kind, "transferRequest", oneTransfer)
}

func transaction(kind countersign.EventKind) Route {
	return request(kind, "transactionRequest", oneTransaction)
}

// request is a kind that tells of what the custodian was asked to send.
func request(kind countersign.EventKind, member string, p process) Route {
	return Route{
		Kind: kind, Workflow: workflows.SettlementWorkflow, Signal: workflows.EventSignal, Source: Source, process: p,
		Subject: []string{member + ".id"}, Wallet: []string{member + ".walletId"}, External: []string{member + ".externalId"},
	}
}

func notice(kind countersign.EventKind, subject ...string) Route {
	return Route{Kind: kind, Workflow: workflows.NoticeWorkflow, Subject: subject, Source: Source, process: alone}
}

// own makes a kind one of our watchers'.
func own(r Route) Route {
	r.Source = OwnSource
	return r
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
