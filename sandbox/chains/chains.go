// Package chains keeps one chain for each EVM network that the sandbox runs. A
// chain starts when it is first asked for, so a network that nobody uses costs
// nothing, and answers JSON-RPC under the name of its network.
package chains

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/node"

	"countersign/sandbox/evm"
	"countersign/sandbox/history"
	"countersign/sandbox/network"
	"countersign/sandbox/store"
)

// importBatch is how many kept blocks are read at a time.
const importBatch = 256

// Chains starts chains and keeps them running. It is safe for concurrent use.
type Chains struct {
	DB       *store.DB
	Networks network.Set
	Dir      string         // for go-ethereum's empty key directories
	Genesis  time.Time      // of block 0 of every chain
	Faucet   common.Address // holds all that block 0 of every chain has
	Now      func() time.Time

	Finality  int           // of every chain, in blocks; see [evm.Config]
	BlockTime time.Duration // likewise

	// Screen is asked about each deposit, in the transaction that keeps its block.
	Screen func(tx *store.Tx, e history.Event) error

	wakes   sync.Map // by network, of *store.Wake
	mu      sync.Mutex
	running map[string]*evm.Chain
	closed  bool
}

// errClosed is the answer to who asks while the sandbox stops.
var errClosed = errors.New("the chains are stopped")

// Chain returns the chain of an EVM network, and starts it when it does not run
// yet. A network that the sandbox does not run is a 501 [dfns.Error].
func (c *Chains) Chain(name string) (*evm.Chain, error) {
	found, err := c.Networks.Find(name)
	if err != nil {
		return nil, err
	}
	if found.Family != network.EVM {
		return nil, fmt.Errorf("network %s has no EVM", name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errClosed
	}
	if chain := c.running[name]; chain != nil {
		return chain, nil
	}
	chain, err := evm.Start(c.config(found))
	if err != nil {
		return nil, fmt.Errorf("starting the chain of %s: %w", name, err)
	}
	if c.running == nil {
		c.running = map[string]*evm.Chain{}
	}
	c.running[name] = chain
	return chain, nil
}

func (c *Chains) config(n network.Network) evm.Config {
	return evm.Config{
		Dir: c.Dir, ChainID: n.ChainID, Genesis: c.Genesis, Faucet: c.Faucet, Now: c.Now,
		Finality: uint64(c.Finality), BlockTime: c.BlockTime,
		Keep:    func(change evm.Change) error { return c.keep(n, change) },
		Changed: c.Watch(n.Name).Poke,
		Blocks: func(from uint64) (blocks [][]byte, err error) {
			err = c.DB.View(func(tx *store.Tx) (err error) {
				blocks, err = tx.Blocks(n.Name, from, importBatch)
				return err
			})
			return blocks, err
		},
	}
}

// Running returns the names of the networks whose chains were started, sorted.
func (c *Chains) Running() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.running))
}

// Watch returns a Wake that every change of a network's chain pokes, whether it
// runs yet or not. There is one for each network.
func (c *Chains) Watch(name string) *store.Wake {
	wake, _ := c.wakes.LoadOrStore(name, store.NewWake())
	return wake.(*store.Wake) // nothing else is stored
}

// keep stores the change with the history that it makes, all or nothing.
func (c *Chains) keep(n network.Network, change evm.Change) error {
	now := c.Now()
	return c.DB.Update(func(tx *store.Tx) error {
		if first := change.Blocks[0].Number; change.Replaces {
			if err := errors.Join(tx.DropBlocks(n.Name, first), history.Retract(tx, n.Name, first)); err != nil {
				return err
			}
		}
		for _, b := range change.Blocks {
			err := errors.Join(tx.AppendBlock(n.Name, b.Number, b.RLP), history.Include(tx, now, history.Block{
				Network: n, Number: b.Number, Time: b.Time, Final: b.Number <= change.Finalized, Transfers: told(n, b.Transfers), Screen: c.Screen}))
			if err != nil {
				return err
			}
		}
		if c.Finality == 0 {
			return nil // every block was final as it came
		}
		return history.Confirm(tx, now, n.Name, change.Finalized)
	})
}

// Handler answers JSON-RPC: for the network that the path names, as in
// /BaseSepolia, and at the root for [network.Default]. Unless public, only
// callers who know the server by an IP address or as localhost are answered.
func (c *Chains) Handler(public bool) http.Handler {
	hosts := []string{"localhost"}
	if public {
		hosts = []string{"*"}
	}
	return node.NewHTTPHandlerStack(http.HandlerFunc(c.serve), nil, hosts, nil, false)
}

func (c *Chains) serve(w http.ResponseWriter, r *http.Request) {
	name := strings.Trim(r.URL.Path, "/")
	if name == "" {
		name = network.Default
	}
	chain, err := c.Chain(name)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	chain.ServeHTTP(w, r)
}

// Close stops every chain that runs; none can be started afterwards.
func (c *Chains) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	var errs []error
	for _, chain := range c.running {
		errs = append(errs, chain.Close())
	}
	c.running = nil
	return errors.Join(errs...)
}
