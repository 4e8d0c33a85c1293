package sandbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"
)

// sepolia is the chain ID of EthereumSepolia.
var sepolia = big.NewInt(11155111)

// gwei is a price above the base fee of the tests' chain, twice over.
var gwei = big.NewInt(5e9)

// serialised is an unsigned transaction as ethers and viem write it, paying wei to the
// recipient of the tests, of type 0, 1 or 2.
func serialised(t *testing.T, kind byte, chain *big.Int, nonce uint64, wei int64) string {
	t.Helper()
	to, value, none := common.HexToAddress(recipient), big.NewInt(wei), []byte{}
	var members []any
	switch kind {
	case types.LegacyTxType:
		members = []any{nonce, gwei, uint64(21_000), to, value, none, chain, uint8(0), uint8(0)}
		if chain == nil {
			members = members[:6]
		}
	case types.AccessListTxType:
		members = []any{chain, nonce, gwei, uint64(30_000), to, value, none, types.AccessList{{Address: to}}}
	case types.DynamicFeeTxType:
		members = []any{chain, nonce, big.NewInt(1), gwei, uint64(21_000), to, value, none, types.AccessList{}}
	}
	raw, err := rlp.EncodeToBytes(members)
	if err != nil {
		t.Fatal(err)
	}
	if kind != types.LegacyTxType {
		raw = append([]byte{kind}, raw...)
	}
	return hexutil.Encode(raw)
}

// nonce is the treasury's next.
func (w *world) nonce() uint64 {
	w.t.Helper()
	n, err := w.dial().NonceAt(context.Background(), common.HexToAddress(w.env.TreasuryAddress), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// raw asks for a transaction of the caller's own making: hex, or an object.
func (w *world) raw(transaction any) entity {
	w.t.Helper()
	return w.ask(w.admin.walletID, "transactions", map[string]any{"kind": "Transaction", "transaction": transaction})
}

// mined is a transaction as the chain has it.
func (w *world) mined(e entity) *types.Transaction {
	w.t.Helper()
	tx, _, err := w.dial().TransactionByHash(context.Background(), common.HexToHash(w.become("transactions", e, "Confirmed").TxHash))
	if err != nil {
		w.t.Fatal(err)
	}
	return tx
}

func TestASerialisedTransactionIsSignedAsItIs(t *testing.T) {
	w := newWorld(t, 1)
	for kind := range byte(3) {
		nonce := w.nonce()
		text := serialised(t, kind, sepolia, nonce, 7)
		e := w.raw(text)
		tx := w.mined(e)
		if tx.Type() != kind || tx.Nonce() != nonce || tx.GasFeeCap().Cmp(gwei) != 0 || tx.Value().Int64() != 7 || (kind == 1) != (len(tx.AccessList()) == 1) {
			t.Errorf("of type %d: %+v", kind, tx)
		}
		shown := into[struct {
			RequestBody struct{ Kind, Transaction string }
		}](t, w.admin.get(w.path("transactions", e.ID)), 200).RequestBody
		if shown.Kind != "Transaction" || shown.Transaction != text {
			t.Errorf("requestBody = %+v", shown)
		}
	}
	if got := w.wei(recipient).Int64(); got != 21 {
		t.Errorf("recipient has %d wei, want 21", got)
	}
	gone := w.become("transactions", w.raw(serialised(t, 2, sepolia, 99, 1)), "Failed")
	if gone.TxHash != "" || !strings.Contains(gone.Reason, "nonce 99") {
		t.Errorf("with a nonce that is not the next: %+v", gone)
	}
	dear := w.become("transactions", w.raw(serialised(t, 2, sepolia, w.nonce(), 1e18)), "Confirmed")
	if again := w.become("transactions", w.raw(serialised(t, 2, sepolia, w.nonce()-1, 1e18)), "Failed"); again.TxHash != "" || dear.TxHash == "" {
		t.Errorf("the same nonce again: %+v", again)
	}
}

func TestATransactionIsGivenAsAnObject(t *testing.T) {
	w := newWorld(t, 1)
	type object map[string]any
	plain := w.mined(w.raw(object{"to": recipient, "value": "3"}))
	if plain.Type() != types.DynamicFeeTxType || plain.Value().Int64() != 3 {
		t.Errorf("without a type: %+v", plain)
	}
	old := w.mined(w.raw(object{"type": 0, "to": recipient, "value": "0x4", "gasPrice": gwei.String(), "gasLimit": "50000", "nonce": w.nonce()}))
	if old.Type() != types.LegacyTxType || old.GasPrice().Cmp(gwei) != 0 || old.Gas() != 50_000 || old.ChainId().Cmp(sepolia) != 0 {
		t.Errorf("of type 0: %+v", old)
	}
	if priced := w.mined(w.raw(object{"type": 0, "to": recipient})); priced.Type() != types.LegacyTxType || priced.GasPrice().Sign() == 0 {
		t.Errorf("of type 0 without a price: %+v", priced)
	}
	if capped := w.mined(w.raw(object{"type": 2, "to": recipient, "maxFeePerGas": gwei.String(), "maxPriorityFeePerGas": "1"})); capped.GasFeeCap().Cmp(gwei) != 0 || capped.GasTipCap().Int64() != 1 {
		t.Errorf("of type 2: %+v", capped)
	}
	if created := w.mined(w.raw(object{"data": "0x600160005500"})); created.To() != nil {
		t.Errorf("a creation: %+v", created)
	}
}

func TestTransactionsThatCannotBeRead(t *testing.T) {
	w := newWorld(t, 1)
	for name, tt := range map[string]struct {
		transaction string
		status      int
	}{
		"for another chain":   {`"` + serialised(t, 2, big.NewInt(1), 0, 1) + `"`, 400},
		"for any chain":       {`"` + serialised(t, 0, nil, 0, 1) + `"`, 400},
		"of type 4":           {`"0x04c0"`, 501},
		"an object of type 4": {`{"type":4,"to":"` + recipient + `","authorizationList":[]}`, 501},
		"an object of type 1": {`{"type":1,"to":"` + recipient + `"}`, 400},
		"a price of type 2":   {`{"to":"` + recipient + `","gasPrice":"1"}`, 400},
		"a cap of type 0":     {`{"type":0,"to":"` + recipient + `","maxFeePerGas":"1"}`, 400},
		"a short address":     {`{"to":"0x1"}`, 400},
		"another member":      {`{"to":"` + recipient + `","from":"` + recipient + `"}`, 400},
		"nothing":             {`"0x"`, 400},
		"no hex":              {`"transaction"`, 400},
		"a number":            {`1`, 400},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, w.admin.post(w.path("transactions"), `{"kind":"Transaction","transaction":`+tt.transaction+`}`), tt.status)
		})
	}
	refused(t, w.admin.post(w.path("transactions"), `{"kind":"Transaction"}`), 400)
	refused(t, w.admin.post(w.path("transactions"), `{"kind":"FunctionCall","call":{}}`), 501)
}

