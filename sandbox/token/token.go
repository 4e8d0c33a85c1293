// Package token is TestUSD, the token that every EVM network of the sandbox has:
// how it is created and asked for a balance.
package token

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"countersign/sandbox/contracts"
)

// What TestUSD calls itself (contracts/TestUSD.sol).
const (
	Symbol   = "TUSD"
	Decimals = 6
)

// Creation returns the data of the transaction that deploys TestUSD with
// the given minter.
func Creation(minter common.Address) ([]byte, error) {
	token, err := abi.JSON(strings.NewReader(contracts.TestUSDABI))
	if err != nil {
		return nil, fmt.Errorf("reading token ABI: %w", err)
	}
	arguments, err := token.Pack("", minter)
	if err != nil {
		return nil, fmt.Errorf("encoding token constructor: %w", err)
	}
	code, err := hexutil.Decode("0x" + contracts.TestUSDBin())
	if err != nil {
		return nil, fmt.Errorf("reading token bytecode: %w", err)
	}
	return append(code, arguments...), nil
}

// balanceOf is the selector of balanceOf(address) (EIP-20).
var balanceOf = []byte{0x70, 0xa0, 0x82, 0x31}

// BalanceOf is the call data that asks a token for the balance of holder.
func BalanceOf(holder common.Address) []byte {
	return append(append([]byte{}, balanceOf...), common.LeftPadBytes(holder.Bytes(), 32)...)
}

// Transfer is the call data of transfer(address,uint256), selector 0xa9059cbb (EIP-20).
func Transfer(to common.Address, units *big.Int) []byte {
	return call([]byte{0xa9, 0x05, 0x9c, 0xbb}, to, units)
}

// Mint is the call data of mint(address,uint256), selector 0x40c10f19, which the
// sandbox's tokens have.
func Mint(to common.Address, units *big.Int) []byte {
	return call([]byte{0x40, 0xc1, 0x0f, 0x19}, to, units)
}

func call(selector []byte, who common.Address, units *big.Int) []byte {
	data := append(selector, common.LeftPadBytes(who.Bytes(), 32)...)
	return append(data, common.LeftPadBytes(units.Bytes(), 32)...)
}
