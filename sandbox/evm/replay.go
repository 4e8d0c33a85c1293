package evm

import (
	"fmt"
	"sort"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"
)

// replay brings the node to the blocks that were kept, which are the truth: it goes back to
// the newest that it has in common with them, and imports the others. After a kill it may
// know blocks that nobody kept, or lack some that were.
func (c *Chain) replay() error {
	chain := c.eth.BlockChain()
	head := chain.CurrentBlock().Number.Uint64()
	var failed error
	// Blocks name their parents, so what is before a common block is common too.
	common := uint64(sort.Search(int(head), func(i int) bool {
		same, err := c.isKept(uint64(i) + 1)
		if err != nil {
			failed = err
		}
		return !same
	}))
	if failed != nil {
		return failed
	}
	if common < head {
		if err := chain.SetHead(common); err != nil {
			return fmt.Errorf("going back to block %d: %w", common, err)
		}
	}
	for {
		blocks, err := c.kept(chain.CurrentBlock().Number.Uint64()+1, -1)
		if err != nil {
			return err
		}
		if len(blocks) == 0 {
			c.finalize()
			return nil
		}
		if n, err := chain.InsertChain(blocks); err != nil {
			return fmt.Errorf("importing kept block %d: %w", blocks[n].NumberU64(), err)
		}
	}
}

// isKept tells whether the node's block of that number is the one that was kept.
func (c *Chain) isKept(number uint64) (bool, error) {
	blocks, err := c.kept(number, 1)
	if err != nil || len(blocks) == 0 {
		return false, err
	}
	return blocks[0].Hash() == c.eth.BlockChain().GetCanonicalHash(number), nil
}

// kept reads up to limit kept blocks from a number on, or as many as come at once when
// limit is below 0.
func (c *Chain) kept(from uint64, limit int) (types.Blocks, error) {
	raws, err := c.cfg.Blocks(from)
	if err != nil {
		return nil, err
	}
	if limit >= 0 {
		raws = raws[:min(limit, len(raws))]
	}
	blocks := make(types.Blocks, len(raws))
	for i, raw := range raws {
		blocks[i] = new(types.Block)
		if err := rlp.DecodeBytes(raw, blocks[i]); err != nil {
			return nil, fmt.Errorf("reading kept block: %w", err)
		}
	}
	return blocks, nil
}
