package treasury_test

import (
	"os"
	"strings"
	"testing"

	"countersign/examples/treasury"
	"countersign/rules/lint"
	"countersign/rules/rulestest"
)

func config(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/book.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheTreasury(t *testing.T) {
	book, err := treasury.New([]byte(config(t)))
	if err != nil {
		t.Fatal(err)
	}
	table := rulestest.Check(t, book, "testdata/cases")
	if len(table.Rows) != 18 || len(table.Silent) != 0 {
		t.Errorf("%d cases; none reaches %v", len(table.Rows), table.Silent)
	}
	rulestest.Golden(t, table, "testdata/decisions.golden")
	for _, f := range lint.Lint(book) {
		if f.Mistake {
			t.Errorf("lint: %+v", f)
		}
	}
}

func TestAWrongConfigurationIsRefused(t *testing.T) {
	for name, change := range map[string][2]string{
		"a cap over the day's":       {`"hot_daily": "5000000000"}`, `"hot_daily": "1"}`},
		"no cap":                     {`"hot_cap": "10000000"`, `"hot_cap": "0"`},
		"an asset twice":             {`"network": "Base", "kind": "Erc20", "locator": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"`, `"network": "Ethereum", "kind": "Native"`},
		"a mistyped account":         {`"0x2222222222222222222222222222222222222222"`, `"0x22"`},
		"an empty account":           {`"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"`, `""`},
		"a mistyped token's address": {`833589fCD6`, `833589FCD6`},
		"a field too many":           {`"own"`, `"mine": 1, "own"`},
	} {
		text := strings.Replace(config(t), change[0], change[1], 1)
		if text == config(t) {
			t.Fatalf("%s: nothing was changed", name)
		}
		book, err := treasury.New([]byte(text))
		if err == nil {
			err = book.Check()
		}
		if err == nil {
			t.Errorf("%s: the book is taken", name)
		}
	}
}
