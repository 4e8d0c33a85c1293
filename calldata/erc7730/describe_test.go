package erc7730_test

import (
	"bytes"
	"errors"
	"math/big"
	"strings"
	"testing"

	"countersign/calldata/erc7730"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/crypto"
)

// One field, and what it says of a call.
func TestFieldsSayWhatTheCallHolds(t *testing.T) {
	const metadata = `, "constants": {"max": "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "eth": "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE", "big": 1250000000}, "enums": {"mode": {"2": "variable", "0xdead": "dead", "true": "yes", "hello": "greeting", "-5": "down"}}`
	const definitions = `"definitions": {"sum": {"label": "Sum", "format": "tokenAmount", "params": {"token": "$.metadata.constants.eth", "message": "All"}}},`
	max := someSwap()
	max.amount = most
	long := someSwap()
	long.data, long.note = bytes.Repeat([]byte{1}, 100), strings.Repeat("x", 300)
	for _, tt := range []struct {
		name, field, want string
		call              swapCall
	}{
		{"an address in full", `{"path": "to", "label": "To", "format": "raw"}`, "To: 0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", someSwap()},
		{"the root of the data may be said", `{"path": "#.to", "label": "To", "format": "raw"}`, "To: 0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", someSwap()},
		{"a number", `{"path": "amount", "label": "N", "format": "raw"}`, "N: 1250000000", someSwap()},
		{"a negative number", `{"path": "tick", "label": "N", "format": "raw"}`, "N: -5", someSwap()},
		{"text in quotes", `{"path": "note", "label": "Note", "format": "raw"}`, "Note: “hello”", someSwap()},
		{"long text is cut and says so", `{"path": "note", "label": "Note", "format": "raw"}`, "Note: “" + strings.Repeat("x", 199) + "…”", long},
		{"a truth value", `{"path": "all", "label": "All", "format": "raw"}`, "All: true", someSwap()},
		{"bytes", `{"path": "data", "label": "Data", "format": "raw"}`, "Data: 0xdead", someSwap()},
		{"many bytes as a hash", `{"path": "data", "label": "Data", "format": "raw"}`, "Data: 100 bytes with the Keccak-256 " + crypto.Keccak256Hash(long.data).Hex(), long},
		{"bytes32", `{"path": "ref", "label": "Ref", "format": "raw"}`, "Ref: 0x" + strings.Repeat("0", 63) + "2", someSwap()},
		{"no label: the path", `{"path": "to", "format": "raw"}`, "to: 0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", someSwap()},
		{"native amount", `{"path": "amount", "label": "Pay", "format": "amount"}`, "Pay: 0.00000000125 ETH", someSwap()},
		{"native value of the transaction", `{"path": "@.value", "label": "Pay", "format": "amount"}`, "Pay: 0.10 ETH", someSwap()},
		{"the contract", `{"path": "@.to", "label": "C", "format": "addressName"}`, "C: 0x1111111254EEB25477B68fb85Ed929f73A960582", someSwap()},
		{"the chain", `{"path": "@.chainId", "label": "C", "format": "chainId"}`, "C: chain 1", someSwap()},
		{"a known token", `{"path": "amount", "label": "Pay", "format": "tokenAmount", "params": {"token": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"}}`, "Pay: 1,250.00 USDC", someSwap()},
		{"the token of an element", `{"path": "amount", "label": "Pay", "format": "tokenAmount", "params": {"tokenPath": "legs.[0].token"}}`, "Pay: 1,250.00 USDC", someSwap()},
		{"the token in some bytes", `{"path": "amount", "label": "Pay", "format": "tokenAmount", "params": {"tokenPath": "legs.[0].route.[:20]"}}`, "Pay: 1,250.00 USDC", someSwap()},
		{"an unknown token", `{"path": "amount", "label": "Pay", "format": "tokenAmount", "params": {"tokenPath": "legs.[-1].token"}}`, "Pay: 1,250,000,000 units of the unknown token 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", someSwap()},
		{"no token at all", `{"path": "amount", "label": "Pay", "format": "tokenAmount"}`, "Pay: 1,250,000,000 units of an unknown token", someSwap()},
		{"a token that stands for the currency", `{"path": "amount", "label": "Pay", "format": "tokenAmount", "params": {"tokenPath": "legs[1].route.[0:20]", "nativeCurrencyAddress": ["$.metadata.constants.eth"]}}`, "Pay: 0.00000000125 ETH", someSwap()},
		{"a definition, with a member of its own", `{"path": "amount", "$ref": "$.display.definitions.sum", "params": {"nativeCurrencyAddress": "$.metadata.constants.eth"}}`, "Sum: 0.00000000125 ETH", someSwap()},
		{"below the threshold", `{"path": "amount", "label": "Pay", "format": "tokenAmount", "params": {"tokenPath": "legs.[0].token", "threshold": "$.metadata.constants.max"}}`, "Pay: 1,250.00 USDC", someSwap()},
		{"from the threshold on the amount stays", `{"path": "amount", "label": "Pay", "format": "tokenAmount", "params": {"tokenPath": "legs.[0].token", "threshold": 1250000000, "message": "All"}}`, "Pay: All (1,250.00 USDC)", someSwap()},
		{"a threshold in hex", `{"path": "amount", "label": "Pay", "format": "amount", "params": {"threshold": "0x1"}}`, "Pay: All (0.00000000125 ETH)", someSwap()},
		{"the whole of 256 bits", `{"path": "amount", "label": "Pay", "format": "tokenAmount", "params": {"tokenPath": "legs.[0].token", "threshold": "$.metadata.constants.max"}}`,
			"Pay: Unlimited (115,792,089,237,316,195,423,570,985,008,687,907,853,269,984,665,640,564,039,457,584,007,913,129.639935 USDC)", max},
		{"an element of a collection", `{"path": "amount", "label": "NFT", "format": "nftName", "params": {"collectionPath": "legs.[0].token"}}`, "NFT: #1250000000 of USD Coin (0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48)", someSwap()},
		{"a date", `{"path": "amount", "label": "Until", "format": "date", "params": {"encoding": "timestamp"}}`, "Until: 2009-08-11 14:13:20 UTC", someSwap()},
		{"no date", `{"path": "amount", "label": "Until", "format": "date", "params": {"encoding": "timestamp"}}`, "Until: timestamp " + most.String() + " (no date)", max},
		{"a block", `{"path": "amount", "label": "Until", "format": "date", "params": {"encoding": "blockheight"}}`, "Until: block 1250000000", someSwap()},
		{"a duration", `{"path": "legs.[1].amount", "label": "For", "format": "duration"}`, "For: 00:00:42", someSwap()},
		{"a long duration", `{"path": "amount", "label": "For", "format": "duration"}`, "For: 347222:13:20", someSwap()},
		{"a unit", `{"path": "legs.[1].amount", "label": "Fee", "format": "unit", "params": {"base": "%", "decimals": 1}}`, "Fee: 4.2 %", someSwap()},
		{"an enumeration, with its value", `{"path": "ref.[-1:]", "label": "Mode", "format": "enum", "params": {"$ref": "$.metadata.enums.mode"}}`, "Mode: variable (2)", someSwap()},
		{"an enumeration of bytes", `{"path": "data", "label": "Mode", "format": "enum", "params": {"$ref": "$.metadata.enums.mode"}}`, "Mode: dead (0xdead)", someSwap()},
		{"an enumeration of truth values", `{"path": "all", "label": "Mode", "format": "enum", "params": {"$ref": "$.metadata.enums.mode"}}`, "Mode: yes (true)", someSwap()},
		{"an enumeration of signed numbers", `{"path": "tick", "label": "Mode", "format": "enum", "params": {"$ref": "$.metadata.enums.mode"}}`, "Mode: down (-5)", someSwap()},
		{"a name that is known, with the address", `{"path": "to", "label": "To", "format": "addressName", "params": {"types": ["eoa"], "sources": ["local", "ens"]}}`, "To: Treasury (0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359)", someSwap()},
		{"a ticker", `{"path": "legs.[0].token", "label": "Token", "format": "tokenTicker"}`, "Token: USDC (0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48)", someSwap()},
		{"no ticker", `{"path": "to", "label": "Token", "format": "tokenTicker"}`, "Token: unknown token 0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", someSwap()},
		{"a call inside", `{"path": "data", "label": "Call", "format": "calldata", "params": {"calleePath": "to", "amountPath": "@.value"}}`, "Call: 2 bytes, see call inside", someSwap()},
		{"a constant of the descriptor says so", `{"value": "$.metadata.constants.big", "label": "N", "format": "raw"}`, "N: 1250000000 (constant of the descriptor)", someSwap()},
		{"a list, element by element", `{"path": "legs.[].amount", "label": "Pay", "format": "tokenAmount", "params": {"tokenPath": "legs.[].token"}, "separator": "Leg {index}"}`,
			"Pay [0]: 1.50 USDC\nPay [1]: 42 units of the unknown token 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", someSwap()},
		{"part of a list", `{"path": "legs.[1:2].amount", "label": "N", "format": "raw"}`, "N [0]: 42", someSwap()},
		{"part of the bytes of every element", `{"path": "legs.[].route.[20:21]", "label": "B", "format": "raw"}`, "B [0]: 0x07\nB [1]: 0x08", someSwap()},
		{"a group for every element", `{"path": "legs.[]", "label": "Leg", "fields": [{"path": "amount", "label": "Pay", "format": "tokenAmount", "params": {"tokenPath": "token"}}, {"path": "#.to", "label": "To", "format": "raw"}]}`,
			"Leg: [0] Pay: 1.50 USDC\nLeg: [0] To: 0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359\nLeg: [1] Pay: 42 units of the unknown token 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\nLeg: [1] To: 0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", someSwap()},
		{"hidden", `{"path": "to", "label": "To", "visible": "never"}`, "", someSwap()},
		{"optional is shown", `{"path": "all", "label": "All", "format": "raw", "visible": "optional"}`, "All: true", someSwap()},
		{"shown unless it is one of some", `{"path": "amount", "label": "N", "format": "raw", "visible": {"ifNotIn": [0, "1"]}}`, "N: 1250000000", someSwap()},
		{"not shown as it is one of some", `{"path": "amount", "label": "N", "format": "raw", "visible": {"ifNotIn": ["0x4a817c80"]}}`, "", someSwap()},
		{"an address that must match", `{"path": "to", "label": "N", "visible": {"mustMatch": ["0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359"]}}`, "", someSwap()},
		{"a truth value that must match", `{"path": "all", "label": "N", "visible": {"mustBe": [true]}}`, "", someSwap()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fields, intent, err := describe(t, file(swap("", tt.field), metadata, definitions), tt.call.call(t), "100000000000000000", env())
			if err != nil || intent != "Swap" {
				t.Fatalf("Describe = %q, %v", intent, err)
			}
			if got := lines(fields); got != tt.want {
				t.Errorf("Describe =\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestNamesComeFromTheCallerAlone(t *testing.T) {
	const metadata = `, "contractName": "USDC", "token": {"name": "USD Coin", "ticker": "USDC", "decimals": 2}`
	fields, _, err := describe(t, file(swap("", `{"path": "amount", "label": "Pay", "format": "tokenAmount", "params": {"tokenPath": "@.to"}}`,
		`{"path": "@.value", "label": "Value", "format": "amount"}`, `{"path": "to", "label": "To", "format": "addressName"}`), metadata, ""), someSwap().call(t), "1000", erc7730.Env{ChainID: 1, To: router})
	if err != nil {
		t.Fatal(err)
	}
	want := "Pay: 1,250,000,000 units of the unknown token 0x1111111254EEB25477B68fb85Ed929f73A960582\nValue: 1,000 wei\nTo: 0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
	if got := lines(fields); got != want {
		t.Errorf("Describe =\n%s\nwant\n%s", got, want)
	}
}

// A field of which anything is not understood makes the whole format useless.
func TestWhatIsNotUnderstoodIsAnError(t *testing.T) {
	const amount = `{"path": "amount", "label": "N", "format": `
	for _, tt := range []struct{ name, field, want string }{
		{"an unknown format", amount + `"allowanceAmount"}`, `"allowanceAmount" is not known`},
		{"ERC-7930 addresses", `{"path": "data", "format": "interoperableAddressName"}`, "is not known"},
		{"no format", `{"path": "amount", "label": "N"}`, "format: is missing"},
		{"an unknown member", amount + `"raw", "hidden": true}`, `["hidden"] is not understood`},
		{"an unknown parameter", amount + `"raw", "params": {"x": 1}}`, `["x"] is not understood`},
		{"a map", amount + `"tokenAmount", "params": {"token": {"map": "$.metadata.maps.t", "keyPath": "@.chainId"}}}`, "is no constant"},
		{"another chain", amount + `"tokenAmount", "params": {"tokenPath": "to", "chainId": 10}}`, `["chainId"] is not understood`},
		{"an encrypted field", amount + `"raw", "encryption": {"scheme": "fhevm"}}`, "encrypted fields are not supported"},
		{"path and value", `{"path": "amount", "value": 1, "format": "raw"}`, "either a path or a value"},
		{"neither path nor value", `{"label": "x", "format": "raw"}`, "either a path or a value"},
		{"no such argument", `{"path": "amounts", "format": "raw"}`, `there is no "amounts"`},
		{"no such element", `{"path": "legs.[2].amount", "format": "raw"}`, "not inside of 2"},
		{"a range beyond the end", `{"path": "data.[0:3]", "format": "raw"}`, "not inside of 2"},
		{"a range that runs backwards", `{"path": "data.[2:1]", "format": "raw"}`, "not inside of 2"},
		{"bytes of a number of doubtful width", `{"path": "tick.[0:1]", "format": "raw"}`, "no such part"},
		{"all of some bytes", `{"path": "data.[]", "format": "raw"}`, "no such part"},
		{"an element of a number", `{"path": "amount.[0]", "format": "raw"}`, "no such part"},
		{"a tuple", `{"path": "legs.[0]", "format": "raw"}`, "has no text"},
		{"the file as a path", `{"path": "$.metadata.constants.x", "format": "raw"}`, "does not lead to data"},
		{"an unknown value of the transaction", `{"path": "@.gas", "format": "raw"}`, "known of the transaction"},
		{"a sender that is not known", `{"path": "@.from", "format": "addressName"}`, "known of the transaction"},
		{"a broken path", `{"path": "legs..amount", "format": "raw"}`, "neither a name nor"},
		{"a broken range", `{"path": "legs.[1:2:3]", "format": "raw"}`, "neither a name nor"},
		{"a number as an address", amount + `"addressName"}`, "no address"},
		{"a number as the token", amount + `"tokenAmount", "params": {"tokenPath": "amount"}}`, "no address"},
		{"a signed amount", `{"path": "tick", "format": "amount"}`, "no amount"},
		{"text as an amount", `{"path": "note", "format": "amount"}`, "no amount"},
		{"a constant as an amount of the call", `{"value": 5, "format": "amount", "params": {"min": 1}}`, "not understood"},
		{"token and tokenPath", amount + `"tokenAmount", "params": {"token": "0x", "tokenPath": "to"}}`, "want one of them"},
		{"a token that is no address", amount + `"tokenAmount", "params": {"token": "USDC"}}`, "no address"},
		{"lists of different length", `{"path": "legs.[].amount", "format": "tokenAmount", "params": {"tokenPath": "legs.[0:1].token"}}`, "leads to 1 elements, where the field has 2"},
		{"a message with digits", amount + `"tokenAmount", "params": {"threshold": "1", "message": "0.01 USDC"}}`, "could be taken for an amount"},
		{"a unit with digits", amount + `"unit", "params": {"base": "000 ETH"}}`, "is no unit"},
		{"an SI prefix", amount + `"unit", "params": {"base": "s", "prefix": true}}`, "SI prefixes"},
		{"absurd decimals", amount + `"unit", "params": {"base": "s", "decimals": 78}}`, "want 0 to 77"},
		{"an unknown encoding", amount + `"date", "params": {"encoding": "julian"}}`, "encoding"},
		{"an enumeration without the value", amount + `"enum", "params": {"$ref": "$.metadata.enums.mode"}}`, "nothing for 1250000000"},
		{"no such enumeration", amount + `"enum", "params": {"$ref": "$.metadata.enums.none"}}`, "leads to no enumeration"},
		{"no such definition", `{"path": "amount", "$ref": "$.display.definitions.none"}`, "leads to no definition"},
		{"a definition of a definition", `{"path": "amount", "$ref": "$.display.definitions.twice"}`, "leads to no definition"},
		{"a value that is ruled out", `{"path": "amount", "visible": {"mustMatch": [0]}}`, "is none of [0]"},
		{"an unknown rule", amount + `"raw", "visible": {"onlyIf": [0]}}`, "not understood"},
		{"an unknown visibility", amount + `"raw", "visible": "sometimes"}`, "is not known"},
		{"an unknown type of address", `{"path": "to", "format": "addressName", "params": {"types": ["friend"]}}`, "is not known"},
		{"another meaning of an address", `{"path": "to", "format": "addressName", "params": {"senderAddress": "0x0000000000000000000000000000000000000000"}}`, "not understood"},
		{"a number as a call", amount + `"calldata", "params": {"calleePath": "to"}}`, "no call data"},
		{"an unknown iteration", `{"iteration": "random", "fields": []}`, "is not known"},
		{"lists in lists", `{"path": "legs.[]", "fields": [{"path": "#.legs.[]", "fields": [{"path": "none", "format": "raw"}]}]}`, `there is no "none"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			source := file(swap("", tt.field), `, "enums": {"mode": {"2": "variable"}}`, `"definitions": {"twice": {"$ref": "$.display.definitions.none"}},`)
			fields, intent, err := describe(t, source, someSwap().call(t), "0", env())
			if !errors.Is(err, erc7730.ErrNotDescribed) || !strings.Contains(err.Error(), tt.want) || fields != nil || intent != "" {
				t.Errorf("Describe = %v, %q, %v; want nothing and ErrNotDescribed with %q", fields, intent, err, tt.want)
			}
		})
	}
}

func TestOneBadFormatDoesNotSpoilTheOthers(t *testing.T) {
	d, err := erc7730.Parse([]byte(file(`"a(uint256 n)": {"intent": "A", "fields": [{"path": "n", "format": "magic"}]}, "b(uint256 n)": {"intent": "B", "fields": []}`, "", "")))
	if err != nil {
		t.Fatal(err)
	}
	number := pack(t, []abi.ArgumentMarshaling{{Type: "uint256"}}, big.NewInt(1))
	for signature, want := range map[string]string{"a(uint256)": "", "b(uint256)": "B"} {
		c := decode(t, signature, number)
		f, found := d.For(chain, router, c.Function)
		if !found {
			t.Fatalf("no format for %s", signature)
		}
		if _, intent, err := f.Describe(c, someAmount, env()); intent != want || (want == "") != (err != nil) {
			t.Errorf("Describe %s = %q, %v; want %q", signature, intent, err, want)
		}
	}
}
