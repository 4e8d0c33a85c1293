package signing

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"

	"countersign/sandbox/dfns"
)

// unsigned is an EVM transaction that is yet to be signed.
type unsigned struct {
	tx      *types.Transaction
	chainID *big.Int // nil for one of before EIP-155
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

// readUnsigned reads a serialised transaction of the types 0, 1 and 2.
func readUnsigned(raw []byte) (unsigned, error) {
	if len(raw) == 0 {
		return unsigned{}, dfns.BadRequest("transaction is empty")
	}
	var err error
	var u unsigned
	switch {
	case raw[0] >= 0xc0:
		var l legacy
		err = rlp.DecodeBytes(raw, &l)
		u = unsigned{types.NewTx(&types.LegacyTx{Nonce: l.Nonce, GasPrice: l.GasPrice, Gas: l.Gas, To: l.To,
			Value: l.Value, Data: l.Data}), l.ChainID}
	case raw[0] == types.AccessListTxType:
		var l listed
		err = rlp.DecodeBytes(raw[1:], &l)
		u = unsigned{types.NewTx(&types.AccessListTx{ChainID: l.ChainID, Nonce: l.Nonce, GasPrice: l.GasPrice, Gas: l.Gas,
			To: l.To, Value: l.Value, Data: l.Data, AccessList: l.AccessList}), l.ChainID}
	case raw[0] == types.DynamicFeeTxType:
		var d dynamic
		err = rlp.DecodeBytes(raw[1:], &d)
		u = unsigned{types.NewTx(&types.DynamicFeeTx{ChainID: d.ChainID, Nonce: d.Nonce, GasTipCap: d.Tip, GasFeeCap: d.Fee,
			Gas: d.Gas, To: d.To, Value: d.Value, Data: d.Data, AccessList: d.AccessList}), d.ChainID}
	default:
		return u, dfns.NotImplemented("signatures of transactions of type %d", raw[0])
	}
	if err != nil {
		return unsigned{}, dfns.BadRequest("transaction is not an unsigned EVM transaction: %v", err)
	}
	if u.chainID != nil && u.chainID.Sign() == 0 {
		return unsigned{}, dfns.BadRequest("transaction has chain ID 0, which is no chain")
	}
	return u, nil
}

// signer is the scheme that hashes and signs u.
func (u unsigned) signer() types.Signer {
	if u.chainID == nil {
		return types.HomesteadSigner{}
	}
	return types.LatestSignerForChainID(u.chainID)
}
