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
		{"hex value and fees", `{"kind":"Eip1559","to":"` + evmA + `","value":"0x0fF","nonce":3,"gasLimit":"21000","maxFeePerGas":"1","maxPriorityFeePerGas":"0x1"}`, countersign.Call{To: lowA, Value: countersign.NewAmount(255), GasLimit: countersign.NewAmount(21000), MaxFeePerGas: countersign.NewAmount(1), MaxPriorityFeePerGas: countersign.NewAmount(1)}},
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
			if got.GasLimit.Cmp(tt.want.GasLimit) != 0 || got.MaxFeePerGas.Cmp(tt.want.MaxFeePerGas) != 0 || got.MaxPriorityFeePerGas.Cmp(tt.want.MaxPriorityFeePerGas) != 0 {
				t.Errorf("gas %s at %s, tip %s, want %+v", got.GasLimit, got.MaxFeePerGas, got.MaxPriorityFeePerGas, tt.want)
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
		{"signature of a hash", `{"kind":"Wallets:Sign","signatureRequest":{"id":"sig-1","network":"Ethereum","requestBody":{"kind":"Hash","hash":"0x00"}}}`, "Hash", `signatures of kind "Hash" are not read`},
		{"signature of typed data without a message", `{"kind":"Wallets:Sign","signatureRequest":{"id":"sig-1","network":"Ethereum","requestBody":{"kind":"Eip712","types":{},"domain":{}}}}`, "Eip712", "types, domain and message are required"},
		{"typed data on an unknown network", `{"kind":"Wallets:Sign","signatureRequest":{"id":"sig-1","network":"Nowhere","requestBody":{"kind":"Eip712","types":{},"domain":{},"message":{}}}}`, "Eip712", `network "Nowhere" has no chain ID`},
		{"typed data for another network", `{"kind":"Wallets:Sign","signatureRequest":{"id":"sig-1","network":"Ethereum","requestBody":{"kind":"Eip712","network":"Base","types":{},"domain":{},"message":{}}}}`, "Eip712", `it is for network "Base"`},
		{"typed data with a primary type", `{"kind":"Wallets:Sign","signatureRequest":{"id":"sig-1","network":"Ethereum","requestBody":{"kind":"Eip712","primaryType":"Permit","types":{},"domain":{},"message":{}}}}`, "Eip712", `member "primaryType"`},
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
		{"serialized transaction that is cut off", transactionOf(`{"kind":"Transaction","transaction":"0x02f8"}`), "Transaction", "malformed_rlp at byte 1"},
		{"serialized transaction of an unknown type", transactionOf(`{"kind":"Transaction","transaction":"0x05c0"}`), "Transaction", "unknown_type"},
		{"serialized transaction for every chain", transactionOf(`{"kind":"Transaction","transaction":"0xe0808252089494` + strings.Repeat("ab", 20) + `808080"}`), "Transaction", "malformed_rlp"},
		{"serialized transaction without a chain", transactionOf(`{"kind":"Transaction","transaction":"` + legacy + `"}`), "Transaction", "good on every one"},
		{"serialized transaction for another chain", transactionOf(`{"kind":"Transaction","transaction":{"to":"` + lowA + `","chainId":1}}`), "Transaction", "is for chain 1, and EthereumSepolia is chain 11155111"},
		{"serialized transaction on an unknown network", strings.Replace(transactionOf(`{"kind":"Transaction","transaction":{"to":"`+lowA+`"}}`), "EthereumSepolia", "Nowhere", 1), "Transaction", `network "Nowhere" has no chain ID`},
		{"transaction as a list", transactionOf(`{"kind":"Transaction","transaction":[]}`), "Transaction", "transaction is not 0x"},
		{"no transaction", transactionOf(`{"kind":"Transaction"}`), "Transaction", "malformed_rlp"},
		{"transaction with a new member", transactionOf(`{"kind":"Transaction","transaction":"0x","priority":"Fast"}`), "Transaction", `member "priority"`},
		{"function call", transactionOf(`{"kind":"FunctionCall","call":{}}`), "FunctionCall", "kind FunctionCall: what its call holds is not documented"},
		{"a new kind of transaction", transactionOf(`{"kind":"Psbt","psbt":"cHNidP8"}`), "Psbt", `kind "Psbt" are not read`},
		{"no user operations", transactionOf(`{"kind":"UserOperations","userOperations":[]}`), "UserOperations", "not a list of calls"},
		{"user operations that are none", transactionOf(`{"kind":"UserOperations","userOperations":"x"}`), "UserOperations", "not a list of calls"},
		{"a user operation without a target", transactionOf(`{"kind":"UserOperations","userOperations":[{"to":"` + evmA + `"},{"value":"1"}]}`), "UserOperations", "userOperations 1: to is not a text"},
		{"a user operation with a new member", transactionOf(`{"kind":"UserOperations","userOperations":[{"to":"` + evmA + `","delegatecall":true}]}`), "UserOperations", `member "delegatecall"`},
		{"a gas limit that is no number", transactionOf(`{"kind":"Evm","to":"` + evmA + `","gasLimit":"much"}`), "Evm", "gasLimit: not an amount"},
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
			if a.Transfer != nil || a.Call != nil || a.Operations != nil || a.TypedData != nil || a.Request != tt.request || !strings.Contains(a.Unreadable, tt.want) {
				t.Errorf("activity = %+v, want unreadable %s: …%s…", a, tt.request, tt.want)
			}
		})
	}
}

