package evm_test

import (
	"context"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/evm"
)

// Whoever sends faster than blocks are made does not stop the chain.
func TestMoreComesInThanIsMined(t *testing.T) {
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
