package services

import (
	"context"
	"time"

	"countersign"
	"countersign/chain/simulation"
	"countersign/screening"
)

// Services are the sources that a deployment has. What is nil is not there: asking it
// ends in an abstention.
type Services struct {
	Screener  Screener
	Simulator Simulator
	Wallets   Wallets
	Ledger    Ledger
}

// A Screener looks addresses up. screening.Screener is the real one.
type Screener interface {
	// Screen never fails: what could not be asked is unknown.
	Screen(ctx context.Context, queries []screening.Query) screening.Report
}

// A Simulator runs calls on a copy of a network's state. chain.Nodes is the real one.
type Simulator interface {
	Simulate(ctx context.Context, r simulation.Request) (simulation.Result, error)
}

// Wallets reads wallets from the custodian. custody/dfns.Custodian is the real one.
type Wallets interface {
	WalletByID(ctx context.Context, id string) (countersign.Wallet, error)
	// Holdings is what a wallet has; what is not in the list is nothing.
	Holdings(ctx context.Context, walletID string) ([]countersign.Holding, error)
}

// A Ledger knows what has moved. store.DB is the real one.
type Ledger interface {
	// Taken is what a budget's window holds: reserved or committed at or after since.
	Taken(ctx context.Context, budget string, since time.Time) (countersign.Amount, error)
}
