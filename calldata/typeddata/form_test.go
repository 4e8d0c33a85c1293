package typeddata_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"countersign"
	"countersign/calldata/typeddata"

	"github.com/ethereum/go-ethereum/signer/core/apitypes"
)

// The parties of the messages below.
const (
	owner    = "0x00000000000000000000000000000000000000a1"
	spender  = "0x00000000000000000000000000000000000000b2"
	usdc     = "0x00000000000000000000000000000000000000c3"
	dai      = "0x00000000000000000000000000000000000000d4"
	contract = "0xcccccccccccccccccccccccccccccccccccccccc" // that verifies
	nobody   = "0x0000000000000000000000000000000000000000"
	native   = "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
	hash32   = "0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
	max160   = "1461501637330902918203684832716283019655932542975"
)

// A formCase is a message of a type given as it is hashed.
type formCase struct {
	name    string
	typ     string
	message string // words in capitals are parties
	want    typeddata.Form
}

var structRe = regexp.MustCompile(`(\w+)\(([^)]*)\)`)

// document turns the type's spelling back into JSON.
func (c formCase) document() document {
	types := map[string][]apitypes.Type{}
	for _, s := range structRe.FindAllStringSubmatch(c.typ, -1) {
		for _, member := range strings.Split(s[2], ",") {
			typ, name, _ := strings.Cut(member, " ")
			types[s[1]] = append(types[s[1]], apitypes.Type{Name: name, Type: typ})
		}
	}
	message := strings.NewReplacer("OWNER", owner, "SPENDER", spender, "USDC", usdc, "DAI", dai, "NOBODY", nobody, "NATIVE", native,
		"HASH", hash32, "MAX160", max160, "MAX256", maxUint).Replace(c.message)
	primary, _, _ := strings.Cut(c.typ, "(")
	return document{text(types), mail.domain, message, primary}
}

func amount(s string) countersign.Amount { return countersign.MustAmount(s) }

const (
	permitType   = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
	daiType      = "Permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed)"
	details      = "PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)"
	singleType   = "PermitSingle(PermitDetails details,address spender,uint256 sigDeadline)" + details
	batchType    = "PermitBatch(PermitDetails[] details,address spender,uint256 sigDeadline)" + details
	permissions  = "TokenPermissions(address token,uint256 amount)"
	fromType     = "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)" + permissions
	fromsType    = "PermitBatchTransferFrom(TokenPermissions[] permitted,address spender,uint256 nonce,uint256 deadline)" + permissions
	witnessType  = "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Mandate mandate)Mandate(Token[] out)Token(address token)" + permissions
	witnessesTyp = "PermitBatchWitnessTransferFrom(TokenPermissions[] permitted,address spender,uint256 nonce,uint256 deadline,Data witness)Data(bytes32 x)" + permissions
	withAuth     = "(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
	safeType     = "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)"
	offerItem    = "uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 endAmount"
	seaportType  = "OrderComponents(address offerer,address zone,OfferItem[] offer,ConsiderationItem[] consideration,uint8 orderType,uint256 startTime,uint256 endTime,bytes32 zoneHash,uint256 salt,bytes32 conduitKey,uint256 counter)ConsiderationItem(" + offerItem + ",address recipient)OfferItem(" + offerItem + ")"
	cowType      = "Order(address sellToken,address buyToken,address receiver,uint256 sellAmount,uint256 buyAmount,uint32 validTo,bytes32 appData,uint256 feeAmount,string kind,bool partiallyFillable,string sellTokenBalance,string buyTokenBalance)"
	requestType  = "ForwardRequest(address from,address to,uint256 value,uint256 gas,uint256 nonce,bytes data)"
	request5Type = "ForwardRequest(address from,address to,uint256 value,uint256 gas,uint256 nonce,uint48 deadline,bytes data)"

	permitMsg  = `{"owner":"OWNER","spender":"SPENDER","value":"1000","nonce":0,"deadline":1700000000}`
	singleMsg  = `{"details":{"token":"USDC","amount":"1000","expiration":1700000500,"nonce":3},"spender":"SPENDER","sigDeadline":"1700000000"}`
	batchMsg   = `{"details":[{"token":"USDC","amount":"MAX160","expiration":0,"nonce":3},{"token":"DAI","amount":"0","expiration":"281474976710655","nonce":0}],"spender":"SPENDER","sigDeadline":"MAX256"}`
	fromMsg    = `{"permitted":{"token":"USDC","amount":"1000"},"spender":"SPENDER","nonce":"7","deadline":1700000000}`
	fromsMsg   = `{"permitted":[{"token":"USDC","amount":"1000"},{"token":"DAI","amount":"MAX256"}],"spender":"SPENDER","nonce":"7","deadline":1700000000}`
	authMsg    = `{"from":"OWNER","to":"SPENDER","value":"1000","validAfter":0,"validBefore":1700000000,"nonce":"HASH"}`
	safeMsg    = `{"to":"USDC","value":"5","data":"0xcafe","operation":0,"safeTxGas":0,"baseGas":21000,"gasPrice":0,"gasToken":"NOBODY","refundReceiver":"NOBODY","nonce":9}`
	seaportMsg = `{"offerer":"OWNER","zone":"NOBODY","offer":[{"itemType":2,"token":"DAI","identifierOrCriteria":"77","startAmount":"1","endAmount":"1"}],` +
		`"consideration":[{"itemType":1,"token":"USDC","identifierOrCriteria":"0","startAmount":"950","endAmount":"900","recipient":"OWNER"},` +
		`{"itemType":0,"token":"NOBODY","identifierOrCriteria":"0","startAmount":"25","endAmount":"30","recipient":"SPENDER"}],` +
		`"orderType":0,"startTime":1600000000,"endTime":1700000000,"zoneHash":"HASH","salt":"1","conduitKey":"HASH","counter":"0"}`
	cowMsg = `{"sellToken":"USDC","buyToken":"DAI","receiver":"SPENDER","sellAmount":"1000","buyAmount":"990","validTo":1700000000,"appData":"HASH","feeAmount":"5","kind":"sell","partiallyFillable":false,"sellTokenBalance":"erc20","buyTokenBalance":"erc20"}`
	reqMsg = `{"from":"OWNER","to":"USDC","value":"5","gas":"100000","nonce":1,"data":"0xcafe"}`
)

