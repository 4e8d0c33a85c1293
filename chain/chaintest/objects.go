package chaintest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
)

func quantity(n uint64) string { return hexutil.EncodeUint64(n) }

// shown are the canonical blocks that the node knows.
func (n *Node) shown() []*Block {
	return n.Chain.Blocks[:max(1, len(n.Chain.Blocks)-int(n.Lag.Load()))]
}

func (n *Node) numbered(tag string) (*Block, error) {
	blocks := n.shown()
	newest := uint64(len(blocks) - 1)
	switch tag {
	case "latest":
		return blocks[newest], nil
	case "finalized", "safe":
		return blocks[newest-min(newest, n.Chain.depth)], nil
	}
	number, err := hexutil.DecodeUint64(tag)
	if err != nil || number > newest {
		return nil, err
	}
	return blocks[number], nil
}

// hashed finds a block, of a fork too, unless the node is behind it.
func (n *Node) hashed(text string) *Block {
	b := n.Chain.known[common.HexToHash(text)]
	if b == nil || b.Number >= uint64(len(n.shown())) && n.Lag.Load() > 0 {
		return nil
	}
	return b
}

// state finds the block of EIP-1898's parameter, which must be canonical.
func (n *Node) state(param json.RawMessage) (*Block, error) {
	var at struct {
		BlockHash        string `json:"blockHash"`
		RequireCanonical bool   `json:"requireCanonical"`
	}
	if err := json.Unmarshal(param, &at); err != nil || !at.RequireCanonical {
		return nil, fmt.Errorf("state at %s, want it at a canonical block's hash", param)
	}
	b := n.hashed(at.BlockHash)
	switch {
	case b == nil || b.Number >= uint64(len(n.Chain.Blocks)) || n.Chain.Blocks[b.Number] != b:
		return nil, errors.New("header not found")
	case b.Number < n.Old:
		return nil, errors.New("missing trie node: state is not available")
	}
	return b, nil
}

func (b *Block) json(full bool) map[string]any {
	txs := []any{}
	for i, tx := range b.Txs {
		if full {
			txs = append(txs, b.tx(i))
		} else {
			txs = append(txs, tx.Hash.Hex())
		}
	}
	withdrawals := []any{}
	for i, w := range b.Withdrawals {
		withdrawals = append(withdrawals, map[string]any{"index": quantity(uint64(i)), "validatorIndex": "0x1", "address": w.To, "amount": quantity(uint64(w.Amount) / 1e9)})
	}
	return map[string]any{"number": quantity(b.Number), "hash": b.Hash, "parentHash": b.Parent, "timestamp": quantity(b.Time), "miner": b.Miner, "transactions": txs, "withdrawals": withdrawals}
}

func (t *Tx) json() map[string]any {
	return map[string]any{"hash": t.Hash, "from": t.From, "to": t.To, "nonce": quantity(t.Nonce), "value": quantity(uint64(t.Value)), "input": hexutil.Bytes(t.Input),
		"blockHash": nil, "blockNumber": nil, "transactionIndex": nil}
}

func (b *Block) tx(i int) map[string]any {
	out := b.Txs[i].json()
	out["blockHash"], out["blockNumber"], out["transactionIndex"] = b.Hash, quantity(b.Number), quantity(uint64(i))
	return out
}

func (b *Block) receipt(i int) map[string]any {
	tx := b.Txs[i]
	out := map[string]any{"transactionHash": tx.Hash, "blockHash": b.Hash, "blockNumber": quantity(b.Number), "transactionIndex": quantity(uint64(i)),
		"status": "0x1", "gasUsed": quantity(uint64(tx.Gas)), "effectiveGasPrice": "0x1", "logs": b.logs(i), "contractAddress": nil}
	if tx.Failed {
		out["status"] = "0x0"
	}
	if tx.L1Fee > 0 {
		out["l1Fee"] = quantity(uint64(tx.L1Fee))
	}
	return out
}

func (b *Block) logs(i int) []any {
	logs := []any{}
	if b.Txs[i].Failed {
		return logs
	}
	for j, l := range b.Txs[i].Logs {
		topics := slices.Clone(l.Topics)
		if topics == nil {
			topics = []common.Hash{}
		}
		logs = append(logs, map[string]any{"address": l.Address, "topics": topics, "data": hexutil.Bytes(l.Data), "blockHash": b.Hash, "blockNumber": quantity(b.Number),
			"transactionHash": b.Txs[i].Hash, "transactionIndex": quantity(uint64(i)), "logIndex": quantity(b.firstLog[i] + uint64(j)), "removed": false})
	}
	return logs
}

