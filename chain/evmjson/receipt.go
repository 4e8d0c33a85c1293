package evmjson

import (
	"errors"
	"fmt"
	"math/big"

	"countersign/chain/jsonrpc"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// A Receipt is what a transaction came to.
type Receipt struct {
	TxHash      common.Hash     `json:"transactionHash"`
	BlockHash   common.Hash     `json:"blockHash"`
	BlockNumber *hexutil.Uint64 `json:"blockNumber"`
	TxIndex     *hexutil.Uint64 `json:"transactionIndex"`
	Status      *hexutil.Uint64 `json:"status"`
	// Contract is what a creation created.
	Contract  *common.Address `json:"contractAddress"`
	GasUsed   *hexutil.Uint64 `json:"gasUsed"`
	GasPrice  *hexutil.Big    `json:"effectiveGasPrice"`
	BlobGas   *hexutil.Uint64 `json:"blobGasUsed,omitempty"`
	BlobPrice *hexutil.Big    `json:"blobGasPrice,omitempty"`
	// L1Fee is a rollup's fee for its data (OP stack), in wei.
	L1Fee *hexutil.Big `json:"l1Fee,omitempty"`
	Logs  []Log        `json:"logs"`
}

// ReadReceipt reads the receipt of a transaction that is in a block, and checks that its logs are
// of the same.
func ReadReceipt(r jsonrpc.Reply) (Receipt, error) {
	var x Receipt
	if err := Into(r, &x); err != nil {
		return x, err
	}
	if x.TxHash == (common.Hash{}) || x.BlockHash == (common.Hash{}) || x.BlockNumber == nil || x.TxIndex == nil || x.Status == nil || x.GasUsed == nil || x.GasPrice == nil || x.Logs == nil {
		return x, errors.New("a receipt has no transaction, block, index, status, gas, price or logs")
	}
	for _, l := range x.Logs {
		if l.TxHash != x.TxHash || l.BlockHash != x.BlockHash {
			return x, fmt.Errorf("log %d in the receipt of %x is of another transaction", l.Index, x.TxHash)
		}
	}
	return x, nil
}

// Succeeded is the receipt's status.
func (x Receipt) Succeeded() bool { return *x.Status == 1 }

// Fee is what the sender paid beside any value, in wei.
func (x Receipt) Fee() *big.Int {
	fee := new(big.Int).Mul(new(big.Int).SetUint64(uint64(*x.GasUsed)), Big(x.GasPrice))
	if x.BlobGas != nil {
		fee.Add(fee, new(big.Int).Mul(new(big.Int).SetUint64(uint64(*x.BlobGas)), Big(x.BlobPrice)))
	}
	return fee.Add(fee, Big(x.L1Fee))
}

// A Log is one of an event.
type Log struct {
	Address     common.Address `json:"address"`
	Topics      []common.Hash  `json:"topics"`
	Data        hexutil.Bytes  `json:"data"`
	BlockHash   common.Hash    `json:"blockHash"`
	BlockNumber hexutil.Uint64 `json:"blockNumber"`
	TxHash      common.Hash    `json:"transactionHash"`
	TxIndex     hexutil.Uint64 `json:"transactionIndex"`
	Index       hexutil.Uint64 `json:"logIndex"`
	Removed     bool           `json:"removed"`
}

// ReadLogs reads the answer of eth_getLogs. A log that was removed is an error: the block has
// left the chain.
func ReadLogs(r jsonrpc.Reply) ([]Log, error) {
	logs := []Log{}
	if err := Into(r, &logs); err != nil {
		return nil, err
	}
	for _, l := range logs {
		if l.Removed || l.BlockHash == (common.Hash{}) || l.TxHash == (common.Hash{}) {
			return nil, fmt.Errorf("log %d of block %d is removed, or of no transaction", l.Index, l.BlockNumber)
		}
	}
	return logs, nil
}

// A Moved is a token that a Transfer log says has moved.
type Moved struct {
	From, To common.Address
	// Amount is of an ERC-20; Piece is the ID of one piece of an ERC-721, nil otherwise.
	Amount, Piece *big.Int
}

// Moved reads a Transfer log. ERC-20 has two indexed addresses and the amount as data; ERC-721
// has the ID as a third topic and no data. What has neither shape, or dirt in its addresses, is
// no move.
func (l Log) Moved() (m Moved, ok bool) {
	if len(l.Topics) < 3 || l.Topics[0] != Transfer {
		return m, false
	}
	for i, into := range []*common.Address{&m.From, &m.To} {
		topic := l.Topics[i+1]
		if [12]byte(topic[:12]) != [12]byte{} {
			return m, false
		}
		*into = common.Address(topic[12:])
	}
	switch {
	case len(l.Topics) == 3 && len(l.Data) == 32:
		m.Amount = new(big.Int).SetBytes(l.Data)
		return m, true
	case len(l.Topics) == 4 && len(l.Data) == 0:
		m.Amount, m.Piece = big.NewInt(1), l.Topics[3].Big()
		return m, true
	}
	return m, false
}
