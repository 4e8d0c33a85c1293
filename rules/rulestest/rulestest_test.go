package rulestest_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/risk"
	"countersign/rules"
	"countersign/rules/rulestest"
)

const token = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"

// desk approves mints up to 100 and native transfers of hot wallets at night.
func desk() *rules.Book {
	return &rules.Book{
		Name: "desk", Version: "1",
		Contracts: []rules.Contract{{
			Network: "Net", Address: token, Name: "TUSD", ABI: calldata.MustABI("mint(address to,uint256 amount)", "burn(uint256 amount)"),
			Functions: map[string]rules.Rule{
				"mint(address,uint256)": func(_ context.Context, r *rules.Request) rules.Decision {
					amount := r.Call.Amount("amount")
					r.Count(rules.Budget{Name: "mint", Limit: countersign.NewAmount(1000)}, amount)
					if amount.Cmp(countersign.NewAmount(100)) > 0 {
						return rules.Abstain(rules.OverCap, "too much")
					}
					return rules.Approve("fine")
				},
				"burn(uint256)": func(context.Context, *rules.Request) rules.Decision { return rules.Abstain(rules.OverCap, "never") },
			},
			Risks: map[string]risk.Set{"mint(address,uint256)": risk.Recipient},
		}},
		Transfers: []rules.Asset{{Network: "Net", Kind: "Native", Rule: func(ctx context.Context, r *rules.Request) rules.Decision {
			if !slices.Contains(r.WalletDetails(ctx).Tags, "hot") || r.Now.Hour() != 3 || r.Taken(ctx, rules.Budget{Name: "night"}).String() != "3" {
				return rules.Abstain(rules.OverCap, "not now")
			}
			return rules.Approve("fine")
		}}},
	}
}

func TestCasesComeOutAsTheyShould(t *testing.T) {
	table := rulestest.Check(t, desk(), "testdata/cases")
	if len(table.Rows) != 5 || !table.OK() || len(table.Never) != 0 || !reflect.DeepEqual(table.Silent, []string{"Net/TUSD/burn(uint256)"}) {
		t.Errorf("table %+v", table)
	}
	var out strings.Builder
	if err := table.Write(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a mint within the cap", "screening_hit", "transfer", "no case reaches the rule Net/TUSD/burn(uint256)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table does not say %q:\n%s", want, out.String())
		}
	}
}

func TestWhatComesOutWrongIsSaid(t *testing.T) {
	mint := `"network": "Net", "call": {"to": "` + token + `", "function": "mint(address to,uint256 amount)", "args": ["0x1111111111111111111111111111111111111111", "5"]}`
	for _, tt := range []struct{ name, text, want string }{
		{"another verdict", `{` + mint + `, "want": {"verdict": "reject"}}`, "wants reject"},
		{"another code", `{` + mint + `, "want": {"verdict": "approve", "code": "over_cap"}}`, "wants code over_cap"},
		{"another count", `{` + mint + `, "want": {"verdict": "approve", "counts": {"mint": "6"}}}`, "wants 6 of budget mint, counts 5"},
		{"a count that nobody wants", `{` + mint + `, "want": {"verdict": "approve", "counts": {}}}`, "counts 5 of budget mint"},
		{"no verdict wanted", `{` + mint + `}`, "wants no verdict"},
		{"nothing asked", `{"want": {"verdict": "abstain"}}`, "exactly one of"},
		{"data and function", `{"call": {"to": "` + token + `", "function": "f()", "data": "0x"}, "want": {"verdict": "abstain"}}`, "give one of them"},
		{"a wrong argument", `{"call": {"to": "` + token + `", "function": "f(uint8 a)", "args": [256]}, "want": {"verdict": "abstain"}}`, "not a uint8"},
		{"too few arguments", `{"call": {"to": "` + token + `", "function": "f(uint8 a)"}, "want": {"verdict": "abstain"}}`, "0 values for 1"},
		{"a simulation that the case does not have", `{` + mint + `, "want": {"verdict": "abstain"}, "services": {"unavailable": ["wallet"]}}`, "wants abstain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cases, err := rulestest.Parse([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			table := rulestest.Run(t.Context(), desk(), cases)
			if table.OK() || !strings.Contains(table.Rows[0].Wrong, tt.want) {
				t.Errorf("wrong: %q, want %q", table.Rows[0].Wrong, tt.want)
			}
			var out strings.Builder
			if err := table.Write(&out); err != nil || !strings.Contains(out.String(), "WRONG") {
				t.Errorf("%v: %s", err, out.String())
			}
		})
	}
}

