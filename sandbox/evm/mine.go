package evm

import (
	"context"
	"log/slog"
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// Mine makes n empty blocks.
func (c *Chain) Mine(ctx context.Context, n int) error {
	for range n {
		if err := c.mineEmpty(ctx); err != nil {
			return err
		}
	}
	c.resume() // the base fee may have fallen
	return nil
}

func (c *Chain) mineEmpty(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	block, err := c.build(c.eth.BlockChain().CurrentBlock(), common.Hash{})
	if err != nil {
		return err
	}
	return c.adopt(ctx, block)
}

// tick makes empty blocks while there are transactions that finality has not
// reached.
func (c *Chain) tick(ctx context.Context) {
	ticker := time.NewTicker(c.cfg.BlockTime)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if !c.unsettled() {
			continue
		}
		if err := c.Mine(ctx, 1); err != nil && ctx.Err() == nil {
			slog.Error("making an empty block failed", "chain", c.cfg.ChainID, "error", err)
		}
	}
}

// unsettled tells whether a block that is not final holds a transaction.
func (c *Chain) unsettled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	chain := c.eth.BlockChain()
	for number := c.finalized() + 1; number <= chain.CurrentBlock().Number.Uint64(); number++ {
		if len(chain.GetBlockByNumber(number).Transactions()) > 0 {
			return true
		}
	}
	return false
}
