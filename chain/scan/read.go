package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign/chain/client"
	"countersign/chain/evmjson"
	"countersign/chain/follow"
	"countersign/chain/jsonrpc"
	"countersign/chain/rule"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// Events are those of one block, by its hash.
func (s *Source) Events(ctx context.Context, b follow.Block) ([]follow.Event, error) {
	f, err := s.find()
	if err != nil {
		return nil, err
	}
	calls := f.filtered(map[string]any{"blockHash": b.Hash})
	full := f.look.Full() || len(f.look.Hashes()) > 0
	if full {
		calls = append(calls, jsonrpc.Call{Method: "eth_getBlockByHash", Params: []any{b.Hash, true}})
	}
	type read struct {
		Logs  [][]evmjson.Log
		Block evmjson.Block
	}
	if len(calls) > 0 {
		r, err := client.Agree(ctx, s.Chain, calls, func(replies []jsonrpc.Reply) (r read, err error) {
			if r.Logs, err = logsOf(replies[:len(f.filters)], func(l evmjson.Log) bool { return follow.Hash(l.BlockHash) == b.Hash }); err == nil && full {
				if r.Block, err = evmjson.ReadBlock(replies[len(f.filters)]); err == nil && r.Block.Hash != b.Hash {
					err = fmt.Errorf("block %s came", r.Block.Hash)
				}
			}
			return r, err
		})
		if err != nil {
			return nil, err
		}
		for i, logs := range r.Logs {
			f.logs(i, logs)
		}
		if err := f.taken(ctx, r.Block.Txs); err != nil {
			return nil, err
		}
		if err := f.block(ctx, r.Block); err != nil {
			return nil, err
		}
	}
	if err := f.balances(ctx, []follow.Block{b}); err != nil {
		return nil, err
	}
	return f.events(), nil
}

// block takes the transactions of one block, also those that are waited for.
func (f *find) block(ctx context.Context, b evmjson.Block) error {
	if err := f.txs(ctx, []evmjson.Block{b}); err != nil {
		return err
	}
	here := map[common.Hash]bool{}
	for _, tx := range b.Txs {
		here[tx.Hash] = true
	}
	return f.waited(ctx, func(h common.Hash) bool { return here[h] }, func(r evmjson.Receipt) bool { return follow.Hash(r.BlockHash) == b.Hash })
}

// waited takes the receipts of transactions that are waited for.
func (f *find) waited(ctx context.Context, ask func(common.Hash) bool, counts func(evmjson.Receipt) bool) error {
	var calls []jsonrpc.Call
	for _, h := range f.look.Hashes() {
		if ask(h) {
			calls = append(calls, jsonrpc.Call{Method: "eth_getTransactionReceipt", Params: []any{h}})
		}
	}
	receipts, err := f.receipts(ctx, calls)
	if err != nil {
		return err
	}
	for _, r := range receipts {
		if r == nil || !counts(*r) {
			continue
		}
		b := follow.Block{Hash: follow.Hash(r.BlockHash), Number: uint64(*r.BlockNumber)}
		for _, found := range f.look.OfReceipt(*r) {
			f.add(b, r.TxHash, uint64(*r.TxIndex), 0, found)
		}
	}
	return nil
}

// receipts makes calls for receipts; one that is not there is nil.
func (f *find) receipts(ctx context.Context, calls []jsonrpc.Call) ([]*evmjson.Receipt, error) {
	if len(calls) == 0 {
		return nil, nil
	}
	return client.Agree(ctx, f.Chain, calls, func(replies []jsonrpc.Reply) (out []*evmjson.Receipt, err error) {
		for _, reply := range replies {
			r, err := evmjson.ReadReceipt(reply)
			switch {
			case errors.Is(err, evmjson.ErrNull):
				out = append(out, nil)
			case err != nil:
				return nil, err
			default:
				out = append(out, &r)
			}
		}
		return out, nil
	})
}

// logsOf reads replies to eth_getLogs. A log that was not asked for makes nothing of all.
func logsOf(replies []jsonrpc.Reply, asked func(evmjson.Log) bool) (out [][]evmjson.Log, err error) {
	for _, r := range replies {
		logs, err := evmjson.ReadLogs(r)
		if err != nil {
			return nil, tooMany(err)
		}
		for _, l := range logs {
			if !asked(l) {
				return nil, fmt.Errorf("a log of block %d, %x, came, which was not asked for", l.BlockNumber, l.BlockHash)
			}
		}
		out = append(out, logs)
	}
	return out, nil
}