// legacy is a transfer from before EIP-155: nonce 0, gas price 1, gas 21000, 1 wei.
const legacy = "0xdc8001825208" + "94abababababababababababababababababababab" + "0180"

// The kinds that carry a transaction or a message in a form of their own.
func TestOtherKinds(t *testing.T) {
	one := countersign.NewAmount(1)
	for _, tt := range []struct {
		name, activity string
		want           countersign.Activity
	}{
		{"a transaction as an object", transactionOf(`{"kind":"Transaction","transaction":{"to":"` + lowA + `","value":"0x1","data":"0xa9059cbb","gasLimit":"21000","maxFeePerGas":"9"}}`),
			countersign.Activity{Call: &countersign.Call{To: lowA, Value: one, Data: []byte{0xa9, 5, 0x9c, 0xbb}, GasLimit: countersign.NewAmount(21000), MaxFeePerGas: countersign.NewAmount(9)}}},
		{"a transaction of type 2", transactionOf(`{"kind":"Transaction","transaction":{"type":2,"to":"` + lowA + `","maxFeePerGas":"9","maxPriorityFeePerGas":"0x3"}}`),
			countersign.Activity{Call: &countersign.Call{To: lowA, Data: []byte{}, MaxFeePerGas: countersign.NewAmount(9), MaxPriorityFeePerGas: countersign.NewAmount(3)}}},
		{"a transaction as bytes (EIP-155)", transactionOf(`{"kind":"Transaction","transaction":"0xe2` + legacy[4:] + `83aa36a78080"}`),
			countersign.Activity{Call: &countersign.Call{To: lowA, Value: one, Data: []byte{}, GasLimit: countersign.NewAmount(21000), MaxFeePerGas: one}}},
		{"a transaction of type 4", transactionOf(`{"kind":"Transaction","transaction":{"type":4,"to":"` + lowA + `","authorizationList":[{"chainId":"0x0","address":"` + lowB + `","nonce":"0x1","yParity":"0x0","r":"0x1","s":"0x1"}]}}`),
			countersign.Activity{Call: &countersign.Call{To: lowA, SetsCode: true, Delegates: []string{lowB}, Data: []byte{}}}},
		{"a transaction to sign", `{"kind":"Wallets:Sign","signatureRequest":{"id":"sig-1","network":"EthereumSepolia","requestBody":{"kind":"Transaction","transaction":{"to":"` + lowA + `","value":"1"}}}}`,
			countersign.Activity{Call: &countersign.Call{To: lowA, Value: one, Data: []byte{}}}},
		{"user operations", transactionOf(`{"kind":"UserOperations","feeSponsorId":"fs-1","userOperations":[{"to":"` + evmA + `","value":"1"},{"to":"` + evmB + `","data":"0x01"}]}`),
			countersign.Activity{Operations: []countersign.Call{{To: lowA, Value: one}, {To: lowB, Data: []byte{1}}}}},
		{"typed data", `{"kind":"Wallets:Sign","signatureRequest":{"id":"sig-1","network":"Base","requestBody":{"kind":"Eip712","types":{"A":[]},"domain":{"chainId":8453},"message":{"a":1}}}}`,
			countersign.Activity{TypedData: &countersign.TypedData{Types: []byte(`{"A":[]}`), Domain: []byte(`{"chainId":8453}`), Message: []byte(`{"a":1}`), ChainID: 8453}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := read(t, tt.activity)
			is := countersign.Activity{Transfer: got.Transfer, Call: got.Call, Operations: got.Operations, TypedData: got.TypedData}
			gotText, err := json.Marshal(is)
			if err != nil {
				t.Fatal(err)
			}
			want, err := json.Marshal(tt.want)
			if err != nil {
				t.Fatal(err)
			}
			if got.Unreadable != "" || string(gotText) != string(want) {
				t.Errorf("activity = %s (%s), want %s", gotText, got.Unreadable, want)
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
		kinds := 0
		for _, is := range []bool{a.Transfer != nil, a.Call != nil, a.Operations != nil, a.TypedData != nil} {
			if is {
				kinds++
			}
		}
		if kinds > 1 || (kinds == 1) == (a.Unreadable != "") {
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
