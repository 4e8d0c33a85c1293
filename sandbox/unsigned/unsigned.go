// Package unsigned reads EVM transactions that are yet to be signed, as tools such as ethers
// and viem serialise them, and completes them. It is pure.
package unsigned

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"

	"countersign/sandbox/dfns"
)

// Transaction is an EVM transaction that is yet to be signed.
type Transaction struct {
	Tx      *types.Transaction
	ChainID *big.Int // nil for one of before EIP-155
}

// legacy is the serialisation that EIP-155 signs; the three last members are absent in one
// that is bound to no chain.
type legacy struct {
	Nonce    uint64
	GasPrice *big.Int
	Gas      uint64
	To       *common.Address `rlp:"nil"`
	Value    *big.Int
	Data     []byte
	ChainID  *big.Int `rlp:"optional"`
	R, S     uint64   `rlp:"optional"` // zero
}

// listed is EIP-2930's unsigned payload, behind its type byte 1.
type listed struct {
	ChainID    *big.Int
	Nonce      uint64
	GasPrice   *big.Int
	Gas        uint64
	To         *common.Address `rlp:"nil"`
	Value      *big.Int
	Data       []byte
	AccessList types.AccessList
}

// dynamic is EIP-1559's unsigned payload, behind its type byte 2.
type dynamic struct {
	ChainID    *big.Int
	Nonce      uint64
	Tip, Fee   *big.Int
	Gas        uint64
	To         *common.Address `rlp:"nil"`
	Value      *big.Int
	Data       []byte
	AccessList types.AccessList
}

// Read reads a serialised transaction of the types 0, 1 and 2. Another type is a 501, and
// what is no such transaction a 400.
func Read(raw []byte) (Transaction, error) {
	if len(raw) == 0 {
		return Transaction{}, dfns.BadRequest("transaction is empty")
	}
	var err error
	var u Transaction
	switch {
	case raw[0] >= 0xc0:
		var l legacy
		err = rlp.DecodeBytes(raw, &l)
		u = Transaction{types.NewTx(&types.LegacyTx{Nonce: l.Nonce, GasPrice: l.GasPrice, Gas: l.Gas, To: l.To,
			Value: l.Value, Data: l.Data}), l.ChainID}
	case raw[0] == types.AccessListTxType:
		var l listed
		err = rlp.DecodeBytes(raw[1:], &l)
		u = Transaction{types.NewTx(&types.AccessListTx{ChainID: l.ChainID, Nonce: l.Nonce, GasPrice: l.GasPrice, Gas: l.Gas,
			To: l.To, Value: l.Value, Data: l.Data, AccessList: l.AccessList}), l.ChainID}
	case raw[0] == types.DynamicFeeTxType:
		var d dynamic
		err = rlp.DecodeBytes(raw[1:], &d)
		u = Transaction{types.NewTx(&types.DynamicFeeTx{ChainID: d.ChainID, Nonce: d.Nonce, GasTipCap: d.Tip, GasFeeCap: d.Fee,
			Gas: d.Gas, To: d.To, Value: d.Value, Data: d.Data, AccessList: d.AccessList}), d.ChainID}
	default:
		return u, dfns.NotImplemented("transactions of type %d", raw[0])
	}
	if err != nil {
		return Transaction{}, dfns.BadRequest("transaction is not an unsigned EVM transaction: %v", err)
	}
	for _, n := range []*big.Int{u.Tx.Value(), u.Tx.GasFeeCap(), u.Tx.GasTipCap()} {
		if n.BitLen() > 256 {
			return Transaction{}, dfns.BadRequest("transaction holds a number of more than 256 bits")
		}
	}
	if u.ChainID != nil && u.ChainID.Sign() == 0 {
		return Transaction{}, dfns.BadRequest("transaction has chain ID 0, which is no chain")
	}
	return u, nil
}

// Signer is the scheme that hashes and signs u.
func (u Transaction) Signer() types.Signer {
	if u.ChainID == nil {
		return types.HomesteadSigner{}
	}
	return types.LatestSignerForChainID(u.ChainID)
}

// Complete returns the transaction with its signature: 65 bytes, r, s and the recovery ID.
func (u Transaction) Complete(signature []byte) (string, error) {
	signed, err := u.Tx.WithSignature(u.Signer(), signature)
	if err != nil {
		return "", fmt.Errorf("completing transaction: %w", err)
	}
	raw, err := signed.MarshalBinary()
	if err != nil {
		return "", fmt.Errorf("encoding transaction: %w", err)
	}
	return hexutil.Encode(raw), nil
}
