package effect

import (
	"context"
	"fmt"
	"math/big"

	"countersign/chain/balance"
	"countersign/chain/client"
	"countersign/chain/evmjson"
	"countersign/chain/jsonrpc"

	"github.com/ethereum/go-ethereum/common"
)

// pair is a token that an address may hold.
type pair struct{ asset, holder common.Address }

// pairs are all contracts that the transaction called or that logged in it, with every address
// that it touched: a token that moves without a log is found so too.
func (x *examination) pairs(touched []common.Address) (out []pair) {
	known := map[common.Address]bool{}
	add := func(asset common.Address) {
		if known[asset] {
			return
		}
		known[asset] = true
		for _, a := range touched {
			out = append(out, pair{asset, a})
		}
	}
	if x.tx.To != nil && len(x.tx.Input) >= 4 {
		add(*x.tx.To)
	}
	for _, l := range x.receipt.Logs {
		add(l.Address)
	}
	return out
}

// tokens compare balances of tokens with all Transfer logs of the block.
func (x *examination) tokens(ctx context.Context, pairs []pair, after, before []balance.Held) (doubts []string, err error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	moved, err := x.logged(ctx, pairs)
	if err != nil {
		return nil, err
	}
	for i, p := range pairs {
		explained, told := moved[p]
		if before[i].Fault == balance.Empty && after[i].Fault == "" {
			before[i] = balance.Held{} // the contract is new
		}
		if fault := after[i].Fault + before[i].Fault; fault != "" {
			if told {
				doubts = append(doubts, fmt.Sprintf("logs of %s say that %s holds other than before, and its balance cannot be read: the contract %s",
					evmjson.Address(p.asset), evmjson.Address(p.holder), fault))
			}
			continue // what is no token has no balance
		}
		if explained == nil {
			explained = new(big.Int)
		}
		if changed := difference(after[i], before[i]); changed.Cmp(explained) != 0 {
			doubts = append(doubts, fmt.Sprintf("the balance of %s of token %s changed by %s in block %d, Transfer logs say %s",
				evmjson.Address(p.holder), evmjson.Address(p.asset), changed, x.block.Number, explained))
		}
	}
	return doubts, nil
}

// logged sums the Transfer logs of the block, by token and holder. A pair that stands in one is
// there, even with a sum of zero.
func (x *examination) logged(ctx context.Context, pairs []pair) (map[pair]*big.Int, error) {
	var assets []common.Address
	for i, p := range pairs {
		if i == 0 || pairs[i-1].asset != p.asset {
			assets = append(assets, p.asset)
		}
	}
	filter := map[string]any{"blockHash": x.receipt.BlockHash, "address": assets, "topics": []any{evmjson.Transfer}}
	logs, err := client.Agree(ctx, x.chain, []jsonrpc.Call{{Method: "eth_getLogs", Params: []any{filter}}}, func(r []jsonrpc.Reply) ([]evmjson.Log, error) {
		logs, err := evmjson.ReadLogs(r[0])
		for _, l := range logs {
			if l.BlockHash != x.receipt.BlockHash {
				err = fmt.Errorf("a log of block %x came", l.BlockHash)
			}
		}
		return logs, err
	})
	if err != nil {
		return nil, fmt.Errorf("the logs of block %d: %w", x.block.Number, err)
	}
	moved := map[pair]*big.Int{}
	for _, l := range logs {
		m, ok := l.Moved()
		if !ok {
			continue
		}
		for _, holder := range []common.Address{m.From, m.To} {
			p := pair{l.Address, holder}
			if moved[p] == nil {
				moved[p] = new(big.Int)
			}
		}
		from, to := moved[pair{l.Address, m.From}], moved[pair{l.Address, m.To}]
		from.Sub(from, m.Amount)
		to.Add(to, m.Amount)
	}
	return moved, nil
}
