package contracts_test

import (
	"bytes"
	"context"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

type call3 struct {
	Target       common.Address
	AllowFailure bool
	CallData     []byte
}

type result struct {
	Success    bool
	ReturnData []byte
}

func TestMulticall(t *testing.T) {
	w := newWorld(t)
	token, many := w.deploy("PlainToken"), w.deploy("Multicall")
	calls := []call3{
		{token.at, false, token.pack("mint", many.at, n(5))},
		{token.at, true, token.pack("transfer", other, n(60))}, // too much
		{token.at, false, token.pack("transfer", other, n(2))},
	}
	var results []result
	if err := many.ABI.UnpackIntoInterface(&results, "aggregate3", many.raw("aggregate3", calls)); err != nil {
		t.Fatal(err)
	}
	if len(results) != 3 || !results[0].Success || results[1].Success || !results[2].Success {
		t.Errorf("results are %+v", results)
	}
	many.send("aggregate3", calls)
	if got := number(token, "balanceOf", other); got != 2 {
		t.Errorf("balance is %d, want 2", got)
	}
	calls[1].AllowFailure = false
	many.fails("aggregate3", calls)
	if got := number(token, "balanceOf", other); got != 2 {
		t.Errorf("balance is %d after a batch that failed, want 2", got)
	}
}

// The selectors are those of the contracts of the same name that are on every network:
// whoever decodes calls to those decodes calls to these.
func TestSelectorsAreTheOriginals(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		contract contract
		method   string
		want     string
	}{
		{w.deploy("Multicall"), "aggregate3", "82ad56cb"},
		{w.deploy("Multicall"), "aggregate3Value", "174dea71"},
		{w.deploy("Multicall"), "aggregate", "252dba42"},
		{w.deploy("Multicall"), "tryAggregate", "bce38bd7"},
		{w.deploy("Safe", []common.Address{w.me}, n(1)), "execTransaction", "6a761202"},
		{w.deploy("MultiSend"), "multiSend", "8d80ff0a"},
		{w.deploy("Permit2"), "permitTransferFrom", "30f28b7a"},
		{w.deploy("Vault", w.deploy("PlainToken").at), "deposit", "6e553f65"},
	} {
		if got := common.Bytes2Hex(c.contract.ABI.Methods[c.method].ID); got != c.want {
			t.Errorf("%s.%s is %s, want %s", c.contract.Name, c.method, got, c.want)
		}
	}
}

func TestProxyIsUpgradedByItsAdminOnly(t *testing.T) {
	w := newWorld(t)
	one, two := w.deploy("CounterV1"), w.deploy("CounterV2")
	proxy := w.deploy("Proxy", one.at, w.me, []byte{})
	counter := contract{one.Contract, w, proxy.at}
	counter.send("increment")
	stranger, err := crypto.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	value := new(big.Int).Mul(n(1e18), n(1))
	w.give(crypto.PubkeyToAddress(stranger.PublicKey), value)
	if w.run(stranger, &proxy.at, proxy.pack("upgradeTo", two.at)).Status == types.ReceiptStatusSuccessful {
		t.Error("a stranger upgraded the proxy")
	}
	proxy.fails("upgradeTo", other) // no code there
	proxy.send("upgradeTo", two.at)
	counter.send("increment")
	if v, count := number(counter, "version"), number(counter, "count"); v != 2 || count != 11 {
		t.Errorf("version %d counts %d, want 2 and 11: the count stays", v, count)
	}
	for label, want := range map[string]common.Address{"eip1967.proxy.implementation": two.at, "eip1967.proxy.admin": w.me} {
		slot := new(big.Int).Sub(new(big.Int).SetBytes(crypto.Keccak256([]byte(label))), n(1))
		got, err := w.chain.Client.StorageAt(context.Background(), proxy.at, common.BigToHash(slot), nil)
		if err != nil || !bytes.Equal(got[12:], want.Bytes()) {
			t.Errorf("%s holds %x, want %s; %v", label, got, want, err)
		}
	}
}
