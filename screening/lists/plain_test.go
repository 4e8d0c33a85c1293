package lists_test

import (
	"slices"
	"strings"
	"testing"

	"countersign/screening/lists"
)

func TestPlainLists(t *testing.T) {
	layout := lists.Layout{Column: "address", LabelColumn: "why"}
	for _, tt := range []struct {
		name   string
		format lists.Format
		text   string
		want   []string
	}{
		{"text with comments and labels", lists.Text, "# ours\n\n" + evm + " # a comment\r\n" + bitcoin + "\tphishing #1\n", []string{"line 3 " + evm, "line 4 " + bitcoin}},
		{"text with a byte order mark", lists.Text, "\ufeff" + evm + "\n", []string{"line 1 " + evm}},
		{"a JSON array", lists.JSON, `["` + evm + `", "` + bitcoin + `"]`, []string{"item 1 " + evm, "item 2 " + bitcoin}},
		{"a column of CSV", lists.CSV, "why,address\n\"theft, 2022\"," + evm + "\n", []string{"record 2 " + evm}},
		{"CSV with a byte order mark", lists.CSV, "\ufeffaddress,why\n" + evm + ",\n", []string{"record 2 " + evm}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := layout
			if tt.format != lists.CSV {
				l = lists.Layout{}
			}
			if got, err := parse(t, tt.format, l, tt.text); err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%q, %v, want %q", got, err, tt.want)
			}
		})
	}
	for _, tt := range []struct {
		name   string
		format lists.Format
		text   string
	}{
		{"text without addresses", lists.Text, "# nothing\n"},
		{"text with a slip", lists.Text, evm + "\n" + evm[:41] + "\n"},
		{"text that is cut off", lists.Text, evm + "\n" + bitcoin[:30]},
		{"an error page", lists.Text, "<html>\n"},
		{"an endless line", lists.Text, strings.Repeat("a", 2<<20)},
		{"an empty array", lists.JSON, "[]"},
		{"a JSON object", lists.JSON, `{"addresses":["` + evm + `"]}`},
		{"JSON that is cut off", lists.JSON, `["` + evm + `",`},
		{"JSON with a slip", lists.JSON, `["` + evm + `","x"]`},
		{"JSON with a number", lists.JSON, `["` + evm + `",1]`},
		{"JSON with null", lists.JSON, `["` + evm + `",null]`},
		{"deep JSON", lists.JSON, strings.Repeat("[", 1_000_000)},
		{"CSV without the column", lists.CSV, "addr,why\n" + evm + ",x\n"},
		{"CSV with the column twice", lists.CSV, "address,why,address\n" + evm + ",x," + bitcoin + "\n"},
		{"CSV without the label's column", lists.CSV, "address,reason\n" + evm + ",x\n"},
		{"CSV with a short record", lists.CSV, "address,why\n" + evm + ",x\n" + bitcoin + "\n"},
		{"CSV with an open quote", lists.CSV, "address,why\n" + evm + ",\"x\n"},
		{"CSV that is cut off", lists.CSV, "why,address\nx," + evm + "\ny," + bitcoin[:30]},
		{"CSV with a slip", lists.CSV, "address,why\n" + evm + ",x\n,y\n"},
		{"CSV of a header alone", lists.CSV, "address,why\n"},
		{"empty CSV", lists.CSV, ""},
	} {
		t.Run(tt.name+" is refused", func(t *testing.T) {
			if got, err := lists.Parse(tt.format, layout, strings.NewReader(tt.text)); err == nil {
				t.Errorf("taken: %+v", got)
			}
		})
	}
}

func TestParseWantsItsParts(t *testing.T) {
	for _, f := range []lists.Format{lists.OFACCSV, lists.Text, "", "pdf"} {
		if _, err := parse(t, f, lists.Layout{}); err == nil {
			t.Errorf("%q without parts was read", f)
		}
	}
}

// fuzz holds a parser to: no panic, and contents or an error, never both or neither.
func fuzz(f *testing.F, format lists.Format, layout lists.Layout, seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found, err := parse(t, format, layout, text)
		if err == nil && len(found) == 0 {
			t.Error("no addresses, and no error")
		}
		for _, entry := range found {
			if _, address, _ := strings.Cut(entry, " "); strings.TrimSpace(address) == "" {
				t.Errorf("an empty address in %q", found)
			}
		}
	})
}

func FuzzText(f *testing.F) { fuzz(f, lists.Text, lists.Layout{}, evm+"\n", "# x\n"+bitcoin+" y\n") }
func FuzzJSON(f *testing.F) { fuzz(f, lists.JSON, lists.Layout{}, `["`+evm+`"]`) }
func FuzzXML(f *testing.F)  { fuzz(f, lists.OFACXML, lists.Layout{}, whole) }
func FuzzCSV(f *testing.F) {
	fuzz(f, lists.CSV, lists.Layout{Column: "address"}, "address,why\n"+evm+",x\n")
}

func FuzzOFACCSV(f *testing.F) {
	f.Add(record("1", "A", `"Digital Currency Address - ETH `+evm+`."`), "")
	f.Add(record("2", "B", `"`+strings.Repeat("x", 1000)+`"`), "2,\"; Digital Currency Address - XBT "+bitcoin+"\"\n")
	f.Fuzz(func(t *testing.T, sdn, comments string) {
		if found, err := parse(t, lists.OFACCSV, lists.Layout{}, sdn, comments); err == nil && len(found) == 0 {
			t.Error("no addresses, and no error")
		}
	})
}
