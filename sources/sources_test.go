package sources_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/sources"
)

// example is the file that docs/sources.md shows.
func example(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile("../docs/sources.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(doc), "```json\n")
	text, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("docs/sources.md shows no JSON")
	}
	return text
}

// folder holds a file of sources and the files that the example names.
func folder(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"sources.json": text, "secrets/compliance": "Bearer 0123456789abcdef\n", "secrets/crm-dsn": "postgres://reader:hunter2@db.internal/crm?sslmode=verify-full\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "sources.json")
}

func TestTheExampleOfTheDocumentIsOne(t *testing.T) {
	set, err := sources.Load(folder(t, example(t)), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	if err := set.Web.Allows("https://compliance.example.com/v1/customers?id=7"); err != nil {
		t.Error(err)
	}
	if set.Prices == nil || len(set.Databases) != 2 || len(set.Calendars) != 2 {
		t.Errorf("%+v", set)
	}
	now := time.Date(2026, 12, 28, 9, 0, 0, 0, time.UTC)
	if got := set.Calendars["settlement"].Closed(now); got != "frozen: year end" {
		t.Errorf("settlement at %s: %q", now, got)
	}
	if got := set.Calendars["always"].Closed(now); got != "" {
		t.Errorf("always at %s: %q", now, got)
	}
}

// Every field of the format is told of in the document.
func TestTheDocumentNamesEveryField(t *testing.T) {
	doc, err := os.ReadFile("../docs/sources.md")
	if err != nil {
		t.Fatal(err)
	}
	_, err = sources.Load(folder(t, `{"x": 1, "web": {"x": 1, "origins": [{"x": 1}]}, "databases": {"a": {"x": 1}}, "prices": {"x": 1, "sources": {"a": {"x": 1}}},
		"calendars": {"a": {"x": 1, "hours": [{"x": 1}], "freezes": [{"x": 1}]}}}`), time.Now)
	if err == nil {
		t.Fatal("unknown fields are taken")
	}
	lines := 0
	for line := range strings.Lines(err.Error()) {
		_, fields, ok := strings.Cut(strings.TrimSpace(line), "no such field: want ")
		if !ok {
			t.Errorf("%q", line)
		}
		lines++
		for _, field := range strings.Split(fields, ", ") {
			if !strings.Contains(string(doc), "`"+field+"`") {
				t.Errorf("docs/sources.md does not explain %s", field)
			}
		}
	}
	if lines != 9 {
		t.Errorf("%d mistakes of 9 are told:\n%v", lines, err)
	}
}

func TestPartsAreOptional(t *testing.T) {
	set, err := sources.Load(folder(t, `{}`), time.Now)
	if err != nil || set.Web != nil || set.Prices != nil || len(set.Databases)+len(set.Calendars) != 0 || set.Close() != nil {
		t.Errorf("%+v, %v", set, err)
	}
}

func TestEveryMistakeIsToldAtOnce(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"no JSON", `sources`, []string{"JSON refused"}},
		{"a key twice", `{"web": {}, "web": {}}`, []string{"key stands twice"}},
		{"a list", `[]`, []string{"the file: want an object"}},
		{"shapes", `{"web": {"origins": {}, "max_bytes": "1", "timeout": "soon", "Timeout2": 1}, "databases": [], "prices": {"at_least": 1.5, "sources": {"a": {"max_age": 5}}},
			"calendars": {"a b": {"weekends": [1]}, "b": null}}`, []string{
			`web.origins: want an array`, `web.max_bytes: "1": want a whole number`, `web.timeout: "soon": want a duration`, `web.Timeout2: there is no such field`,
			`databases: want an object`, `prices.at_least: 1.5: want a whole number`, `prices.sources.a.max_age: 5: want`, `calendars."a b".weekends[0]: 1: want a text`, `calendars.b: null`}},
		{"meanings", `{"web": {"origins": [{"url": "http://a.example"}, {"url": "https://b.example", "headers": {"X-Key": "secrets/missing"}}]},
			"databases": {"crm": {}, "Big": {"dsn": "x", "max_rows": -1}}, "calendars": {"a": {"zone": "x", "days": ["x"]}, "b": {"name": "c", "zone": "UTC"}}}`, []string{
			`web.origins[0].url: http can be read`, `web.origins[1].headers.X-Key: open `, `databases.crm.dsn: empty`, `databases.Big.name:`, `databases.Big.max_rows: -1`,
			`calendars.a.zone:`, `calendars.a.days[0]:`, `calendars.b.name: "c"`}},
		{"prices without web", `{"prices": {}}`, []string{`prices: they are asked over web`}},
		{"prices of nobody", `{"web": {}, "prices": {}}`, []string{`prices.sources: 0`}},
		{"prices of others", `{"web": {}, "prices": {"sources": {"a": {"url": "https://a.example/{base}/{quote}", "value": "/p"}}}}`, []string{
			`prices.sources.a.url: request refused`, `prices.sources.a.time: empty`, `prices.sources.a.time_format:`, `prices.sources.a.max_age:`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := folder(t, tt.text)
			set, err := sources.Load(path, time.Now)
			if set != nil || !errors.Is(err, sources.ErrConfig) || !strings.Contains(err.Error(), path) {
				t.Fatalf("%+v, error %v, want ErrConfig with the file", set, err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in\n%v", want, err)
				}
			}
		})
	}
	if _, err := sources.Load(filepath.Join(t.TempDir(), "missing.json"), time.Now); !errors.Is(err, sources.ErrConfig) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// Whatever stands in a file, loading it ends in a set or in ErrConfig.
func FuzzLoad(f *testing.F) {
	f.Add(`{"web": {"origins": [{"url": "https://a.example"}]}, "databases": {"a": {"dsn": "a.db"}}, "calendars": {"a": {"zone": "UTC"}}}`)
	f.Add(`{"web": {}, "prices": {"sources": {"a": {"symbols": {"A": "a"}}}}}`)
	path := filepath.Join(f.TempDir(), "sources.json")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := sources.Load(path, time.Now)
		if (set == nil) == (err == nil) || err != nil && !errors.Is(err, sources.ErrConfig) {
			t.Fatalf("%+v, %v", set, err)
		}
		if set != nil && set.Close() != nil {
			t.Error("it does not close")
		}
	})
}
