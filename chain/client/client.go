// Package client asks the nodes of many networks, and believes no single one where it is told
// not to.
//
// What money rests on is asked of all nodes of a network ([Agree]): as many as the network's
// quorum must say the same, and none may say otherwise, or it is [countersign.ErrUnsure] with
// what each said. A node that did not answer, or does not know the block yet, is missing, which is
// no disagreement. What is only a hint is asked of one node, and of the next when that takes too
// long ([First]).
//
// Budgets and timeouts are those of the context, and the network's for one request.
package client

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"countersign"
	"countersign/chain/evmjson"
	"countersign/chain/jsonrpc"
	"countersign/chain/network"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// recheck is how often a node is asked which chain it serves: behind one URL there may be another
// node today. Blocks are asked for by hash wherever that matters, which no other chain has.
const recheck = time.Minute

// A Client knows the nodes of all networks. It is safe for concurrent use.
type Client struct{ chains map[string]*Chain }

// New checks networks, and reaches none yet. Transport is nil for the usual one.
func New(networks map[string]network.Network, transport http.RoundTripper) (*Client, error) {
	if err := network.Check(networks); err != nil {
		return nil, err
	}
	c := &Client{map[string]*Chain{}}
	for name, n := range networks {
		s, err := n.Settings()
		if err != nil {
			return nil, err
		}
		chain := &Chain{Name: name, settings: s}
		for i, url := range s.URLs {
			rpc, err := jsonrpc.New(url, jsonrpc.Options{Rate: s.Rate, Timeout: s.Timeout, Batch: s.Batch, Transport: transport})
			if err != nil {
				return nil, fmt.Errorf("nodes: %s: node %d: %w", name, i+1, err)
			}
			chain.nodes = append(chain.nodes, &node{rpc: rpc, chainID: s.ChainID})
		}
		c.chains[name] = chain
	}
	return c, nil
}

// Networks are the names of all networks, sorted.
func (c *Client) Networks() []string { return slices.Sorted(maps.Keys(c.chains)) }

// Chain is that of a network; [countersign.ErrNoNode] where none is configured.
func (c *Client) Chain(name string) (*Chain, error) {
	chain, known := c.chains[name]
	if !known {
		return nil, fmt.Errorf("network %.64q: %w", name, countersign.ErrNoNode)
	}
	return chain, nil
}

// A Chain is one network with its nodes.
type Chain struct {
	// Name is the custodian's.
	Name     string
	settings network.Settings
	nodes    []*node
}

// Settings are the network's.
func (c *Chain) Settings() network.Settings { return c.settings }

// node is one of a chain's.
type node struct {
	rpc     *jsonrpc.Client
	chainID uint64

	mu      sync.Mutex
	checked time.Time
}

// do makes calls of a node that serves the chain it should.
func (n *node) do(ctx context.Context, calls []jsonrpc.Call) ([]jsonrpc.Reply, error) {
	n.mu.Lock()
	known := time.Since(n.checked) < recheck
	n.mu.Unlock()
	if known {
		return n.rpc.Do(ctx, calls)
	}
	replies, err := n.rpc.Do(ctx, append([]jsonrpc.Call{{Method: "eth_chainId"}}, calls...))
	if err != nil {
		return nil, err
	}
	var id hexutil.Uint64
	if err := evmjson.Into(replies[0], &id); err != nil {
		return nil, fmt.Errorf("node %s: eth_chainId: %w", n.rpc.Host(), err)
	}
	if uint64(id) != n.chainID {
		return nil, fmt.Errorf("node %s: %w: it serves chain %d, want %d: correct the URL or the chain ID", n.rpc.Host(), jsonrpc.ErrNoAnswer, id, n.chainID)
	}
	n.mu.Lock()
	n.checked = time.Now()
	n.mu.Unlock()
	return replies[1:], nil
}
