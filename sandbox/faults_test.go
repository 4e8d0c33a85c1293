package sandbox_test

import (
	"context"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/rpc"

	"countersign/sandbox"
	"countersign/sandbox/evm"
)

// chain is the default network's.
func (w *world) chain() *evm.Chain {
	w.t.Helper()
	chain, err := w.server.Chains().Chain("EthereumSepolia")
	if err != nil {
		w.t.Fatalf("Chain: %v", err)
	}
	return chain
}

func TestAStuckTransactionIsMinedOnceReleased(t *testing.T) {
	w := newWorld(t, 1)
	w.chain().HoldFrom(common.HexToAddress(w.env.TreasuryAddress))
	first := w.become("transfers", w.pay(w.admin, "1"), "Broadcasted")
	second := w.become("transfers", w.pay(w.admin, "2"), "Broadcasted")
	other := w.open("EthereumSepolia") // others go on
	w.become("transfers", w.ask(other.ID, "transfers", map[string]any{"kind": "Native", "to": recipient, "amount": "4"}), "Confirmed")
	if got := w.wei(recipient).Int64(); got != 4 {
		t.Errorf("recipient has %d, want 4: the others are stuck", got)
	}
	w.chain().Release()
	w.become("transfers", first, "Confirmed")
	w.become("transfers", second, "Confirmed")
	if got := w.wei(recipient).Int64(); got != 7 {
		t.Errorf("recipient has %d, want 7", got)
	}
}

func TestFinalBlocksStayAndOthersAreReorganised(t *testing.T) {
	w := newWorldWith(t, sandbox.Config{Finality: 4, BlockTime: -1})
	w.mine(4)
	e := w.become("transfers", w.pay(w.admin, "5"), "Broadcasted")
	eventually(t, "it is mined", func() bool { return w.wei(recipient).Int64() == 5 })
	before := w.history(w.admin.walletID, "direction=Out")
	if len(before) != 1 || before[0].Status != "Included" {
		t.Fatalf("history %+v, want one item, Included", before)
	}
	if err := w.chain().Reorganise(context.Background(), 5, false); err == nil {
		t.Error("a depth of 5 with a finality of 4 was allowed")
	}
	ctx, client := context.Background(), w.dial()
	old, err := client.HeaderByNumber(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.chain().Reorganise(ctx, 2, false); err != nil {
		t.Fatal(err)
	}
	receipt, err := client.TransactionReceipt(ctx, common.HexToHash(e.TxHash))
	if err != nil || receipt.BlockHash == old.Hash() {
		t.Errorf("receipt %+v (%v) still in the block that is gone", receipt, err)
	}
	if after := w.history(w.admin.walletID, "direction=Out"); len(after) != 1 || after[0].BlockNumber == before[0].BlockNumber {
		t.Errorf("history %+v, want one item in another block than %+v", after, before)
	}
	if got, err := client.HeaderByNumber(ctx, big.NewInt(int64(rpc.FinalizedBlockNumber))); err != nil || got.Number.Uint64() != old.Number.Uint64()+1-4 {
		t.Errorf("finalized is %v (%v), want 4 behind %d", got.Number, err, old.Number.Uint64()+1)
	}
	w.become("transfers", e, "Broadcasted")
	w.mine(4)
	w.become("transfers", e, "Confirmed")
}

func TestADroppedDepositIsRetractedAndComesBack(t *testing.T) {
	w := newWorldWith(t, sandbox.Config{Finality: 6, BlockTime: -1})
	o, hooks := w.outsider(), newReceiver(t, 200)
	w.mine(6)
	w.subscribe(hooks, "wallet.blockchainevent.detected")
	hash := o.send(w.env.TreasuryAddress, 99, "")
	told := func(status string) int { return detected(hooks, "wallet.blockchainevent.detected", hash, status) }
	eventually(t, "the deposit is announced", func() bool { return told("Included") == 1 })
	held := len(w.history(w.admin.walletID, "direction=In"))
	if err := w.chain().Reorganise(context.Background(), 1, true); err != nil {
		t.Fatal(err)
	}
	if now := len(w.history(w.admin.walletID, "direction=In")); now != held-1 {
		t.Errorf("%d deposits, want the %d without the one that is gone", now, held-1)
	}
	w.chain().Release()
	eventually(t, "the deposit is back", func() bool { return told("Included") == 2 })
	w.mine(6)
	eventually(t, "the deposit is confirmed", func() bool { return told("Confirmed") == 1 })
}

func TestABranchSurvivesTheProcess(t *testing.T) {
	w := newWorldWith(t, sandbox.Config{Finality: 8, BlockTime: -1})
	e := w.become("transfers", w.pay(w.admin, "3"), "Broadcasted")
	eventually(t, "it is mined", func() bool { return w.wei(recipient).Int64() == 3 })
	if err := w.chain().Reorganise(context.Background(), 1, true); err != nil {
		t.Fatal(err)
	}
	if got := w.wei(recipient).Int64(); got != 0 {
		t.Errorf("recipient has %d of a transfer that fell out", got)
	}
	head := readHead(t, w.dir)
	w.restart(sandbox.Config{Finality: 8, BlockTime: -1})
	head.check(t, w.dir)
	eventually(t, "it is mined again", func() bool { return w.wei(recipient).Int64() == 3 }) // holds are forgotten
	w.mine(8)
	w.become("transfers", e, "Confirmed")
}
