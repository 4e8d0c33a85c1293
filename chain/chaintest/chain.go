// Package chaintest is a chain in memory and nodes that serve it over JSON-RPC, for tests: with
// forks, transactions that fail, tokens that lie, and nodes that lag, lie or refuse. It keeps a
// real node's promises: state only at the hash of a block it knows, logs of one block by hash.
package chaintest

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"sync"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// A Log is an event that a transaction leaves.
type Log struct {
	Address common.Address
	Topics  []common.Hash
	Data    []byte
}

// TransferLog is that of an ERC-20.
func TransferLog(token, from, to common.Address, amount int64) Log {
	return Log{token, []common.Hash{crypto.Keccak256Hash([]byte("Transfer(address,address,uint256)")), common.BytesToHash(from[:]), common.BytesToHash(to[:])}, common.BigToHash(big.NewInt(amount)).Bytes()}
}

// PieceLog is that of an ERC-721.
func PieceLog(token, from, to common.Address, id int64) Log {
	l := TransferLog(token, from, to, 0)
	return Log{token, append(l.Topics, common.BigToHash(big.NewInt(id))), nil}
}

// A Pay is native money that a call inside a transaction, or nobody's, moved.
type Pay struct {
	From, To common.Address
	Amount   int64
}

// A Tx is a transaction. Its hash is made of its sender, nonce and input.
type Tx struct {
	From   common.Address
	To     *common.Address // nil for a creation
	Value  int64
	Input  []byte
	Failed bool
	// Gas is what it used, at a price of 1; 21,000 by default.
	Gas   int64
	L1Fee int64
	Logs  []Log
	// Inside are calls with value, which a trace shows.
	Inside []Pay
	// Quiet changes token balances beside what the logs say, by token and holder.
	Quiet map[[2]common.Address]int64

	Hash  common.Hash
	Nonce uint64
}

// A Block is one with the state after it.
type Block struct {
	Number       uint64
	Hash, Parent common.Hash
	Time         uint64
	Miner        common.Address
	Txs          []*Tx
	Withdrawals  []Pay
	firstLog     []uint64
	native       map[common.Address]*big.Int
	tokens       map[[2]common.Address]*big.Int
}

// A Chain is a chain with all blocks that ever were on it. It is safe for concurrent use.
type Chain struct {
	mu     sync.Mutex
	ID     uint64
	Blocks []*Block // the canonical ones, from block 0
	known  map[common.Hash]*Block
	pool   map[common.Hash]*Tx
	made   uint64
	nonces map[common.Address]uint64
	depth  uint64
	code   map[common.Address]bool
}

// New returns a chain of block 0 whose final block is depth blocks below its newest.
func New(id, depth uint64) *Chain {
	c := &Chain{ID: id, depth: depth, known: map[common.Hash]*Block{}, pool: map[common.Hash]*Tx{}, nonces: map[common.Address]uint64{}, code: map[common.Address]bool{}}
	c.add(&Block{native: map[common.Address]*big.Int{}, tokens: map[[2]common.Address]*big.Int{}})
	return c
}

func (c *Chain) add(b *Block) *Block {
	c.made++
	b.Hash = sha256.Sum256(binary.BigEndian.AppendUint64([]byte("block"), c.made))
	b.Time = 1_700_000_000 + 12*b.Number
	c.Blocks = append(c.Blocks, b)
	c.known[b.Hash] = b
	return b
}

// Send names a transaction, which is in the pool then.
func (c *Chain) Send(tx *Tx) *Tx {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.send(tx)
}

func (c *Chain) send(tx *Tx) *Tx {
	if tx.Hash == (common.Hash{}) {
		tx.Nonce = c.nonces[tx.From]
		c.nonces[tx.From]++
		tx.Hash = crypto.Keccak256Hash(tx.From[:], binary.BigEndian.AppendUint64(nil, tx.Nonce), tx.Input)
	}
	if tx.Gas == 0 {
		tx.Gas = 21000
	}
	c.pool[tx.Hash] = tx
	return tx
}

// Mine makes a block of transactions.
func (c *Chain) Mine(txs ...*Tx) *Block { return c.MineWith(nil, txs...) }

// MineWith makes a block with withdrawals.
func (c *Chain) MineWith(withdrawals []Pay, txs ...*Tx) *Block {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.Blocks[len(c.Blocks)-1]
	b := &Block{Number: last.Number + 1, Parent: last.Hash, Txs: txs, Withdrawals: withdrawals, Miner: common.HexToAddress("0xb10c"),
		native: copied(last.native), tokens: copied(last.tokens)}
	logs := uint64(0)
	for _, tx := range txs {
		c.send(tx)
		b.firstLog = append(b.firstLog, logs)
		if !tx.Failed {
			logs += uint64(len(tx.Logs))
		}
		c.apply(b, tx)
	}
	for _, w := range withdrawals {
		change(b.native, w.To, w.Amount)
	}
	return c.add(b)
}

func (c *Chain) apply(b *Block, tx *Tx) {
	change(b.native, tx.From, -tx.Gas-tx.L1Fee)
	if tx.Failed {
		return
	}
	if tx.To != nil {
		change(b.native, tx.From, -tx.Value)
		change(b.native, *tx.To, tx.Value)
	}
	for _, p := range tx.Inside {
		change(b.native, p.From, -p.Amount)
		change(b.native, p.To, p.Amount)
	}
	for _, l := range tx.Logs {
		c.code[l.Address] = true
		if len(l.Topics) < 3 {
			continue
		}
		amount := int64(1)
		if len(l.Topics) == 3 {
			amount = new(big.Int).SetBytes(l.Data).Int64()
		}
		change(b.tokens, [2]common.Address{l.Address, common.BytesToAddress(l.Topics[1][:])}, -amount)
		change(b.tokens, [2]common.Address{l.Address, common.BytesToAddress(l.Topics[2][:])}, amount)
	}
	for at, amount := range tx.Quiet {
		c.code[at[0]] = true
		change(b.tokens, at, amount)
	}
}

// Fund gives an address native money at block 0, before the first block is mined.
func (c *Chain) Fund(who common.Address, amount int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c.Blocks[0].native, who, amount)
}

// FundToken gives an address tokens at block 0.
func (c *Chain) FundToken(token, who common.Address, amount int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.code[token] = true
	change(c.Blocks[0].tokens, [2]common.Address{token, who}, amount)
}

// Drop takes the newest n blocks off the chain. Their transactions are in the pool again.
func (c *Chain) Drop(n int) (txs []*Tx) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.Blocks[len(c.Blocks)-n:] {
		txs = append(txs, b.Txs...)
	}
	c.Blocks = c.Blocks[:len(c.Blocks)-n]
	return txs
}

// Head is the newest block.
func (c *Chain) Head() *Block {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Blocks[len(c.Blocks)-1]
}

// Final is the number of the final block.
func (c *Chain) Final() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := uint64(len(c.Blocks) - 1)
	return n - min(n, c.depth)
}

func copied[K comparable](m map[K]*big.Int) map[K]*big.Int {
	out := make(map[K]*big.Int, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func change[K comparable](m map[K]*big.Int, k K, by int64) {
	if m[k] == nil {
		m[k] = new(big.Int)
	}
	m[k] = new(big.Int).Add(m[k], big.NewInt(by))
}
