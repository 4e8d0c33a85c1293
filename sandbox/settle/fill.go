package settle

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rpc"

	"countersign/sandbox/evm"
	"countersign/sandbox/queue"
	"countersign/sandbox/terms"
	"countersign/sandbox/unsigned"
)

// fill completes a call into a transaction ready to be signed. What the chain
// would refuse is refused here, before anything is signed.
func (s *Settler) fill(ctx context.Context, chain *evm.Chain, key *ecdsa.PrivateKey, job queue.Job) (*types.Transaction, error) {
	from, call := crypto.PubkeyToAddress(key.PublicKey), job.Call
	tx := &types.DynamicFeeTx{ChainID: chain.ID(), Value: call.Value, Data: call.Data}
	var whole *types.Transaction // of the caller's own making
	if call.Unsigned != nil {
		made, err := unsigned.Read(call.Unsigned)
		if err != nil {
			return nil, fmt.Errorf("reading transaction of %s: %w", job.ID, err)
		}
		whole = made.Tx
		call = terms.Call{Nonce: new(whole.Nonce()), GasLimit: new(whole.Gas()), MaxFee: whole.GasFeeCap(), Tip: whole.GasTipCap()}
		tx.To, tx.Value, tx.Data = whole.To(), whole.Value(), whole.Data()
	} else if call.To != "" {
		tx.To = new(common.HexToAddress(call.To))
	}
	nonce, err := s.nextNonce(ctx, chain, job.Network, from)
	if err != nil {
		return nil, err
	}
	if call.Nonce != nil && *call.Nonce != nonce {
		return nil, errRefused{fmt.Sprintf("nonce %d is not the wallet's next nonce, %d", *call.Nonce, nonce)}
	}
	tx.Nonce = nonce
	if err := s.price(ctx, chain, tx, call); err != nil {
		return nil, err
	}
	if err := s.limit(ctx, chain, tx, from, call); err != nil {
		return nil, err
	}
	if err := afford(ctx, chain, from, tx); err != nil {
		return nil, err
	}
	switch {
	case whole != nil:
		return whole, nil
	case call.Legacy:
		return types.NewTx(&types.LegacyTx{Nonce: tx.Nonce, GasPrice: tx.GasFeeCap, Gas: tx.Gas, To: tx.To, Value: tx.Value, Data: tx.Data}), nil
	}
	return types.NewTx(tx), nil
}

// afford refuses what the wallet cannot pay.
func afford(ctx context.Context, chain *evm.Chain, from common.Address, tx *types.DynamicFeeTx) error {
	balance, err := chain.Client.BalanceAt(ctx, from, nil)
	if err != nil {
		return fmt.Errorf("reading balance: %w", err)
	}
	cost := new(big.Int).Mul(tx.GasFeeCap, new(big.Int).SetUint64(tx.Gas))
	if cost.Add(cost, tx.Value).Cmp(balance) > 0 {
		return errRefused{fmt.Sprintf("insufficient funds: %s wei needed for value and gas, %s held", cost, balance)}
	}
	return nil
}

// price sets the fees: those asked for, else a tip of 1 gwei under a cap of
// twice the base fee and the tip.
func (s *Settler) price(ctx context.Context, chain *evm.Chain, tx *types.DynamicFeeTx, call terms.Call) error {
	head, err := chain.Client.HeaderByNumber(ctx, nil)
	if err != nil {
		return fmt.Errorf("reading head: %w", err)
	}
	tx.GasTipCap, tx.GasFeeCap = call.Tip, call.MaxFee
	if tx.GasTipCap == nil {
		tx.GasTipCap = big.NewInt(params.GWei)
		if call.MaxFee != nil && call.MaxFee.Cmp(tx.GasTipCap) < 0 {
			tx.GasTipCap = call.MaxFee
		}
	}
	if tx.GasFeeCap == nil {
		twice := new(big.Int).Lsh(head.BaseFee, 1)
		tx.GasFeeCap = twice.Add(twice, tx.GasTipCap)
	}
	switch {
	case tx.GasTipCap.Cmp(tx.GasFeeCap) > 0:
		return errRefused{"maxPriorityFeePerGas is above maxFeePerGas"}
	case tx.GasFeeCap.Cmp(head.BaseFee) < 0:
		return errRefused{fmt.Sprintf("maxFeePerGas is below the base fee of %s wei", head.BaseFee)}
	}
	return nil
}

// limit sets the gas limit: the one asked for, else the node's estimate. A call
// that reverts while it is estimated is refused and never reaches the chain; a
// caller who wants to see it revert there gives a gasLimit.
func (s *Settler) limit(ctx context.Context, chain *evm.Chain, tx *types.DynamicFeeTx, from common.Address, call terms.Call) error {
	if call.GasLimit != nil {
		tx.Gas = *call.GasLimit
		return nil
	}
	gas, err := chain.Client.EstimateGas(ctx, ethereum.CallMsg{From: from, To: tx.To, Value: tx.Value, Data: tx.Data})
	var answer rpc.Error
	if errors.As(err, &answer) {
		return errRefused{"gas estimation: " + answer.Error()}
	}
	if err != nil {
		return fmt.Errorf("estimating gas: %w", err)
	}
	tx.Gas = gas
	return nil
}
