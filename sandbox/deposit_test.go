package sandbox_test

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox"
)

// item is what the tests read of a wallet's history.
type item struct {
	WalletID, Direction, Network, TxHash, Status, Kind, From, To, Value, Fee, Contract, Symbol string
	BlockNumber                                                                                uint64
	Decimals                                                                                   int
}

// history reads a wallet's history.
func (w *world) history(wallet, query string) []item {
	w.t.Helper()
	return into[list[item]](w.t, w.admin.get("/wallets/"+wallet+"/history?limit=500&"+query), 200).Items
}

// outsider is an account that the platform does not know, with ETH and TUSD on
// the default network.
type outsider struct {
	w   *world
	key *ecdsa.PrivateKey
}

func (w *world) outsider() outsider {
	w.t.Helper()
	key, err := crypto.GenerateKey()
	if err != nil {
		w.t.Fatal(err)
	}
	o := outsider{w, key}
	w.ask(w.admin.walletID, "transfers", map[string]any{"kind": "Native", "to": o.address().Hex(), "amount": "1000000000000000000"})
	w.ask(w.admin.walletID, "transactions", map[string]any{"kind": "Evm", "to": w.env.TokenAddress,
		"data": mintData(o.address().Hex(), 1_000_000)})
	eventually(w.t, "the outsider has money", func() bool { return w.units(o.address().Hex()).Sign() > 0 })
	return o
}

func (o outsider) address() common.Address { return crypto.PubkeyToAddress(o.key.PublicKey) }

// send sends a transaction by JSON-RPC and returns its hash.
func (o outsider) send(to string, wei int64, data string) string {
	o.w.t.Helper()
	chain, ctx := o.w.dial(), context.Background()
	id, err1 := chain.ChainID(ctx)
	nonce, err2 := chain.PendingNonceAt(ctx, o.address())
	tx := types.MustSignNewTx(o.key, types.LatestSignerForChainID(id), &types.DynamicFeeTx{
		ChainID: id, Nonce: nonce, To: new(common.HexToAddress(to)), Value: big.NewInt(wei), Data: common.FromHex(data),
		Gas: 100_000, GasTipCap: big.NewInt(1e9), GasFeeCap: big.NewInt(1e11)})
	if err3 := chain.SendTransaction(ctx, tx); err1 != nil || err2 != nil || err3 != nil {
		o.w.t.Fatalf("sending: %v %v %v", err1, err2, err3)
	}
	eventually(o.w.t, "the pool counts it", func() bool { // or the next would have its nonce
		next, err := chain.PendingNonceAt(ctx, o.address())
		return err == nil && next > nonce
	})
	return tx.Hash().Hex()
}

// transferData is the call data of transfer(address,uint256).
func transferData(to string, units int64) string {
	return "0xa9059cbb" + word(to) + word(fmt.Sprintf("%x", units))
}

// detected are the announcements of a deposit with the status.
func detected(r *receiver, kind, hash, status string) int {
	n := 0
	for _, d := range r.of(kind) {
		var data struct {
			BlockchainEvent item
			Wallet          struct{ ID string }
		}
		if json.Unmarshal(d.Data, &data) == nil && data.BlockchainEvent.TxHash == hash &&
			data.BlockchainEvent.Status == status && data.Wallet.ID == data.BlockchainEvent.WalletID {
			n++
		}
	}
	return n
}

const included = "wallet.blockchain_event.transfer.included"

func TestDepositsAreAnnouncedInBothPhases(t *testing.T) {
	w := newWorldWith(t, sandbox.Config{Finality: 3, BlockTime: -1})
	hooks, o := newReceiver(t, 200), w.outsider()
	w.subscribe(hooks, "wallet.blockchainevent.detected", included)
	native := o.send(w.env.TreasuryAddress, 12345, "")
	token := o.send(w.env.TokenAddress, 0, transferData(w.env.TreasuryAddress, 678))
	for _, hash := range []string{native, token} {
		eventually(t, "the deposit is detected", func() bool {
			return detected(hooks, "wallet.blockchainevent.detected", hash, "Included") == 1 && detected(hooks, included, hash, "Included") == 1
		})
		if n := detected(hooks, "wallet.blockchainevent.detected", hash, "Confirmed"); n != 0 {
			t.Errorf("%s was confirmed %d times before it is final", hash, n)
		}
	}
	w.mine(3)
	for _, hash := range []string{native, token} {
		eventually(t, "the deposit is confirmed", func() bool {
			return detected(hooks, "wallet.blockchainevent.detected", hash, "Confirmed") == 1
		})
	}
	in := w.history(w.admin.walletID, "direction=In&kind=Erc20Transfer")
	if len(in) != 1 || in[0].Value != "678" || in[0].Symbol != "TUSD" || in[0].Decimals != 6 || in[0].Status != "Confirmed" ||
		in[0].TxHash != token || in[0].From != o.address().Hex() {
		t.Errorf("history of tokens %+v", in)
	}
	if n := detected(hooks, included, native, "Confirmed"); n != 0 {
		t.Errorf("%d announcements of an inclusion that say Confirmed", n)
	}
}

// mine makes empty blocks on the default network.
func (w *world) mine(n int) {
	w.t.Helper()
	chain, err := w.server.Chains().Chain("EthereumSepolia")
	if err == nil {
		err = chain.Mine(context.Background(), n)
	}
	if err != nil {
		w.t.Fatalf("Mine: %v", err)
	}
}

func TestHistoryHasBothSidesOfAnInternalTransfer(t *testing.T) {
	w := newWorld(t, 1)
	other := w.open("EthereumSepolia")
	e := w.become("transfers", w.ask(w.admin.walletID, "transfers", map[string]any{"kind": "Native", "to": other.Address, "amount": "42"}), "Confirmed")
	out, in := w.history(w.admin.walletID, "direction=Out"), w.history(other.ID, "direction=In")
	if len(out) != 1 || out[0].TxHash != e.TxHash || out[0].Value != "42" || out[0].Fee != e.Fee || out[0].Status != "Confirmed" {
		t.Errorf("the way out: %+v, want %+v", out, e)
	}
	if len(in) != 2 || in[1].TxHash != e.TxHash || in[1].Fee != "" || in[1].To != other.Address { // the first is the faucet's
		t.Errorf("the way in: %+v", in)
	}
	all := into[list[struct{ TxHash, Amount string }]](t,
		w.admin.get("/wallets/all/history?startTime=2020-01-01T00:00:00Z&endTime=2100-01-01T00:00:00Z"), 200).Items
	if len(all) != 4 { // two fundings, two sides
		t.Errorf("%d items in all, want 4: %+v", len(all), all)
	}
	refused(t, w.admin.get("/wallets/all/history"), 400)
	refused(t, w.admin.get("/wallets/"+other.ID+"/history?direction=Up"), 400)
}
