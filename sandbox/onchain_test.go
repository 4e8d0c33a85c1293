package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/contracts"
)

// deploy has the treasury create a contract, and returns its address.
func (w *world) deploy(name string, arguments ...any) string {
	w.t.Helper()
	c, err := contracts.Find(name)
	if err != nil {
		w.t.Fatal(err)
	}
	data, err := c.Data(arguments...)
	if err != nil {
		w.t.Fatal(err)
	}
	e := into[entity](w.t, w.admin.post(w.path("transactions"), map[string]any{"kind": "Evm", "data": "0x" + common.Bytes2Hex(data)}), 200)
	receipt, err := w.dial().TransactionReceipt(context.Background(), common.HexToHash(w.reach("transactions", e.ID, "Confirmed").TxHash))
	if err != nil {
		w.t.Fatal(err)
	}
	return receipt.ContractAddress.Hex()
}

// call has the treasury call a contract.
func (w *world) call(to, data string) {
	w.t.Helper()
	e := into[entity](w.t, w.admin.post(w.path("transactions"), map[string]any{"kind": "Evm", "to": to, "data": data}), 200)
	w.reach("transactions", e.ID, "Confirmed")
}

func TestAssetsDiscoverTokensThatCameIn(t *testing.T) {
	w := newWorld(t, 1)
	plain := w.deploy("PlainToken")
	w.call(plain, mintData(w.env.TreasuryAddress, 77))
	type holdings struct {
		Assets []struct {
			Kind, Contract, Symbol, Balance string
			Decimals                        int
		}
		NFTs []any
	}
	got := into[holdings](t, w.admin.get(w.path("assets")), 200)
	if n := len(got.Assets); n != 3 {
		t.Fatalf("%d assets: %+v", n, got)
	}
	refused(t, w.admin.get(w.path("assets")+"?netWorth=true"), 501) // nobody said what PLAIN is worth
	if a := got.Assets[2]; a.Kind != "Erc20" || !strings.EqualFold(a.Contract, plain) || a.Symbol != "PLAIN" || a.Decimals != 18 || a.Balance != "77" {
		t.Errorf("the token is %+v", a)
	}
	w.call(plain, "0xa9059cbb"+word(recipient)+word(fmt.Sprintf("%x", 77))) // all of it
	if got = into[holdings](t, w.admin.get(w.path("assets")), 200); len(got.Assets) != 2 {
		t.Errorf("a spent token is still there: %+v", got)
	}
	if got = into[holdings](t, w.admin.get(w.path("nfts")), 200); got.NFTs == nil || len(got.NFTs) != 0 {
		t.Errorf("NFTs are %+v, want an empty list", got.NFTs)
	}
	refused(t, w.admin.get(w.path("assets")+"?netWorth=yes"), 400)
	w.call(w.env.TokenAddress, mintData(w.env.TreasuryAddress, 2_500_000))
	valued := into[struct {
		Assets   []struct{ Quotes map[string]json.Number }
		NetWorth map[string]json.Number
	}](t, w.admin.get(w.path("assets")+"?netWorth=true"), 200)
	sum := new(big.Rat)
	for _, a := range valued.Assets {
		quote, ok := new(big.Rat).SetString(a.Quotes["USD"].String())
		if !ok || quote.Sign() <= 0 {
			t.Fatalf("worth is %+v", valued)
		}
		sum.Add(sum, quote)
	}
	if total, ok := new(big.Rat).SetString(valued.NetWorth["USD"].String()); !ok || total.Cmp(sum) != 0 || valued.Assets[1].Quotes["USD"] != "2.5" {
		t.Errorf("worth is %+v", valued)
	}
}

func TestFees(t *testing.T) {
	w := newWorld(t, 1)
	type level struct{ MaxPriorityFeePerGas, MaxFeePerGas string }
	got := into[struct {
		Kind, Network        string
		BlockNumber          uint64
		Slow, Standard, Fast level
		BaseFeePerGas        string
	}](t, w.admin.get("/networks/fees?network=EthereumSepolia"), 200)
	head, err := w.dial().HeaderByNumber(context.Background(), new(big.Int).SetUint64(got.BlockNumber))
	if err != nil || got.Kind != "Eip1559" || got.BaseFeePerGas != head.BaseFee.String() {
		t.Errorf("fees are %+v, the block has %v", got, err)
	}
	for _, l := range []level{got.Slow, got.Standard, got.Fast} {
		e := into[entity](t, w.admin.post(w.path("transactions"), map[string]any{"kind": "Eip1559", "to": recipient, "value": "1",
			"maxFeePerGas": l.MaxFeePerGas, "maxPriorityFeePerGas": l.MaxPriorityFeePerGas}), 200)
		w.reach("transactions", e.ID, "Confirmed")
	}
	refused(t, w.admin.get("/networks/fees"), 400)
	refused(t, w.admin.get("/networks/fees?network=Bitcoin"), 501)
	refused(t, w.admin.get("/networks/fees?network=StellarTestnet"), 501)
}

