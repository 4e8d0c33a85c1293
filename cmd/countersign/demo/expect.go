package demo

import (
	"context"
	"fmt"
	"math/big"

	"countersign"
)

// approved waits for our yes, its execution and its end, and checks that the
// recipient's balance on the chain has grown by the amount.
func (w *World) approved(ctx context.Context, r Request, to string, before, amount *big.Int) error {
	if err := w.said(ctx, r, countersign.Approve, countersign.WithinPolicy); err != nil {
		return err
	}
	return w.moved(ctx, r, to, before, amount)
}

// moved waits until the platform and the chain agree that the money has moved.
func (w *World) moved(ctx context.Context, r Request, to string, before, amount *big.Int) error {
	tx, err := w.transaction(ctx, r)
	if err != nil {
		return err
	}
	if tx.Status != "Confirmed" {
		return fmt.Errorf("%s ended %s (%s), want Confirmed", r.ID, tx.Status, tx.Reason)
	}
	end, err := w.outcome(ctx, r)
	if err != nil {
		return err
	}
	if end.Outcome.Status != countersign.StatusApproved || end.Budgets != "committed" {
		return fmt.Errorf("outcome %s, budgets %s; want approved, committed", end.Outcome.Status, end.Budgets)
	}
	after, err := w.balance(ctx, to)
	if err != nil {
		return err
	}
	if want := new(big.Int).Add(before, amount); after.Cmp(want) != 0 {
		return fmt.Errorf("balance of %s on the chain is %s, want %s", to, after, want)
	}
	return w.Once(ctx, r)
}

// said waits for our decision and compares it.
func (w *World) said(ctx context.Context, r Request, v countersign.Verdict, code countersign.ReasonCode) error {
	in, err := w.decision(ctx, r)
	if err != nil {
		return err
	}
	if in.Decision.Verdict != v || in.Decision.Code != code {
		return fmt.Errorf("we %s (%s: %s), want %s (%s)", in.Decision.Verdict, in.Decision.Code, in.Decision.Reason, v, code)
	}
	return nil
}

// abstained checks that we said nothing at the platform and left it open.
func (w *World) abstained(ctx context.Context, r Request, code countersign.ReasonCode) error {
	if err := w.said(ctx, r, countersign.Abstain, code); err != nil {
		return err
	}
	a, err := w.approval(ctx, r)
	if err != nil {
		return err
	}
	if a.Status != "Pending" || len(a.Decisions) != 0 {
		return fmt.Errorf("approval is %s with %d votes, want Pending with none: people decide", a.Status, len(a.Decisions))
	}
	return w.Once(ctx, r)
}