func TestATransactionOfTypeZeroIsReplaced(t *testing.T) {
	w := newWorld(t, 1)
	w.chain().HoldFrom(common.HexToAddress(w.env.TreasuryAddress))
	first := w.become("transactions", w.raw(serialised(t, 0, sepolia, w.nonce(), 5)), "Broadcasted")
	faster := into[entity](t, w.admin.post(w.path("transactions", first.ID, "speed-up"), map[string]any{}), 200)
	tx := w.mined(faster) // while the first is held: let go, it could win
	if tx.Value().Int64() != 5 || tx.GasFeeCap().Cmp(gwei) <= 0 {
		t.Errorf("sped up: %+v", tx)
	}
	if gone := w.become("transactions", first, "Failed"); gone.ReplacementID != faster.ID {
		t.Errorf("replaced: %+v", gone)
	}
}

// nft is what the tests read of one.
type nft struct{ Kind, Contract, Symbol, TokenID string }

func (w *world) nfts(wallet string) []nft {
	w.t.Helper()
	return into[struct{ NFTs []nft }](w.t, w.admin.get("/wallets/"+wallet+"/nfts"), 200).NFTs
}

func TestAnNFTIsTransferred(t *testing.T) {
	w := newWorld(t, 1)
	contract, other := w.deploy("PlainNFT"), w.open("EthereumSepolia")
	const id = "115792089237316195423570985008687907853269984665640564039457584007913129639935" // 2^256-1
	w.call(contract, "0x40c10f19"+word(w.env.TreasuryAddress)+strings.Repeat("f", 64))
	if got := w.nfts(w.admin.walletID); len(got) != 1 || got[0].TokenID != id || got[0].Symbol != "PNFT" {
		t.Fatalf("the treasury's tokens are %+v", got)
	}
	send := func(to, token string) entity {
		return w.ask(w.admin.walletID, "transfers", map[string]any{"kind": "Erc721", "contract": contract, "to": to, "tokenId": token, "priority": "Fast"})
	}
	if gone := w.become("transfers", send(contract, id), "Failed"); gone.TxHash != "" || gone.Reason == "" {
		t.Errorf("to a contract that takes none: %+v", gone)
	}
	if gone := w.become("transfers", send(other.Address, "8"), "Failed"); gone.TxHash != "" {
		t.Errorf("of nobody: %+v", gone)
	}
	e := w.become("transfers", send(other.Address, id), "Confirmed")
	if mine, theirs := w.nfts(w.admin.walletID), w.nfts(other.ID); len(mine) != 0 || len(theirs) != 1 || theirs[0].TokenID != id {
		t.Errorf("afterwards the treasury has %+v, the other %+v", mine, theirs)
	}
	for wallet, direction := range map[string]string{w.admin.walletID: "Out", other.ID: "In"} {
		moved := w.history(wallet, "kind=Erc721Transfer&direction="+direction)
		if len(moved) != 1 || moved[0].TxHash != e.TxHash || moved[0].Value != "" || !strings.EqualFold(moved[0].Contract, contract) {
			t.Errorf("history %s: %+v", direction, moved)
		}
	}
	for _, body := range []string{
		`{"kind":"Erc721","contract":"` + contract + `","to":"` + recipient + `"}`,
		`{"kind":"Erc721","contract":"` + contract + `","to":"` + recipient + `","tokenId":"0x1"}`,
		`{"kind":"Erc721","contract":"` + contract + `","to":"` + recipient + `","tokenId":"` + id + `0"}`,
		`{"kind":"Erc721","contract":"0x1","to":"` + recipient + `","tokenId":"1"}`,
		`{"kind":"Erc721","contract":"` + contract + `","to":"` + recipient + `","tokenId":"1","amount":"1"}`,
	} {
		refused(t, w.admin.post(w.path("transfers"), body), 400)
	}
}

