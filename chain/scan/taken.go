package scan

import (
	"context"
	"fmt"

	"countersign/chain/client"
	"countersign/chain/evmjson"
	"countersign/chain/follow"
	"countersign/chain/jsonrpc"
	"countersign/chain/rule"

	"github.com/ethereum/go-ethereum/common"
)

// A claim is a log that something has left an address. Whether the address has sent it itself is
// not in the log.
type claim struct {
	log    evmjson.Log
	filter rule.Filter
	found  rule.Found
}

// taken adds the claims whose transactions somebody else has sent; txs are transactions that were
// read already.
func (f *find) taken(ctx context.Context, txs []evmjson.Tx) error {
	senders := map[common.Hash]common.Address{}
	for _, tx := range txs {
		senders[tx.Hash] = tx.From
	}
	if err := f.senders(ctx, senders); err != nil {
		return err
	}
	for _, c := range f.claims {
		if l := c.log; !f.look.Sent(c.filter, senders[l.TxHash]) {
			f.add(follow.Block{Hash: follow.Hash(l.BlockHash), Number: uint64(l.BlockNumber)}, l.TxHash, uint64(l.TxIndex), uint64(l.Index)+1, c.found)
		}
	}
	f.claims = nil
	return nil
}

// senders reads who has sent the transactions of claims, as far as that is not known.
func (f *find) senders(ctx context.Context, known map[common.Hash]common.Address) error {
	var calls []jsonrpc.Call
	var of []evmjson.Log
	asked := map[common.Hash]bool{}
	for _, c := range f.claims {
		if _, there := known[c.log.TxHash]; !there && !asked[c.log.TxHash] {
			asked[c.log.TxHash] = true
			of = append(of, c.log)
			calls = append(calls, jsonrpc.Call{Method: "eth_getTransactionByHash", Params: []any{c.log.TxHash}})
		}
	}
	if len(calls) == 0 {
		return nil
	}
	from, err := client.Agree(ctx, f.Chain, calls, func(replies []jsonrpc.Reply) (out []common.Address, err error) {
		for i, r := range replies {
			tx, err := evmjson.ReadTx(r)
			if err == nil && (tx.Hash != of[i].TxHash || tx.BlockHash == nil || *tx.BlockHash != of[i].BlockHash) {
				err = fmt.Errorf("transaction %s is not in block %d, %s, any more", evmjson.Hex(of[i].TxHash), of[i].BlockNumber, evmjson.Hex(of[i].BlockHash))
			}
			if err != nil {
				return nil, err
			}
			out = append(out, tx.From)
		}
		return out, nil
	})
	if err != nil {
		return err
	}
	for i, l := range of {
		known[l.TxHash] = from[i]
	}
	return nil
}
