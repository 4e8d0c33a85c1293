package chaintest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// A Node serves a chain over JSON-RPC.
type Node struct {
	Chain *Chain
	// URL is where, with a key in its path.
	URL string
	// Lag is how many of the newest blocks it does not know.
	Lag atomic.Int64
	// Debug says that it has the trace API.
	Debug bool
	// Old is the number of the first block whose state it has.
	Old uint64
	// Calls counts what it was asked.
	Calls atomic.Int64
	// BaseFee and Tip are the price of gas, and Estimate how much a call takes: 21,000 where it
	// is nil. A base fee of zero is of a chain that knows none.
	BaseFee, Tip uint64
	Estimate     func(call json.RawMessage) (uint64, error)
	// Instead answers a request in its place, when it returns true.
	Instead func(w http.ResponseWriter, r *http.Request) bool
	// Tamper changes the result of a call, which is any JSON as encoding/json reads it.
	Tamper func(method string, params []json.RawMessage, result any) (any, error)
}

// A Refusal is an error with a code.
type Refusal struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// Error is the message.
func (r *Refusal) Error() string { return r.Message }

// Serve starts a node.
func (c *Chain) Serve(t testing.TB) *Node {
	n := &Node{Chain: c}
	server := httptest.NewServer(n)
	t.Cleanup(server.Close)
	n.URL = server.URL + "/key-0123456789"
	return n
}

type call struct {
	ID     json.RawMessage   `json:"id"`
	Method string            `json:"method"`
	Params []json.RawMessage `json:"params"`
}

// ServeHTTP answers one call or a batch.
func (n *Node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if n.Instead != nil && n.Instead(w, r) {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var calls []call
	single := bytes.HasPrefix(bytes.TrimSpace(body), []byte("{"))
	if single {
		calls = make([]call, 1)
		err = json.Unmarshal(body, &calls[0])
	} else {
		err = json.Unmarshal(body, &calls)
	}
	if err != nil {
		http.Error(w, "no JSON", http.StatusBadRequest)
		return
	}
	replies := make([]any, len(calls))
	for i, c := range calls {
		replies[len(calls)-1-i] = n.answer(c) // a server may answer in any order
	}
	var out any = replies
	if single {
		out = replies[0]
	}
	_ = json.NewEncoder(w).Encode(out) // the client may have hung up
}

func (n *Node) answer(c call) any {
	n.Calls.Add(1)
	reply := map[string]any{"jsonrpc": "2.0", "id": c.ID}
	result, err := n.result(c)
	if n.Tamper != nil && err == nil {
		var plain any
		text, _ := json.Marshal(result)
		_ = json.Unmarshal(text, &plain)
		result, err = n.Tamper(c.Method, c.Params, plain)
	}
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		reply["error"] = refusal
	case err != nil:
		reply["error"] = Refusal{-32000, err.Error()}
	default:
		reply["result"] = result
	}
	return reply
}

func (n *Node) result(c call) (any, error) {
	n.Chain.mu.Lock()
	defer n.Chain.mu.Unlock()
	text := func(i int) (s string) {
		if i < len(c.Params) {
			_ = json.Unmarshal(c.Params[i], &s)
		}
		return s
	}
	switch c.Method {
	case "eth_chainId":
		return fmt.Sprintf("%#x", n.Chain.ID), nil
	case "eth_getBlockByNumber":
		b, err := n.numbered(text(0))
		if b == nil || err != nil {
			return nil, err
		}
		return n.priced(b.json(string(c.Params[1]) == "true")), nil
	case "eth_getBlockByHash":
		b := n.hashed(text(0))
		if b == nil {
			return nil, nil
		}
		return b.json(string(c.Params[1]) == "true"), nil
	case "eth_getTransactionByHash", "eth_getTransactionReceipt", "debug_traceTransaction":
		return n.transaction(c.Method, text(0))
	case "eth_getLogs":
		return n.logs(c.Params[0])
	case "eth_getBalance":
		b, err := n.state(c.Params[1])
		if err != nil {
			return nil, err
		}
		return b.balance(text(0)), nil
	case "eth_call":
		b, err := n.state(c.Params[1])
		if err != nil {
			return nil, err
		}
		return n.contract(b, c.Params[0])
	case "eth_maxPriorityFeePerGas", "eth_estimateGas":
		return n.gas(c)
	case "debug_traceBlockByHash":
		if b := n.hashed(text(0)); b != nil && n.Debug {
			return b.traces(), nil
		}
	}
	return nil, &Refusal{-32601, "the method " + c.Method + " does not exist/is not available"}
}

// priced gives a block its base fee.
func (n *Node) priced(block map[string]any) map[string]any {
	if n.BaseFee > 0 {
		block["baseFeePerGas"] = quantity(n.BaseFee)
	}
	return block
}

func (n *Node) gas(c call) (any, error) {
	switch {
	case c.Method == "eth_maxPriorityFeePerGas":
		return quantity(n.Tip), nil
	case n.Estimate == nil:
		return quantity(21_000), nil
	}
	units, err := n.Estimate(c.Params[0])
	return quantity(units), err
}
