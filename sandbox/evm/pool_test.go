package evm_test

import (
	"context"
	"crypto/ecdsa"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/evm"
)

// forgetful starts a chain that keeps nothing but its files, and returns whose money is all there is.
func forgetful(t *testing.T) (*evm.Chain, *ecdsa.PrivateKey) {
	t.Helper()
	faucet, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	chain, err := evm.Start(evm.Config{
		Dir: t.TempDir(), ChainID: 84532, Genesis: genesis, Faucet: crypto.PubkeyToAddress(faucet.PublicKey), BlockTime: -1,
		Now: func() time.Time { return genesis }, Changed: func() {}, Keep: func(evm.Change) error { return nil }, Blocks: func(uint64) ([][]byte, error) { return nil, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = chain.Close() })
	return chain, faucet
}

// Whoever sees in a block that he was paid can pay from it at once: the pool is never behind what
// can be seen.
func TestWhoWasJustPaidCanPay(t *testing.T) {
	chain, faucet := forgetful(t)
	ctx, signer := t.Context(), types.LatestSignerForChainID(chain.ID())
	for n := range uint64(60) {
		key, err := crypto.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		paid := crypto.PubkeyToAddress(key.PublicKey)
		pay := types.MustSignNewTx(faucet, signer, &types.LegacyTx{Nonce: n, To: &paid, Value: big.NewInt(1e18), Gas: 21_000, GasPrice: big.NewInt(1e11)})
		made := make(chan error, 1)
		go func() {
			_, err := chain.Execute(context.WithoutCancel(ctx), pay)
			made <- err
		}()
		for has := new(big.Int); has.Sign() == 0; {
			if has, err = chain.Client.BalanceAt(ctx, paid, nil); err != nil {
				t.Fatal(err)
			}
		}
		on := types.MustSignNewTx(key, signer, &types.LegacyTx{To: &paid, Value: big.NewInt(1), Gas: 21_000, GasPrice: big.NewInt(1e11)})
		if err := chain.Client.SendTransaction(ctx, on); err != nil {
			t.Fatalf("after %d that were paid: %v", n, err)
		}
		if err := <-made; err != nil {
			t.Fatal(err)
		}
		if next, err := chain.Client.PendingNonceAt(ctx, paid); err != nil || next != 1 {
			t.Fatalf("after %d that were paid: the next number is %d, %v; want 1", n, next, err)
		}
	}
}

// Whoever sends faster than blocks are made does not stop the chain.
func TestMoreComesInThanIsMined(t *testing.T) {
	chain, faucet := forgetful(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	const sent = 400
	to := common.HexToAddress("0x70")
	for n := range uint64(sent) {
		tx := types.MustSignNewTx(faucet, types.LatestSignerForChainID(chain.ID()), &types.LegacyTx{Nonce: n, To: &to, Value: big.NewInt(1), Gas: 21_000, GasPrice: big.NewInt(1e11)})
		if err := chain.Client.SendTransaction(ctx, tx); err != nil {
			t.Fatalf("after %d: %v", n, err)
		}
	}
	for {
		has, err := chain.Client.BalanceAt(ctx, to, nil)
		if err != nil {
			t.Fatalf("%s of %d were mined: %v", has, sent, err)
		}
		if has.Cmp(big.NewInt(sent)) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s of %d were mined", has, sent)
		case <-time.After(5 * time.Millisecond):
		}
	}
}