// Where the tip is all that a unit of gas may cost, it costs exactly that: a wallet can send all.
func TestAWalletIsEmptiedToTheLastWei(t *testing.T) {
	w := newWorld(t, 1)
	own := into[struct{ ID, Address string }](t, w.admin.post("/wallets", map[string]any{"network": "EthereumSepolia"}), 200)
	e := into[entity](t, w.admin.post(w.path("transfers"), map[string]any{"kind": "Native", "to": own.Address, "amount": "1000000000000000007"}), 200)
	w.reach("transfers", e.ID, "Confirmed")
	before := w.wei(recipient)
	price := big.NewInt(30_000_000_000)
	fee := new(big.Int).Mul(price, big.NewInt(21_000))
	all := new(big.Int).Sub(w.wei(own.Address), fee)
	e = into[entity](t, w.admin.post("/wallets/"+own.ID+"/transactions", map[string]any{"kind": "Eip1559", "to": recipient, "value": all.String(),
		"gasLimit": "21000", "maxFeePerGas": price.String(), "maxPriorityFeePerGas": price.String()}), 200)
	eventually(t, "it is confirmed", func() bool {
		e = into[entity](t, w.admin.get("/wallets/"+own.ID+"/transactions/"+e.ID), 200)
		return e.Status == "Confirmed"
	})
	if left, got := w.wei(own.Address), new(big.Int).Sub(w.wei(recipient), before); left.Sign() != 0 || got.Cmp(all) != 0 || e.Fee != fee.String() {
		t.Errorf("%s wei are left, %s of %s came, fee %s, want %s", left, got, all, e.Fee, fee)
	}
}

func TestContractsAreRead(t *testing.T) {
	w := newWorld(t, 1)
	w.call(w.env.TokenAddress, mintData(recipient, 5))
	function := `{"type":"function","name":"balanceOf","stateMutability":"view","inputs":[{"name":"who","type":"address"}],"outputs":[{"name":"","type":"uint256"}]}`
	post := func(path, body string) answer { return w.admin.send("POST", path, "", []byte(body)) } // not signed
	for _, arguments := range []string{`{"who":"` + recipient + `"}`, `["` + recipient + `"]`} {
		got := into[[]string](t, post("/networks/ethereum-sepolia/call-function",
			`{"contract":"`+w.env.TokenAddress+`","abi":`+function+`,"calldata":`+arguments+`}`), 200)
		if len(got) != 1 || got[0] != "5" {
			t.Errorf("balanceOf(%s) = %v, want 5", arguments, got)
		}
	}
	read := func(data string) string {
		return `{"kind":"Evm","network":"EthereumSepolia","contract":"` + w.env.TokenAddress + `","data":"` + data + `"}`
	}
	got := into[struct{ Kind, Data string }](t, post("/networks/read-contract", read("0x70a08231"+word(recipient))), 200)
	if got.Kind != "Evm" || got.Data != "0x"+word("5") {
		t.Errorf("read %+v", got)
	}
	pause := common.Bytes2Hex(crypto.Keccak256([]byte("pause()"))[:4])
	refused(t, post("/networks/read-contract", read("0x"+pause)), 400) // by no minter
	refused(t, post("/networks/read-contract", strings.Replace(read("0x"), "Evm", "Svm", 1)), 400)
	refused(t, post("/networks/read-contract", read("70a0")), 400)
	refused(t, post("/networks/bitcoin/call-function", `{"contract":"`+recipient+`","abi":`+function+`}`), 501)
	refused(t, post("/networks/ethereum-sepolia/call-function", `{"contract":"0x1","abi":`+function+`,"calldata":["`+recipient+`"]}`), 400)
	refused(t, post("/networks/ethereum-sepolia/call-function",
		`{"contract":"`+w.env.TokenAddress+`","abi":`+strings.Replace(function, "view", "nonpayable", 1)+`,"calldata":["`+recipient+`"]}`), 400)
}
