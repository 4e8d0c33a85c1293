package rawtx_test

import (
	"encoding/json"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/rawtx"
)

const (
	to       = `"to":"0xa11ce00000000000000000000000000000000001"`
	mixed    = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed" // of EIP-55
	hash01   = `"0x0100000000000000000000000000000000000000000000000000000000000000"`
	signed   = `"yParity":"0x1","r":"0x1","s":"0x1"`
	oneAuth  = `"authorizationList":[{"chainId":0,"address":"` + mixed + `","nonce":"7",` + signed + `}]`
	oneEntry = `"accessList":[{"address":"` + mixed + `","storageKeys":[` + hash01 + `]}]`
)

func TestParseJSONAccepts(t *testing.T) {
	for _, tt := range []struct {
		name, json string
		want       map[string]string // what is not as in the zero transaction to "to"
	}{
		{"the least", `{` + to + `,"type":2}`, map[string]string{"Type": "2"}},
		{"space around and between", " \n{ " + to + " , \"type\" :\t2\r\n} ", map[string]string{"Type": "2"}},
		{"ethers", `{"type":2,` + to + `,"value":"1000000000000000000","nonce":5,"gasLimit":"21000","maxFeePerGas":"3","maxPriorityFeePerGas":"1","data":"0x","chainId":"1"}`,
			map[string]string{"Type": "2", "Value": "1000000000000000000", "Nonce": "5", "Gas": "21000", "MaxFeePerGas": "3", "MaxPriorityFeePerGas": "1", "ChainID": "1"}},
		{"JSON-RPC", `{` + to + `,"from":"` + mixed + `","gas":"0x5208","gasPrice":"0x3b9aca00","value":"0x0","input":"0xCAfe","nonce":"0x0","type":"0x0","chainId":"0xaa36a7"}`,
			map[string]string{"From": strings.ToLower(mixed), "Gas": "21000", "MaxFeePerGas": "1000000000", "Data": "[202 254]", "Nonce": "0", "ChainID": "11155111"}},
		{"viem's names of types", `{` + to + `,"type":"legacy"}`, nil},
		{"viem's name of type 4", `{` + to + `,"type":"eip7702",` + oneAuth + `}`, map[string]string{"Type": "4", "Authorizations": "[{0 " + strings.ToLower(mixed) + " 7}]"}},
		{"type from maxFeePerGas", `{` + to + `,"maxFeePerGas":"1"}`, map[string]string{"Type": "2", "MaxFeePerGas": "1"}},
		{"type from the tip and an access list", `{` + to + `,"maxPriorityFeePerGas":"1",` + oneEntry + `}`, map[string]string{"Type": "2", "MaxPriorityFeePerGas": "1", "AccessList": "[" + strings.ToLower(mixed) + "]"}},
		{"type from gasPrice and an access list", `{` + to + `,"gasPrice":"1","accessList":[]}`, map[string]string{"Type": "1", "MaxFeePerGas": "1"}},
		{"type from authorizations", `{` + to + `,` + oneAuth + `}`, map[string]string{"Type": "4", "Authorizations": "[{0 " + strings.ToLower(mixed) + " 7}]"}},
		{"type from blobs", `{` + to + `,"maxFeePerBlobGas":"1","blobVersionedHashes":[` + hash01 + `]}`, map[string]string{"Type": "3", "MaxFeePerBlobGas": "1", "BlobHashes": "[" + strings.Trim(hash01, `"`) + "]"}},
		{"signatures padded, with v", `{` + to + `,` + strings.Replace(oneAuth, signed, `"yParity":0,"v":"27","r":`+hash01+`,"s":"0x0001"`, 1) + `}`, map[string]string{"Type": "4", "Authorizations": "[{0 " + strings.ToLower(mixed) + " 7}]"}},
		{"data and input alike", `{` + to + `,"type":0,"data":"0xCAFE","input":"0xcafe","gas":1,"gasLimit":"0x1"}`, map[string]string{"Data": "[202 254]", "Gas": "1"}},
		{"a creation", `{"type":0,"data":"0x00"}`, map[string]string{"To": "", "Data": "[0]"}},
		{"a creation by null", `{"type":1,"data":"0x00","to":null}`, map[string]string{"Type": "1", "To": "", "Data": "[0]"}},
		{"the largest numbers", `{` + to + `,"type":2,"value":"0x` + strings.Repeat("f", 64) + `","nonce":9007199254740991,"gas":"18446744073709551615"}`,
			map[string]string{"Type": "2", "Value": "115792089237316195423570985008687907853269984665640564039457584007913129639935", "Nonce": "9007199254740991", "Gas": "18446744073709551615"}},
		{"escapes", `{"\u0074o":"0xa11ce0000000000000000000000000000000000\u0031","type":"\u0032"}`, map[string]string{"Type": "2"}},
		{"an address in upper case", `{"to":"0xA11CE00000000000000000000000000000000001","type":2}`, map[string]string{"Type": "2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tx, err := rawtx.ParseJSON([]byte(tt.json))
			if err != nil {
				t.Fatal(err)
			}
			want := plain(&rawtx.Transaction{To: "0xa11ce00000000000000000000000000000000001"})
			for k, v := range tt.want {
				want[k] = v
			}
			got := plain(tx)
			for k := range want {
				if got[k] != want[k] {
					t.Errorf("%s = %q, want %q", k, got[k], want[k])
				}
			}
		})
	}
}

