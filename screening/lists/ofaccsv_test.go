package lists_test

import (
	"slices"
	"strings"
	"testing"

	"countersign/screening/lists"

	"pgregory.net/rapid"
)

// The trap that was measured on OFAC's own files: most addresses stand in the comments
// file, and an address, or the words before it, are cut in two.
func TestAnAddressCutAcrossTheTwoFiles(t *testing.T) {
	item := "; alt. Digital Currency Address - XBT " + bitcoin
	for at := 1; at < len(item); at++ {
		// The cut falls behind the first at characters of the item.
		remarks := strings.Repeat("x", 1000-at) + item + "; Digital Currency Address - ETH " + evm + "."
		kept, rest := cut(remarks)
		sdn := record("36", "AEROCARIBBEAN", "-0- ") + record("30518", "BEREZA", `"`+kept+`"`)
		got, err := parse(t, lists.OFACCSV, lists.Layout{}, sdn, "30518,\""+rest+"\"\r\n\x1a")
		if want := []string{"30518 " + bitcoin, "30518 " + evm}; err != nil || !slices.Equal(got, want) {
			t.Fatalf("cut behind %q: %q, %v, want %q", item[:at], got, err, want)
		}
		if _, err := parse(t, lists.OFACCSV, lists.Layout{}, sdn, ""); err == nil {
			t.Fatalf("cut behind %q: taken without the comments", item[:at])
		}
	}
}

func TestOFACCSV(t *testing.T) {
	long := strings.Repeat("y", 1000)
	for _, tt := range []struct {
		name, sdn, comments string
		want                []string
	}{
		{
			"every ticker, several in one entry, a full stop at the end",
			record("1", "A", `"DOB 1984; Digital Currency Address - XBT `+bitcoin+`; alt. Digital Currency Address - XBT `+segwit+`; Digital Currency Address - TRX `+tron+`."`) +
				record("2", "B", `"Digital Currency Address - NEWCOIN `+evm+`; a.k.a. 'B'."`),
			"", []string{"1 " + bitcoin, "1 " + segwit, "1 " + tron, "2 " + evm},
		},
		{"quotes and commas inside a field", record("1", "A", `"a.k.a. "B, C"; he said ""no""; Digital Currency Address - ETH `+evm+`"`), "", []string{"1 " + evm}},
		{"remarks continued twice", record("1", "A", `"`+long+`"`), "1,\"Digital Currency \"\n1,\"Address - ETH " + evm + "\"\n", []string{"1 " + evm}},
		{"long remarks that end in a full stop are whole", record("1", "A", `"`+long[1:]+`."`) + record("2", "B", `"Digital Currency Address - ETH `+evm+`."`), "", []string{"2 " + evm}},
		{"an address in a form that is not known is kept", record("1", "A", `"Digital Currency Address - ABC weird:address; Digital Currency Address - ETH `+evm+`"`), "", []string{"1 weird:address", "1 " + evm}},
		{"bytes that are no UTF-8", record("1", "A\xe9", `"Digital Currency Address - ETH `+evm+`"`), "", []string{"1 " + evm}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := parse(t, lists.OFACCSV, lists.Layout{}, strings.ReplaceAll(tt.sdn, `\xe9`, "\xe9"), tt.comments); err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestOFACCSVRefuses(t *testing.T) {
	good := record("1", "A", `"Digital Currency Address - ETH `+evm+`."`)
	long := strings.Repeat("y", 1000)
	for name, files := range map[string][2]string{
		"no addresses":                               {record("36", "AEROCARIBBEAN", "-0- "), ""},
		"nothing":                                    {"", ""},
		"an error page":                              {"<html><body>Sorry</body></html>", ""},
		"the words without an address":               {record("1", "A", `"Digital Currency Address - "`), ""},
		"the words without a ticker":                 {record("1", "A", `"Digital Currency Address; `+evm+`"`) + good, ""},
		"a ticker without an address":                {good + record("2", "A", `"Digital Currency Address - XBT ;"`), ""},
		"a missing field":                            {good + `2,"B",-0- ,"CUBA"` + "\n", ""},
		"a field too many":                           {good + strings.TrimSuffix(record("2", "A", "-0- "), "\r\n") + ",-0- \n", ""},
		"an entry twice":                             {good + good, ""},
		"an entry without a number":                  {record("x1", "A", `"Digital Currency Address - ETH `+evm+`."`), ""},
		"remarks without a closing quote":            {good + strings.TrimSuffix(record("2", "B", `"Digital Currency Addr`), "\r\n"), ""},
		"remarks over two lines":                     {record("1", "A", "\"one\nDigital Currency Address - ETH "+evm+"\""), ""},
		"cut off in the middle of a record":          {good + record("2", "B", "-0- ")[:30], ""},
		"cut off before the remarks":                 {good + strings.TrimSuffix(record("2", "B", ""), "\r\n"), ""},
		"cut off in the middle of -0-":               {good + strings.TrimSuffix(record("2", "B", "-0"), "\r\n"), ""},
		"cut remarks without their rest":             {good + record("2", "B", `"`+long+`"`), ""},
		"comments of an entry that is not there":     {good, "99,\"rest\"\n"},
		"comments of an entry with short remarks":    {good, "1,\"; Digital Currency Address - XBT " + bitcoin + "\"\n"},
		"comments without a closing quote":           {good + record("2", "B", `"`+long+`"`), "2,\"rest"},
		"comments with a field too many":             {good + record("2", "B", `"`+long+`"`), "2,\"rest\",\"more\"\n"},
		"a line of two megabytes":                    {good + "2,\"" + strings.Repeat("x", 2<<20) + "\"\n", ""},
		"the two files in the wrong order":           {"1,\"rest\"\n", good},
		"the main file in both places":               {good, good},
		"a join that leaves the words without space": {record("2", "B", `"`+long[28:]+`Digital Currency Address - E"`) + good, "2,\"TH" + evm + "\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := lists.Parse(lists.OFACCSV, lists.Layout{}, strings.NewReader(files[0]), strings.NewReader(files[1])); err == nil {
				t.Errorf("taken: %+v", got)
			}
		})
	}
}

// Wherever a file of whole records is cut off inside a record, it is refused.
func TestACSVThatIsCutOffIsRefused(t *testing.T) {
	text := strings.TrimSuffix(record("1", "A", `"Digital Currency Address - ETH `+evm+`."`)+record("2", "B, C", `"Digital Currency Address - XBT `+bitcoin+`; DOB 1984."`), "\r\n")
	first := strings.Index(text, "\n") + 1
	rapid.Check(t, func(r *rapid.T) {
		at := rapid.IntRange(first+1, len(text)-1).Draw(r, "at")
		if got, err := lists.Parse(lists.OFACCSV, lists.Layout{}, strings.NewReader(text[:at]), strings.NewReader("")); err == nil {
			r.Fatalf("cut to %q: %+v", text[first:at], got)
		}
	})
}
