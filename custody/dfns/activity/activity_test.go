package activity_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"countersign"
	"countersign/custody/dfns/activity"
	"countersign/strictjson"
)

const (
	evmA = "0xAbAbAbAbAbAbAbAbAbAbAbAbAbAbAbAbAbAbAbAb"
	evmB = "0xCdCdCdCdCdCdCdCdCdCdCdCdCdCdCdCdCdCdCdCd"
)

var lowA, lowB = strings.ToLower(evmA), strings.ToLower(evmB)

func transferOf(body string) string {
	return `{"kind":"Wallets:Sign","transferRequest":{"id":"xfr-1","walletId":"wa-1","network":"EthereumSepolia","requester":{"userId":"us-maker"},
		"requestBody":` + body + `,"metadata":{"asset":{"symbol":"USDC","decimals":6}},"status":"Pending","approvalId":"ap-1","externalId":"ext-1"}}`
}

func transactionOf(body string) string {
	return `{"kind":"Wallets:Sign","transactionRequest":{"id":"tx-1","walletId":"wa-1","network":"EthereumSepolia","requestBody":` + body + `,"status":"Pending","externalId":"ext-1"}}`
}

// read reads an activity as [dfns.Custodian] does: strictly, then into words.
func read(t *testing.T, text string) countersign.Activity {
	t.Helper()
	if err := strictjson.Check([]byte(text)); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return activity.Read([]byte(text))
}

func TestTransferKinds(t *testing.T) {
	for _, tt := range []struct {
		body               string
		asset, to, tokenID string
	}{
		{`{"kind":"Native","to":"` + evmB + `","amount":"7","memo":"m","priority":"Fast"}`, "", lowB, ""},
		{`{"kind":"Native","to":"bc1QMixedCase","amount":"7","memo":"m"}`, "", "bc1QMixedCase", ""},
		{`{"kind":"Erc20","contract":"` + evmA + `","to":"` + evmB + `","amount":"7","memo":"m"}`, lowA, lowB, ""},
		{`{"kind":"Erc7984","contract":"` + evmA + `","to":"` + evmB + `","amount":"7","memo":"m"}`, lowA, lowB, ""},
		{`{"kind":"Erc721","contract":"` + evmA + `","to":"` + evmB + `","tokenId":"99","memo":"m"}`, lowA, lowB, "99"},
		{`{"kind":"Spl","mint":"EPjF","to":"So1","amount":"7","memo":"m","createDestinationAccount":true,"useDurableNonce":true}`, "EPjF", "So1", ""},
		{`{"kind":"Spl2022","mint":"EPjF","to":"So1","amount":"7","memo":"m"}`, "EPjF", "So1", ""},
		{`{"kind":"Trc10","tokenId":"1002000","to":"TX","amount":"7","memo":"m"}`, "1002000", "TX", ""},
		{`{"kind":"Trc20","contract":"TR7","to":"TX","amount":"7","memo":"m"}`, "TR7", "TX", ""},
		{`{"kind":"Trc721","contract":"TR7","to":"TX","tokenId":"99","memo":"m"}`, "TR7", "TX", "99"},
		{`{"kind":"Aip21","metadata":"0x357b","to":"0x1","amount":"7","memo":"m"}`, "0x357b", "0x1", ""},
		{`{"kind":"Asa","assetId":"31566704","to":"ALGO","amount":"7","memo":"m"}`, "31566704", "ALGO", ""},
		{`{"kind":"Asset","assetId":"1984","to":"5G","amount":"7","memo":"m"}`, "1984", "5G", ""},
		{`{"kind":"Cip56","instrumentAdmin":"DSO::1220","instrumentId":"Amulet","to":"bob::1220","amount":"7","memo":"m","offer":true}`, "Amulet/DSO::1220", "bob::1220", ""},
		{`{"kind":"Cis2","tokenAddress":"LQM","to":"3k","amount":"7","memo":"m"}`, "LQM", "3k", ""},
		{`{"kind":"Cis7","tokenId":"EURR","to":"3k","amount":"7","memo":"m"}`, "EURR", "3k", ""},
		{`{"kind":"Coin","coin":"0x2::sui::SUI","to":"0x1","amount":"7","memo":"m"}`, "0x2::sui::SUI", "0x1", ""},
		{`{"kind":"Hip17","tokenId":"0.0.5","serialNumber":"3","to":"0.0.7","memo":"m"}`, "0.0.5", "0.0.7", "3"},
		{`{"kind":"Hts","tokenId":"0.0.5","to":"0.0.7","amount":"7","memo":"m"}`, "0.0.5", "0.0.7", ""},
		{`{"kind":"Iou","currency":"USD","issuer":"rIss","to":"rTo","amount":"7","memo":"m"}`, "USD/rIss", "rTo", ""},
		{`{"kind":"Sep41","issuer":"GIss","assetCode":"USDC","to":"GTo","amount":"7","memo":"m"}`, "USDC/GIss", "GTo", ""},
		{`{"kind":"Snip2","contract":"0x4","to":"0x1","amount":"7","memo":"m"}`, "0x4", "0x1", ""},
		{`{"kind":"Snip3","contract":"0x4","to":"0x1","tokenId":"99","memo":"m"}`, "0x4", "0x1", "99"},
		{`{"kind":"Tep74","master":"EQ","to":"UQ","amount":"7","memo":"m"}`, "EQ", "UQ", ""},
		{`{"kind":"Xls33","issuanceId":"00AB","to":"rTo","amount":"7","memo":"m"}`, "00AB", "rTo", ""},
	} {
		var body struct{ Kind string }
		if err := json.Unmarshal([]byte(tt.body), &body); err != nil {
			t.Fatal(err)
		}
		t.Run(body.Kind, func(t *testing.T) {
			want := &countersign.Transfer{Kind: body.Kind, Asset: tt.asset, To: tt.to, TokenID: tt.tokenID, Amount: countersign.NewAmount(7), Memo: "m"}
			if tt.tokenID != "" {
				want.Amount = countersign.NewAmount(1)
			}
			got := read(t, transferOf(tt.body))
			if !reflect.DeepEqual(got.Transfer, want) || got.Call != nil || got.Unreadable != "" || got.Request != body.Kind {
				t.Errorf("transfer = %+v (%s), want %+v", got.Transfer, got.Unreadable, want)
			}
		})
	}
}

