package sandbox_test

import (
	"context"
	"encoding/json"
	"math/big"
	"net/http"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"

	"countersign/sandbox"
)

// holder is what the tests read of a wallet.
type holder struct{ ID, Address, Network string }

// open makes a wallet on a network.
func (w *world) open(network string) holder {
	w.t.Helper()
	return into[holder](w.t, w.admin.post("/wallets", map[string]string{"network": network}), 200)
}

// ask asks for a transfer or a transaction of any wallet's.
func (w *world) ask(wallet, object string, body map[string]any) entity {
	w.t.Helper()
	return into[entity](w.t, w.admin.post("/wallets/"+wallet+"/"+object, body), 200)
}

// become waits until a request of any wallet's has the status.
func (w *world) become(object string, e entity, status string) entity {
	w.t.Helper()
	eventually(w.t, e.ID+" is "+status, func() bool {
		e = into[entity](w.t, w.admin.get("/wallets/"+e.WalletID+"/"+object+"/"+e.ID), 200)
		return e.Status == status
	})
	return e
}

// rpcOf dials the chain of a network.
func (w *world) rpcOf(network string) *ethclient.Client {
	w.t.Helper()
	var urls map[string]string
	if err := json.Unmarshal([]byte(w.env.RPCURLs), &urls); err != nil {
		w.t.Fatalf("SANDBOX_RPC_URLS: %v", err)
	}
	chain, err := ethclient.Dial(urls[network])
	if err != nil {
		w.t.Fatalf("dialling %s at %q: %v", network, urls[network], err)
	}
	w.t.Cleanup(chain.Close)
	return chain
}

func TestEachNetworkIsAChainOfItsOwn(t *testing.T) {
	w := newWorld(t, 1)
	base := w.open("BaseSepolia")
	w.become("transfers", w.ask(base.ID, "transfers", map[string]any{"kind": "Native", "to": recipient, "amount": "7"}), "Confirmed")
	for network, want := range map[string]struct{ id, balance int64 }{
		"EthereumSepolia": {11155111, 0}, "BaseSepolia": {84532, 7}, "PolygonAmoy": {80002, 0},
	} {
		chain := w.rpcOf(network)
		id, err1 := chain.ChainID(context.Background())
		balance, err2 := chain.BalanceAt(context.Background(), common.HexToAddress(recipient), nil)
		if err1 != nil || err2 != nil || id.Cmp(big.NewInt(want.id)) != 0 || balance.Cmp(big.NewInt(want.balance)) != 0 {
			t.Errorf("%s: chain %v holds %v, want %d and %d (%v, %v)", network, id, balance, want.id, want.balance, err1, err2)
		}
	}
	resp, err := http.Post(w.env.RPCURL+"/Base", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to no end
	if resp.StatusCode != 404 {
		t.Errorf("a network that does not run answers %d, want 404", resp.StatusCode)
	}
	if a := w.admin.post("/wallets", map[string]string{"network": "Base"}); a.Status != 501 {
		t.Errorf("a wallet there: %d %s, want 501", a.Status, a.Body)
	}
}

func TestATokenOnEachNetwork(t *testing.T) {
	w := newWorld(t, 1)
	amoy := w.open("PolygonAmoy")
	type assets struct {
		Items []struct{ Kind, Contract, Symbol, Balance string } `json:"assets"`
	}
	held := func() assets {
		return into[assets](t, w.admin.get("/wallets/"+amoy.ID+"/assets"), 200)
	}
	eventually(t, "the wallet is funded", func() bool { return held().Items[0].Balance != "0" })
	if s := held().Items[0].Symbol; s != "POL" {
		t.Errorf("native asset is %s, want POL", s)
	}
	w.become("transactions", w.ask(amoy.ID, "transactions", map[string]any{"kind": "Evm",
		"to": held().Items[1].Contract, "data": mintData(amoy.Address, 1234)}), "Confirmed")
	if got := held().Items[1]; got.Symbol != "TUSD" || got.Balance != "1234" {
		t.Errorf("token %+v, want 1234 TUSD", got)
	}
}

func TestNewWalletsMayStartEmpty(t *testing.T) {
	w := newWorldWith(t, sandbox.Config{Unfunded: true})
	other := w.open("EthereumSepolia")
	// What the treasury pays comes after whatever the faucet would have given.
	w.become("transfers", w.ask(w.admin.walletID, "transfers", map[string]any{"kind": "Native", "to": other.Address, "amount": "7"}), "Confirmed")
	if has := w.wei(other.Address); has.Int64() != 7 {
		t.Errorf("the new wallet has %s wei, want the 7 that it was paid", has)
	}
	if in := w.history(other.ID, "direction=In"); len(in) != 1 {
		t.Errorf("what came in: %+v", in)
	}
}
