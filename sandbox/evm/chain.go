// Package evm runs an EVM chain inside the process, from go-ethereum, and
// answers JSON-RPC for it.
//
// The chain makes one block per transaction, at once. Each block is handed to
// [Config.Keep] before anyone can see it, and blocks that were kept are
// imported again at the next start: numbers, hashes, receipts and balances are
// the same for ever. There are no peers, no reorganisations and no consensus
// but this.
package evm

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/miner"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/rpc"
)

// ErrNotIncludable means that no block can hold the transaction: its nonce is
// not the next one, or its sender cannot pay. It never reached the chain.
var ErrNotIncludable = errors.New("transaction cannot be included")

// Config says how to start a chain.
type Config struct {
	Dir     string         // for the key directory, always empty, that go-ethereum insists on
	ChainID uint64         // EIP-155's
	Genesis time.Time      // of block 0; the same at every start
	Faucet  common.Address // holds all the ETH of block 0

	// Keep stores a block for good. Blocks returns the kept ones from a number
	// on, some at a time, and none when there are no more.
	Keep   func(number uint64, rlp []byte) error
	Blocks func(from uint64) ([][]byte, error)

	Now func() time.Time
}

// Chain is a running chain.
type Chain struct {
	cfg    Config
	node   *node.Node
	eth    *eth.Ethereum
	rpc    *rpc.Server
	Client *ethclient.Client

	mu   sync.Mutex // one block at a time
	stop context.CancelFunc
	pool sync.WaitGroup
}

// Start starts the chain and brings it to where it was.
func Start(cfg Config) (*Chain, error) {
	c, err := assemble(cfg)
	if err != nil {
		return nil, err
	}
	if err := c.replay(); err != nil {
		return nil, errors.Join(err, c.node.Close())
	}
	if err := c.node.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting chain: %w", err), c.node.Close())
	}
	c.eth.SetSynced()
	c.Client = ethclient.NewClient(rpc.DialInProc(c.rpc))
	ctx, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	c.pool.Go(func() { c.minePool(ctx) })
	return c, nil
}

// ID returns the chain ID.
func (c *Chain) ID() *big.Int { return new(big.Int).SetUint64(c.cfg.ChainID) }

// Close stops the chain.
func (c *Chain) Close() error {
	c.stop()
	c.pool.Wait()
	c.Client.Close()
	c.rpc.Stop()
	if err := c.node.Close(); err != nil {
		return fmt.Errorf("stopping chain: %w", err)
	}
	return nil
}

// replay imports the kept blocks.
func (c *Chain) replay() error {
	for {
		kept, err := c.cfg.Blocks(c.eth.BlockChain().CurrentBlock().Number.Uint64() + 1)
		if err != nil {
			return err
		}
		if len(kept) == 0 {
			c.finalize(c.eth.BlockChain().CurrentBlock())
			return nil
		}
		blocks := make(types.Blocks, len(kept))
		for i, raw := range kept {
			blocks[i] = new(types.Block)
			if err := rlp.DecodeBytes(raw, blocks[i]); err != nil {
				return fmt.Errorf("reading kept block: %w", err)
			}
		}
		if n, err := c.eth.BlockChain().InsertChain(blocks); err != nil {
			return fmt.Errorf("importing kept block %d: %w", blocks[n].NumberU64(), err)
		}
	}
}

// Execute puts tx into a block of its own and returns its receipt. Executing
// the same transaction again returns the first receipt. It fails with
// [ErrNotIncludable] when the transaction can never run as it is.
func (c *Chain) Execute(ctx context.Context, tx *types.Transaction) (*types.Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if receipt := c.receipt(tx.Hash()); receipt != nil {
		return receipt, nil
	}
	block, err := c.build(tx)
	if err != nil {
		return nil, err
	}
	if err := c.insert(ctx, block); err != nil {
		return nil, err
	}
	receipt := c.receipt(tx.Hash())
	if receipt == nil {
		return nil, fmt.Errorf("block %d lost transaction %s", block.NumberU64(), tx.Hash())
	}
	return receipt, nil
}

// Check fails with [ErrNotIncludable] when the next block could not hold tx. A
// transaction that would revert passes: it can be included.
func (c *Chain) Check(tx *types.Transaction) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.build(tx)
	return err
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

// build makes the block that holds tx alone. Timestamps must grow, so under
// load the chain's clock runs ahead of ours by a second per block.
func (c *Chain) build(tx *types.Transaction) (*types.Block, error) {
	parent := c.eth.BlockChain().CurrentBlock()
	args := &miner.BuildPayloadArgs{
		Parent:      parent.Hash(),
		Timestamp:   max(uint64(c.cfg.Now().Unix()), parent.Time+1),
		Random:      common.BigToHash(new(big.Int).Add(parent.Number, common.Big1)),
		Withdrawals: types.Withdrawals{},
		BeaconRoot:  &common.Hash{},
	}
	block, _, err := c.eth.Miner().BuildTestingPayload(args, types.Transactions{tx}, false, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotIncludable, err)
	}
	return block, nil
}

// insert keeps the block, then shows it.
func (c *Chain) insert(ctx context.Context, block *types.Block) error {
	raw, err := rlp.EncodeToBytes(block)
	if err != nil {
		return fmt.Errorf("encoding block %d: %w", block.NumberU64(), err)
	}
	chain := c.eth.BlockChain()
	// Import first without making it the head: a block that our own chain would
	// refuse must not be kept, or no later start could get past it.
	if _, err := chain.InsertBlockWithoutSetHead(ctx, block, false); err != nil {
		return fmt.Errorf("importing block %d: %w", block.NumberU64(), err)
	}
	if err := c.cfg.Keep(block.NumberU64(), raw); err != nil {
		return err
	}
	if _, err := chain.SetCanonical(block); err != nil {
		return fmt.Errorf("showing block %d: %w", block.NumberU64(), err)
	}
	c.finalize(block.Header())
	return nil
}

// finalize makes head answer to the tags safe and finalized: this chain never
// reorganises, so the newest block is as final as any.
func (c *Chain) finalize(head *types.Header) {
	c.eth.BlockChain().SetSafe(head)
	c.eth.BlockChain().SetFinalized(head)
}