func TestCallKinds(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       countersign.Call
	}{
		{"decimal value", `{"kind":"Evm","to":"` + evmA + `","value":"1000","data":"0xA9059cbb"}`, countersign.Call{To: lowA, Value: countersign.NewAmount(1000), Data: []byte{0xa9, 5, 0x9c, 0xbb}}},
		{"hex value and fees", `{"kind":"Eip1559","to":"` + evmA + `","value":"0x0fF","nonce":3,"gasLimit":"21000","maxFeePerGas":"1","maxPriorityFeePerGas":"0x1"}`, countersign.Call{To: lowA, Value: countersign.NewAmount(255)}},
		{"creation", `{"kind":"Eip1559","data":"0x6000"}`, countersign.Call{Data: []byte{0x60, 0}}},
		{"creation by null", `{"kind":"Evm","to":null,"value":null,"data":"0x"}`, countersign.Call{Data: []byte{}}},
		{"largest value", `{"kind":"Evm","to":"` + evmA + `","value":"0x` + strings.Repeat("f", 64) + `"}`, countersign.Call{To: lowA, Value: countersign.MustAmount("115792089237316195423570985008687907853269984665640564039457584007913129639935")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := read(t, transactionOf(tt.body))
			got := a.Call
			if got == nil {
				t.Fatalf("unreadable: %s", a.Unreadable)
			}
			if got.To != tt.want.To || got.Value.Cmp(tt.want.Value) != 0 || string(got.Data) != string(tt.want.Data) || a.Transfer != nil || a.Unreadable != "" {
				t.Errorf("call = %+v (%s), want %+v", got, a.Unreadable, tt.want)
			}
			if a.RequestID != "tx-1" || a.WalletID != "wa-1" || a.ExternalID != "ext-1" || a.Network != "EthereumSepolia" {
				t.Errorf("activity = %+v", a)
			}
		})
	}
}

