package services

// A Kind says what a piece of evidence is. Wire format: add, never rename. A rule may
// note kinds of its own.
type Kind = string

// The kinds that the services leave; with ".failed" behind where there was no answer.
const (
	ScreeningKind  Kind = "screening"
	SimulationKind Kind = "simulation"
	WalletKind     Kind = "wallet"
	BalanceKind    Kind = "balance"
	LedgerKind     Kind = "ledger"
	HTTPKind       Kind = "http"
	SQLKind        Kind = "sql"
	PriceKind      Kind = "price"
	CalendarKind   Kind = "calendar"
)

// The kinds that the activities leave.
const (
	CodeKind    Kind = "code"    // what the chain said of pinned contracts
	RequestKind Kind = "request" // a request that a record has no room for
	BudgetsKind Kind = "budgets" // balances that a record has no room for
	ListKind    Kind = "list"    // evidence that a record has no room for
)
