package settlement_test

import (
	"os"
	"strings"
	"testing"

	"countersign/examples/settlement"
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

// The four outcomes of the checker, and what the engine says for it.
func TestTheChecker(t *testing.T) {
	book, err := settlement.New([]byte(config(t)))
	if err != nil {
		t.Fatal(err)
	}
	table := rulestest.Check(t, book, "testdata/cases")
	if len(table.Rows) != 12 || len(table.Silent)+len(table.Never) != 0 {
		t.Errorf("%d cases; no case reaches %v or is approved by %v", len(table.Rows), table.Silent, table.Never)
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
		"no zone":           {`"Europe/Paris"`, `""`},
		"an unknown zone":   {`Europe/Paris`, `Europe/Atlantis`},
		"a float for a cap": {`"5000000000"`, `5e9`},
		"no cap":            {`"5000000000"`, `"0"`},
		"a field too many":  {`"zone"`, `"limit": 1, "zone"`},
		"no network":        {`"EthereumSepolia"`, `""`},
		"a wrong contract":  {`5aAe`, `5AAe`},
	} {
		text := strings.Replace(config(t), change[0], change[1], 1)
		book, err := settlement.New([]byte(text))
		if err == nil {
			err = book.Check()
		}
		if err == nil {
			t.Errorf("%s: the book is taken", name)
		}
	}
}