// deep is an array in arrays.
var deep = strings.Repeat("[", 40) + strings.Repeat("]", 40)

var refusedJSON = []struct {
	name, json string
	code       calldata.Code
	at         int
	path, why  string
}{
	{"nothing", ``, rawtx.MalformedJSON, 0, "", "text ends"},
	{"an array", ` []`, rawtx.MalformedJSON, 1, "", "not an object"},
	{"a string", `"0x02"`, rawtx.MalformedJSON, 0, "", "not an object"},
	{"two objects", `{}{}`, rawtx.MalformedJSON, 2, "", "data after"},
	{"a member twice", `{"to":null,"to":null}`, rawtx.MalformedJSON, 11, "to", "twice"},
	{"a member twice but for case", `{"gasLimit":1,"gaslimit":2}`, rawtx.MalformedJSON, 14, "gaslimit", "only in case"},
	{"too deep", `{"data":` + deep + `}`, rawtx.MalformedJSON, 39, "data" + strings.Repeat("[0]", 31), "nested deeper"},
	{"too large", `{"data":"0x` + strings.Repeat("00", rawtx.MaxBytes/2) + `"}`, rawtx.TooLarge, 0, "", "at most 131072"},
	{"an unknown member", `{"type":2,"hash":"0x00"}`, rawtx.UnknownMember, 10, "", `"hash"`},
	{"a member in another case", `{"type":2,"To":"0x00"}`, rawtx.UnknownMember, 10, "", `"To"`},
	{"blobs", `{"type":3,"blobs":[]}`, rawtx.UnknownMember, 10, "", `"blobs"`},
	{"a signature", `{"type":2,"r":"0x1"}`, rawtx.UnknownMember, 10, "", `"r"`},

	{"type 5", `{"type":5}`, rawtx.UnknownType, 8, "type", "want 0 to 4"},
	{"type 256", `{"type":"0x100"}`, rawtx.UnknownType, 8, "type", "want 0 to 4"},
	{"type of another name", `{"type":"berlin"}`, rawtx.BadMember, 8, "type", "neither"},
	{"type with a zero in front", `{"type":"0x02"}`, rawtx.BadMember, 8, "type", "neither"},
	{"type null", `{"type":null}`, rawtx.BadMember, 8, "type", "neither"},

	{"gasPrice in type 2", `{"type":2,` + to + `,"gasPrice":"1"}`, rawtx.Contradiction, 71, "gasPrice", "does not go with"},
	{"gasPrice and maxFeePerGas", `{` + to + `,"gasPrice":"1","maxFeePerGas":"1"}`, rawtx.Contradiction, 81, "maxFeePerGas", "does not go with"},
	{"a tip in type 1", `{"type":1,"maxPriorityFeePerGas":"1"}`, rawtx.Contradiction, 33, "maxPriorityFeePerGas", "does not go with"},
	{"an access list in type 0", `{"type":0,"accessList":[]}`, rawtx.Contradiction, 23, "accessList", "does not go with"},
	{"authorizations in type 2", `{"type":2,"authorizationList":[]}`, rawtx.Contradiction, 30, "authorizationList", "does not go with"},
	{"authorizations and blobs", `{"authorizationList":[],"maxFeePerBlobGas":"1"}`, rawtx.Contradiction, 43, "maxFeePerBlobGas", "does not go with"},
	{"blob hashes in type 4", `{"type":4,"blobVersionedHashes":[]}`, rawtx.Contradiction, 32, "blobVersionedHashes", "does not go with"},
	{"data and input differ", `{"type":2,` + to + `,"data":"0x01","input":"0x"}`, rawtx.Contradiction, 82, "input", "differs from data"},
	{"gas and gasLimit differ", `{"type":2,"gas":1,"gasLimit":2}`, rawtx.Contradiction, 29, "gasLimit", "differs from gas"},

	{"type 3 without blobs", `{"type":3,` + to + `}`, rawtx.MissingMember, 0, "blobVersionedHashes", "at least one"},
	{"type 3 with none", `{"type":3,"blobVersionedHashes":[]}`, rawtx.MissingMember, 0, "blobVersionedHashes", "at least one"},
	{"type 3 without a recipient", `{"type":3,"blobVersionedHashes":[` + hash01 + `],"data":"0x00"}`, rawtx.MissingMember, 0, "to", "creates no contract"},
	{"type 4 without authorizations", `{"type":4,` + to + `}`, rawtx.MissingMember, 0, "authorizationList", "at least one"},
	{"neither to nor code", `{"type":2,"value":"1"}`, rawtx.MissingMember, 0, "to", "nor is there code"},

	{"an address of 19 bytes", `{"type":2,"to":"0xa11ce000000000000000000000000000000001"}`, rawtx.BadMember, 15, "to", "40 hex digits"},
	{"an address without 0x", `{"type":2,"to":"a11ce00000000000000000000000000000000001"}`, rawtx.BadMember, 15, "to", "40 hex digits"},
	{"an address with 0X", `{"type":2,"to":"0Xa11ce00000000000000000000000000000000001"}`, rawtx.BadMember, 15, "to", "40 hex digits"},
	{"an address by name", `{"type":2,"to":"vitalik.eth"}`, rawtx.BadMember, 15, "to", "40 hex digits"},
	{"an empty recipient", `{"type":2,"to":"","data":"0x00"}`, rawtx.BadMember, 15, "to", "40 hex digits"},
	{"a recipient of no bytes", `{"type":2,"to":"0x","data":"0x00"}`, rawtx.BadMember, 15, "to", "40 hex digits"},
	{"a checksum that does not hold", `{"type":2,"to":"` + strings.Replace(mixed, "5aA", "5aa", 1) + `"}`, rawtx.BadMember, 15, "to", "checksum"},
	{"from null", `{"type":2,"from":null}`, rawtx.BadMember, 17, "from", "40 hex digits"},

	{"a value as a number", `{"type":2,"value":1}`, rawtx.BadMember, 18, "value", "in a string"},
	{"a value with a fraction", `{"type":2,"value":"1.5"}`, rawtx.BadMember, 18, "value", "neither"},
	{"a value with a sign", `{"type":2,"value":"-1"}`, rawtx.BadMember, 18, "value", "neither"},
	{"a value with a zero in front", `{"type":2,"value":"01"}`, rawtx.BadMember, 18, "value", "neither"},
	{"a quantity with a zero in front", `{"type":2,"value":"0x01"}`, rawtx.BadMember, 18, "value", "neither"},
	{"a quantity of no digits", `{"type":2,"value":"0x"}`, rawtx.BadMember, 18, "value", "neither"},
	{"a value of no digits", `{"type":2,"value":""}`, rawtx.BadMember, 18, "value", "neither"},
	{"a value with space", `{"type":2,"value":"1 "}`, rawtx.BadMember, 18, "value", "neither"},
	{"a value with a new line", `{"type":2,"value":"1\n"}`, rawtx.BadMember, 18, "value", "neither"},
	{"a value in other digits", `{"type":2,"value":"١"}`, rawtx.BadMember, 18, "value", "neither"},
	{"a value of 257 bits", `{"type":2,"value":"115792089237316195423570985008687907853269984665640564039457584007913129639936"}`, rawtx.BadMember, 18, "value", "more than 256 bits"},
	{"a value null", `{"type":2,"value":null}`, rawtx.BadMember, 18, "value", "neither"},
	{"a nonce with a fraction", `{"type":2,"nonce":1.0}`, rawtx.BadMember, 18, "nonce", "whole number"},
	{"a nonce with an exponent", `{"type":2,"nonce":1e3}`, rawtx.BadMember, 18, "nonce", "whole number"},
	{"a negative nonce", `{"type":2,"nonce":-1}`, rawtx.BadMember, 18, "nonce", "whole number"},
	{"minus zero", `{"type":2,"nonce":-0}`, rawtx.BadMember, 18, "nonce", "whole number"},
	{"a nonce that is rounded", `{"type":2,"nonce":9007199254740992}`, rawtx.BadMember, 18, "nonce", "some readers round"},
	{"a nonce of many digits", `{"type":2,"nonce":1` + strings.Repeat("0", 30) + `}`, rawtx.BadMember, 18, "nonce", "whole number"},
	{"a nonce of 65 bits", `{"type":2,"nonce":"18446744073709551616"}`, rawtx.BadMember, 18, "nonce", "more than 64 bits"},
	{"a chain of 65 bits", `{"type":2,"chainId":"0x10000000000000000"}`, rawtx.BadMember, 20, "chainId", "more than 64 bits"},
	{"chain 0", `{"type":2,"chainId":0}`, rawtx.BadMember, 20, "chainId", "zero names no chain"},

	{"data without 0x", `{"type":2,"data":"cafe"}`, rawtx.BadMember, 17, "data", "pairs of hex"},
	{"data of half a byte", `{"type":2,"data":"0xcaf"}`, rawtx.BadMember, 17, "data", "pairs of hex"},
	{"empty data", `{"type":2,"data":""}`, rawtx.BadMember, 17, "data", "pairs of hex"},
	{"data null", `{"type":2,"data":null}`, rawtx.BadMember, 17, "data", "pairs of hex"},
	{"data as a list", `{"type":2,"data":[1]}`, rawtx.BadMember, 17, "data", "pairs of hex"},

	{"an access list as an object", `{"type":2,"accessList":{}}`, rawtx.BadMember, 23, "accessList", "not an array"},
	{"an access list of ethers' pairs", `{"type":2,"accessList":[["` + mixed + `",[]]]}`, rawtx.BadMember, 24, "accessList[0]", "not an object"},
	{"an entry without keys", `{"type":2,"accessList":[{"address":"` + mixed + `"}]}`, rawtx.MissingMember, 24, "accessList[0].storageKeys", "not there"},
	{"an entry with more", `{"type":2,"accessList":[{"x":1}]}`, rawtx.UnknownMember, 25, "accessList[0]", `"x"`},
	{"a short key", `{"type":2,"accessList":[{"address":"` + mixed + `","storageKeys":["0x01"]}]}`, rawtx.BadMember, 95, "accessList[0].storageKeys[0]", "32 bytes"},
	{"a hash of another version", `{"type":3,"blobVersionedHashes":[` + strings.Replace(hash01, "0x01", "0x02", 1) + `]}`, rawtx.BadMember, 32, "blobVersionedHashes[0]", "another version"},

	{"an authorization without a chain", `{"authorizationList":[{"address":"` + mixed + `"}]}`, rawtx.MissingMember, 22, "authorizationList[0].chainId", "not there"},
	{"an authorization not signed", `{` + strings.Replace(oneAuth, `,`+signed, ``, 1) + `}`, rawtx.MissingMember, 22, "authorizationList[0].yParity", "not there"},
	{"an authorization with parity 2", `{` + strings.Replace(oneAuth, `"yParity":"0x1"`, `"yParity":2`, 1) + `}`, rawtx.BadMember, 112, "authorizationList[0].yParity", "neither 0 nor 1"},
	{"an authorization with another v", `{` + strings.Replace(oneAuth, `"yParity":"0x1"`, `"yParity":1,"v":27`, 1) + `}`, rawtx.Contradiction, 118, "authorizationList[0].v", "27 more"},
	{"an authorization with r zero", `{` + strings.Replace(oneAuth, `"r":"0x1"`, `"r":"0x0"`, 1) + `}`, rawtx.BadMember, 122, "authorizationList[0].r", "zero"},
	{"an authorization with r in decimal", `{` + strings.Replace(oneAuth, `"r":"0x1"`, `"r":"1"`, 1) + `}`, rawtx.BadMember, 122, "authorizationList[0].r", "hex digits"},
	{"ethers' signature", `{` + strings.Replace(oneAuth, signed, `"signature":"0x"`, 1) + `}`, rawtx.UnknownMember, 102, "authorizationList[0]", `"signature"`},
}

