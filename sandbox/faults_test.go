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

func TestACongestionRaisesTheBaseFee(t *testing.T) {
	w := newWorld(t, 1)
	ctx, client := context.Background(), w.dial()
	before, err := client.HeaderByNumber(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.chain().Congest(ctx, 5, 2); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.become("transfers", w.pay(w.admin, "1"), "Confirmed")
	}
	after, err := client.HeaderByNumber(ctx, nil)
	if err != nil || after.BaseFee.Cmp(new(big.Int).Mul(before.BaseFee, big.NewInt(4))) < 0 {
		t.Errorf("base fee %v after %v, want about five times as much (%v)", after.BaseFee, before.BaseFee, err)
	}
}

func TestATransactionIsLeftBehindBySpikeOfTheBaseFee(t *testing.T) {
	w := newWorld(t, 1)
	w.chain().HoldNext(1)
	e := w.become("transfers", w.pay(w.admin, "10"), "Broadcasted")
	if err := w.chain().Congest(context.Background(), 10, 0); err != nil {
		t.Fatal(err)
	}
	w.chain().Release()
	other := w.open("EthereumSepolia") // pays what it costs now
	w.become("transfers", w.ask(other.ID, "transfers", map[string]any{"kind": "Native", "to": recipient, "amount": "4"}), "Confirmed")
	if e = w.become("transfers", e, "Broadcasted"); w.wei(recipient).Int64() != 4 {
		t.Errorf("%s was mined below the base fee", e.ID)
	}
	w.mine(30)
	w.become("transfers", e, "Confirmed")
}

func TestCancelAndSpeedUp(t *testing.T) {
	w := newWorld(t, 1)
	hooks := newReceiver(t, 200)
	w.subscribe(hooks, "wallet.transfer.failed", "wallet.transaction.confirmed")
	w.chain().HoldNext(2)
	first := w.become("transfers", w.pay(w.admin, "1"), "Broadcasted")
	second := w.become("transfers", w.pay(w.admin, "2"), "Broadcasted")
	replace := func(e entity, how string) entity {
		return into[entity](t, w.admin.post(w.path("transfers", e.ID, how), map[string]any{}), 200)
	}
	cancel := replace(first, "cancel")
	w.become("transactions", cancel, "Confirmed")
	if gone := w.become("transfers", first, "Failed"); gone.ReplacementID != cancel.ID || gone.TxHash != first.TxHash {
		t.Errorf("cancelled %+v, want it replaced by %s", gone, cancel.ID)
	}
	faster := replace(second, "speed-up")
	w.become("transactions", faster, "Confirmed")
	w.become("transfers", second, "Failed")
	if got := w.wei(recipient).Int64(); got != 2 {
		t.Errorf("recipient has %d, want the 2 that were sped up", got)
	}
	refused(t, w.admin.post(w.path("transfers", second.ID, "cancel"), map[string]any{}), 422)
	refused(t, w.admin.call("PUT", w.path("transfers", second.ID, "abort"), map[string]any{}), 422)
	refused(t, w.admin.post(w.path("transfers", "xfr-none", "cancel"), map[string]any{}), 404)
	body := into[struct {
		RequestBody struct{ Kind, TxHash, SignedTx string }
	}](t, w.admin.get(w.path("transactions", cancel.ID)), 200).RequestBody
	if body.Kind != "CancelTransaction" || body.TxHash != first.TxHash || len(body.SignedTx) < 100 {
		t.Errorf("body of the cancellation %+v", body)
	}
}

func TestAbortBeforeItIsSigned(t *testing.T) {
	w := newWorld(t, 1)
	w.server.Settler().Pause(true)
	e := w.pay(w.admin, "9")
	gone := into[entity](t, w.admin.call("PUT", w.path("transfers", e.ID, "abort"), map[string]any{}), 200)
	if gone.Status != "Failed" || gone.TxHash != "" {
		t.Errorf("aborted %+v, want Failed without a hash", gone)
	}
	w.server.Settler().Pause(false)
	w.become("transfers", w.pay(w.admin, "1"), "Confirmed")
	if got := w.wei(recipient).Int64(); got != 1 {
		t.Errorf("recipient has %d, want 1", got)
	}
}
