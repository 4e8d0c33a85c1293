package terms

import (
	"encoding/hex"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/common"
)

// Call is one transaction yet to be signed. Nil members are the chain's to
// choose; a simulated ledger knows To, Value, Memo and Create only.
type Call struct {
	To       string // "" creates a contract
	Value    *big.Int
	Data     []byte
	Nonce    *uint64
	GasLimit *uint64
	MaxFee   *big.Int
	Tip      *big.Int
	Memo     string
	Create   bool // make the account of To when it is not there
	Legacy   bool // of type 0: MaxFee is its gas price

	Unsigned []byte // the whole, serialised, to be signed as it is; the other members are nil
}

// Call returns the transaction that b asks for, out of the wallet of that address.
func (b Body) Call(from string) Call {
	switch b.Kind {
	case "Native":
		return Call{To: *b.To, Value: number(b.Amount), Memo: b.Memo, Create: b.CreateDestinationAccount}
	case "Erc20":
		return Call{To: b.Contract, Value: new(big.Int), Data: pack(erc20Transfer, word(*b.To), number(b.Amount))}
	case "Erc721":
		return Call{To: b.Contract, Value: new(big.Int), Data: pack(erc721Transfer, word(from), word(*b.To), number(b.TokenID))}
	case Raw:
		return rawCall(b.Transaction)
	}
	call := Call{Value: number(b.Value), MaxFee: number(b.MaxFeePerGas), Tip: number(b.MaxPriorityFeePerGas)}
	if b.To != nil {
		call.To = *b.To
	}
	if call.Value == nil {
		call.Value = new(big.Int)
	}
	call.Data, _ = hex.DecodeString(strings.TrimPrefix(b.Data, "0x"))
	if limit := number(b.GasLimit); limit != nil {
		call.GasLimit = new(limit.Uint64())
	}
	if b.Nonce != nil {
		call.Nonce = new(number(b.Nonce.Text).Uint64())
	}
	return call
}

// The functions that transfers call.
var (
	erc20Transfer  = []byte{0xa9, 0x05, 0x9c, 0xbb} // transfer(address,uint256) of EIP-20
	erc721Transfer = []byte{0x42, 0x84, 0x2e, 0x0e} // safeTransferFrom(address,address,uint256) of EIP-721
)

// word is an address as an argument.
func word(address string) *big.Int { return common.HexToAddress(address).Big() }

// pack encodes a call of a function that takes words.
func pack(selector []byte, words ...*big.Int) []byte {
	data := append([]byte{}, selector...)
	for _, w := range words {
		data = append(data, common.LeftPadBytes(w.Bytes(), 32)...)
	}
	return data
}