func TestParseJSONRefuses(t *testing.T) {
	for _, tt := range refusedJSON {
		t.Run(tt.name, func(t *testing.T) {
			tx, err := rawtx.ParseJSON([]byte(tt.json))
			if err == nil {
				t.Fatalf("was read as %s", show(tx))
			}
			r := refusal(t, err)
			if r.Code != tt.code || r.Offset != tt.at || r.Path != tt.path || !strings.Contains(r.Why, tt.why) {
				t.Errorf("refused with %v,\nwant %s at byte %d (%s): …%s…", r, tt.code, tt.at, tt.path, tt.why)
			}
		})
	}
}

// FuzzParseJSON: no text makes ParseJSON panic, and whatever it reads says the
// same to encoding/json.
func FuzzParseJSON(f *testing.F) {
	f.Add(`{"type":2,` + to + `,"value":"0x1","nonce":5,"data":"0xcafe",` + oneEntry + `}`)
	f.Add(`{` + to + `,` + oneAuth + `,"chainId":"1"}`)
	for _, tt := range refusedJSON {
		if len(tt.json) < 1000 {
			f.Add(tt.json)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		tx, err := rawtx.ParseJSON([]byte(text))
		if err != nil {
			if r := refusal(t, err); r.Offset < 0 || r.Offset > len(text) || r.Code == "" || r.Why == "" {
				t.Fatalf("refusal %+v of %q", r, text)
			}
			return
		}
		var loose struct{ To, From *string }
		if err := json.Unmarshal([]byte(text), &loose); err != nil {
			t.Fatalf("we read %q, encoding/json says %v", text, err)
		}
		for got, want := range map[string]*string{tx.To: loose.To, tx.From: loose.From} {
			if want != nil && !strings.EqualFold(got, *want) {
				t.Fatalf("%q: address %q, encoding/json reads %q", text, got, *want)
			}
		}
	})
}
