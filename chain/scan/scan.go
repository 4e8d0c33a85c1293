// Package scan looks for what rules (package rule) say in the blocks of one chain: the
// [follow.Source] of a chain over JSON-RPC.
//
// Near the head it reads each block by its hash, so that what it tells is of that block and no
// other; below the final block it reads ranges, narrowed by topics. Both ways find the same. What
// it finds is what the quorum of the network's nodes says (package client), because a log that
// one node leaves out is a deposit that nobody books. Nodes that do not agree on the final block
// stop it with [countersign.ErrUnsure]; nothing is skipped.
package scan

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"countersign/chain/balance"
	"countersign/chain/client"
	"countersign/chain/evmjson"
	"countersign/chain/follow"
	"countersign/chain/jsonrpc"
	"countersign/chain/rule"
)

// A Memory knows what was told of a rule last. The keeper of the follower's cursor has it.
type Memory interface {
	// Last is the data of the event of a rule in the highest block, of those that were kept and
	// are not retracted. It is not what was kept last: an event is confirmed after newer ones
	// have been seen.
	Last(ctx context.Context, rule string) (data []byte, told bool, err error)
}

// A Source reads one chain. It keeps nothing itself.
type Source struct {
	Chain *client.Chain
	Rules *rule.Set
	// Memory is needed for thresholds only.
	Memory Memory
}

var _ follow.Source = (*Source)(nil)

// Head is [client.Chain.Head].
func (s *Source) Head(ctx context.Context) (follow.Block, error) { return s.Chain.Head(ctx) }

// Final is [client.Chain.Final].
func (s *Source) Final(ctx context.Context) (follow.Block, error) { return s.Chain.Final(ctx) }

// ByNumber is [client.Chain.ByNumber]: whether it fits is for the follower to see.
func (s *Source) ByNumber(ctx context.Context, number uint64) (follow.Block, error) {
	return s.Chain.ByNumber(ctx, number)
}

// find is one look at some blocks.
type find struct {
	*Source
	look    *rule.Look
	filters []rule.Filter
	items   []item
	claims  []claim
}

// item is an event with its place in the chain.
type item struct {
	follow.Event
	tx uint64 // the index of its transaction in the block
}

func (s *Source) find() (*find, error) {
	look, err := s.Rules.Look()
	if err != nil {
		return nil, err
	}
	return &find{Source: s, look: look, filters: look.Filters()}, nil
}

// events are the items in their order.
func (f *find) events() (out []follow.Event) {
	slices.SortStableFunc(f.items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.tx, b.tx), cmp.Compare(a.Index, b.Index), cmp.Compare(a.Rule, b.Rule))
	})
	for _, i := range f.items {
		out = append(out, i.Event)
	}
	return out
}

// last is the place of what no transaction did.
const last = math.MaxUint64

func (f *find) add(b follow.Block, tx [32]byte, place, index uint64, found rule.Found) {
	f.items = append(f.items, item{follow.Event{Block: b.Hash, Number: b.Number, Tx: tx, Index: index, Rule: found.Rule, Data: found.Data}, place})
}

// logs takes those that the filter with a number found.
func (f *find) logs(filter int, logs []evmjson.Log) {
	for _, l := range logs {
		found, ok := f.look.OfLog(f.filters[filter], l)
		switch {
		case ok && f.filters[filter].Taken():
			f.claims = append(f.claims, claim{l, f.filters[filter], found})
		case ok:
			f.add(follow.Block{Hash: follow.Hash(l.BlockHash), Number: uint64(l.BlockNumber)}, l.TxHash, uint64(l.TxIndex), uint64(l.Index)+1, found)
		}
	}
}

// filtered are the calls for what all filters find in some blocks.
func (f *find) filtered(blocks map[string]any) (calls []jsonrpc.Call) {
	for _, filter := range f.filters {
		param := map[string]any{"topics": filter.Topics}
		if filter.Address != nil {
			param["address"] = *filter.Address
		}
		for k, v := range blocks {
			param[k] = v
		}
		calls = append(calls, jsonrpc.Call{Method: "eth_getLogs", Params: []any{param}})
	}
	return calls
}

// txs takes the transactions of blocks that the look may be for, with their receipts.
func (f *find) txs(ctx context.Context, blocks []evmjson.Block) error {
	var calls []jsonrpc.Call
	var candidates []evmjson.Tx
	var of []follow.Block
	for _, b := range blocks {
		for _, tx := range b.Txs {
			if f.look.Tx(tx) {
				calls = append(calls, jsonrpc.Call{Method: "eth_getTransactionReceipt", Params: []any{tx.Hash}})
				candidates, of = append(candidates, tx), append(of, b.Block)
			}
		}
	}
	receipts, err := f.receipts(ctx, calls)
	if err != nil {
		return err
	}
	for i, tx := range candidates {
		if receipts[i] == nil || follow.Hash(receipts[i].BlockHash) != of[i].Hash {
			return fmt.Errorf("transaction %s is not in block %d, %s, any more", evmjson.Hex(tx.Hash), of[i].Number, of[i].Hash)
		}
		found, err := f.look.OfTx(tx, *receipts[i])
		if err != nil {
			return err
		}
		for _, x := range found {
			f.add(of[i], tx.Hash, uint64(*tx.Index), 0, x)
		}
	}
	return nil
}

// balances looks at thresholds after each of some blocks, which follow each other.
func (f *find) balances(ctx context.Context, blocks []follow.Block) error {
	for _, t := range f.Rules.Thresholds() {
		blocks := blocks[min(len(blocks), from(blocks, t.From)):]
		if len(blocks) == 0 {
			continue
		}
		side, err := f.side(ctx, t)
		if err != nil {
			return err
		}
		hashes := make([]follow.Hash, len(blocks))
		for i, b := range blocks {
			hashes[i] = b.Hash
		}
		held, err := balance.AtEach(ctx, f.Chain, hashes, []balance.Of{{Asset: t.Asset, Holder: t.Holder}})
		if err != nil {
			return fmt.Errorf("rule %s: %w", t.Name, err)
		}
		for i, b := range blocks {
			if fault := held[i][0].Fault; fault != "" {
				return fmt.Errorf("rule %s: token %s at block %d: the contract %s: correct the address, or set from to a later block", t.Name, t.Asset, b.Number, fault)
			}
			data, crossed := t.Cross(side, held[i][0].Amount)
			if crossed {
				f.add(b, [32]byte{}, last, 0, data.Found(t.Name))
			}
			side = data.Side
		}
	}
	return nil
}

// from is how many of the blocks come before a number.
func from(blocks []follow.Block, number uint64) (n int) {
	for n < len(blocks) && blocks[n].Number < number {
		n++
	}
	return n
}

func (f *find) side(ctx context.Context, t rule.Threshold) (rule.Side, error) {
	data, told, err := f.Memory.Last(ctx, t.Name)
	if err != nil || !told {
		return "", err
	}
	return rule.SideOf(data)
}
