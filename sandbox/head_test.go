package sandbox_test

import (
	"context"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"

	"countersign/sandbox"
)

// chainHead is a block that was seen and must stay.
type chainHead struct {
	number *big.Int
	hash   common.Hash
}

func readHead(t *testing.T, dir string) *chainHead {
	t.Helper()
	e, err := sandbox.ReadEnv(dir, "admin")
	if err != nil {
		t.Fatal(err)
	}
	chain, err := ethclient.Dial(e.RPCURL)
	if err != nil {
		t.Fatal(err)
	}
	defer chain.Close()
	header, err := chain.HeaderByNumber(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &chainHead{header.Number, header.Hash()}
}

func (h *chainHead) check(t *testing.T, dir string) {
	t.Helper()
	if h == nil {
		return
	}
	e, _ := sandbox.ReadEnv(dir, "admin")
	chain, err := ethclient.Dial(e.RPCURL)
	if err != nil {
		t.Fatal(err)
	}
	defer chain.Close()
	header, err := chain.HeaderByNumber(context.Background(), h.number)
	if err != nil || header.Hash() != h.hash {
		t.Fatalf("block %v is no longer %s: %v", h.number, h.hash, err)
	}
}
