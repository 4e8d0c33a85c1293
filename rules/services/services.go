package services

import (
	"context"
	"time"

	"countersign"
	"countersign/calendar"
	"countersign/chain/simulation"
	"countersign/screening"
	"countersign/sources/database"
	"countersign/sources/price"
	"countersign/sources/web"
)

// Services are the sources that a deployment has. What is nil is not there: asking it
// ends in an abstention.
type Services struct {
	Screener  Screener
	Simulator Simulator
	Wallets   Wallets
	Ledger    Ledger
	// Web, Databases, Prices and Calendars are those of docs/sources.md.
	Web       Web
	Databases map[string]Database
	Prices    price.Source
	Calendars map[string]calendar.Calendar
}

// Web asks HTTP APIs. web.Client is the real one.
type Web interface {
	Do(ctx context.Context, r web.Request) (web.Answer, error)
}

// A Database answers questions and changes nothing. database.Database is the real one.
type Database interface {
	Query(ctx context.Context, query string, args ...any) (database.Table, error)
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
