package evm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// ErrFinal means that a reorganisation would replace finalized blocks.
var ErrFinal = errors.New("finalized blocks cannot be reorganised")

// Reorganise replaces the newest depth blocks by others, one more than there
// were, so that the new branch is the longer one. Their transactions are
// included again, those of different senders in the opposite order, one to a
// block; with drop they are held instead, as after [Chain.HoldNext]. It fails with
// [ErrFinal] when depth reaches what finality has covered, and changes nothing.
func (c *Chain) Reorganise(ctx context.Context, depth int, drop bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	chain := c.eth.BlockChain()
	head := chain.CurrentBlock()
	if depth < 1 || uint64(depth) > head.Number.Uint64()-c.finalized() {
		return fmt.Errorf("reorganising %d blocks at block %d: %w; %d is finalized and a depth of 1 to %d possible",
			depth, head.Number, ErrFinal, c.finalized(), head.Number.Uint64()-c.finalized())
	}
	var txs []*types.Transaction
	fork := head.Number.Uint64() - uint64(depth)
	for number := fork + 1; number <= head.Number.Uint64(); number++ {
		txs = append(txs, chain.GetBlockByNumber(number).Transactions()...)
	}
	blocks, left, err := c.branch(ctx, chain.GetHeaderByNumber(fork), head.Hash(), depth+1, txs, drop)
	if err != nil {
		return err
	}
	for _, tx := range left {
		s, err := c.slot(tx)
		if err != nil {
			return err
		}
		c.hold(s, tx.Hash())
	}
	return c.adopt(ctx, blocks...)
}

// branch makes at least n blocks on parent, and returns with them the
// transactions that are in none. The chain knows the blocks then, and is not
// theirs yet.
func (c *Chain) branch(ctx context.Context, parent *types.Header, salt common.Hash, n int, txs []*types.Transaction, drop bool) ([]*types.Block, []*types.Transaction, error) {
	var blocks []*types.Block
	slices.Reverse(txs)
	for {
		block := (*types.Block)(nil)
		if !drop {
			block, txs = c.first(parent, salt, txs)
		}
		if block == nil && len(blocks) >= n {
			return blocks, txs, nil
		}
		if block == nil {
			var err error
			if block, err = c.build(parent, salt); err != nil {
				return nil, nil, err
			}
		}
		if err := c.imports(ctx, block); err != nil {
			return nil, nil, err
		}
		blocks, parent = append(blocks, block), block.Header()
	}
}

// first makes the block of the first of txs that can be included on parent, and
// returns the others. A nonce too high for now is the usual reason not to be.
func (c *Chain) first(parent *types.Header, salt common.Hash, txs []*types.Transaction) (*types.Block, []*types.Transaction) {
	for i, tx := range txs {
		if block, err := c.build(parent, salt, tx); err == nil {
			return block, slices.Delete(slices.Clone(txs), i, i+1)
		}
	}
	return nil, txs
}
