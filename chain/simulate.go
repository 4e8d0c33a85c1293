package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"countersign/chain/simulation"
	"countersign/chain/simulation/measure"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"
)

// Simulate runs the calls of a request on a network's node, on the state of one block,
// and returns what they would do. Nothing is signed and nothing is sent.
//
// It asks for eth_simulateV1. A node that says that it has no such method is asked for
// debug_traceCall, which takes one call and no more. By either way the calls run in a
// block that follows the base, 12 seconds later, with gas for nothing; everything is
// read of the one base, by its hash.
//
// An error wraps [simulation.ErrRequest], [simulation.ErrUnsupported] or
// [simulation.ErrUnavailable]. A call that reverts is no error but a result that says
// so; calls whose value the sender does not have are refused by nodes, which is
// ErrUnavailable. The result as JSON is the evidence.
func (n *Nodes) Simulate(ctx context.Context, req simulation.Request) (simulation.Result, error) {
	if err := req.Check(); err != nil {
		return simulation.Result{}, err
	}
	node, err := n.node(ctx, req.Network)
	if err != nil {
		return simulation.Result{}, fmt.Errorf("%w: %w", simulation.ErrUnavailable, err)
	}
	r, err := node.simulate(ctx, req, n.fresh(req.Network))
	if err != nil && !errors.Is(err, simulation.ErrUnsupported) {
		err = fmt.Errorf("%w: %w", simulation.ErrUnavailable, err)
	}
	if err != nil {
		return simulation.Result{}, err
	}
	return r, nil
}

// fresh returns what refuses a newest block that is too old. One that is named may be
// of any age.
func (n *Nodes) fresh(network string) func(Evidence) error {
	now := time.Now
	if n.Now != nil {
		now = n.Now
	}
	age := n.endpoints[network].MaxAge
	return func(e Evidence) error {
		if age == 0 {
			return nil
		}
		return e.Fresh(now(), age)
	}
}

func (n *Node) simulate(ctx context.Context, req simulation.Request, fresh func(Evidence) error) (r simulation.Result, err error) {
	base, err := n.base(ctx, req.Block, fresh)
	if err != nil {
		return r, err
	}
	s := simulator{node: n, req: req, base: base}
	r = simulation.Result{Network: req.Network, ChainID: n.chainID, Method: simulation.SimulateV1}
	r.Block = simulation.Block{Number: base.Number, Hash: base.Hash.Hex(), Time: time.Unix(int64(base.Time), 0).UTC()}
	err = s.simulate(ctx, &r)
	if errors.Is(err, errNoMethod) {
		r.Method = simulation.TraceCall
		err = s.trace(ctx, &r)
	}
	if errors.Is(err, errNoMethod) {
		err = fmt.Errorf("%w: node %s has neither %s nor %s", simulation.ErrUnsupported, n.host, simulation.SimulateV1, simulation.TraceCall)
	}
	for i, c := range r.Calls {
		r.Calls[i].Reason = n.redact(c.Reason) // it may hold the node's own words
	}
	return r.Canonical(), err
}

// base finds the block to run on: the newest, or the one with a hash.
func (n *Node) base(ctx context.Context, hash string, fresh func(Evidence) error) (measure.Base, error) {
	if hash == "" {
		s, err := n.newest(ctx)
		if err == nil {
			err = fresh(s.evidence())
		}
		if err != nil {
			return measure.Base{}, err
		}
		return measure.Base{Number: s.number, Time: uint64(s.time.Unix()), Hash: common.HexToHash(s.hash)}, nil
	}
	calls := []rpc.BatchElem{newCall("eth_chainId"), newCall("eth_getBlockByHash", hash, false)}
	if err := n.send(ctx, calls); err != nil {
		return measure.Base{}, err
	}
	if err := n.sameChain(calls[0]); err != nil {
		return measure.Base{}, err
	}
	var block struct {
		Number    *hexutil.Uint64 `json:"number"`
		Hash      *common.Hash    `json:"hash"`
		Timestamp *hexutil.Uint64 `json:"timestamp"`
	}
	if err := n.result(calls[1], "block "+hash, &block); err != nil {
		return measure.Base{}, err
	}
	const year9999 = 253402300799 // the last second that RFC 3339 can write
	if block.Number == nil || block.Hash == nil || block.Hash.Hex() != hash || block.Timestamp == nil || *block.Timestamp > year9999 {
		return measure.Base{}, n.unknown("block "+hash, errors.New("it has another hash, or no number or time"))
	}
	return measure.Base{Number: uint64(*block.Number), Time: uint64(*block.Timestamp), Hash: *block.Hash}, nil
}

