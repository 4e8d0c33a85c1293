package sweep

import (
	"math/big"

	"countersign"
)

// wholeBPS is all of something, in hundredths of a percent.
const wholeBPS = 10_000

// fee is what a move costs at most, in wei.
func fee(gas uint64, price countersign.Amount) *big.Int {
	return new(big.Int).Mul(new(big.Int).SetUint64(gas), price.Big())
}

// above is what is over a floor, 0 where nothing is.
func above(balance, floor countersign.Amount) *big.Int {
	if balance.Cmp(floor) <= 0 {
		return new(big.Int)
	}
	return new(big.Int).Sub(balance.Big(), floor.Big())
}

// allowed is what moving an amount may cost, in whole wei; nil where the asset has no bound.
func (a Asset) allowed(amount *big.Int) *big.Int {
	if a.MaxFeeBPS == 0 {
		return nil
	}
	n := new(big.Int).Mul(amount, big.NewInt(a.MaxFeeBPS))
	whole := big.NewInt(wholeBPS)
	if a.Worth != nil {
		n.Mul(n, a.Worth.Wei.Big())
		whole.Mul(whole, a.Worth.Amount.Big())
	}
	return n.Quo(n, whole)
}
