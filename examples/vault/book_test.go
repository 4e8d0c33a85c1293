package vault_test

import (
	"os"
	"strings"
	"testing"

	"countersign/examples/vault"
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

func TestTheVault(t *testing.T) {
	book, err := vault.New([]byte(config(t)))
	if err != nil {
		t.Fatal(err)
	}
	table := rulestest.Check(t, book, "testdata/cases")
	if len(table.Rows) != 20 || len(table.Silent) != 0 {
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
		"no cap":                {`"1000000000"`, `"0"`},
		"no price":              {`"990"`, `"0"`},
		"a price upside down":   {`"1010"`, `"980"`},
		"a mistyped vault":      {`0x3333`, `0x333`},
		"a mistyped asset":      {`A0b8`, `a0b8`},
		"a field too many":      {`"vault"`, `"pool": 1, "vault"`},
		"a float for an amount": {`"990"`, `990.5`},
	} {
		text := strings.Replace(config(t), change[0], change[1], 1)
		if text == config(t) {
			t.Fatalf("%s: nothing was changed", name)
		}
		book, err := vault.New([]byte(text))
		if err == nil {
			err = book.Check()
		}
		if err == nil {
			t.Errorf("%s: the book is taken", name)
		}
	}
}
