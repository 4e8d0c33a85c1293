package evm_test

import (
	"context"
	"math/big"
	"runtime"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/evm"
)

// heap is what is in use after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC() // the first one lets finalizers run
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return int64(memory.HeapAlloc)
}

// TestMemoryDoesNotGrowWithTheChain mines as many blocks as fill most caches, and as many
// again. A chain in memory takes some 14 kB for each; what may be taken is far less.
func TestMemoryDoesNotGrowWithTheChain(t *testing.T) {
	const blocks, perBlock = 1000, 4000
	key, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	start := func(kept *[][]byte) *evm.Chain {
		chain, err := evm.Start(evm.Config{Dir: t.TempDir(), ChainID: 84532, Genesis: genesis, Faucet: crypto.PubkeyToAddress(key.PublicKey),
			BlockTime: -1, Now: func() time.Time { return genesis }, Changed: func() {},
			Keep: func(change evm.Change) error {
				for _, b := range change.Blocks {
					*kept = append(*kept, b.RLP)
				}
				return nil
			},
			Blocks: func(from uint64) ([][]byte, error) { return (*kept)[min(from-1, uint64(len(*kept))):], nil }})
		if err != nil {
			t.Fatalf("Start: %v", err)
		}
		return chain
	}
	var kept [][]byte
	chain := start(&kept)
	defer func() { _ = chain.Close() }()
	nonce := uint64(0)
	mine := func() int64 {
		for range blocks {
			to := common.BigToAddress(new(big.Int).SetUint64(1<<40 + nonce))
			tx := types.MustSignNewTx(key, types.LatestSignerForChainID(chain.ID()), &types.DynamicFeeTx{ChainID: chain.ID(),
				Nonce: nonce, To: &to, Value: big.NewInt(1), Gas: 21000, GasTipCap: big.NewInt(1), GasFeeCap: big.NewInt(1e10)})
			if _, err := chain.Execute(context.Background(), tx); err != nil {
				t.Fatalf("Execute: %v", err)
			}
			nonce++
		}
		return heap()
	}
	first := mine()
	second := mine()
	var stored int64 // by this test
	for _, raw := range kept[len(kept)-blocks:] {
		stored += int64(len(raw))
	}
	t.Logf("heap after %d blocks %d kB, after %d %d kB", blocks, first>>10, 2*blocks, second>>10)
	if grown := second - first - stored; grown > blocks*perBlock {
		t.Errorf("%d blocks took %d bytes of memory for good", blocks, grown)
	}
	balance, err := chain.Client.BalanceAt(context.Background(), common.BigToAddress(big.NewInt(1<<40)), big.NewInt(1))
	if err != nil || balance.Int64() != 1 {
		t.Errorf("the first block's state: %v %v", balance, err)
	}
}
