package settle

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"countersign/sandbox/custody"
	"countersign/sandbox/evm"
	"countersign/sandbox/queue"
)

// revisit looks at a network's parked jobs: what is final is settled, what was
// let go or fell out of the chain is executed again, and what another
// transaction with its nonce has overtaken for good has failed.
func (s *Settler) revisit(ctx context.Context, network string) error {
	parked, err := s.parked(network)
	if err != nil || len(parked) == 0 {
		return err
	}
	chain, err := s.Chains.Chain(network)
	if err != nil {
		return err
	}
	for _, job := range parked {
		if err := s.revisitJob(ctx, chain, job); err != nil {
			return fmt.Errorf("looking again at %s: %w", job.ID, err)
		}
	}
	return nil
}

func (s *Settler) revisitJob(ctx context.Context, chain *evm.Chain, job queue.Job) error {
	tx, from, err := signed(chain, job)
	if err != nil {
		return err
	}
	if receipt, _ := chain.Receipt(tx.Hash()); receipt == nil {
		used, err := chain.Client.NonceAt(ctx, from, big.NewInt(int64(rpc.FinalizedBlockNumber)))
		if err != nil {
			return fmt.Errorf("reading final nonce: %w", err)
		}
		if tx.Nonce() < used {
			// It may have become final between the two looks.
			if ended, err := s.finish(chain, job, tx); ended || err != nil {
				return err
			}
			return s.Custody.Settled(job, custody.Settlement{
				Reason: fmt.Sprintf("nonce %d was used by another transaction", tx.Nonce())})
		}
		_, err = chain.Execute(ctx, tx)
		if errors.Is(err, evm.ErrUnmined) || errors.Is(err, evm.ErrNotIncludable) {
			return nil // it may be, on another branch
		}
		if err != nil {
			return err
		}
	}
	_, err = s.finish(chain, job, tx)
	return err
}

// signed reads the transaction of a job and who sent it.
func signed(chain *evm.Chain, job queue.Job) (*types.Transaction, common.Address, error) {
	tx := new(types.Transaction)
	if err := tx.UnmarshalBinary(job.Raw); err != nil {
		return nil, common.Address{}, fmt.Errorf("reading transaction: %w", err)
	}
	from, err := types.Sender(types.LatestSignerForChainID(chain.ID()), tx)
	if err != nil {
		return nil, from, fmt.Errorf("reading sender: %w", err)
	}
	return tx, from, nil
}

// nextNonce is the chain's for from, unless parked jobs come first.
func (s *Settler) nextNonce(ctx context.Context, chain *evm.Chain, network string, from common.Address) (uint64, error) {
	next, err := chain.Client.NonceAt(ctx, from, nil)
	if err != nil {
		return 0, fmt.Errorf("reading nonce: %w", err)
	}
	parked, err := s.parked(network)
	if err != nil {
		return 0, err
	}
	for _, job := range parked {
		tx, sender, err := signed(chain, job)
		if err != nil {
			return 0, err
		}
		if sender == from {
			next = max(next, tx.Nonce()+1)
		}
	}
	return next, nil
}