func TestFilesThatAreNoCases(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON": `case`, "an unknown field": `{"verdict": "approve"}`, "a key twice": `{"name": "a", "name": "b"}`, "a number": `5`,
		"a float for an amount": `{"transfer": {"kind": "Native", "to": "x", "amount": 1.5}}`,
	} {
		if _, err := rulestest.Parse([]byte(text)); !errors.Is(err, rulestest.ErrCase) {
			t.Errorf("%s: %v, want ErrCase", name, err)
		}
	}
	dir := t.TempDir()
	if _, err := rulestest.Load(dir); !errors.Is(err, rulestest.ErrCase) {
		t.Errorf("an empty folder: %v", err)
	}
	file := filepath.Join(dir, "x.json")
	if err := os.WriteFile(file, []byte(`{"wants": {}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := rulestest.Load(dir); !errors.Is(err, rulestest.ErrCase) || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v does not name the file", err)
	}
}

// What is encoded is read back with the same values; Encode itself checks that it is
// canonical.
func TestEncode(t *testing.T) {
	for _, tt := range []struct {
		signature string
		args      []any
		want      string // as calldata tells the values
	}{
		{"f()", nil, "[]"},
		{"f(uint256 a,bool b)", []any{"115792089237316195423570985008687907853269984665640564039457584007913129639935", true}, "[115792089237316195423570985008687907853269984665640564039457584007913129639935 true]"},
		{"f(int8 a,int256 b)", []any{-128, "-1"}, "[-128 -1]"},
		{"f(bytes4 a,bytes b,string c)", []any{"0x01020304", "0x", "héllo"}, "[0x01020304 0x héllo]"},
		{"f(address[] a,uint8[2] b)", []any{[]any{"0x1111111111111111111111111111111111111111"}, []any{1, 2}}, "[[0x1111111111111111111111111111111111111111] [1 2]]"},
		{"f((address to,bytes data)[] calls,bool x)", []any{[]any{[]any{"0x1111111111111111111111111111111111111111", "0x01"}, []any{"0x2222222222222222222222222222222222222222", "0x"}}, false},
			"[[[0x1111111111111111111111111111111111111111 0x01] [0x2222222222222222222222222222222222222222 0x]] false]"},
		{"f(string[2] a,(uint8 x,string[] y) b)", []any{[]any{"a", "b"}, []any{7, []any{"c"}}}, "[[a b] [7 [c]]]"},
	} {
		data, err := rulestest.Encode(tt.signature, tt.args...)
		if err != nil {
			t.Errorf("%s: %v", tt.signature, err)
			continue
		}
		call, err := calldata.MustABI(tt.signature).Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		got := []any{}
		for _, v := range call.Args() {
			got = append(got, v.JSON())
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("%s: 0x%s reads %v, want %s", tt.signature, hex.EncodeToString(data), got, tt.want)
		}
	}
	for name, args := range map[string][]any{
		"f(bool a)": {"true"}, "f(uint8 a)": {"256"}, "f(uint8 b)": {-1}, "f(uint8 c)": {1.5}, "f(address a)": {"0x12"}, "f(bytes a)": {"01"},
		"f(bytes2 a)": {"0x01"}, "f(uint8[2] a)": {[]any{1}}, "f(uint8[] a)": {"1"}, "f((uint8 a) b)": {[]any{}}, "f(": nil,
	} {
		if data, err := rulestest.Encode(name, args...); err == nil {
			t.Errorf("%s of %v is 0x%x, want an error", name, args, data)
		}
	}
}

// failures collects what a test helper says.
type failures struct {
	testing.TB
	said []string
}

func (f *failures) Helper()                   {}
func (f *failures) Errorf(s string, a ...any) { f.said = append(f.said, fmt.Sprintf(s, a...)) }
func (f *failures) Fatalf(s string, a ...any) { f.Errorf(s, a...); panic(f) }

func TestAGoldenTableShowsWhatChanged(t *testing.T) {
	table := rulestest.Check(t, desk(), "testdata/cases")
	file := filepath.Join(t.TempDir(), "decisions.golden")
	golden := func(table rulestest.Decisions) (said []string) {
		f := &failures{TB: t}
		defer func() {
			if p := recover(); p != nil && p != any(f) {
				panic(p)
			}
			said = f.said
		}()
		rulestest.Golden(f, table, file)
		return
	}
	if said := golden(table); len(said) != 1 || !strings.Contains(said[0], "is not there") {
		t.Errorf("without a file: %q", said)
	}
	t.Setenv(rulestest.UpdateGolden, "1")
	golden(table)
	t.Setenv(rulestest.UpdateGolden, "")
	if said := golden(table); len(said) != 0 {
		t.Errorf("the same table: %q", said)
	}
	table.Rows[1].Decision.Reason = "another reason"
	if said := golden(table); len(said) != 1 || !strings.Contains(said[0], "another reason") {
		t.Errorf("another reason: %q", said)
	}
	table.Rows = table.Rows[:3]
	if said := golden(table); len(said) == 0 {
		t.Error("a row less is not noticed")
	}
}

// Sources answer as the case has it, and what it does not have does not answer.
func TestSourcesOfACase(t *testing.T) {
	book := &rules.Book{Name: "b", Version: "1", Transfers: []rules.Asset{{Network: "Net", Kind: "Native", Rule: func(ctx context.Context, r *rules.Request) rules.Decision {
		var limit struct {
			Cap countersign.Amount `json:"cap"`
		}
		r.GetJSON(ctx, "https://api.example/limits", &limit)
		known := r.SQL(ctx, "crm", "SELECT name FROM customers WHERE address = $1", r.Transfer.To)
		price := r.Price(ctx, "ETH", "USD").Value.String()
		if known.Empty() || r.Transfer.Amount.Cmp(limit.Cap) > 0 || price != "3000" || !r.Calendar(ctx, "desk").Open {
			return rules.Abstain(rules.OverCap, "no")
		}
		return rules.Approve("fine for " + known.Only().Text("name"))
	}}}}
	const sources = `"http": {"GET https://api.example/limits": {"cap": "7"}}, "prices": {"ETH/USD": "3000"},
		"sql": [{"database": "crm", "columns": ["name"], "rows": [["Ana"]]}], "calendars": {"desk": {"zone": "UTC", "weekends": ["sunday"]}}`
	for _, tt := range []struct {
		name, sources, more, want string
	}{
		{"all answer", sources, "", "within_policy"},
		{"one is away", sources, `, "unavailable": ["http"]`, "http_unavailable"},
		{"another price", strings.Replace(sources, "3000", "2999", 1), "", "over_cap"},
		{"the case has no database", strings.Replace(sources, "crm", "other", 1), "", "sql_unavailable"},
		{"the case has another query", strings.Replace(sources, `"columns"`, `"query": "SELECT 1", "columns"`, 1), "", "sql_unavailable"},
		{"the case has no price", strings.Replace(sources, "ETH/USD", "BTC/USD", 1), "", "price_unavailable"},
		{"the case has no calendar", strings.Replace(sources, `"desk"`, `"other"`, 1), "", "calendar_unavailable"},
		{"a calendar that is wrong", strings.Replace(sources, `"UTC"`, `"Nowhere"`, 1), "", "calendar_unavailable"},
	} {
		verdict := "abstain"
		if tt.want == "within_policy" {
			verdict = "approve"
		}
		cases, err := rulestest.Parse([]byte(`{"name": "x", "network": "Net", "initiator": "us", "transfer": {"kind": "Native", "to": "x", "amount": "7"},
			"services": {` + tt.sources + tt.more + `, "screening": {"x": "clear"}}, "want": {"verdict": "` + verdict + `", "code": "` + tt.want + `"}}`))
		if err != nil {
			t.Fatal(err)
		}
		book.Unscreened = "x is no address"
		if row := rulestest.Run(t.Context(), book, cases).Rows[0]; row.Wrong != "" {
			t.Errorf("%s: decided %+v: %s", tt.name, row.Decision, row.Wrong)
		}
	}
}
