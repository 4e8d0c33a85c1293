package lists_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/screening"
	"countersign/screening/lists"
)

func TestAListIsUnknownUntilItWasRead(t *testing.T) {
	s, _ := plain(t, &clock{noon}, evm+"\n")
	if got := verdict(t, s, bitcoin); got != screening.Unknown {
		t.Errorf("%q before the first refresh, want unknown", got)
	}
	refresh(t, s, true)
	if got := verdict(t, s, bitcoin); got != screening.Clear {
		t.Errorf("%q, want clear", got)
	}
	refresh(t, s, false)
}

func TestAddressesAreFoundInWhateverForm(t *testing.T) {
	s, _ := plain(t, &clock{noon}, evm+" Lazarus\n"+bitcoin+"\n"+segwit+"\n")
	refresh(t, s, true)
	for address, want := range map[string]screening.Verdict{
		evm: screening.Hit, strings.ToLower(evm): screening.Hit, "0x" + strings.ToUpper(evm[2:]): screening.Hit,
		bitcoin: screening.Hit, strings.Replace(bitcoin, "Q", "q", 1): screening.Clear,
		segwit: screening.Hit, strings.ToUpper(segwit): screening.Hit,
		tron: screening.Clear, "0x" + strings.Repeat("0", 40): screening.Clear,
		evm[2:]: screening.Unknown, evm + "0": screening.Unknown, "": screening.Unknown,
	} {
		if got := verdict(t, s, address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	q := []screening.Query{{Network: "Base", Address: strings.ToLower(evm)}}
	found, err := s.Screen(t.Context(), q)
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	f, info := found[0], s.Lists()[0]
	want := screening.Finding{
		Source: "test", ListVersion: "2026-11-24T12:00:00Z", ListDigest: info.Digest, Entry: "line 1", Category: "sanctions",
		Network: "Base", Address: q[0].Address, Verdict: screening.Hit, Checked: noon, Detail: "Lazarus",
	}
	if f != want || len(info.Digest) != 64 || info.Entries != 3 {
		t.Errorf("%+v\nwant %+v", f, want)
	}
}

func TestADelistedAddressIsClear(t *testing.T) {
	c := &clock{noon}
	s, path := plain(t, c, evm+"\n"+bitcoin+"\n")
	refresh(t, s, true)
	before := s.Lists()[0].Digest
	write(t, path, bitcoin+"\n", noon)
	if got := verdict(t, s, evm); got != screening.Hit {
		t.Errorf("%q before the refresh, want hit", got)
	}
	refresh(t, s, true)
	if got := verdict(t, s, evm); got != screening.Clear || s.Lists()[0].Digest == before {
		t.Errorf("%q after the delisting, want clear, of another digest", got)
	}
}

func TestAStaleListClearsNobodyAndStillHits(t *testing.T) {
	c := &clock{noon}
	s, path := plain(t, c, evm+"\n")
	refresh(t, s, true)
	for age, want := range map[time.Duration]screening.Verdict{
		0: screening.Clear, time.Hour: screening.Clear, time.Hour + 1: screening.Unknown, -time.Minute: screening.Clear, -time.Hour: screening.Unknown,
	} {
		c.at = noon.Add(age)
		if got := verdict(t, s, bitcoin); got != want || s.Lists()[0].Stale != (want == screening.Unknown) {
			t.Errorf("%s old: %q, want %q", age, got, want)
		}
		if got := verdict(t, s, evm); got != screening.Hit {
			t.Errorf("%s old: %q for a listed address, want hit", age, got)
		}
	}
	// Reading an old file anew does not make it newer; writing it does.
	c.at = noon.Add(2 * time.Hour)
	refresh(t, s, false)
	if got := verdict(t, s, bitcoin); got != screening.Unknown {
		t.Errorf("%q of a file that nobody wrote, want unknown", got)
	}
	write(t, path, evm+"\n", c.at.Add(24*time.Hour))
	refresh(t, s, false)
	if got := s.Lists()[0]; got.Stale || !got.Loaded.Equal(c.at) {
		t.Errorf("%+v, want one as of now, not of the future that the file claims", got)
	}
}

func TestAFailedRefreshKeepsTheListUntilItIsStale(t *testing.T) {
	many := ""
	for i := range 10 {
		many += "0x" + strings.Repeat("0", 39) + string(rune('0'+i)) + "\n"
	}
	for _, tt := range []struct{ name, text, says string }{
		{"a list without addresses", "# maintenance\n", "no addresses"},
		{"a list that shrank to less than half", strings.Join(strings.SplitAfter(many, "\n")[:4], ""), "had 10"},
		{"a list that is cut off", many[:len(many)-1], "cut off"},
		{"a list with a slip", many + "0x1\n", "line 11"},
		{"a list that is too long", many + strings.Repeat("# padding\n", 200), "max_bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &clock{noon}
			path := filepath.Join(t.TempDir(), "list")
			write(t, path, many, noon)
			s := source(t, lists.Config{Format: lists.Text, Places: []string{path}, Now: c.now, MaxBytes: 1000})
			refresh(t, s, true)
			before := s.Lists()[0]
			write(t, path, tt.text, noon)
			refuses(t, s, tt.says)
			after := s.Lists()[0]
			if after.Error = ""; after != before {
				t.Errorf("the list is %+v, was %+v", after, before)
			}
			if got := verdict(t, s, bitcoin); got != screening.Clear {
				t.Errorf("%q while the old list is fresh, want clear", got)
			}
			c.at = noon.Add(2 * time.Hour)
			if got := verdict(t, s, bitcoin); got != screening.Unknown {
				t.Errorf("%q when it has grown stale, want unknown", got)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			refuses(t, s, "no such file")
			write(t, path, many, c.at)
			refresh(t, s, false)
			if got := s.Lists()[0]; got.Error != "" || got.Stale {
				t.Errorf("%+v after a refresh that went well", got)
			}
		})
	}
}

func TestTheShareThatMayBeLostIsConfigured(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	two := evm + "\n" + bitcoin + "\n"
	for percent, ok := range map[int]bool{0: true, 50: true, 49: false, 99: true} {
		write(t, path, two, noon)
		s := source(t, lists.Config{Format: lists.Text, Places: []string{path}, MaxShrinkPercent: percent, Now: (&clock{noon}).now})
		refresh(t, s, true)
		write(t, path, evm+"\n", noon)
		if _, err := s.Refresh(t.Context()); (err == nil) != ok {
			t.Errorf("half of the list lost with %d %%: %v", percent, err)
		}
	}
}

// A cache that answers with last year's list would delist whoever came since.
func TestAnXMLIssuedEarlierIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sdn.xml")
	write(t, path, whole, noon)
	s := source(t, lists.Config{Format: lists.OFACXML, Places: []string{path}, Now: (&clock{noon}).now})
	refresh(t, s, true)
	if got := s.Lists()[0]; got.Version != "2026-11-03" || got.Published.Day() != 3 {
		t.Errorf("%+v, want the version that the list gives", got)
	}
	write(t, path, strings.Replace(whole, "<Day>3", "<Day>2", 1), noon)
	refuses(t, s, "issued on 2026-11-02")
	write(t, path, strings.Replace(whole, issued, "", 1), noon)
	refuses(t, s, "issued on")
}

func TestAddressesInFormsThatAreNotKnownAreCounted(t *testing.T) {
	dir := t.TempDir()
	sdn, comments := filepath.Join(dir, "sdn.csv"), filepath.Join(dir, "sdn_comments.csv")
	item := record("1", "A", `"Digital Currency Address - ABC weird:address."`)
	write(t, sdn, item+record("2", "B", `"Digital Currency Address - ETH `+evm+`."`), noon)
	write(t, comments, "", noon)
	s := source(t, lists.Config{Format: lists.OFACCSV, Places: []string{sdn, comments}, Now: (&clock{noon}).now})
	refresh(t, s, true)
	if got := s.Lists()[0]; got.Entries != 2 || got.Unreadable != 1 {
		t.Errorf("%+v, want 1 of 2 unreadable", got)
	}
	if got := verdict(t, s, "weird:address"); got != screening.Unknown {
		t.Errorf("%q, want unknown", got)
	}
	write(t, sdn, item, noon)
	refuses(t, s, "form")
}

func TestWhatAListCoversAndHowItCounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	write(t, path, evm+"\n", noon)
	s := source(t, lists.Config{Format: lists.Text, Places: []string{path}, Now: (&clock{noon}).now, Verdict: screening.Review, Category: "watch", OnlyEVM: true})
	refresh(t, s, true)
	found, err := s.Screen(t.Context(), []screening.Query{{Address: evm}, {Address: bitcoin}, {Address: "0x" + strings.Repeat("1", 40)}})
	var got []screening.Verdict
	for _, f := range found {
		got = append(got, f.Verdict)
	}
	if want := []screening.Verdict{screening.Review, screening.NotCovered, screening.Clear}; err != nil || !slices.Equal(got, want) || found[0].Category != "watch" {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	_, err := lists.New(lists.Config{Format: "pdf", MaxShrinkPercent: 100, MaxBytes: -1, Verdict: screening.Clear, Places: []string{"http://ofac.example/"}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, field := range []string{"name:", "format:", "max_age:", "max_shrink_percent:", "max_bytes:", "verdict:", "places:"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("%v\nsays nothing of %s", err, field)
		}
	}
	for name, c := range map[string]lists.Config{
		"one part of two":       {Name: "x", Format: lists.OFACCSV, MaxAge: 1, Places: []string{"a"}},
		"csv without a column":  {Name: "x", Format: lists.CSV, MaxAge: 1, Places: []string{"a"}},
		"text with a column":    {Name: "x", Format: lists.Text, MaxAge: 1, Places: []string{"a"}, Layout: lists.Layout{Column: "a"}},
		"a key inside of a URL": {Name: "x", Format: lists.Text, MaxAge: 1, Places: []string{"https://me:key@ofac.example/"}},
	} {
		if s, err := lists.New(c); err == nil || s != nil {
			t.Errorf("%s: taken", name)
		}
	}
}
