// Package bookkeeping writes the books of what others did: how a wallet's books begin, and what
// a transaction that somebody else sent has brought or taken.
//
// Everything rests on the chain's own word, read by our nodes at a block that is final; where a
// network has no node it rests on the custodian's, and the record says so. Each step is booked
// in the transaction of its record, under a key that comes from the business, so that asking
// twice is asking once.
package bookkeeping

import (
	"context"
	"iter"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/ledger"
	"countersign/ledger/chart"
)

// A Chain reads networks. Both methods fail with [countersign.ErrNoNode] for a network that has
// no node.
type Chain interface {
	// Effect is what a transaction did; ours are the addresses that matter.
	Effect(ctx context.Context, network, txHash string, ours []string) (countersign.Effect, error)
	// Balances are what an address has at the newest final block: of the native asset first,
	// and then of each contract. A fault, one for each of them, says why there is no balance of
	// a contract that does not answer as a token does; it is empty where there is one.
	Balances(ctx context.Context, network, address string, contracts []string) (b countersign.BlockRef, amounts []countersign.Amount, faults []string, err error)
}

// A Custodian knows which wallets are ours.
type Custodian interface {
	// Wallets are all of them. One that cannot be read is an error, and the walk goes on.
	Wallets(ctx context.Context) iter.Seq2[countersign.Wallet, error]
	// Holdings are what a wallet has, by the custodian's word.
	Holdings(ctx context.Context, walletID string) ([]countersign.Holding, error)
	// Incoming is what a transaction did, by the custodian's word on these wallets.
	Incoming(ctx context.Context, network, txHash string, walletIDs []string) (countersign.Effect, error)
}

// A Trail keeps records, and books what they explain.
type Trail interface {
	Find(ctx context.Context, key string) (audit.Entry, error)
	Append(ctx context.Context, d audit.Draft) (audit.Entry, error)
	Book(ctx context.Context, d audit.Draft, b ledger.Booking) (audit.Entry, error)
}

// Books says what was ever booked. books.Books of package store is the real one.
type Books interface {
	// Keys are the accounts at or below one, each in every asset that ever went through it;
	// below "" are all.
	Keys(ctx context.Context, under ledger.Account) ([]ledger.Key, error)
}

// Deposits books deposits and openings. It is idempotent on the transaction and on the wallet.
type Deposits struct {
	Chain     Chain
	Custodian Custodian
	Trail     Trail
	Books     Books
	Chart     chart.Chart
	Now       func() time.Time

	wallets directory
}
