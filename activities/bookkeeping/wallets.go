package bookkeeping

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"countersign"
	"countersign/ledger/posting"
)

// A directory is the custodian's wallets by network and address, as they were read last.
type directory struct {
	mu   sync.Mutex
	read time.Time
	by   map[string]map[string]countersign.Wallet
}

// skew is by how much a chain's clock may be ahead of ours.
const skew = 30 * time.Second

// ours are the wallets of a network by their addresses, as they were at a time or later: a wallet
// that was made after the list was read would look like a stranger's.
func (d *Deposits) ours(ctx context.Context, network string, at time.Time) (map[string]countersign.Wallet, error) {
	dir := &d.wallets
	dir.mu.Lock()
	defer dir.mu.Unlock()
	if dir.by != nil && dir.read.After(at.Add(skew)) {
		return dir.by[network], nil
	}
	began := d.Now()
	by := map[string]map[string]countersign.Wallet{}
	var errs []error
	for w, err := range d.Custodian.Wallets(ctx) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if w.Address == "" {
			continue
		}
		if by[w.Network] == nil {
			by[w.Network] = map[string]countersign.Wallet{}
		}
		by[w.Network][posting.Address(w.Address)] = w
	}
	// A list with a hole in it would make one of our wallets a stranger.
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("list wallets: %w", err)
	}
	dir.by, dir.read = by, began
	return by[network], nil
}