// errNoMethod means that a node has not the method that it was asked for.
var errNoMethod = errors.New("the node has no such method")

// A simulator runs one request on one block.
type simulator struct {
	node *Node
	req  simulation.Request
	base measure.Base
}

// simulate runs the calls twice: to see whom they concern, and between two reads of
// what those have.
func (s simulator) simulate(ctx context.Context, r *simulation.Result) error {
	run := func(reads []measure.Read) (t measure.Trace, before, after []measure.Answer, err error) {
		answers, err := s.ask(ctx, newCall(string(simulation.SimulateV1), measure.Simulation(s.req.Calls, s.base, reads)...))
		if err != nil {
			return t, nil, nil, err
		}
		t, before, after, err = measure.Simulated(answers[0], s.req.Calls, s.base, len(reads))
		return t, before, after, s.odd(simulation.SimulateV1, err)
	}
	first, _, _, err := run(nil)
	if err != nil {
		return err
	}
	plan, err := measure.Concerns(s.req, first)
	if err != nil {
		return err
	}
	second, before, after, err := run(plan.Reads)
	if err == nil {
		err = s.odd(simulation.SimulateV1, first.Same(second))
	}
	if err != nil {
		return err
	}
	r.Calls = second.Calls
	return plan.Effects(r, before, after)
}

// trace has one call traced, and reads on the state that it leaves.
func (s simulator) trace(ctx context.Context, r *simulation.Result) error {
	c, method := s.req.Calls[0], string(simulation.TraceCall)
	if len(s.req.Calls) > 1 {
		return fmt.Errorf("%w: node %s has no %s, and %s takes one call", simulation.ErrUnsupported, s.node.host, simulation.SimulateV1, method)
	}
	answers, err := s.ask(ctx, newCall(method, measure.Tracing(c, s.base)...), newCall(method, measure.TracingState(c, s.base)...))
	if err != nil {
		return err
	}
	t, err := measure.Traced(answers[0], c)
	if err != nil {
		return s.odd(simulation.TraceCall, err)
	}
	left, err := measure.Left(answers[1], c)
	if err != nil {
		return s.odd(simulation.TraceCall, err)
	}
	plan, err := measure.Concerns(s.req, t)
	if err != nil {
		return err
	}
	answers, err = s.ask(ctx, newCall("eth_call", measure.Reading(s.base, plan.Reads, nil)...), newCall("eth_call", measure.Reading(s.base, plan.Reads, left)...))
	if err != nil {
		return err
	}
	var reads [2][]measure.Answer
	for i, answer := range answers {
		var data hexutil.Bytes
		if err = json.Unmarshal(answer, &data); err == nil {
			reads[i], err = measure.Answers(data, len(plan.Reads))
		}
		if err != nil {
			return s.odd("eth_call", err)
		}
	}
	r.Calls = t.Calls
	return plan.Effects(r, reads[0], reads[1])
}

// ask makes the calls in one request and returns their answers as they came.
func (s simulator) ask(ctx context.Context, calls ...rpc.BatchElem) ([]json.RawMessage, error) {
	if err := s.node.send(ctx, calls); err != nil {
		return nil, err
	}
	answers := make([]json.RawMessage, len(calls))
	for i, c := range calls {
		// Codes of JSON-RPC 2.0 "Method not found" and EIP-1474 "Method not supported".
		if e, ok := c.Error.(rpc.Error); ok && (e.ErrorCode() == -32601 || e.ErrorCode() == -32004) {
			return nil, fmt.Errorf("%w: %s", errNoMethod, c.Method)
		}
		if err := s.node.result(c, c.Method, &answers[i]); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// odd names the node and the method in an error about an answer, without its secrets.
func (s simulator) odd(method simulation.Method, err error) error {
	if err == nil || errors.Is(err, simulation.ErrUnsupported) {
		return err
	}
	return s.node.unknown(string(method), err)
}
