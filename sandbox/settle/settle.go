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
	"sync"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/core/types"

	"countersign/sandbox/custody"
	"countersign/sandbox/evm"
	"countersign/sandbox/network"
	"countersign/sandbox/queue"
	"countersign/sandbox/store"
)

// Chains gives the chain of an EVM network. [chains.Chains] is the real one.
type Chains interface {
	Chain(network string) (*evm.Chain, error)
	Watch(network string) *store.Wake // poked by every change of its chain
}

// Settler works off the queues of jobs, one network beside the other. It is the
// only sender of its wallets, so the next nonce is always the one that the chain
// has.
type Settler struct {
	Custody *custody.Custody
	Chains  Chains
	Faucet  *ecdsa.PrivateKey

	paused atomic.Bool
}

// Pause makes the settler sign nothing until it is called with false: requests
// stay Executing. It is forgotten when the process ends.
func (s *Settler) Pause(paused bool) {
	s.paused.Store(paused)
	for _, n := range s.Custody.Networks.All() {
		s.Chains.Watch(n.Name).Poke()
	}
}

// Paused tells whether the settler signs nothing.
func (s *Settler) Paused() bool { return s.paused.Load() }

// errRefused marks a job that can never run: its request fails for that reason.
type errRefused struct{ reason string }

// Error returns the reason.
func (e errRefused) Error() string { return e.reason }

// Run settles until ctx ends. wake is a watch on the database. A network whose
// queue was never used has no goroutine.
func (s *Settler) Run(ctx context.Context, wake *store.Wake) {
	var workers sync.WaitGroup
	defer workers.Wait()
	wakes := map[string]*store.Wake{}
	parked := true // first, those whose chain has to start
	for ctx.Err() == nil {
		busy, err := s.busy(parked)
		if err != nil && ctx.Err() == nil {
			slog.Error("looking for jobs failed, trying again", "error", err)
			wake.Wait(ctx, time.Second)
			continue
		}
		for _, name := range busy {
			if wakes[name] == nil {
				queue := s.Chains.Watch(name)
				wakes[name] = queue
				workers.Go(func() { s.work(ctx, name, queue) })
			}
			wakes[name].Poke()
		}
		if parked {
			parked = false
			continue
		}
		wake.Wait(ctx, time.Minute)
	}
}

// revisitEvery is after how many jobs parked ones are looked at when there is
// always another job.
const revisitEvery = 16

// work settles one network.
func (s *Settler) work(ctx context.Context, name string, wake *store.Wake) {
	for n := 1; ctx.Err() == nil; n++ {
		busy, err := s.step(ctx, name)
		if err == nil && (!busy || n%revisitEvery == 0) {
			err = s.revisit(ctx, name)
		}
		switch {
		case err != nil && ctx.Err() == nil:
			slog.Error("settling failed, trying again", "network", name, "error", err)
			wake.Wait(ctx, time.Second)
		case !busy:
			wake.Wait(ctx, time.Minute)
		}
	}
}

// step does the job at the head of a network's queue, and tells whether there
// was one.
func (s *Settler) step(ctx context.Context, name string) (bool, error) {
	job, found, err := s.next(name)
	if err != nil || !found || job.Raw == nil && s.paused.Load() {
		return false, err
	}
	on, err := s.Custody.Networks.Find(name)
	if err != nil {
		return false, err
	}
	if on.Family == network.Stellar {
		return true, s.stepLedger(on, job)
	}
	chain, err := s.Chains.Chain(name)
	if err != nil {
		return false, err
	}
	var refused errRefused
	if job.Raw == nil {
		job, err = s.sign(ctx, chain, job)
	}
	if errors.Is(err, custody.ErrAborted) {
		return true, nil
	}
	if errors.As(err, &refused) {
		slog.Info("request refused", "job", job.ID, "reason", refused.reason)
		return true, s.Custody.Settled(job, custody.Settlement{Reason: refused.reason})
	}
	if err != nil {
		return false, fmt.Errorf("signing %s: %w", job.ID, err)
	}
	return true, s.execute(ctx, chain, job)
}

// sign makes the job's transaction and stores it.
func (s *Settler) sign(ctx context.Context, chain *evm.Chain, job queue.Job) (queue.Job, error) {
	key := s.Faucet
	if job.WalletID != "" {
		var err error
		key, err = s.Custody.Key(job.WalletID)
		if custody.Unusable(err) {
			return job, errRefused{err.Error()}
		}
		if err != nil {
			return job, err
		}
	}
	filled, err := s.fill(ctx, chain, key, job)
	if err != nil {
		return job, err
	}
	tx, err := types.SignTx(filled, types.LatestSignerForChainID(chain.ID()), key)
	if err != nil {
		return job, fmt.Errorf("signing: %w", err)
	}
	if err := chain.Check(tx); errors.Is(err, evm.ErrNotIncludable) {
		return job, errRefused{err.Error()}
	}
	if job.Raw, err = tx.MarshalBinary(); err != nil {
		return job, fmt.Errorf("encoding transaction: %w", err)
	}
	return job, recorded(s.Custody.Signed(job, job.Raw, tx.Hash().Hex()))
}

// recorded makes the refusal to record a signature one of the request, if it is for good.
func recorded(err error) error {
	if errors.Is(err, custody.ErrDelegated) {
		return errRefused{err.Error()}
	}
	return err
}

// execute runs the job's transaction and records how it ended, once it has.
func (s *Settler) execute(ctx context.Context, chain *evm.Chain, job queue.Job) error {
	tx := new(types.Transaction)
	if err := tx.UnmarshalBinary(job.Raw); err != nil {
		return fmt.Errorf("reading transaction of %s: %w", job.ID, err)
	}
	_, err := chain.Execute(ctx, tx)
	if errors.Is(err, evm.ErrUnmined) {
		slog.Info("transaction is not mined", "job", job.ID, "hash", tx.Hash())
		return s.park(job)
	}
	if errors.Is(err, evm.ErrNotIncludable) {
		return s.Custody.Settled(job, custody.Settlement{Reason: err.Error()})
	}
	if err != nil {
		return fmt.Errorf("executing %s: %w", job.ID, err)
	}
	if ended, err := s.finish(chain, job, tx); ended || err != nil {
		return err
	}
	return s.park(job)
}

// finish settles a job whose transaction is in a final block, and tells whether
// it is.
func (s *Settler) finish(chain *evm.Chain, job queue.Job, tx *types.Transaction) (bool, error) {
	receipt, final := chain.Receipt(tx.Hash())
	if !final {
		return false, nil
	}
	end := custody.Settlement{Fee: evm.Fee(receipt)}
	if receipt.Status != types.ReceiptStatusSuccessful {
		end.Reason = "transaction reverted on chain"
	}
	slog.Info("transaction mined", "job", job.ID, "hash", tx.Hash(), "block", receipt.BlockNumber, "reason", end.Reason)
	return true, s.Custody.Settled(job, end)
}
