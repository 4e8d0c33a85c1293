package claims

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"countersign"
	"countersign/store/sqldb"
)

// Budgets reserves, commits and releases what requests take from budgets, for work
// that leaves no decision of its own. Each call is one transaction, and whatever runs
// beside it, in this process or another, no budget is passed. Calls are idempotent on
// the key.
type Budgets struct {
	DB *sqldb.DB
	// Now is the clock.
	Now func() time.Time
}

// Reserve takes every claim, or none: fits says which. The balances say what each
// budget held. A key that has claims already keeps them, whatever is asked now.
func (b *Budgets) Reserve(ctx context.Context, key string, wanted []countersign.Claim) (balances []countersign.Balance, fits bool, err error) {
	err = b.DB.Transact(ctx, func(tx *sql.Tx) error {
		if state, err := stateOf(ctx, b.DB, tx, key); err != nil || state != "" {
			fits = state == Reserved || state == Committed
			return err
		}
		balances, fits, err = Take(ctx, b.DB, tx, key, wanted, b.Now())
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("reserve for %s: %w", key, err)
	}
	return balances, fits, nil
}

// Commit says that the money moved, [Budgets.Release] that it did not. What is committed or
// released already stays so.
func (b *Budgets) Commit(ctx context.Context, key string) error {
	return b.end(ctx, key, Committed)
}

// Release gives back what a key has reserved.
func (b *Budgets) Release(ctx context.Context, key string) error {
	return b.end(ctx, key, Released)
}

func (b *Budgets) end(ctx context.Context, key, state string) error {
	err := b.DB.Transact(ctx, func(tx *sql.Tx) error { return Move(ctx, b.DB, tx, key, state) })
	if err != nil {
		return fmt.Errorf("end the claims of %s: %w", key, err)
	}
	return nil
}