func TestUnreadableActivities(t *testing.T) {
	transfer, evm := transferOf(`{"kind":"Native","to":"`+evmB+`","amount":"7"}`), transactionOf(`{"kind":"Evm","to":"`+evmA+`"}`)
	for _, tt := range []struct{ name, activity, request, want string }{
		{"null", `null`, "", "no request that we know"},
		{"text", `"Wallets:Sign"`, "", "no request that we know"},
		{"unknown request", `{"kind":"Wallets:Sign","dreamRequest":{}}`, "", "no request that we know"},
		{"two requests", `{"kind":"Wallets:Sign",` + transfer[len(`{"kind":"Wallets:Sign",`):len(transfer)-1] + `,"transactionRequest":{}}`, "", "both a transferRequest and a transactionRequest"},
		{"request under another case", `{"kind":"Wallets:Sign","TransferRequest":{}}`, "", "no request that we know"},
		{"transfer in another activity", strings.Replace(transfer, "Wallets:Sign", "Policies:Modify", 1), "Native", `"Policies:Modify" are not read`},
		{"unknown activity", `{"kind":"Vaults:ReleaseQuarantine","changeRequest":{"id":"cr-1","kind":"Vault"}}`, "Vault", "are not read"},
		{"policy change", `{"kind":"Policies:Modify","changeRequest":{"id":"cr-1","kind":"Policy","operationKind":"Update"}}`, "Policy", "are not read"},
		{"incoming", `{"kind":"Wallets:IncomingTransaction","blockchainEvent":{"kind":"NativeTransfer","walletId":"wa-1"}}`, "NativeTransfer", "are not read"},
		{"signature", `{"kind":"Wallets:Sign","signatureRequest":{"id":"sig-1","requestBody":{"kind":"Eip712"}}}`, "Eip712", "a signatureRequest is not read"},
		{"swap", `{"kind":"Wallets:Sign","swapRequest":{"id":"swap-1"}}`, "swapRequest", "a swapRequest is not read"},
		{"request is a text", `{"kind":"Wallets:Sign","transferRequest":"x"}`, "transferRequest", "not read"},
		{"new transfer kind", transferOf(`{"kind":"Brc20","to":"x","amount":"1"}`), "Brc20", `kind "Brc20" are not read`},
		{"new member", transferOf(`{"kind":"Native","to":"x","amount":"1","recipients":[]}`), "Native", `member "recipients" is not read`},
		{"member of another kind", transferOf(`{"kind":"Native","to":"x","amount":"1","contract":"y"}`), "Native", `member "contract"`},
		{"member in another case", transferOf(`{"kind":"Native","To":"x","amount":"1"}`), "Native", `member "To"`},
		{"no recipient", transferOf(`{"kind":"Native","amount":"1"}`), "Native", "to is not a text"},
		{"no amount", transferOf(`{"kind":"Native","to":"x"}`), "Native", "amount is not a text"},
		{"amount as a number", transferOf(`{"kind":"Native","to":"x","amount":1}`), "Native", "amount is not a text"},
		{"amount with a point", transferOf(`{"kind":"Native","to":"x","amount":"1.0"}`), "Native", "amount: not an amount"},
		{"amount with a leading zero", transferOf(`{"kind":"Native","to":"x","amount":"010"}`), "Native", "amount: not an amount"},
		{"memo as a number", transferOf(`{"kind":"Native","to":"x","amount":"1","memo":7}`), "Native", "memo is not a text"},
		{"no contract", transferOf(`{"kind":"Erc20","to":"` + evmB + `","amount":"1"}`), "Erc20", "contract"},
		{"recipient by name", transferOf(`{"kind":"Erc20","contract":"` + evmA + `","to":"ana.eth","amount":"1"}`), "Erc20", "to is not 0x"},
		{"asset that could be two", transferOf(`{"kind":"Iou","currency":"USD/x","issuer":"r","to":"rTo","amount":"1"}`), "Iou", "holds a slash"},
		{"serialized transaction", transactionOf(`{"kind":"Transaction","transaction":"0x02f8"}`), "Transaction", `kind "Transaction" are not read`},
		{"user operations", transactionOf(`{"kind":"UserOperations","userOperations":[]}`), "UserOperations", "are not read"},
		{"call with an authorization list", strings.Replace(evm, `"kind":"Evm"`, `"kind":"Evm","authorizationList":[]`, 1), "Evm", `member "authorizationList"`},
		{"to of 19 bytes", transactionOf(`{"kind":"Evm","to":"0xabab"}`), "Evm", "to is not 0x and 40"},
		{"to that is empty", transactionOf(`{"kind":"Evm","to":""}`), "Evm", "to is not"},
		{"odd data", transactionOf(`{"kind":"Evm","data":"0xabc"}`), "Evm", "data is not 0x"},
		{"data without 0x", transactionOf(`{"kind":"Evm","data":"abcd"}`), "Evm", "data is not 0x"},
		{"value as a number", transactionOf(`{"kind":"Evm","value":1}`), "Evm", "value is not a text"},
		{"value of nothing", transactionOf(`{"kind":"Evm","value":"0x"}`), "Evm", "value is not a number"},
		{"value beyond 256 bits", transactionOf(`{"kind":"Evm","value":"0x1` + strings.Repeat("0", 64) + `"}`), "Evm", "value is not a number"},
		{"negative value", transactionOf(`{"kind":"Evm","value":"-1"}`), "Evm", "value: not an amount"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := read(t, tt.activity)
			if a.Transfer != nil || a.Call != nil || a.Request != tt.request || !strings.Contains(a.Unreadable, tt.want) {
				t.Errorf("activity = %+v, want unreadable %s: …%s…", a, tt.request, tt.want)
			}
		})
	}
}

// FuzzRead holds that an activity is read as one thing or, with a reason, as
// none, and that what is read is fit to be judged.
func FuzzRead(f *testing.F) {
	f.Add([]byte(transferOf(`{"kind":"Erc20","contract":"` + evmA + `","to":"` + evmB + `","amount":"7"}`)))
	f.Add([]byte(transferOf(`{"kind":"Iou","currency":"USD","issuer":"rIss","to":"rTo","amount":"7"}`)))
	f.Add([]byte(transactionOf(`{"kind":"Eip1559","to":"` + evmA + `","value":"0x1","data":"0xa9059cbb"}`)))
	f.Add([]byte(`{"kind":"Policies:Modify","changeRequest":{"kind":"Policy"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if strictjson.Check(text) != nil {
			return
		}
		a := activity.Read(text)
		read := a.Transfer != nil || a.Call != nil
		if read == (a.Unreadable != "") || a.Transfer != nil && a.Call != nil {
			t.Fatalf("%s became %+v", text, a)
		}
		if a.Transfer != nil && (a.Transfer.To == "" || a.Transfer.Kind != a.Request) {
			t.Fatalf("%s became %+v", text, a.Transfer)
		}
		if a.Call != nil && a.Call.To != "" && (len(a.Call.To) != 42 || a.Call.To != strings.ToLower(a.Call.To)) {
			t.Fatalf("%s became %+v", text, a.Call)
		}
	})
}
