// Package effect reads what a transaction did, from the chain itself: how far it has come, what
// it moved by its logs, its value and the calls inside, what it cost, and whether the balances of
// addresses of ours say the same.
//
// Everything is what the quorum of a network's nodes says. The receipt's block must be the
// canonical one of its number; it is final by the network's rule (package network). For each
// address of ours that the transaction touches, and each asset, the balance after the block less
// that after its parent must be what all logs, transactions and withdrawals of the block make of
// it. Otherwise the effect has a doubt: a token that rebases or does not log, or native money
// that came by a call which no node can trace.
package effect

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"countersign"
	"countersign/chain/balance"
	"countersign/chain/client"
	"countersign/chain/evmjson"
	"countersign/chain/follow"
	"countersign/chain/jsonrpc"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// A Reader reads effects. It is safe for concurrent use.
type Reader struct{ Client *client.Client }

// Effect reads what the transaction with a hash did on a network. Ours are the addresses, 0x and
// 40 lower-case hex digits, whose balances must say the same. It fails with
// [countersign.ErrNoNode] for a network without a node, and with [countersign.ErrUnsure] when the
// nodes do not agree or too few answered, also because the chain is reorganised at this moment.
func (r Reader) Effect(ctx context.Context, network, txHash string, ours []string) (countersign.Effect, error) {
	e := countersign.Effect{Network: network, TxHash: txHash, Inclusion: countersign.NotSeen}
	chain, err := r.Client.Chain(network)
	if err != nil {
		return e, err
	}
	hash, err := hashOf(txHash)
	if err != nil {
		return e, err
	}
	x := examination{chain: chain}
	if x.ours, err = addressesOf(ours); err != nil {
		return e, err
	}
	if e.Inclusion, err = x.find(ctx, hash); err != nil {
		return e, fmt.Errorf("read transaction %s on %s: %w", txHash, network, err)
	}
	if e.Inclusion != countersign.Included {
		return e, nil
	}
	if err := x.examine(ctx, &e); err != nil {
		return countersign.Effect{}, fmt.Errorf("read what transaction %s did on %s: %w", txHash, network, err)
	}
	return e, nil
}

func hashOf(text string) (h common.Hash, err error) {
	b, err := hexutil.Decode(text)
	if err != nil || len(b) != 32 || text != strings.ToLower(text) {
		return h, fmt.Errorf("transaction hash %.80q is not 0x and 64 lower-case hex digits", text)
	}
	return common.Hash(b), nil
}

func addressesOf(texts []string) (list []common.Address, err error) {
	for _, text := range texts {
		b, err := hexutil.Decode(text)
		if err != nil || len(b) != 20 || text != strings.ToLower(text) {
			return nil, fmt.Errorf("address %.60q is not 0x and 40 lower-case hex digits", text)
		}
		list = append(list, common.Address(b))
	}
	return list, nil
}

// examination is what is known of one transaction.
type examination struct {
	chain   *client.Chain
	ours    []common.Address
	tx      evmjson.Tx
	receipt evmjson.Receipt
	block   evmjson.Block
	// moves are all, among them those of calls inside.
	moves, inside []move
}

// seen is what one node knows of a transaction.
type seen struct {
	Tx      *evmjson.Tx      `json:"tx"`
	Receipt *evmjson.Receipt `json:"receipt"`
}

