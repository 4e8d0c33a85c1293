package tests

import (
	"context"
	"fmt"
	"testing"
	"time"

	"countersign/audit/booked"
	"countersign/store"
)

// The custodian tells of no deposit: every webhook of one is dropped. Our own watchers see them
// on the chain, die by kill -9 on the way, and the books end as the chain.
func TestOurWatchersBookDepositsThatTheCustodianDoesNotTell(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *options) { o.ReconcileEvery = 2 * time.Second }) // which also begins the books of wallets
	s.control("/faults", map[string]any{"rules": []any{map[string]any{"kind": "drop", "event": "wallet.blockchain*"}}}, nil)
	s.startIngress()
	s.startWorker()
	p := newPurse(s)
	waitFor(t, "the opening of the treasury's books", p.agree)

	const deposits = 12
	watcher := s.start("watch")
	for i := range deposits / 2 {
		s.deposit(1000 + i)
	}
	waitFor(t, "the first deposit in the books", func(ctx context.Context) error { return s.booked(ctx, 1) })
	watcher.kill()
	for i := range deposits / 2 {
		s.deposit(2000 + i)
	}
	s.start("watch")
	waitFor(t, "every deposit in the books", func(ctx context.Context) error { return s.booked(ctx, deposits) })
	waitFor(t, "the books as the chain", p.agree)
}

// booked fails while fewer deposits are booked, or when one is twice.
func (s *site) booked(ctx context.Context, want int) error {
	seen := map[string]bool{}
	for e, err := range s.Trail.Entries(ctx, store.Filter{Type: booked.DepositBooked}) {
		if err != nil {
			return err
		}
		var d booked.Deposit
		if err := e.Decode(&d); err != nil {
			return err
		}
		if seen[d.TxHash] || d.FollowedBy != booked.ByChain {
			s.t.Errorf("deposit %s is booked twice, or by the word of %s", d.TxHash, d.FollowedBy)
		}
		seen[d.TxHash] = true
	}
	if len(seen) < want {
		return fmt.Errorf("%d of %d deposits are booked", len(seen), want)
	}
	return nil
}
