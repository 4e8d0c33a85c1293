package balance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign/chain/client"
	"countersign/chain/evmjson"
	"countersign/chain/jsonrpc"

	"github.com/ethereum/go-ethereum/common"
)

// A Token is what a contract says of itself, which proves nothing: pin what decisions rest on.
type Token struct {
	Symbol string `json:"symbol"`
	// Decimals are the scale of its amounts.
	Decimals uint8 `json:"decimals"`
}

// Token reads what an ERC-20 calls itself, at the network's final block. It fails for a contract
// that does not say, or says it in a way that people cannot read.
func (r Reader) Token(ctx context.Context, network, contract string) (t Token, err error) {
	chain, err := r.Client.Chain(network)
	if err != nil {
		return t, err
	}
	final, err := chain.Final(ctx)
	if err != nil {
		return t, fmt.Errorf("read the final block of %s: %w", network, err)
	}
	calls := []jsonrpc.Call{call(contract, symbol, at(final.Hash)), call(contract, decimals, at(final.Hash))}
	said, err := client.Agree(ctx, chain, calls, func(replies []jsonrpc.Reply) (said [2][]byte, err error) {
		for i, r := range replies {
			// Why there is nothing matters to nobody: it is no token.
			if said[i], _, err = returned(r); err != nil {
				return said, err
			}
		}
		return said, nil
	})
	if err != nil {
		return t, fmt.Errorf("read token %s: %w", contract, err)
	}
	scale := common.BytesToHash(said[1]).Big()
	if len(said[1]) != 32 || !scale.IsUint64() || scale.Uint64() > 255 {
		return t, fmt.Errorf("token %s does not say its decimals: correct the address or the network", contract)
	}
	if t.Symbol, err = name(said[0]); err != nil {
		return Token{}, fmt.Errorf("symbol of token %s: %w", contract, err)
	}
	t.Decimals = uint8(scale.Uint64())
	return t, nil
}

// name reads a string as the ABI writes it, or 32 bytes with zeros at the end, as early tokens
// have it.
func name(data []byte) (string, error) {
	var text []byte
	switch {
	case len(data) == 32:
		text = bytes.TrimRight(data, "\x00")
	case len(data) >= 64 && common.BytesToHash(data[:32]).Big().Cmp(common.Big32) == 0:
		size := common.BytesToHash(data[32:64]).Big()
		if !size.IsUint64() || size.Uint64() > uint64(len(data)-64) {
			return "", errors.New("it is longer than what came")
		}
		text = data[64 : 64+size.Uint64()]
	}
	s := string(text)
	const longest = 64 // a symbol is a few letters
	if s == "" || len(s) > longest || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", errors.New("it is none that people can read")
	}
	return s, nil
}

// Reverted reports whether a node says that a call was refused by the contract: geth's code, or
// the words of the other nodes.
func Reverted(err error) bool {
	var e *jsonrpc.Error
	if !errors.As(err, &e) {
		return false
	}
	text := strings.ToLower(e.Message)
	return e.Code == 3 || strings.Contains(text, "revert") || strings.Contains(text, "invalid opcode") || strings.Contains(text, "out of gas")
}

// noState are words by which nodes say that they have the block but not its state any more: geth
// (two schemes), Erigon, Nethermind, Reth, and providers that sell it apart.
var noState = []string{"missing trie node", "state is not available", "state not available", "historical state", "pruned", "pruning", "no state available", "archive"}

// NoState reports whether an error of [At] is because nodes have no state that old. Asking again
// does not help; another node may.
func NoState(err error) bool {
	var e *jsonrpc.Error
	if !errors.As(err, &e) || errors.Is(err, jsonrpc.ErrNoAnswer) || errors.Is(err, evmjson.ErrNull) {
		return false
	}
	text := strings.ToLower(e.Message)
	for _, words := range noState {
		if strings.Contains(text, words) {
			return true
		}
	}
	return false
}
