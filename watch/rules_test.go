package watch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/chain/rule"
	"countersign/watch"
)

const token = "0x00000000000000000000000000000000000000aa"

func rulesFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "watch.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const tx = "0x00000000000000000000000000000000000000000000000000000000000000f1"

const good = `{
	"transactions": [{"network": "Ethereum", "name": "upgrade", "hashes": ["` + tx + `"]}],
	"functions": [{"network": "Ethereum", "name": "mint", "to": "` + token + `", "function": "mint(address to, uint256 amount)"}],
	"events": [{"network": "Base", "name": "paused", "contract": "` + token + `", "event": "Paused(address account)"}],
	"balances": [{"network": "Ethereum", "name": "gas", "holder": "` + token + `", "low": "1", "high": "10"}]
}`

func TestRulesOfAFile(t *testing.T) {
	large := func(*calldata.Call) bool { return true }
	f, err := watch.LoadRules(rulesFile(t, good), watch.Conditions{Functions: map[string]func(*calldata.Call) bool{"mint": large}})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check([]string{"Base", "Ethereum"}); err != nil {
		t.Error(err)
	}
	if err := f.Check([]string{"Ethereum"}); err == nil || !strings.Contains(err.Error(), `events[0]: network "Base" has no node`) {
		t.Errorf("a network without a node: %v", err)
	}
	ours := func() []string { return []string{token} }
	at := f.Of("Ethereum", ours)
	if len(at.Deposits) != 1 || !at.Deposits[0].Native || len(at.Calls) != 1 || at.Calls[0].When == nil || len(at.Logs) != 0 || len(at.Thresholds) != 1 || len(at.Confirmed) != 1 {
		t.Errorf("on Ethereum %+v", at)
	}
	for _, network := range []string{"Ethereum", "Base", "Elsewhere"} {
		rules := f.Of(network, ours)
		if _, err := rule.Compile(rules); err != nil {
			t.Errorf("%s: %v", network, err)
		}
		names := []string{rules.Deposits[0].Name}
		for _, r := range rules.Confirmed {
			names = append(names, r.Name)
		}
		for _, name := range names {
			if watch.Check(name) != nil {
				t.Errorf("nobody is told of rule %s", name)
			}
		}
	}
	none, err := watch.LoadRules("", watch.Conditions{})
	if err != nil || len(none.Of("Ethereum", ours).Deposits) != 1 {
		t.Errorf("without a file: %+v, %v", none, err)
	}
}

// The example is one, with a rule of each kind.
func TestTheExampleOfRules(t *testing.T) {
	f, err := watch.LoadRules("../examples/watch.json", watch.Conditions{})
	if err == nil {
		err = f.Check([]string{"EthereumSepolia"})
	}
	if err != nil {
		t.Fatal(err)
	}
	rules := f.Of("EthereumSepolia", func() []string { return nil })
	set, err := rule.Compile(rules)
	if err == nil {
		_, err = set.Look()
	}
	if err != nil || len(rules.Confirmed) != 1 || len(rules.Calls) != 1 || len(rules.Logs) != 1 || len(rules.Thresholds) != 1 {
		t.Errorf("%+v, %v", rules, err)
	}
}

func TestWhatIsNoFileOfRules(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		c    watch.Conditions
		want string
	}{
		"an unknown field":                {`{"function": []}`, watch.Conditions{}, "function"},
		"a condition for no function":     {good, watch.Conditions{Functions: map[string]func(*calldata.Call) bool{"burn": nil}}, `"burn"`},
		"hashes for no transaction":       {good, watch.Conditions{Transactions: map[string]func() []string{"mint": nil}}, `"mint"`},
		"a condition for no event":        {good, watch.Conditions{Events: map[string]func(rule.Args) bool{"mint": nil}}, `"mint"`},
		"an amount that is a JSON number": {`{"balances": [{"low": 1}]}`, watch.Conditions{}, "low"},
	} {
		if _, err := watch.LoadRules(rulesFile(t, tt.text), tt.c); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// What is waited for is of the file and of the program, and the program's may change.
func TestTransactionsThatAreWaitedFor(t *testing.T) {
	more := []string{}
	f, err := watch.LoadRules(rulesFile(t, good), watch.Conditions{Transactions: map[string]func() []string{"upgrade": func() []string { return more }}})
	if err != nil || f.Check([]string{"Base", "Ethereum"}) != nil {
		t.Fatal(err, f.Check([]string{"Base", "Ethereum"}))
	}
	waits := f.Of("Ethereum", func() []string { return nil }).Confirmed[0].Hashes
	if got := waits(); len(got) != 1 || got[0] != tx {
		t.Errorf("%v", got)
	}
	more = []string{tx[:65] + "2"}
	if got := waits(); len(got) != 2 {
		t.Errorf("%v", got)
	}
	for name, text := range map[string]string{
		"no hash": `{"transactions": [{"network": "Ethereum", "name": "a", "hashes": ["0x12"]}]}`,
		"nothing": `{"transactions": [{"network": "Ethereum", "name": "a"}]}`,
		"nowhere": `{"transactions": [{"network": "Moon", "name": "a", "hashes": ["` + tx + `"]}]}`,
	} {
		f, err := watch.LoadRules(rulesFile(t, text), watch.Conditions{})
		if err == nil {
			err = f.Check([]string{"Ethereum"})
		}
		if err == nil || !strings.Contains(err.Error(), "transactions[0]") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
