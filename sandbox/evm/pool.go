package evm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/txpool"
	"github.com/ethereum/go-ethereum/rpc"
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

// syncPool waits until the pool has seen the newest head; it fails once the pool is closed. The
// pool knows one waiter at a time, and forgets another who comes meanwhile for ever.
//
// It may also answer a waiter before it has heard of the head. The senders are those whose
// number differs between the head before and this one: once the pool has their new numbers it
// has heard, and whoever waits from then on waits for this head.
func (c *Chain) syncPool(senders ...common.Address) error {
	c.pooling.Lock()
	defer c.pooling.Unlock()
	for heard := false; ; {
		if err := c.eth.TxPool().Sync(); err != nil || heard {
			return err
		}
		var err error
		if heard, err = c.poolHas(senders); err != nil {
			return err
		}
	}
}

// poolHas tells whether the pool has the numbers of these senders that the head has.
func (c *Chain) poolHas(senders []common.Address) (bool, error) {
	state, err := c.eth.BlockChain().State()
	if err != nil {
		return false, fmt.Errorf("reading state: %w", err)
	}
	for _, a := range senders {
		if c.eth.TxPool().Nonce(a) != state.GetNonce(a) {
			return false, nil
		}
	}
	return true, nil
}

// sender is what go-ethereum answers about what is to be sent.
type sender interface {
	SendRawTransaction(ctx context.Context, raw hexutil.Bytes) (common.Hash, error)
	GetTransactionCount(ctx context.Context, of common.Address, at *rpc.BlockNumberOrHash) (*hexutil.Uint64, error)
}

// pooled answers in its place, once the pool knows every block that could be seen before.
type pooled struct {
	chain *Chain
	sender
}

// pooled finds what go-ethereum answers among its APIs.
func (c *Chain) pooled(apis []rpc.API) (pooled, error) {
	for _, api := range apis {
		if s, ok := api.Service.(sender); ok {
			return pooled{c, s}, nil
		}
	}
	return pooled{}, errors.New("the node takes no transactions")
}

// SendRawTransaction is eth_sendRawTransaction. Once it has answered, the sender's next number
// is another.
func (p pooled) SendRawTransaction(ctx context.Context, raw hexutil.Bytes) (common.Hash, error) {
	p.chain.shown()
	hash, err := p.sender.SendRawTransaction(ctx, raw)
	if err == nil {
		_ = p.chain.syncPool() // it has the transaction, but would count it later
	}
	return hash, err
}

// GetTransactionCount is eth_getTransactionCount.
func (p pooled) GetTransactionCount(ctx context.Context, of common.Address, at *rpc.BlockNumberOrHash) (*hexutil.Uint64, error) {
	p.chain.shown()
	return p.sender.GetTransactionCount(ctx, of, at)
}

// shown waits while a block is being shown.
func (c *Chain) shown() {
	c.showing.RLock()
	defer c.showing.RUnlock()
}
