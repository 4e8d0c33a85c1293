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
}

// Call returns the transaction that b asks for.
func (b Body) Call() Call {
	switch b.Kind {
	case "Native":
		return Call{To: *b.To, Value: number(b.Amount), Memo: b.Memo, Create: b.CreateDestinationAccount}
	case "Erc20":
		return Call{To: b.Contract, Value: new(big.Int), Data: erc20Transfer(*b.To, number(b.Amount))}
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

// erc20Transfer encodes transfer(address,uint256), selector 0xa9059cbb (EIP-20).
func erc20Transfer(to string, amount *big.Int) []byte {
	data := []byte{0xa9, 0x05, 0x9c, 0xbb}
	data = append(data, common.LeftPadBytes(common.HexToAddress(to).Bytes(), 32)...)
	return append(data, common.LeftPadBytes(amount.Bytes(), 32)...)
}