// Range are the events of final blocks. It fails with [follow.ErrTooMany] for a range that is
// more than a node gives at once.
func (s *Source) Range(ctx context.Context, from, to uint64) ([]follow.Event, error) {
	f, err := s.find()
	if err != nil {
		return nil, err
	}
	within := func(n uint64) bool { return n >= from && n <= to }
	if calls := f.filtered(map[string]any{"fromBlock": hexutil.EncodeUint64(from), "toBlock": hexutil.EncodeUint64(to)}); len(calls) > 0 {
		all, err := client.Agree(ctx, s.Chain, calls, func(replies []jsonrpc.Reply) ([][]evmjson.Log, error) {
			return logsOf(replies, func(l evmjson.Log) bool { return within(uint64(l.BlockNumber)) })
		})
		if err != nil {
			return nil, slow(ctx, err)
		}
		for i, logs := range all {
			f.logs(i, logs)
		}
		if err := f.taken(ctx, nil); err != nil {
			return nil, slow(ctx, err)
		}
	}
	if err := f.waited(ctx, func(common.Hash) bool { return true }, func(r evmjson.Receipt) bool { return within(uint64(*r.BlockNumber)) }); err != nil {
		return nil, err
	}
	if f.look.Full() || slices.ContainsFunc(s.Rules.Thresholds(), func(t rule.Threshold) bool { return t.From <= to }) {
		if err := f.blocks(ctx, from, to); err != nil {
			return nil, slow(ctx, err)
		}
	}
	return f.events(), nil
}

// blocks reads final blocks one by one, in batches: with their transactions where a rule needs
// them, and the balances after them.
func (f *find) blocks(ctx context.Context, from, to uint64) error {
	full := f.look.Full()
	var headers []follow.Block
	for at := from; at <= to; {
		end := min(to, at+uint64(f.Chain.Settings().Batch)-1) //nolint:gosec // at most 1,000
		var calls []jsonrpc.Call
		for n := at; n <= end; n++ {
			calls = append(calls, jsonrpc.Call{Method: "eth_getBlockByNumber", Params: []any{hexutil.EncodeUint64(n), full}})
		}
		blocks, err := client.Agree(ctx, f.Chain, calls, func(replies []jsonrpc.Reply) ([]evmjson.Block, error) { return blocksOf(replies, at, full) })
		if err != nil {
			return err
		}
		if err := f.txs(ctx, blocks); err != nil {
			return err
		}
		for _, b := range blocks {
			if n := len(headers); n > 0 && headers[n-1].Hash != b.Parent {
				return fmt.Errorf("%w: block %d is %s, its successor names %s", follow.ErrFinality, headers[n-1].Number, headers[n-1].Hash, b.Parent)
			}
			headers = append(headers, b.Block)
		}
		at = end + 1
	}
	return f.balances(ctx, headers)
}

func blocksOf(replies []jsonrpc.Reply, first uint64, full bool) (out []evmjson.Block, err error) {
	for i, r := range replies {
		var b evmjson.Block
		if full {
			b, err = evmjson.ReadBlock(r)
		} else {
			b.Block, err = evmjson.ReadHeader(r)
		}
		if err == nil && b.Number != first+uint64(i) { //nolint:gosec // an index
			err = fmt.Errorf("block %d was asked for, %d came", first+uint64(i), b.Number) //nolint:gosec // an index
		}
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// slow makes [follow.ErrTooMany] of an answer that was too long, or not there in the time for
// one request while there is more: half of it may be. It leaves other errors as they are.
func slow(ctx context.Context, err error) error {
	if errors.Is(err, jsonrpc.ErrTooLong) || errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", follow.ErrTooMany, err)
	}
	return err
}

// limits are words by which nodes and providers refuse a range for holding or spanning too much,
// in lower case: go-ethereum, Infura ("query returned more than 10000 results", "range 1000000
// exceeds limit of 10000"), Alchemy ("Log response size exceeded"), QuickNode ("eth_getLogs is
// limited to a 10,000 range"), Erigon ("query returns too many logs", "query block range exceeds
// server limit"), Reth ("query exceeds max results"), Nethermind, proxyd ("backend response too
// large"), BNB's ("exceed maximum block range"), Ankr's ("block range is too wide").
var limits = []string{
	"query returned more than", "exceeds limit of", "response size exceeded", "is limited to a", "too many logs", "range exceeds", "exceeds max results",
	"too large", "exceed maximum block range", "too wide", "exceed max", "range limit", "limit exceeded", "query timeout", "too many results", "more than 10000", "max block range",
}

// tooMany makes [follow.ErrTooMany] of a node's own refusal of a range.
func tooMany(err error) error {
	var e *jsonrpc.Error
	if !errors.As(err, &e) {
		return err
	}
	text := strings.ToLower(e.Message)
	for _, words := range limits {
		if strings.Contains(text, words) {
			return fmt.Errorf("%w: %w", follow.ErrTooMany, err)
		}
	}
	// QuickNode's code for too wide a range, and EIP-1474's "limit exceeded".
	if e.Code == -32614 || e.Code == -32005 {
		return fmt.Errorf("%w: %w", follow.ErrTooMany, err)
	}
	return err
}
