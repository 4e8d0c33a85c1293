package effect

import (
	"bytes"
	"context"
	"fmt"
	"math/big"

	"countersign/chain/balance"
	"countersign/chain/client"
	"countersign/chain/evmjson"
	"countersign/chain/jsonrpc"

	"github.com/ethereum/go-ethereum/common"
)

// mostReads is how many balances of tokens are compared; a transaction that logs from more
// contracts is made for that.
const mostReads = 1000

// doubts compare the balances of addresses of ours that the transaction touched with what is
// known of the block.
func (x *examination) doubts(ctx context.Context) ([]string, error) {
	touched := x.touched()
	if len(touched) == 0 {
		return nil, nil
	}
	pairs := x.pairs(touched)
	if len(pairs) > mostReads {
		return []string{fmt.Sprintf("the transaction calls or logs from so many contracts that %d balances would have to be compared, none was", len(pairs))}, nil
	}
	of := make([]balance.Of, 0, len(touched)+len(pairs))
	for _, a := range touched {
		of = append(of, balance.Of{Holder: evmjson.Address(a)})
	}
	for _, p := range pairs {
		of = append(of, balance.Of{Asset: evmjson.Address(p.asset), Holder: evmjson.Address(p.holder)})
	}
	after, err := balance.At(ctx, x.chain, x.block.Hash, of)
	var before []balance.Held
	if err == nil {
		before, err = balance.At(ctx, x.chain, x.block.Parent, of)
	}
	if balance.NoState(err) {
		return []string{fmt.Sprintf("the balances at block %d and its parent were not compared, the nodes have no state that old: %v", x.block.Number, err)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the balances at block %d and its parent: %w", x.block.Number, err)
	}
	doubts, err := x.native(ctx, touched, after, before)
	if err != nil {
		return nil, err
	}
	n := len(touched)
	more, err := x.tokens(ctx, pairs, after[n:], before[n:])
	return append(doubts, more...), err
}

// touched are the addresses of ours that stand anywhere in the transaction or in what it did.
func (x *examination) touched() (out []common.Address) {
	for _, a := range x.ours {
		if x.touches(a) {
			out = append(out, a)
		}
	}
	return out
}

func (x *examination) touches(a common.Address) bool {
	if a == x.tx.From || x.tx.To != nil && a == *x.tx.To || x.receipt.Contract != nil && a == *x.receipt.Contract || bytes.Contains(x.tx.Input, a[:]) {
		return true
	}
	for _, m := range x.moves {
		if a == m.from || a == m.to {
			return true
		}
	}
	for _, l := range x.receipt.Logs {
		if bytes.Contains(l.Data, a[:]) {
			return true
		}
		for _, t := range l.Topics {
			if bytes.Equal(t[12:], a[:]) {
				return true
			}
		}
	}
	return false
}

// native compares the native balances. Every transaction of the block from or to the address
// counts, with fees, and withdrawals. Where that does not explain them, calls inside the other
// transactions may, if nodes can trace them.
func (x *examination) native(ctx context.Context, touched []common.Address, after, before []balance.Held) (doubts []string, err error) {
	known, err := x.receipts(ctx, touched)
	if err != nil {
		return nil, err
	}
	var inside map[common.Hash][]move
	asked := false
	for i, a := range touched {
		changed := difference(after[i], before[i])
		explained := x.explained(a, known)
		for _, m := range x.inside {
			count(explained, a, m)
		}
		if changed.Cmp(explained) == 0 {
			continue
		}
		if !asked {
			asked = true
			if inside, err = x.traceBlock(ctx); err != nil {
				return nil, err
			}
		}
		if inside != nil {
			explained = x.explained(a, known)
			for _, moves := range inside {
				for _, m := range moves {
					count(explained, a, m)
				}
			}
		}
		if changed.Cmp(explained) != 0 {
			doubts = append(doubts, fmt.Sprintf("the native balance of %s changed by %s in block %d, its transactions and withdrawals explain %s",
				evmjson.Address(a), changed, x.block.Number, explained))
		}
	}
	return doubts, nil
}

// receipts reads those of the block's transactions that are from or to one of the addresses.
func (x *examination) receipts(ctx context.Context, touched []common.Address) (map[common.Hash]evmjson.Receipt, error) {
	known := map[common.Hash]evmjson.Receipt{x.tx.Hash: x.receipt}
	var calls []jsonrpc.Call
	for _, tx := range x.block.Txs {
		for _, a := range touched {
			if _, have := known[tx.Hash]; !have && (a == tx.From || tx.To != nil && a == *tx.To) {
				known[tx.Hash] = evmjson.Receipt{}
				calls = append(calls, jsonrpc.Call{Method: "eth_getTransactionReceipt", Params: []any{tx.Hash}})
			}
		}
	}
	if len(calls) == 0 {
		return known, nil
	}
	receipts, err := client.Agree(ctx, x.chain, calls, func(replies []jsonrpc.Reply) (out []evmjson.Receipt, err error) {
		for _, r := range replies {
			receipt, err := evmjson.ReadReceipt(r)
			if err == nil && receipt.BlockHash != x.receipt.BlockHash {
				err = fmt.Errorf("transaction %x is in another block now", receipt.TxHash)
			}
			if err != nil {
				return nil, err
			}
			out = append(out, receipt)
		}
		return out, nil
	})
	if err != nil {
		return nil, fmt.Errorf("the other transactions of block %d: %w", x.block.Number, err)
	}
	for _, r := range receipts {
		known[r.TxHash] = r
	}
	return known, nil
}

// explained is by how much the block's transactions and withdrawals change an address's native
// balance, without calls inside.
func (x *examination) explained(a common.Address, known map[common.Hash]evmjson.Receipt) *big.Int {
	sum := new(big.Int)
	for _, tx := range x.block.Txs {
		receipt, have := known[tx.Hash]
		if !have {
			continue
		}
		if a == tx.From {
			sum.Add(sum, evmjson.Big(tx.Mint))
			sum.Sub(sum, receipt.Fee())
		}
		to := tx.To
		if to == nil {
			to = receipt.Contract
		}
		if receipt.Succeeded() && to != nil {
			count(sum, a, move{from: tx.From, to: *to, amount: evmjson.Big(tx.Value)})
		}
	}
	for _, w := range x.block.Withdrawals {
		if a == w.Address {
			sum.Add(sum, new(big.Int).Mul(new(big.Int).SetUint64(uint64(w.Gwei)), big.NewInt(1e9)))
		}
	}
	return sum
}

// count adds what a move means to an address.
func count(sum *big.Int, a common.Address, m move) {
	if a == m.to {
		sum.Add(sum, m.amount)
	}
	if a == m.from {
		sum.Sub(sum, m.amount)
	}
}

func difference(after, before balance.Held) *big.Int {
	return new(big.Int).Sub(after.Amount.Big(), before.Amount.Big())
}
