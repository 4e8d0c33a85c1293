package calltree_test

import (
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"countersign/calldata/calltree"
	"countersign/calldata/treejson"
)

// wantAnswer is a batch of an account and a deployment, with names in place of
// addresses.
const wantAnswer = `
[{"to":"account","value":"0","operation":"call","selector":"0x34fcd5be","kind":"call",
"function":"executeBatch((address,uint256,bytes)[])","args":[[["stranger","5","0xdeadbeef"],["usdc","0","0x42966c68"]]],"risks":[],
"children":[{"to":"stranger","value":"5","operation":"call","via":"account","selector":"0xdeadbeef","kind":"unknown",
"function":null,"args":[],"risks":["value","recipient"],"children":[],
"anomalies":[{"code":"unknown_contract","offset":0,"why":"no ABI is pinned to stranger"}]},
{"to":"usdc","value":"0","operation":"call","via":"account","selector":"0x42966c68","kind":"malformed",
"function":null,"args":[],"risks":[],"children":[],
"anomalies":[{"code":"truncated","offset":4,"path":"burn","why":"want 32 bytes, 0 are left"}]}],"anomalies":[]},
{"to":null,"value":"0","operation":"create","selector":null,"kind":"create",
"function":null,"args":[],"risks":[],"children":[],
"anomalies":[{"code":"contract_creation","offset":0,"why":"1 bytes of code would be deployed"}]}]`

// An answer is what engines and people are shown: the field names are wire format.
func TestAnswer(t *testing.T) {
	account := at("account")
	batch := list{tuple{"stranger", 5, unhex("deadbeef")}, tuple{"usdc", 0, unhex("42966c68")}}
	tree := worldReader(t).Read(calltree.Transaction{To: &account, Data: pack(executeBatchTuples, batch)}, calltree.Transaction{Data: []byte{0x60}})
	got, err := json.Marshal([]treejson.Node{treejson.Of(&tree.Roots[0]), treejson.Of(&tree.Roots[1])})
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(wantAnswer, "\n", ""); named(string(got)) != want {
		t.Errorf("answer\n%s\nwant\n%s", named(string(got)), want)
	}
}

func addr(s string) calltree.Address { return calltree.Address(unhex(s)) }
func unhex(s string) []byte          { b, _ := hex.DecodeString(s); return b }
