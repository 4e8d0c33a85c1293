// Package balance reads what addresses hold, at one block named by its hash (EIP-1898), and what
// tokens call themselves. All of it is what the quorum of a network's nodes says.
package balance

import (
	"context"
	"fmt"
	"strings"
	"time"

	"countersign"
	"countersign/chain/client"
	"countersign/chain/evmjson"
	"countersign/chain/follow"
	"countersign/chain/jsonrpc"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// Selectors of ERC-20, the first four bytes of Keccak-256 of balanceOf(address), decimals() and
// symbol().
const (
	balanceOf = "0x70a08231"
	decimals  = "0x313ce567"
	symbol    = "0x95d89b41"
)

// An Of is whose balance of what.
type Of struct {
	// Asset is the contract, 0x and 40 hex digits; empty for the native asset.
	Asset string
	// Holder is 0x and 40 hex digits.
	Holder string
}

// A Held is an answer.
type Held struct {
	// Amount is in the smallest unit, or the number of pieces of an ERC-721.
	Amount countersign.Amount `json:"amount"`
	// Fault says why there is none: [Empty], or another word for a contract that does not
	// answer balanceOf as a token does.
	Fault string `json:"fault,omitempty"`
}

// The faults.
const (
	// Empty is that of an address without code, which returns nothing.
	Empty = "returned nothing"
	// Reverts is that of a contract which refuses the call.
	Reverts = "reverted"
	// NoWord is that of one which returns anything but 32 bytes.
	NoWord = "did not return 32 bytes"
)

// At reads balances at the block with a hash, in the order asked, each as it is after the whole
// block. The error wraps [countersign.ErrUnsure] and what nodes said that could not answer: a
// node that has no state of that block any more, or does not know it, see [NoState].
func At(ctx context.Context, c *client.Chain, block follow.Hash, of []Of) ([]Held, error) {
	held, err := AtEach(ctx, c, []follow.Hash{block}, of)
	if err != nil {
		return nil, err
	}
	return held[0], nil
}

// AtEach reads the same balances at several blocks, as [At] does at one.
func AtEach(ctx context.Context, c *client.Chain, blocks []follow.Hash, of []Of) ([][]Held, error) {
	calls := make([]jsonrpc.Call, 0, len(of)*len(blocks))
	for _, block := range blocks {
		at := at(block)
		for _, o := range of {
			if o.Asset == "" {
				calls = append(calls, jsonrpc.Call{Method: "eth_getBalance", Params: []any{o.Holder, at}})
				continue
			}
			calls = append(calls, call(o.Asset, balanceOf+strings.Repeat("0", 24)+strings.TrimPrefix(strings.ToLower(o.Holder), "0x"), at))
		}
	}
	return client.Agree(ctx, c, calls, func(replies []jsonrpc.Reply) ([][]Held, error) {
		all := make([][]Held, len(blocks))
		for b := range blocks {
			all[b] = make([]Held, len(of))
			for i, o := range of {
				var err error
				if all[b][i], err = read(replies[b*len(of)+i], o.Asset == ""); err != nil {
					return nil, err
				}
			}
		}
		return all, nil
	})
}

// at names a block that must be canonical.
func at(block follow.Hash) map[string]any {
	return map[string]any{"blockHash": evmjson.Hex(block), "requireCanonical": true}
}

func call(to, data string, at map[string]any) jsonrpc.Call {
	return jsonrpc.Call{Method: "eth_call", Params: []any{map[string]string{"to": to, "data": data}, at}}
}

func read(r jsonrpc.Reply, native bool) (h Held, err error) {
	if native {
		var wei hexutil.Big
		if err := evmjson.Into(r, &wei); err != nil {
			return h, err
		}
		h.Amount, err = countersign.AmountFromBig(wei.ToInt())
		return h, err
	}
	word, fault, err := returned(r)
	if err != nil || fault != "" {
		return Held{Fault: fault}, err
	}
	if len(word) != 32 {
		return Held{Fault: NoWord}, nil
	}
	h.Amount, err = countersign.AmountFromBig(common.BytesToHash(word).Big())
	return h, err
}

// returned is what a call returned. A revert is an answer about the contract, where other errors
// are the node's.
func returned(r jsonrpc.Reply) (data []byte, fault string, err error) {
	if Reverted(r.Err) {
		return nil, Reverts, nil
	}
	var text hexutil.Bytes
	if err := evmjson.Into(r, &text); err != nil {
		return nil, "", err
	}
	if len(text) == 0 {
		return nil, Empty, nil
	}
	return text, "", nil
}

// A Reader reads the balances of many networks.
type Reader struct{ Client *client.Client }

// Final reads an address's balances of assets ("" is the native one) at the network's final
// block, all at one. Besides [countersign.ErrNoNode] and [countersign.ErrUnsure] it fails for an
// asset that does not answer as a token.
func (r Reader) Final(ctx context.Context, network, holder string, assets []string) (b countersign.BlockRef, amounts []countersign.Amount, err error) {
	chain, err := r.Client.Chain(network)
	if err != nil {
		return b, nil, err
	}
	final, err := chain.Final(ctx)
	if err != nil {
		return b, nil, fmt.Errorf("read the final block of %s: %w", network, err)
	}
	of := make([]Of, len(assets))
	for i, asset := range assets {
		of[i] = Of{asset, holder}
	}
	held, err := At(ctx, chain, final.Hash, of)
	if err != nil {
		return b, nil, fmt.Errorf("read the balances of %s at block %d: %w", holder, final.Number, err)
	}
	for i, h := range held {
		if h.Fault != "" {
			return b, nil, fmt.Errorf("balance of %s of token %s: the contract %s: correct the address or the network", holder, assets[i], h.Fault)
		}
		amounts = append(amounts, h.Amount)
	}
	return Ref(final), amounts, nil
}

// Ref writes a block in the words of the vocabulary.
func Ref(b follow.Block) countersign.BlockRef {
	return countersign.BlockRef{Number: b.Number, Hash: evmjson.Hex(b.Hash), Time: time.Unix(int64(b.Time), 0).UTC()} //nolint:gosec // a chain's clock
}
