// Package bump makes the transaction that takes another's place: the same
// sender and nonce, a higher fee. It is pure.
package bump

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
)

// A Replacement is a signed transaction that takes another's place.
type Replacement struct {
	Raw  []byte
	Hash string // 0x
}

// Cancel replaces raw by a transfer of nothing to its sender.
func Cancel(key *ecdsa.PrivateKey, raw []byte) (Replacement, error) {
	self := crypto.PubkeyToAddress(key.PublicKey)
	return replace(key, raw, func(tx *types.DynamicFeeTx) {
		tx.To, tx.Value, tx.Data, tx.Gas, tx.AccessList = &self, new(big.Int), nil, params.TxGas, nil
	})
}

// SpeedUp replaces raw by itself at a higher fee.
func SpeedUp(key *ecdsa.PrivateKey, raw []byte) (Replacement, error) {
	return replace(key, raw, func(*types.DynamicFeeTx) {})
}

func replace(key *ecdsa.PrivateKey, raw []byte, change func(*types.DynamicFeeTx)) (Replacement, error) {
	old := new(types.Transaction)
	if err := old.UnmarshalBinary(raw); err != nil {
		return Replacement{}, fmt.Errorf("reading transaction: %w", err)
	}
	if old.Type() > types.DynamicFeeTxType {
		return Replacement{}, errors.New("only transactions of the types 0, 1 and 2 can be replaced")
	}
	// Of the types 0 and 1 both caps are the gas price.
	tx := &types.DynamicFeeTx{ChainID: old.ChainId(), Nonce: old.Nonce(), To: old.To(), Value: old.Value(), Data: old.Data(),
		Gas: old.Gas(), GasFeeCap: raise(old.GasFeeCap()), GasTipCap: raise(old.GasTipCap()), AccessList: old.AccessList()}
	change(tx)
	signed, err := types.SignNewTx(key, types.LatestSignerForChainID(tx.ChainID), tx)
	if err != nil {
		return Replacement{}, fmt.Errorf("signing replacement: %w", err)
	}
	encoded, err := signed.MarshalBinary()
	if err != nil {
		return Replacement{}, fmt.Errorf("encoding replacement: %w", err)
	}
	return Replacement{Raw: encoded, Hash: signed.Hash().Hex()}, nil
}

// raise doubles a price: nodes refuse a replacement that offers less than a
// tenth more, and a base fee that has risen needs more than that.
func raise(price *big.Int) *big.Int {
	twice := new(big.Int).Lsh(price, 1)
	return twice.Add(twice, one)
}

// one keeps a replacement of a price of 0 above it.
var one = big.NewInt(1)
