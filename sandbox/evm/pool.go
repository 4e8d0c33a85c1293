package evm

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/txpool"
)

// minePool mines what comes in by eth_sendRawTransaction, so that tools that
// hold keys of their own can use the chain too.
func (c *Chain) minePool(ctx context.Context) {
	added := make(chan core.NewTxsEvent, 64)
	sub := c.eth.TxPool().SubscribeTransactions(added, true)
	defer sub.Unsubscribe()
	// What came in is heard while blocks are made: the pool waits until each event is taken, and
	// whoever makes a block waits for the pool.
	var hearing sync.WaitGroup
	defer hearing.Wait()
	hearing.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-sub.Err():
				return
			case <-added:
				c.poke()
			}
		}
	})
	for {
		select {
		case <-ctx.Done():
			return
		case <-sub.Err():
			return
		case <-c.retry:
			c.drainPool(ctx)
		}
	}
}

// drainPool executes what is pending, one block each, until nothing more can be.
func (c *Chain) drainPool(ctx context.Context) {
	for mined := 1; mined > 0 && ctx.Err() == nil; {
		mined = 0
		pending, _ := c.eth.TxPool().Pending(txpool.PendingFilter{})
		for _, list := range pending {
			for _, lazy := range list {
				tx := lazy.Resolve()
				if tx == nil {
					continue
				}
				_, err := c.Execute(ctx, tx)
				if errors.Is(err, ErrNotIncludable) || errors.Is(err, ErrUnmined) {
					continue
				}
				if err != nil {
					slog.Error("mining a pool transaction failed", "hash", tx.Hash(), "error", err)
					return
				}
				mined++
			}
		}
		if err := c.syncPool(); err != nil { // the pool drops what was mined
			return
		}
	}
}

// syncPool waits until the pool has seen the newest head; it fails once the pool is closed.
// The pool knows one waiter at a time, and forgets another who comes meanwhile for ever.
func (c *Chain) syncPool() error {
	c.pooling.Lock()
	defer c.pooling.Unlock()
	return c.eth.TxPool().Sync()
}
