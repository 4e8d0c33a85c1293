package evm

import (
	"context"
	"fmt"
	"math/big"
	"strconv"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// Transfer is value that a block moved: of the native asset when Contract is
// zero, else of a token. From is zero where a token is minted, To where burned.
type Transfer struct {
	Tx       common.Hash
	Index    string // of the log in its block; "" for the native asset
	Contract common.Address
	From, To common.Address
	Amount   *big.Int // minimum units; nil for an ERC-721 token
	TokenID  *big.Int // nil but for an ERC-721 token
	Fee      *big.Int // wei that the transaction paid
	Symbol   string   // of the token; "" when it has none
	Decimals int      // of the token; 0 when it does not say
}

// tokenInfo is what a token says of itself.
type tokenInfo struct {
	symbol   string
	decimals int
}

// transferTopic is the event Transfer(address,address,uint256), which ERC-20
// and ERC-721 share; the latter indexes all three.
var transferTopic = crypto.Keccak256Hash([]byte("Transfer(address,address,uint256)"))

// transfers reads what an imported block did. Value that contracts pass on
// inside a transaction leaves no trace to read.
func (c *Chain) transfers(ctx context.Context, block *types.Block) ([]Transfer, error) {
	var found []Transfer
	receipts := c.eth.BlockChain().GetReceiptsByHash(block.Hash())
	if len(receipts) != len(block.Transactions()) {
		return nil, fmt.Errorf("block %d has %d receipts for %d transactions", block.NumberU64(), len(receipts), len(block.Transactions()))
	}
	for i, tx := range block.Transactions() {
		s, err := c.slot(tx)
		if err != nil {
			return nil, err
		}
		receipt, fee := receipts[i], Fee(receipts[i])
		if receipt.Status == types.ReceiptStatusSuccessful && tx.Value().Sign() > 0 {
			to := receipt.ContractAddress
			if tx.To() != nil {
				to = *tx.To()
			}
			found = append(found, Transfer{Tx: tx.Hash(), From: s.from, To: to, Amount: tx.Value(), Fee: fee})
		}
		for _, log := range receipt.Logs {
			if t, is := c.tokenTransfer(ctx, log); is {
				t.Fee = fee
				found = append(found, t)
			}
		}
	}
	return found, nil
}

func (c *Chain) tokenTransfer(ctx context.Context, log *types.Log) (Transfer, bool) {
	if len(log.Topics) < 3 || log.Topics[0] != transferTopic {
		return Transfer{}, false
	}
	t := Transfer{Tx: log.TxHash, Index: strconv.FormatUint(uint64(log.Index), 10), Contract: log.Address,
		From: common.BytesToAddress(log.Topics[1].Bytes()), To: common.BytesToAddress(log.Topics[2].Bytes())}
	switch {
	case len(log.Topics) == 3 && len(log.Data) == 32:
		t.Amount = new(big.Int).SetBytes(log.Data)
	case len(log.Topics) == 4 && len(log.Data) == 0:
		t.TokenID = log.Topics[3].Big()
	default:
		return Transfer{}, false
	}
	info := c.describe(ctx, log.Address)
	t.Symbol, t.Decimals = info.symbol, info.decimals
	return t, true
}

// maxTokens bounds how many descriptions are remembered.
const maxTokens = 1024

// describe asks a token for its symbol and decimals, once. One that was created
// in the very block that is read is asked again the next time.
func (c *Chain) describe(ctx context.Context, contract common.Address) tokenInfo {
	if info, known := c.tokens[contract]; known {
		return info
	}
	ask := func(selector ...byte) []byte {
		out, err := c.Client.CallContract(ctx, ethereum.CallMsg{To: &contract, Data: selector}, nil)
		if err != nil {
			return nil // a token need not have either
		}
		return out
	}
	var info tokenInfo
	// symbol() and decimals() of ERC-20.
	if out, err := symbolOutput.Unpack(ask(0x95, 0xd8, 0x9b, 0x41)); err == nil {
		info.symbol, _ = out[0].(string)
	}
	decimals := ask(0x31, 0x3c, 0xe5, 0x67)
	if n := new(big.Int).SetBytes(decimals); len(decimals) == 32 && n.BitLen() <= 8 {
		info.decimals = int(n.Int64())
	}
	if code, err := c.Client.CodeAt(ctx, contract, nil); err == nil && len(code) > 0 {
		if c.tokens == nil || len(c.tokens) >= maxTokens {
			c.tokens = map[common.Address]tokenInfo{}
		}
		c.tokens[contract] = info
	}
	return info
}

// symbolOutput is what symbol() returns: one string.
var symbolOutput = func() abi.Arguments {
	text, _ := abi.NewType("string", "", nil) // a type that there is, so it cannot fail
	return abi.Arguments{{Type: text}}
}()
