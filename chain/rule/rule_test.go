package rule_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"countersign"
	"countersign/chain/evmjson"
	"countersign/chain/rule"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

const contract = "0x0000000000000000000000000000000000c0ffee"

func TestRulesThatCannotBeUsed(t *testing.T) {
	none := func() []string { return nil }
	for _, tt := range []struct {
		name  string
		rules rule.Rules
		want  string
	}{
		{"no name", rule.Rules{Deposits: []rule.Deposit{{Addresses: none}}}, "no name"},
		{"one name twice", rule.Rules{Deposits: []rule.Deposit{{Name: "a", Addresses: none}}, Confirmed: []rule.Confirmed{{Name: "a", Hashes: none}}}, "twice"},
		{"no address", rule.Rules{Logs: []rule.Log{{Name: "a", Contract: "0x12", Event: "A()"}}}, "40 hex digits"},
		{"no event", rule.Rules{Logs: []rule.Log{{Name: "a", Contract: contract, Event: "A"}}}, "no signature"},
		{"an event of no types", rule.Rules{Logs: []rule.Log{{Name: "a", Contract: contract, Event: "A(money indexed m)"}}}, "money"},
		{"four indexed", rule.Rules{Logs: []rule.Log{{Name: "a", Contract: contract, Event: "A(bool indexed,bool indexed,bool indexed,bool indexed)"}}}, "three indexed"},
		{"no function", rule.Rules{Calls: []rule.Call{{Name: "a", To: contract, Function: "f("}}}, "f("},
		{"levels the wrong way", rule.Rules{Thresholds: []rule.Threshold{{Name: "a", Holder: contract, Low: countersign.NewAmount(2), High: countersign.NewAmount(2)}}}, "not less"},
		{"a holder that is none", rule.Rules{Thresholds: []rule.Threshold{{Name: "a", Holder: "x", High: countersign.NewAmount(2)}}}, "40 hex digits"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := rule.Compile(tt.rules); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Compile = %v, want …%s…", err, tt.want)
			}
		})
	}
	s, err := rule.Compile(rule.Rules{Deposits: []rule.Deposit{{Name: "a", Addresses: func() []string { return []string{"0x12"} }}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Look(); err == nil {
		t.Error("an address that is none was looked for")
	}
}

func TestArgumentsOfEvents(t *testing.T) {
	word := func(n int64) common.Hash { return common.BytesToHash([]byte{byte(n)}) }
	address := common.BytesToHash(common.HexToAddress(contract).Bytes())
	text := append(append(word(32).Bytes(), word(2).Bytes()...), append([]byte("ok"), make([]byte, 30)...)...)
	for _, tt := range []struct {
		name, event, signature string
		topics                 []common.Hash
		data                   []byte
		want                   string
	}{
		{"ERC-20", "Transfer(address indexed from, address indexed to, uint256 amount)", "Transfer(address,address,uint256)", []common.Hash{address, address}, word(7).Bytes(),
			`[{"name":"from","type":"address","value":"` + contract + `"},{"name":"to","type":"address","value":"` + contract + `"},{"name":"amount","type":"uint256","value":"7"}]`},
		{"indexed in the midst, and without names", "A(uint256,bool indexed,string)", "A(uint256,bool,string)", []common.Hash{word(1)}, append(word(9).Bytes(), append(word(64).Bytes(), text[32:]...)...),
			`[{"name":"","type":"uint256","value":"9"},{"name":"","type":"bool","value":true},{"name":"","type":"string","value":"ok"}]`},
		{"a hash", "A(string indexed s, (uint256 a, bool b) p)", "A(string,(uint256,bool))", []common.Hash{crypto.Keccak256Hash([]byte("ok"))}, append(word(9).Bytes(), word(1).Bytes()...),
			`[{"name":"s","type":"string","value":"` + crypto.Keccak256Hash([]byte("ok")).Hex() + `","hashed":true},{"name":"p","type":"(uint256,bool)","value":["9",true]}]`},
		{"nothing", "A()", "A()", nil, nil, `null`},
		{"a dirty address", "A(address indexed a)", "A(address)", []common.Hash{crypto.Keccak256Hash(nil)}, nil, ""},
		{"data after the end", "A(uint256 a)", "A(uint256)", nil, append(word(9).Bytes(), 0), ""},
		{"a topic too few", "A(bool indexed a, bool indexed b)", "A(bool,bool)", []common.Hash{word(1)}, nil, ""},
		{"a topic too many", "A(bool indexed a)", "A(bool)", []common.Hash{word(1), word(1)}, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked := false
			s, err := rule.Compile(rule.Rules{Logs: []rule.Log{{Name: "event/a", Contract: contract, Event: tt.event, When: func(rule.Args) bool { asked = true; return true }}}})
			if err != nil {
				t.Fatal(err)
			}
			look, err := s.Look()
			if err != nil {
				t.Fatal(err)
			}
			log := evmjson.Log{Address: common.HexToAddress(contract), Topics: append([]common.Hash{crypto.Keccak256Hash([]byte(tt.signature))}, tt.topics...), Data: tt.data, Index: 3}
			found, ok := look.OfLog(look.Filters()[0], log)
			var data rule.LogData
			if err := json.Unmarshal(found.Data, &data); err != nil || !ok || data.Event != tt.signature || data.Log != 3 {
				t.Fatalf("OfLog = %s, %t, %v", found.Data, ok, err)
			}
			if got, _ := json.Marshal(data.Args); tt.want != "" && (string(got) != tt.want || data.Refused != "" || !asked) {
				t.Errorf("arguments %s, refused %q, want %s", got, data.Refused, tt.want)
			}
			if tt.want == "" && (data.Refused == "" || data.Args != nil || asked) {
				t.Errorf("what cannot be read was told as %s, the condition was asked: %t", found.Data, asked)
			}
			log.Address = common.HexToAddress("0x1")
			if _, ok := look.OfLog(look.Filters()[0], log); ok {
				t.Error("a log of another contract was told")
			}
		})
	}
}

func TestManyAddressesAreAskedForInParts(t *testing.T) {
	var set []string
	s, err := rule.Compile(rule.Rules{Deposits: []rule.Deposit{{Name: "deposit", Addresses: func() []string { return set }}}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 1200 {
		look, err := s.Look()
		if err != nil {
			t.Fatal(err)
		}
		if n%400 == 0 {
			if got, want := len(look.Filters()), (n+499)/500; got != want {
				t.Errorf("%d filters for %d addresses, want %d", got, n, want)
			}
		}
		set = append(set, fmt.Sprintf("0x%040x", n+1))
	}
}
