package bookkeeping

import (
	"context"
	"time"

	"countersign"
	"countersign/ledger/posting"
)

// A Register says for others whose addresses are ours, and where the books of a wallet begin.
type Register struct{ Deposits *Deposits }

// Ours are the wallets of a network by their addresses, as they were at a time or later.
func (r Register) Ours(ctx context.Context, network string, at time.Time) (map[string]countersign.Wallet, error) {
	return r.Deposits.ours(ctx, network, at)
}

// Begins is a wallet as its books know it in a block: their opening is behind the block or
// before it. Where they have not begun yet, they begin now.
func (r Register) Begins(ctx context.Context, w countersign.Wallet, b countersign.BlockRef) (posting.Wallet, error) {
	o, err := r.Deposits.opening(ctx, w)
	if err != nil {
		return posting.Wallet{}, err
	}
	return posting.Wallet{ID: w.ID, Opening: begins(o, b)}, nil
}
