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

const good = `{
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
	if len(at.Deposits) != 1 || !at.Deposits[0].Native || len(at.Calls) != 1 || at.Calls[0].When == nil || len(at.Logs) != 0 || len(at.Thresholds) != 1 {
		t.Errorf("on Ethereum %+v", at)
	}
	for _, network := range []string{"Ethereum", "Base", "Elsewhere"} {
		rules := f.Of(network, ours)
		if _, err := rule.Compile(rules); err != nil {
			t.Errorf("%s: %v", network, err)
		}
		for _, name := range []string{rules.Deposits[0].Name} {
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

func TestWhatIsNoFileOfRules(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		c    watch.Conditions
		want string
	}{
		"an unknown field":                {`{"function": []}`, watch.Conditions{}, "function"},
		"a condition for no function":     {good, watch.Conditions{Functions: map[string]func(*calldata.Call) bool{"burn": nil}}, `"burn"`},
		"a condition for no event":        {good, watch.Conditions{Events: map[string]func(rule.Args) bool{"mint": nil}}, `"mint"`},
		"an amount that is a JSON number": {`{"balances": [{"low": 1}]}`, watch.Conditions{}, "low"},
	} {
		if _, err := watch.LoadRules(rulesFile(t, tt.text), tt.c); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
