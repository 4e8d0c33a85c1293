package evm

import (
	"math/big"

	"github.com/ethereum/go-ethereum/core/types"
)

// Fee returns what a mined transaction paid, in wei.
func Fee(r *types.Receipt) *big.Int {
	return new(big.Int).Mul(r.EffectiveGasPrice, new(big.Int).SetUint64(r.GasUsed))
}
