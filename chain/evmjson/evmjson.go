// Package evmjson reads the objects of Ethereum's JSON-RPC (ethereum/execution-apis), as far as
// money is told by them. What a node leaves out that must be there is an error.
package evmjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"countersign/chain/follow"
	"countersign/chain/jsonrpc"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// ErrNull means that a node answered null: it does not know what was asked for.
var ErrNull = errors.New("answered null")

// Transfer is topic 0 of ERC-20's and ERC-721's event Transfer(address,address,uint256).
var Transfer = common.HexToHash("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")

// Into reads one reply into out. Null is [ErrNull].
func Into(r jsonrpc.Reply, out any) error {
	if r.Err != nil {
		return r.Err
	}
	if string(r.Result) == "null" {
		return ErrNull
	}
	return json.Unmarshal(r.Result, out)
}

// Address writes an address as 0x and 40 lower-case hex digits.
func Address(a common.Address) string { return fmt.Sprintf("0x%x", a[:]) }

// Hex writes a hash as 0x and 64 lower-case hex digits.
func Hex(h [32]byte) string { return fmt.Sprintf("0x%x", h[:]) }

// A Header links blocks.
type Header struct {
	Number *hexutil.Uint64 `json:"number"`
	Hash   *common.Hash    `json:"hash"`
	Parent *common.Hash    `json:"parentHash"`
	Time   *hexutil.Uint64 `json:"timestamp"`
}

// Block checks that nothing is missing.
func (h Header) Block() (follow.Block, error) {
	if h.Number == nil || h.Hash == nil || h.Parent == nil || h.Time == nil || *h.Hash == (common.Hash{}) {
		return follow.Block{}, errors.New("a block has no number, hash, parent or time")
	}
	return follow.Block{Number: uint64(*h.Number), Hash: follow.Hash(*h.Hash), Parent: follow.Hash(*h.Parent), Time: uint64(*h.Time)}, nil
}

// ReadHeader reads a block without its transactions.
func ReadHeader(r jsonrpc.Reply) (follow.Block, error) {
	var h Header
	if err := Into(r, &h); err != nil {
		return follow.Block{}, err
	}
	return h.Block()
}

// A Block is one with its transactions.
type Block struct {
	follow.Block
	// Miner gets the tips of all transactions.
	Miner       common.Address
	Txs         []Tx
	Withdrawals []Withdrawal
}

// A Withdrawal pays from the consensus layer, without a transaction (EIP-4895).
type Withdrawal struct {
	Address common.Address `json:"address"`
	Gwei    hexutil.Uint64 `json:"amount"`
}

// A Tx is a transaction. BlockHash is nil while it is in no block.
type Tx struct {
	Hash      common.Hash     `json:"hash"`
	From      common.Address  `json:"from"`
	To        *common.Address `json:"to"`
	Nonce     hexutil.Uint64  `json:"nonce"`
	Value     *hexutil.Big    `json:"value"`
	Input     hexutil.Bytes   `json:"input"`
	BlockHash *common.Hash    `json:"blockHash"`
	Index     *hexutil.Uint64 `json:"transactionIndex"`
	// Mint is what a deposit from the layer below brings along (OP stack).
	Mint *hexutil.Big `json:"mint,omitempty"`
}

// ReadTx reads a transaction.
func ReadTx(r jsonrpc.Reply) (Tx, error) {
	var tx Tx
	if err := Into(r, &tx); err != nil {
		return tx, err
	}
	if tx.Hash == (common.Hash{}) || tx.Value == nil {
		return tx, errors.New("a transaction has no hash or value")
	}
	return tx, nil
}

// ReadBlock reads a block that was asked for with its transactions, and checks that each is of it.
func ReadBlock(r jsonrpc.Reply) (Block, error) {
	var b struct {
		Header
		Miner       common.Address `json:"miner"`
		Txs         *[]Tx          `json:"transactions"`
		Withdrawals []Withdrawal   `json:"withdrawals"`
	}
	if err := Into(r, &b); err != nil {
		return Block{}, err
	}
	head, err := b.Header.Block()
	if err != nil {
		return Block{}, err
	}
	if b.Txs == nil {
		return Block{}, errors.New("a block has no transactions member")
	}
	for i, tx := range *b.Txs {
		if tx.Value == nil || tx.BlockHash == nil || *tx.BlockHash != common.Hash(head.Hash) || tx.Index == nil || uint64(*tx.Index) != uint64(i) { //nolint:gosec // an index
			return Block{}, fmt.Errorf("transaction %d of block %d is not of it", i, head.Number)
		}
	}
	if len(b.Withdrawals) == 0 {
		b.Withdrawals = nil // some nodes leave an empty list out
	}
	return Block{head, b.Miner, *b.Txs, b.Withdrawals}, nil
}

// Big is a quantity that may be missing, as zero.
func Big(n *hexutil.Big) *big.Int {
	if n == nil {
		return new(big.Int)
	}
	return (*big.Int)(n)
}
