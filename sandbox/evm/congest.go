package evm

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
)

// maxFactor bounds how much [Chain.Congest] raises the base fee: full blocks
// raise it by an eighth each (EIP-1559), so a thousandfold takes 59.
const maxFactor = 1000

// crowdFunds is what the crowd gets for one congestion, in gwei: a million
// coins, by a withdrawal as of a validator (EIP-4895), which needs no sender.
const crowdFunds = 1_000_000 * 1_000_000_000

// crowd is the key of who fills blocks. What it burns is nobody's.
func (c *Chain) crowd() *ecdsa.PrivateKey {
	seed := crypto.Keccak256([]byte("countersign sandbox crowd"), c.ID().Bytes())
	key, err := crypto.ToECDSA(seed)
	if err != nil {
		panic("the crowd's key is out of range: " + err.Error()) // it is the same in every run
	}
	return key
}

// ErrCongestion means that there is no congestion like that.
var ErrCongestion = errors.New("congestion out of range")

// Congest raises the base fee at least to factor times what it is, by full
// blocks of a crowd that competes for space, and keeps it there for the next
// blocks with transactions. Then it falls as it does on any chain, by an eighth
// for each block that is empty.
func (c *Chain) Congest(ctx context.Context, factor, blocks int) error {
	if factor < 2 || factor > maxFactor || blocks < 0 {
		return fmt.Errorf("%w: a factor of %d for %d blocks; the factor must be 2 to %d, the blocks 0 or more", ErrCongestion, factor, blocks, maxFactor)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	want := new(big.Int).Mul(c.baseFee(), big.NewInt(int64(factor)))
	c.funding = true
	for c.baseFee().Cmp(want) < 0 {
		head := c.eth.BlockChain().CurrentBlock()
		fill, err := c.fill(head.GasLimit)
		if err == nil {
			var block *types.Block
			if block, err = c.build(head, common.Hash{}, fill...); err == nil {
				err = c.adopt(ctx, block)
			}
		}
		if err != nil {
			return fmt.Errorf("filling a block: %w", err)
		}
	}
	c.congested = blocks
	return nil
}

// fill is what the crowd sends to use up gas: contract creations that fail at
// once and lose all that they brought. While the crowd has no funds it is none.
func (c *Chain) fill(gas uint64) ([]*types.Transaction, error) {
	key := c.crowd()
	state, err := c.eth.BlockChain().State()
	if err != nil {
		return nil, fmt.Errorf("reading state: %w", err)
	}
	from := crypto.PubkeyToAddress(key.PublicKey)
	nonce := state.GetNonce(from)
	if state.GetBalance(from).IsZero() {
		return nil, nil
	}
	var txs []*types.Transaction
	for ; gas > params.TxGasContractCreation+params.TxGas; nonce++ {
		part := min(gas, params.MaxTxGas) // EIP-7825
		tx, err := types.SignNewTx(key, types.LatestSignerForChainID(c.ID()), &types.DynamicFeeTx{
			ChainID: c.ID(), Nonce: nonce, Gas: part, GasFeeCap: c.baseFee(), GasTipCap: new(big.Int),
			Value: new(big.Int), Data: []byte{0xfe}}) // INVALID
		if err != nil {
			return nil, fmt.Errorf("signing: %w", err)
		}
		txs, gas = append(txs, tx), gas-part
	}
	return txs, nil
}

// company is what the crowd adds to a block of ours while there is congestion:
// as much as keeps the base fee where it is.
func (c *Chain) company(gas uint64) ([]*types.Transaction, error) {
	target := c.eth.BlockChain().CurrentBlock().GasLimit / params.DefaultElasticityMultiplier
	if c.congested == 0 || gas >= target {
		return nil, nil
	}
	return c.fill(target - gas)
}

// withdrawals pays the crowd in the first block of a congestion.
func (c *Chain) withdrawals(number uint64) types.Withdrawals {
	if !c.funding {
		return types.Withdrawals{}
	}
	c.funding = false
	return types.Withdrawals{{Index: number, Address: crypto.PubkeyToAddress(c.crowd().PublicKey), Amount: crowdFunds}}
}
