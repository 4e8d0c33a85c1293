// Package evm runs an EVM chain inside the process, from go-ethereum, and
// answers JSON-RPC for it.
//
// The chain makes one block per transaction, at once. Each block is handed to
// [Config.Keep] before anyone can see it, and the next start ends at the blocks
// that were kept: numbers, hashes, receipts and balances are the same for ever.
// There are no peers and no consensus but this.
//
// go-ethereum has its blocks and states in files, so a long chain takes no more
// memory than a short one, and all old states stay readable. The files can be made
// again from what was kept, and are whenever they do not fit it.
//
// # Faults
//
// On command the chain misbehaves as real ones do. [Chain.HoldNext] and
// [Chain.HoldFrom] leave transactions unmined until [Chain.Release], or until one
// with the same sender and nonce that pays more replaces them. [Chain.Reorganise]
// replaces the newest blocks, and cannot touch what is finalized. [Chain.Mine]
// makes empty blocks and [Chain.Congest] raises the base fee. Holds are forgotten
// when the process ends; blocks are not.
package evm

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/eth"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/rpc"
)

// ErrNotIncludable means that no block can hold the transaction: its nonce is
// not the next one, or its sender cannot pay. It never reached the chain.
var ErrNotIncludable = errors.New("transaction cannot be included")

// Config says how to start a chain.
type Config struct {
	Dir     string         // in chain/CHAINID below it the node has its files
	ChainID uint64         // EIP-155's
	Genesis time.Time      // of block 0; the same at every start
	Faucet  common.Address // holds all the ETH of block 0

	// Finality is how many blocks the tags safe and finalized are behind the head.
	// While transactions wait for it, an empty block is made every BlockTime; 0
	// makes none.
	Finality  uint64
	BlockTime time.Duration

	// Keep stores a change for good. Blocks returns the kept blocks from a number
	// on, some at a time, and none when there are no more. Changed is called when
	// what was kept is shown, or when held transactions are let go.
	Keep    func(Change) error
	Blocks  func(from uint64) ([][]byte, error)
	Changed func()

	Now func() time.Time
}

// A Change makes Blocks the end of the chain. Kept blocks with their numbers or
// higher ones are no longer part of it.
type Change struct {
	Blocks    []Mined
	Replaces  bool   // there were other blocks with these numbers
	Finalized uint64 // the newest block that can no longer be replaced
}

// Mined is a block with what it did.
type Mined struct {
	Number    uint64
	Time      time.Time
	RLP       []byte
	Transfers []Transfer
}

// Chain is a running chain.
type Chain struct {
	cfg    Config
	node   *node.Node
	eth    *eth.Ethereum
	rpc    *rpc.Server
	Client *ethclient.Client

	mu      sync.Mutex   // one block at a time
	showing sync.RWMutex // from when a block can be seen until the pool has it
	pooling sync.Mutex   // one waiter for the pool
	held    holds

	congested int           // how many blocks of ours are still to have company
	funding   bool          // whether the next block pays the crowd
	retry     chan struct{} // pokes what mines the pool
	tokens    map[common.Address]tokenInfo
	stop      context.CancelFunc
	pool      sync.WaitGroup
}

// Start starts the chain and brings it to where it was.
func Start(cfg Config) (*Chain, error) {
	c, err := open(cfg)
	if err != nil {
		return nil, err
	}
	if err := c.node.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting chain: %w", err), c.node.Close())
	}
	c.eth.SetSynced()
	c.Client = ethclient.NewClient(rpc.DialInProc(c.rpc))
	ctx, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	c.pool.Go(func() { c.minePool(ctx) })
	if cfg.BlockTime > 0 && cfg.Finality > 0 {
		c.pool.Go(func() { c.tick(ctx) })
	}
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