// transaction answers what is asked by a transaction's hash.
func (n *Node) transaction(method, hash string) (any, error) {
	h := common.HexToHash(hash)
	for _, b := range n.shown() {
		for i, tx := range b.Txs {
			switch {
			case tx.Hash != h:
			case method == "eth_getTransactionByHash":
				return b.tx(i), nil
			case method == "eth_getTransactionReceipt":
				return b.receipt(i), nil
			case n.Debug:
				return tx.trace(), nil
			}
		}
	}
	if method == "debug_traceTransaction" {
		return nil, &Refusal{-32601, "the method " + method + " does not exist/is not available"}
	}
	if tx := n.Chain.pool[h]; tx != nil && method == "eth_getTransactionByHash" {
		return tx.json(), nil
	}
	return nil, nil
}

func (t *Tx) trace() map[string]any {
	frame := func(kind string, from common.Address, to *common.Address, value int64) map[string]any {
		return map[string]any{"type": kind, "from": from, "to": to, "value": quantity(uint64(value))}
	}
	top := frame("CALL", t.From, t.To, t.Value)
	if t.Failed {
		top["error"] = "execution reverted"
	}
	// A delegate call shows the value of its caller and moves nothing; a failed one takes all back.
	calls := []any{frame("DELEGATECALL", t.From, t.To, t.Value)}
	failed := frame("CALL", t.From, t.To, 999)
	failed["error"] = "out of gas"
	failed["calls"] = []any{frame("CALL", t.From, t.To, 998)}
	calls = append(calls, failed)
	for _, p := range t.Inside {
		calls = append(calls, frame("CALL", p.From, &p.To, p.Amount))
	}
	top["calls"] = calls
	return top
}

func (b *Block) traces() []any {
	out := []any{}
	for _, tx := range b.Txs {
		out = append(out, map[string]any{"txHash": tx.Hash, "result": tx.trace()})
	}
	return out
}

// logs answers eth_getLogs.
func (n *Node) logs(param json.RawMessage) (any, error) {
	var f struct {
		BlockHash *common.Hash
		FromBlock string
		ToBlock   string
		Address   json.RawMessage
		Topics    []json.RawMessage
	}
	if err := json.Unmarshal(param, &f); err != nil {
		return nil, err
	}
	var blocks []*Block
	if f.BlockHash != nil {
		b := n.hashed(f.BlockHash.Hex())
		if b == nil {
			return nil, errors.New("unknown block")
		}
		blocks = []*Block{b}
	} else {
		from, err := hexutil.DecodeUint64(f.FromBlock)
		to, err2 := hexutil.DecodeUint64(f.ToBlock)
		if err != nil || err2 != nil || to >= uint64(len(n.shown())) || from > to {
			return nil, &Refusal{-32602, "block range extends beyond current head block"}
		}
		blocks = n.shown()[from : to+1]
	}
	out := []any{}
	for _, b := range blocks {
		for i := range b.Txs {
			for _, l := range b.logs(i) {
				if log := l.(map[string]any); fits(f.Address, log["address"].(common.Address).Hex()) && topicsFit(f.Topics, log["topics"].([]common.Hash)) {
					out = append(out, log)
				}
			}
		}
	}
	return out, nil
}

func topicsFit(filter []json.RawMessage, topics []common.Hash) bool {
	for i, f := range filter {
		if string(f) == "null" {
			continue
		}
		if i >= len(topics) || !fits(f, topics[i].Hex()) {
			return false
		}
	}
	return true
}

// fits reads one value, a list of them, or nothing for any.
func fits(filter json.RawMessage, text string) bool {
	var one string
	var any []string
	switch {
	case len(filter) == 0 || string(filter) == "null":
		return true
	case json.Unmarshal(filter, &one) == nil:
		any = []string{one}
	default:
		_ = json.Unmarshal(filter, &any)
	}
	return len(any) == 0 || slices.ContainsFunc(any, func(s string) bool { return strings.EqualFold(s, text) })
}

func (b *Block) balance(who string) string {
	if n := b.native[common.HexToAddress(who)]; n != nil {
		return hexutil.EncodeBig(n)
	}
	return "0x0"
}

// contract answers balanceOf, decimals and symbol of what has been a token.
func (n *Node) contract(b *Block, param json.RawMessage) (any, error) {
	var c struct {
		To   common.Address
		Data hexutil.Bytes
	}
	if err := json.Unmarshal(param, &c); err != nil {
		return nil, err
	}
	if !n.Chain.code[c.To] {
		return "0x", nil
	}
	selector := func(s string) bool { return strings.HasPrefix(string(c.Data), string(crypto.Keccak256([]byte(s))[:4])) }
	word := func(n *big.Int) string { return common.BigToHash(n).Hex() }
	switch {
	case selector("balanceOf(address)"):
		balance := b.tokens[[2]common.Address{c.To, common.BytesToAddress(c.Data[4:])}]
		if balance == nil {
			balance = new(big.Int)
		}
		return word(balance), nil
	case selector("decimals()"):
		return word(big.NewInt(6)), nil
	case selector("symbol()"):
		return word(big.NewInt(32)) + word(big.NewInt(4))[2:] + "54455354" + strings.Repeat("0", 56), nil
	}
	return nil, &Refusal{3, "execution reverted"}
}
