package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"countersign/chain/codepin"
	"countersign/chain/gate"
	"countersign/chain/secrets"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"
)

const (
	// requestTimeout bounds one HTTP request, however long the context lives.
	requestTimeout = 15 * time.Second
	// batchSize is how many calls travel in one request. Providers limit it, and
	// 50 contracts of the greatest size (24 KiB, EIP-170) fit into maxAnswer.
	batchSize = 50
)

// A Node is one JSON-RPC endpoint of one chain. It is safe for concurrent use.
// What it prints and what its errors say names its host, and never the path, the
// query or the user of its URL, because providers put keys there.
type Node struct {
	client  *rpc.Client
	chainID uint64
	host    string
	secrets []string
}

// Dial returns the node at an http or https URL, after it has said that it serves
// the chain with this ID (EIP-155; 1 is Ethereum's mainnet). Any error wraps
// [codepin.ErrUnknown]. Use https for whatever is not your own network: who can alter the
// answers can pass any pin.
func Dial(ctx context.Context, rawURL string, chainID uint64) (*Node, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		// The text of the URL, and url's own error, may hold a key.
		return nil, fmt.Errorf("%w: a node's URL must be http:// or https:// and a host", codepin.ErrUnknown)
	}
	n := &Node{chainID: chainID, host: u.Host, secrets: secrets.Of(u)}
	if chainID == 0 {
		return nil, n.unknown("dial", errors.New("chain ID 0 is no chain: give the chain's EIP-155 ID"))
	}
	n.client, err = rpc.DialOptions(ctx, rawURL, rpc.WithHTTPClient(&http.Client{Transport: gate.Gate{Next: http.DefaultTransport}}))
	if err != nil {
		return nil, n.unknown("dial", err)
	}
	calls := []rpc.BatchElem{newCall("eth_chainId")}
	if err := n.send(ctx, calls); err != nil {
		return nil, err
	}
	if err := n.sameChain(calls[0]); err != nil {
		return nil, err
	}
	return n, nil
}

// String names the host and the chain.
func (n *Node) String() string { return fmt.Sprintf("node %s of chain %d", n.host, n.chainID) }

// GoString is [Node.String], for %#v.
func (n *Node) GoString() string { return n.String() }

// newCall is a call whose answer is kept as it came.
func newCall(method string, args ...any) rpc.BatchElem {
	return rpc.BatchElem{Method: method, Args: args, Result: new(json.RawMessage)}
}

// result decodes the answer to c into out. Null is no answer: it would leave out
// as it was.
func (n *Node) result(c rpc.BatchElem, what string, out any) error {
	err := c.Error
	if raw := *c.Result.(*json.RawMessage); err == nil {
		if err = json.Unmarshal(raw, out); err == nil && string(raw) == "null" {
			err = errors.New("answered null")
		}
	}
	if err != nil {
		return n.unknown(what, err)
	}
	return nil
}

// sameChain refuses the answers of another chain: behind one URL there may be
// another node today.
func (n *Node) sameChain(c rpc.BatchElem) error {
	var id hexutil.Uint64
	if err := n.result(c, c.Method, &id); err != nil {
		return err
	}
	if uint64(id) != n.chainID {
		return n.unknown(c.Method, fmt.Errorf("it serves chain %d, want %d: correct the URL or the chain ID", id, n.chainID))
	}
	return nil
}

// send makes the calls, in as many requests as it takes. Its error is that of a
// request; each call has one of its own besides.
func (n *Node) send(ctx context.Context, calls []rpc.BatchElem) error {
	for len(calls) > 0 {
		batch := calls[:min(batchSize, len(calls))]
		calls = calls[len(batch):]
		if err := n.request(ctx, batch); err != nil {
			return n.unknown("request", err)
		}
	}
	return nil
}

func (n *Node) request(ctx context.Context, batch []rpc.BatchElem) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return n.client.BatchCallContext(ctx, batch)
}
