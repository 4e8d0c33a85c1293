// Package settle carries out what custody has allowed: it signs each job with
// the wallet's own key and executes it on the chain, strictly in order.
//
// A job is signed once. The raw transaction is stored before the chain sees
// it, so after a crash the same bytes are executed again, which the chain
// answers with the first receipt. Nothing runs twice, and nothing is lost.
package settle

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/core/types"

	"countersign/sandbox/custody"
	"countersign/sandbox/evm"
	"countersign/sandbox/store"
)

// Settler works off the queue of jobs. It is the only sender of its wallets, so
// the next nonce is always the one that the chain has.
type Settler struct {
	Custody *custody.Custody
	Chain   *evm.Chain
	Faucet  *ecdsa.PrivateKey
}

// errRefused marks a job that can never run: its request fails for that reason.
type errRefused struct{ reason string }

// Error returns the reason.
func (e errRefused) Error() string { return e.reason }

// Run settles until ctx ends. wake is a watch on the database.
func (s *Settler) Run(ctx context.Context, wake *store.Wake) {
	for ctx.Err() == nil {
		busy, err := s.Step(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			slog.Error("settling failed, trying again", "error", err)
			wake.Wait(ctx, time.Second)
		case !busy:
			wake.Wait(ctx, time.Minute)
		}
	}
}

// Step does the job at the head of the queue, and tells whether there was one.
func (s *Settler) Step(ctx context.Context) (bool, error) {
	job, found, err := s.Custody.NextJob()
	if err != nil || !found {
		return false, err
	}
	var refused errRefused
	if job.Raw == nil {
		job, err = s.sign(ctx, job)
	}
	if errors.As(err, &refused) {
		slog.Info("request refused", "job", job.ID, "reason", refused.reason)
		return true, s.Custody.Settled(job, custody.Settlement{Reason: refused.reason})
	}
	if err != nil {
		return false, fmt.Errorf("signing %s: %w", job.ID, err)
	}
	return true, s.execute(ctx, job)
}

// sign makes the job's transaction and stores it.
func (s *Settler) sign(ctx context.Context, job custody.Job) (custody.Job, error) {
	key := s.Faucet
	if job.WalletID != "" {
		var err error
		if key, err = s.Custody.Key(job.WalletID); err != nil {
			return job, err
		}
	}
	unsigned, err := s.fill(ctx, key, job.Call)
	if err != nil {
		return job, err
	}
	tx, err := types.SignNewTx(key, types.LatestSignerForChainID(big.NewInt(evm.ChainID)), unsigned)
	if err != nil {
		return job, fmt.Errorf("signing: %w", err)
	}
	if err := s.Chain.Check(tx); errors.Is(err, evm.ErrNotIncludable) {
		return job, errRefused{err.Error()}
	}
	if job.Raw, err = tx.MarshalBinary(); err != nil {
		return job, fmt.Errorf("encoding transaction: %w", err)
	}
	return job, s.Custody.Signed(job, job.Raw, tx.Hash().Hex())
}

// execute runs the job's transaction and records how it ended.
func (s *Settler) execute(ctx context.Context, job custody.Job) error {
	tx := new(types.Transaction)
	if err := tx.UnmarshalBinary(job.Raw); err != nil {
		return fmt.Errorf("reading transaction of %s: %w", job.ID, err)
	}
	receipt, err := s.Chain.Execute(ctx, tx)
	if errors.Is(err, evm.ErrNotIncludable) {
		return s.Custody.Settled(job, custody.Settlement{Reason: err.Error()})
	}
	if err != nil {
		return fmt.Errorf("executing %s: %w", job.ID, err)
	}
	end := custody.Settlement{Fee: evm.Fee(receipt)}
	if receipt.Status != types.ReceiptStatusSuccessful {
		end.Reason = "transaction reverted on chain"
	}
	slog.Info("transaction mined", "job", job.ID, "hash", tx.Hash(), "block", receipt.BlockNumber, "reason", end.Reason)
	return s.Custody.Settled(job, end)
}
