package reconciling

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/completeness"
)

// ReconcileListsInput is where the last run has ended; empty for the first.
type ReconcileListsInput struct {
	Since      time.Time `json:"since,omitzero"`
	Deliveries string    `json:"deliveries,omitempty"`
}

// ReconcileListsResult says where the next run goes on.
type ReconcileListsResult struct {
	Found Found `json:"found"`
	// Until is what has happened on chains until when; Deliveries is where the list of failed
	// deliveries is read on, empty where it was read to its end.
	Until      time.Time `json:"until"`
	Deliveries string    `json:"deliveries,omitempty"`
	// Moved are wallets that have sent something, the first hundred.
	Moved []string `json:"moved,omitempty"`
}

// ReconcileLists holds the workflows against the custodian's lists of the whole organisation: the
// approvals that wait with what each would send, the deliveries that have failed, and what came in
// on chains.
func (r *Reconciliation) ReconcileLists(ctx context.Context, in ReconcileListsInput) (res ReconcileListsResult, err error) {
	until := r.Now().UTC().Truncate(time.Second).Add(-young)
	since := in.Since.Add(-again)
	if in.Since.IsZero() {
		since = until.Add(-first)
	}
	if oldest := until.Add(-completeness.MaxWindow); since.Before(oldest) {
		since = oldest // the certificate of the day has what is older
	}
	failed, next := r.Lists.Failed(in.Deliveries)
	if _, err := r.reconcile(ctx, completeness.Window{From: until.Add(-recent), To: until}, &res.Found, r.Lists.Waiting(), failed); err != nil {
		return res, wire.Error(fmt.Errorf("what waits and what was not delivered: %w", err))
	}
	moved, out := r.Lists.Moved()
	all, err := r.reconcile(ctx, completeness.Window{From: since, To: until}, &res.Found, moved)
	if err != nil {
		return res, wire.Error(fmt.Errorf("what moved on chains: %w", err))
	}
	res.Until, res.Deliveries = until, next()
	if !all {
		res.Until = in.Since // asked for again
	}
	for _, id := range out() {
		if len(res.Moved) < Budget {
			res.Moved = append(res.Moved, id)
		}
	}
	return res, nil
}

// ReconcileWalletsInput says which wallets are looked at.
type ReconcileWalletsInput struct {
	// Cursor is where the list of wallets is read on, empty for its beginning.
	Cursor string `json:"cursor,omitempty"`
	// Moved are wallets to look at besides.
	Moved []string `json:"moved,omitempty"`
}

// ReconcileWalletsResult says where the next run goes on.
type ReconcileWalletsResult struct {
	Found Found `json:"found"`
	// Wallets is how many were looked at.
	Wallets int `json:"wallets"`
	// Cursor is where the next run reads on, empty where the list is at its end.
	Cursor string `json:"cursor,omitempty"`
}

// ReconcileWallets holds the workflows against what was asked of some wallets, [Budget] of the list
// and those that have moved, and starts the opening of those of the list whose books have not begun.
func (r *Reconciliation) ReconcileWallets(ctx context.Context, in ReconcileWalletsInput) (res ReconcileWalletsResult, err error) {
	page, err := r.Lists.Wallets(ctx, in.Cursor, Budget)
	if err != nil {
		return res, wire.Error(fmt.Errorf("list wallets: %w", err))
	}
	for _, odd := range page.Unreadable {
		res.Found.Unreadable++
		if err := r.unreadable(ctx, odd, &res.Found); err != nil {
			return res, wire.Error(err)
		}
	}
	ids, there := in.Moved, map[string]bool{}
	for _, id := range ids {
		there[id] = true
	}
	for _, w := range page.Wallets {
		if !there[w.ID] {
			ids = append(ids, w.ID)
		}
	}
	until := r.Now().UTC().Truncate(time.Second).Add(-young)
	if _, err := r.reconcile(ctx, completeness.Window{From: until.Add(-recent), To: until}, &res.Found, r.Lists.Requests(ids)); err != nil {
		return res, wire.Error(fmt.Errorf("what was asked of wallets: %w", err))
	}
	if err := r.openings(ctx, page.Wallets, &res.Found); err != nil {
		return res, wire.Error(err)
	}
	res.Wallets, res.Cursor = len(ids), page.Next
	return res, nil
}

// maxFails is after how many wallets that failed, each by itself, a run ends and is tried again:
// then it is not they that are at fault.
const maxFails = 10

// openings looks after the openings of wallets. One that fails keeps none behind it from its own:
// the list comes round to it again.
func (r *Reconciliation) openings(ctx context.Context, wallets []countersign.Wallet, found *Found) error {
	fails := 0
	for i, w := range wallets {
		beat(ctx, i)
		err := r.opening(ctx, w, found)
		if err == nil {
			continue
		}
		err = fmt.Errorf("opening of wallet %s: %w", w.ID, err)
		if fails++; fails == maxFails || ctx.Err() != nil {
			return err
		}
		name(&found.Unknown, err.Error())
	}
	return nil
}

// opening starts the opening of a wallet's books unless they have begun. A workflow of it that has
// ended although they have not is nothing that anybody explains.
func (r *Reconciliation) opening(ctx context.Context, w countersign.Wallet, found *Found) error {
	if w.Address == "" {
		return nil // it is not active, and can have nothing
	}
	begun, err := r.begun(ctx, w)
	if err != nil || begun {
		return err
	}
	found.Expected++
	started, err := r.Openings.StartOpening(ctx, w)
	if err != nil {
		return err
	}
	id := r.Openings.OpeningID(w)
	if started {
		found.Repaired++
		name(&found.Started, id)
		return nil
	}
	found.Seen++
	how, err := r.Cases.Ended(ctx, id)
	if err != nil || how == "" {
		return err
	}
	if begun, err := r.begun(ctx, w); err != nil || begun {
		return err
	}
	return r.unopened(ctx, w, "its workflow "+id+" has ended: "+how, found)
}

func (r *Reconciliation) begun(ctx context.Context, w countersign.Wallet) (bool, error) {
	_, err := r.Trail.Find(ctx, bookkeeping.OpeningKey(w.Network, w.ID))
	if errors.Is(err, audit.ErrNoRecord) {
		return false, nil
	}
	return err == nil, err
}