// find asks every node for the transaction. Those that do not have it in a block, while others
// have, are behind.
func (x *examination) find(ctx context.Context, hash common.Hash) (countersign.Inclusion, error) {
	answers := client.All(ctx, x.chain, []jsonrpc.Call{
		{Method: "eth_getTransactionByHash", Params: []any{hash}},
		{Method: "eth_getTransactionReceipt", Params: []any{hash}},
	}, func(r []jsonrpc.Reply) (seen, error) { return readSeen(r, hash) })
	pool, included := false, false
	for _, a := range answers {
		pool = pool || a.Err == nil && a.Value.Tx != nil
		included = included || a.Err == nil && a.Value.Receipt != nil
	}
	for i, a := range answers {
		switch {
		case a.Err != nil:
		case !included:
			answers[i].Value = seen{} // which of them has it in its pool is nothing to agree on
		case a.Value.Receipt == nil:
			answers[i].Err = fmt.Errorf("node %s: has it in no block", a.Host)
		}
	}
	agreed, err := client.Agreed(x.chain, answers)
	switch {
	case err != nil:
		return countersign.NotSeen, err
	case included:
		x.tx, x.receipt = *agreed.Tx, *agreed.Receipt
		return countersign.Included, nil
	case pool:
		return countersign.InPool, nil
	}
	return countersign.NotSeen, nil
}

// readSeen reads a transaction and its receipt, which must be of the same block.
func readSeen(r []jsonrpc.Reply, hash common.Hash) (s seen, err error) {
	tx, err := evmjson.ReadTx(r[0])
	if errors.Is(err, evmjson.ErrNull) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if tx.Hash != hash {
		return s, fmt.Errorf("transaction %x came instead", tx.Hash)
	}
	s.Tx = &tx
	receipt, err := evmjson.ReadReceipt(r[1])
	if errors.Is(err, evmjson.ErrNull) {
		return s, nil
	}
	if err == nil && (receipt.TxHash != hash || tx.BlockHash == nil || *tx.BlockHash != receipt.BlockHash) {
		err = errors.New("the transaction and its receipt are not of one block")
	}
	s.Receipt = &receipt
	return s, err
}

// examine fills in what a transaction in a block did.
func (x *examination) examine(ctx context.Context, e *countersign.Effect) error {
	// The final block first: what is canonical below it afterwards stays so.
	final, err := x.chain.Final(ctx)
	if err != nil {
		return fmt.Errorf("the final block: %w", err)
	}
	if x.block, err = x.canonical(ctx); err != nil {
		return err
	}
	if x.block.Number <= final.Number {
		e.Inclusion = countersign.Final
	}
	e.Block, e.Succeeded, e.Nonce = balance.Ref(x.block.Block), x.receipt.Succeeded(), uint64(x.tx.Nonce)
	e.From = evmjson.Address(x.tx.From)
	if x.tx.To != nil {
		e.To = evmjson.Address(*x.tx.To)
	}
	if e.Fee, err = countersign.AmountFromBig(x.receipt.Fee()); err != nil {
		return fmt.Errorf("the fee: %w", err)
	}
	if err := x.move(ctx); err != nil {
		return err
	}
	for _, m := range x.moves {
		told, err := m.told()
		if err != nil {
			return err
		}
		e.Moves = append(e.Moves, told)
	}
	e.Doubts, err = x.doubts(ctx)
	return err
}

// canonical reads the receipt's block, which must be that of its number.
func (x *examination) canonical(ctx context.Context) (evmjson.Block, error) {
	type pair struct {
		Block evmjson.Block
		Now   follow.Block
	}
	number := uint64(*x.receipt.BlockNumber)
	p, err := client.Agree(ctx, x.chain, []jsonrpc.Call{
		{Method: "eth_getBlockByHash", Params: []any{x.receipt.BlockHash, true}},
		{Method: "eth_getBlockByNumber", Params: []any{hexutil.EncodeUint64(number), false}},
	}, func(r []jsonrpc.Reply) (p pair, err error) {
		if p.Block, err = evmjson.ReadBlock(r[0]); err != nil {
			return p, err
		}
		p.Now, err = evmjson.ReadHeader(r[1])
		return p, err
	})
	if err != nil {
		return p.Block, fmt.Errorf("block %d: %w", number, err)
	}
	if common.Hash(p.Block.Hash) != x.receipt.BlockHash || p.Block.Number != number || p.Now.Hash != p.Block.Hash {
		return p.Block, fmt.Errorf("%w: block %d is %x now, the receipt names %x", countersign.ErrUnsure, number, p.Now.Hash, x.receipt.BlockHash)
	}
	return p.Block, nil
}