// once is an allowance for one transfer.
func once(token, amt string, unlimited bool) typeddata.Allowance {
	return typeddata.Allowance{Token: token, Owner: typeddata.Signer, Spender: spender, Amount: amount(amt), Unlimited: unlimited, Once: true, Expiry: 1_700_000_000}
}

func moves(asset, token, from, to, amt string) typeddata.Transfer {
	return typeddata.Transfer{Asset: asset, Token: token, From: from, To: to, Amount: amount(amt)}
}

var (
	twoOnce  = []typeddata.Allowance{once(usdc, "1000", false), once(dai, maxUint, true)}
	safeCall = &typeddata.Call{From: contract, To: usdc, Value: amount("5"), Data: []byte{0xca, 0xfe}}
	reqCall  = &typeddata.Call{From: owner, To: usdc, Value: amount("5"), Data: []byte{0xca, 0xfe}}
	paid     = []typeddata.Transfer{moves("erc20", contract, owner, spender, "1000")}
)

var forms = []formCase{
	{"erc2612_permit", permitType, permitMsg, typeddata.Form{Deadline: 1_700_000_000, Allowances: []typeddata.Allowance{
		{Token: contract, Owner: owner, Spender: spender, Amount: amount("1000"), Expiry: typeddata.Never}}}},
	{"erc2612_permit", permitType, strings.Replace(permitMsg, "1000", "MAX256", 1), typeddata.Form{Deadline: 1_700_000_000, Allowances: []typeddata.Allowance{
		{Token: contract, Owner: owner, Spender: spender, Amount: amount(maxUint), Unlimited: true, Expiry: typeddata.Never}}}},
	{"erc2612_permit", permitType, strings.Replace(permitMsg, "1700000000", `"18446744073709551616"`, 1), typeddata.Form{Deadline: typeddata.Never, Allowances: []typeddata.Allowance{
		{Token: contract, Owner: owner, Spender: spender, Amount: amount("1000"), Expiry: typeddata.Never}}}},
	{"dai_permit", daiType, `{"holder":"OWNER","spender":"SPENDER","nonce":1,"expiry":1700000000,"allowed":true}`, typeddata.Form{Deadline: 1_700_000_000,
		Allowances: []typeddata.Allowance{{Token: contract, Owner: owner, Spender: spender, Amount: amount(maxUint), Unlimited: true, Expiry: typeddata.Never}}}},
	{"dai_permit", daiType, `{"holder":"OWNER","spender":"SPENDER","nonce":1,"expiry":0,"allowed":false}`, typeddata.Form{Deadline: typeddata.Never,
		Allowances: []typeddata.Allowance{{Token: contract, Owner: owner, Spender: spender, Expiry: typeddata.Never}}}},
	{"permit2_single", singleType, singleMsg, typeddata.Form{Deadline: 1_700_000_000, Allowances: []typeddata.Allowance{
		{Token: usdc, Owner: typeddata.Signer, Spender: spender, Amount: amount("1000"), Expiry: 1_700_000_500}}}},
	{"permit2_batch", batchType, batchMsg, typeddata.Form{Deadline: typeddata.Never, Allowances: []typeddata.Allowance{
		{Token: usdc, Owner: typeddata.Signer, Spender: spender, Amount: amount(max160), Unlimited: true},
		{Token: dai, Owner: typeddata.Signer, Spender: spender, Expiry: 1<<48 - 1}}}},
	{"permit2_transfer_from", fromType, fromMsg, typeddata.Form{Deadline: 1_700_000_000, Allowances: twoOnce[:1]}},
	{"permit2_batch_transfer_from", fromsType, fromsMsg, typeddata.Form{Deadline: 1_700_000_000, Allowances: twoOnce}},
	{"permit2_witness_transfer_from", witnessType, fromMsg[:len(fromMsg)-1] + `,"mandate":{"out":[]}}`, typeddata.Form{Deadline: 1_700_000_000, Allowances: twoOnce[:1]}},
	{"permit2_batch_witness_transfer_from", witnessesTyp, fromsMsg[:len(fromsMsg)-1] + `,"witness":{"x":"HASH"}}`, typeddata.Form{Deadline: 1_700_000_000, Allowances: twoOnce}},
	{"erc3009_transfer", "TransferWithAuthorization" + withAuth, authMsg, typeddata.Form{NotBefore: 1, Deadline: 1_699_999_999, Transfers: paid}},
	{"erc3009_receive", "ReceiveWithAuthorization" + withAuth, strings.NewReplacer(`After":0`, `After":"MAX256"`, "1700000000", `"MAX256"`).Replace(authMsg),
		typeddata.Form{NotBefore: typeddata.Never, Deadline: typeddata.Never, Transfers: paid}},
	{"erc3009_receive", "ReceiveWithAuthorization" + withAuth, strings.Replace(authMsg, "1700000000", "0", 1), typeddata.Form{NotBefore: 1, Transfers: paid}},
	{"erc3009_cancel", "CancelAuthorization(address authorizer,bytes32 nonce)", `{"authorizer":"OWNER","nonce":"HASH"}`, typeddata.Form{Deadline: typeddata.Never}},
	{"safe_tx", safeType, safeMsg, typeddata.Form{Deadline: typeddata.Never, Call: safeCall}},
	{"safe_tx", safeType, strings.NewReplacer(`operation":0`, `operation":1`, `gasPrice":0`, `gasPrice":"7"`).Replace(safeMsg), typeddata.Form{Deadline: typeddata.Never,
		Call:   &typeddata.Call{From: contract, To: usdc, Value: amount("5"), Data: []byte{0xca, 0xfe}, Operation: 1},
		Refund: &typeddata.Refund{To: typeddata.Anyone, GasPrice: amount("7"), BaseGas: amount("21000")}}},
	{"safe_tx", safeType, strings.NewReplacer(`gasPrice":0`, `gasPrice":"7"`, `gasToken":"NOBODY`, `gasToken":"DAI`, `Receiver":"NOBODY`, `Receiver":"SPENDER`).Replace(safeMsg),
		typeddata.Form{Deadline: typeddata.Never, Call: safeCall, Refund: &typeddata.Refund{Token: dai, To: spender, GasPrice: amount("7"), BaseGas: amount("21000")}}},
	{"unknown", safeType, strings.Replace(safeMsg, `operation":0`, `operation":2`, 1), typeddata.Form{}},
	{"unknown", strings.Replace(safeType, "baseGas", "dataGas", 1), strings.Replace(safeMsg, "baseGas", "dataGas", 1), typeddata.Form{}},
	{"safe_message", "SafeMessage(bytes message)", `{"message":"HASH"}`, typeddata.Form{Deadline: typeddata.Never}},
	{"seaport_order", seaportType, seaportMsg, typeddata.Form{NotBefore: 1_600_000_000, Deadline: 1_699_999_999, Transfers: []typeddata.Transfer{
		{Asset: "erc721", Token: dai, From: owner, To: typeddata.Anyone, Amount: amount("1"), ID: amount("77")},
		moves("erc20", usdc, typeddata.Anyone, owner, "900"), moves("native", "", typeddata.Anyone, spender, "25")}}},
	{"seaport_order", seaportType, strings.NewReplacer(`[{"itemType":2`, `[{"itemType":5`, `"endAmount":"1"`, `"endAmount":"3"`).Replace(seaportMsg),
		typeddata.Form{NotBefore: 1_600_000_000, Deadline: 1_699_999_999, Transfers: []typeddata.Transfer{
			{Asset: "erc1155", Token: dai, From: owner, To: typeddata.Anyone, Amount: amount("3"), ID: amount("77"), AnyOf: true},
			moves("erc20", usdc, typeddata.Anyone, owner, "900"), moves("native", "", typeddata.Anyone, spender, "25")}}},
	{"unknown", seaportType, strings.Replace(seaportMsg, `"itemType":2`, `"itemType":6`, 1), typeddata.Form{}},
	{"unknown", seaportType, strings.Replace(seaportMsg, `"itemType":2`, `"itemType":1`, 1), typeddata.Form{}},
	{"unknown", seaportType, strings.Replace(seaportMsg, `"itemType":1`, `"itemType":0`, 1), typeddata.Form{}},
	{"unknown", seaportType, strings.Replace(seaportMsg, `"orderType":0`, `"orderType":5`, 1), typeddata.Form{}},
	{"cow_order", cowType, cowMsg, typeddata.Form{Deadline: 1_700_000_000, Transfers: []typeddata.Transfer{
		moves("erc20", usdc, typeddata.Signer, typeddata.Anyone, "1005"), moves("erc20", dai, typeddata.Anyone, spender, "990")}}},
	{"cow_order", cowType, strings.NewReplacer("SPENDER", "NOBODY", `"DAI"`, `"NATIVE"`, `"sell"`, `"buy"`).Replace(cowMsg), typeddata.Form{Deadline: 1_700_000_000,
		Transfers: []typeddata.Transfer{moves("erc20", usdc, typeddata.Signer, typeddata.Anyone, "1005"), moves("native", "", typeddata.Anyone, typeddata.Signer, "990")}}},
	{"unknown", cowType, strings.Replace(cowMsg, `"sell"`, `"swap"`, 1), typeddata.Form{}},
	{"unknown", cowType, strings.Replace(cowMsg, `"1000"`, `"MAX256"`, 1), typeddata.Form{}},
	{"erc2771_forward_request", requestType, reqMsg, typeddata.Form{Deadline: typeddata.Never, Call: reqCall}},
	{"erc2771_forward_request", request5Type, strings.Replace(reqMsg, "{", `{"deadline":1700000000,`, 1), typeddata.Form{Deadline: 1_700_000_000, Call: reqCall}},
	{"unknown", strings.Replace(permitType, "value", "amount", 1), strings.Replace(permitMsg, "value", "amount", 1), typeddata.Form{}},
	{"unknown", "Permit2" + permitType[len("Permit"):], permitMsg, typeddata.Form{}},
	{"unknown", strings.Replace(witnessType, "uint256 amount", "uint128 amount", 1), fromMsg[:len(fromMsg)-1] + `,"mandate":{"out":[]}}`, typeddata.Form{}},
	{"unknown", strings.Replace(fromType, "deadline)", "deadline,bytes32 witness)", 1), fromMsg[:len(fromMsg)-1] + `,"witness":"HASH"}`, typeddata.Form{}},
}

func TestClassify(t *testing.T) {
	for i, tt := range forms {
		t.Run(fmt.Sprintf("%d %s", i, tt.name), func(t *testing.T) {
			d := tt.document()
			data := d.mustParse(t)
			agrees(t, d, data)
			if data.EncodeType() != tt.typ {
				t.Errorf("EncodeType = %s,\nwant %s", data.EncodeType(), tt.typ)
			}
			got, want := typeddata.Classify(data), tt.want
			want.Name = typeddata.FormName(tt.name)
			if g, w := flat(t, got), flat(t, want); !reflect.DeepEqual(g, w) {
				t.Errorf("Classify = %v,\nwant %v", g, w)
			}
		})
	}
}

// flat is a form as JSON has it, in which equal amounts are equal.
func flat(t *testing.T, f typeddata.Form) (out map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text(f)), &out); err != nil {
		t.Fatal(err)
	}
	return out
}
