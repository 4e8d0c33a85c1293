package evm

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/miner"
	"github.com/ethereum/go-ethereum/rlp"
)

// Execute puts tx into a block of its own and returns its receipt. Executing
// the same transaction again returns the first receipt. It fails with
// [ErrNotIncludable] when the transaction can never run as it is, and with
// [ErrUnmined] when it waits.
func (c *Chain) Execute(ctx context.Context, tx *types.Transaction) (*types.Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if receipt := c.receipt(tx.Hash()); receipt != nil {
		return receipt, nil
	}
	if waits, err := c.waits(tx); err != nil || waits {
		return nil, errors.Join(err, ErrUnmined)
	}
	others, err := c.company(tx.Gas())
	if err != nil {
		return nil, err
	}
	block, err := c.build(c.eth.BlockChain().CurrentBlock(), common.Hash{}, append(others, tx)...)
	if err != nil {
		return nil, err
	}
	if err := c.adopt(ctx, block); err != nil {
		return nil, err
	}
	c.congested = max(0, c.congested-1)
	receipt := c.receipt(tx.Hash())
	if receipt == nil {
		return nil, fmt.Errorf("block %d lost transaction %s", block.NumberU64(), tx.Hash())
	}
	return receipt, nil
}

// Check fails with [ErrNotIncludable] when no block will be able to hold tx. A
// transaction that would revert passes: it can be included. So does one that
// has to wait.
func (c *Chain) Check(tx *types.Transaction) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if late, err := c.early(tx); err != nil || late {
		return err
	}
	_, err := c.build(c.eth.BlockChain().CurrentBlock(), common.Hash{}, tx)
	return err
}

// Receipt returns the receipt of a transaction, and whether its block is final;
// nil when the chain does not have it.
func (c *Chain) Receipt(hash common.Hash) (*types.Receipt, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	receipt := c.receipt(hash)
	return receipt, receipt != nil && receipt.BlockNumber.Uint64() <= c.finalized()
}

// receipt returns the receipt of a mined transaction, or nil.
func (c *Chain) receipt(hash common.Hash) *types.Receipt {
	lookup, _ := c.eth.BlockChain().GetCanonicalTransaction(hash)
	if lookup == nil {
		return nil
	}
	for _, r := range c.eth.BlockChain().GetReceiptsByHash(lookup.BlockHash) {
		if r.TxHash == hash {
			return r
		}
	}
	return nil
}

// build makes a block on parent that holds txs alone. Timestamps must grow, so
// under load the chain's clock runs ahead of ours by a second per block. The
// branch tells blocks apart that are otherwise the same.
func (c *Chain) build(parent *types.Header, branch common.Hash, txs ...*types.Transaction) (*types.Block, error) {
	number := new(big.Int).Add(parent.Number, common.Big1)
	args := &miner.BuildPayloadArgs{
		Parent:      parent.Hash(),
		Timestamp:   max(uint64(c.cfg.Now().Unix()), parent.Time+1),
		Random:      common.BigToHash(number.Add(number, branch.Big())),
		Withdrawals: c.withdrawals(number.Uint64()),
		BeaconRoot:  &common.Hash{},
	}
	block, _, err := c.eth.Miner().BuildTestingPayload(args, txs, len(txs) == 0, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotIncludable, err)
	}
	return block, nil
}

// adopt makes blocks, each on the one before, the end of the chain: it keeps
// them, then shows them.
func (c *Chain) adopt(ctx context.Context, blocks ...*types.Block) error {
	chain := c.eth.BlockChain()
	change := Change{Replaces: blocks[0].NumberU64() <= chain.CurrentBlock().Number.Uint64()}
	for _, block := range blocks {
		raw, err := rlp.EncodeToBytes(block)
		if err != nil {
			return fmt.Errorf("encoding block %d: %w", block.NumberU64(), err)
		}
		// Import first: a block that our own chain would refuse must not be kept, or
		// no later start could get past it.
		if err := c.imports(ctx, block); err != nil {
			return err
		}
		transfers, err := c.transfers(ctx, block)
		if err != nil {
			return err
		}
		change.Blocks = append(change.Blocks, Mined{Number: block.NumberU64(), RLP: raw,
			Time: time.Unix(int64(block.Time()), 0), Transfers: transfers})
	}
	last := blocks[len(blocks)-1]
	change.Finalized = c.finalizedAt(last.NumberU64())
	if err := c.cfg.Keep(change); err != nil {
		return err
	}
	if err := c.show(last); err != nil {
		return fmt.Errorf("showing block %d: %w", last.NumberU64(), err)
	}
	c.cfg.Changed()
	return nil
}

// show makes a block the head. The pool looks at it by itself, but later; whoever sees that he
// was paid may send at once, and waits until the pool has seen it too.
func (c *Chain) show(head *types.Block) error {
	c.showing.Lock()
	defer c.showing.Unlock()
	chain := c.eth.BlockChain()
	senders := c.senders(chain.CurrentBlock(), head)
	if _, err := chain.SetCanonical(head); err != nil {
		return err
	}
	c.finalize()
	_ = c.syncPool(senders...) // it fails only for a pool that was closed
	return nil
}

// senders are those of the transactions by which two branches differ.
func (c *Chain) senders(from *types.Header, to *types.Block) (all []common.Address) {
	chain := c.eth.BlockChain()
	signer := types.LatestSignerForChainID(c.ID())
	here := chain.GetBlock(from.Hash(), from.Number.Uint64())
	for here != nil && to != nil && here.Hash() != to.Hash() {
		newer := here
		if to.NumberU64() >= here.NumberU64() {
			newer, to = to, chain.GetBlock(to.ParentHash(), to.NumberU64()-1)
		} else {
			here = chain.GetBlock(here.ParentHash(), here.NumberU64()-1)
		}
		for _, tx := range newer.Transactions() {
			if sender, err := types.Sender(signer, tx); err == nil { // it is in a block
				all = append(all, sender)
			}
		}
	}
	return all
}

// imports has the chain know a block, without making it the head.
func (c *Chain) imports(ctx context.Context, block *types.Block) error {
	if c.eth.BlockChain().HasBlockAndState(block.Hash(), block.NumberU64()) {
		return nil
	}
	if _, err := c.eth.BlockChain().InsertBlockWithoutSetHead(ctx, block, false); err != nil {
		return fmt.Errorf("importing block %d: %w", block.NumberU64(), err)
	}
	return nil
}

// finalizedAt is the number of the newest final block under a head. Final blocks
// stay: a shorter finality than before does no harm, a longer one un-finalizes
// nothing that a wallet was told.
func (c *Chain) finalizedAt(head uint64) uint64 {
	if head <= c.cfg.Finality {
		return 0
	}
	return head - c.cfg.Finality
}

// Finalized returns the number of the newest block that cannot be reorganised.
func (c *Chain) Finalized() uint64 { return c.finalized() }

func (c *Chain) finalized() uint64 {
	return c.finalizedAt(c.eth.BlockChain().CurrentBlock().Number.Uint64())
}

// finalize makes the block that finality has reached answer to the tags safe
// and finalized. With a finality of 0 that is the newest.
func (c *Chain) finalize() {
	header := c.eth.BlockChain().GetHeaderByNumber(c.finalized())
	c.eth.BlockChain().SetSafe(header)
	c.eth.BlockChain().SetFinalized(header)
}