// What a rule cannot read triggers it: a transaction of the caller's own making is not read,
// and a token has no amount.
func TestRulesTriggerOnKindsWithoutAnAmount(t *testing.T) {
	w := newWorld(t, 1)
	rules := map[string]map[string]any{
		"TransactionAmountLimit":        {"limit": 1_000_000, "currency": "USD"},
		"TransactionAmountVelocity":     {"limit": 1_000_000, "currency": "USD", "timeframe": 60},
		"TransactionAmountLimitNominal": {"assets": []map[string]string{{"network": "EthereumSepolia", "tid": "native:eth", "limit": "1000000000000000000000"}}},
		"TransactionRecipientWhitelist": {"addresses": []string{recipient}},
	}
	want := []string{}
	for kind, configuration := range rules {
		p := into[governed](t, w.admin.post("/v2/policies", map[string]any{"name": kind, "activityKind": "Wallets:Sign",
			"rule": map[string]any{"kind": kind, "configuration": configuration}, "action": ask(0, group(1))}), 200)
		want = append(want, p.ID)
	}
	if e := w.pay(w.admin, "1"); e.ApprovalID != "" {
		t.Errorf("a transfer within all limits waits: %+v", e)
	}
	for name, e := range map[string]entity{
		"hex":    w.raw(serialised(t, 2, sepolia, w.nonce(), 1)),
		"object": w.raw(map[string]any{"to": recipient, "value": "1"}),
		"token":  w.ask(w.admin.walletID, "transfers", map[string]any{"kind": "Erc721", "contract": w.env.TokenAddress, "to": recipient, "tokenId": "1"}),
	} {
		var a struct {
			PolicyEvaluations []struct {
				PolicyID  string
				Triggered bool
			}
		}
		if err := json.Unmarshal(w.admin.get("/v2/policy-approvals/"+e.ApprovalID).Body, &a); err != nil || e.Status != "Pending" {
			t.Fatalf("%s: %+v (%v)", name, e, err)
		}
		triggered := []string{}
		for _, v := range a.PolicyEvaluations {
			if v.Triggered {
				triggered = append(triggered, v.PolicyID)
			}
		}
		if slices.Sort(want); !slices.Equal(slices.Sorted(slices.Values(triggered)), want) {
			t.Errorf("%s triggered %v, want all of %v", name, triggered, want)
		}
		into[approval](t, w.vote(w.alice, e.ApprovalID, "Denied"), 200)
		if fmt.Sprint(into[approval](t, w.admin.get("/v2/policy-approvals/"+e.ApprovalID), 200).Status) != "Denied" {
			t.Errorf("%s was not denied", name)
		}
	}
}
