package lists_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/screening"
	"countersign/screening/lists"
)

const (
	evm     = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
	bitcoin = "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h"
	segwit  = "bc1qv7k70u2zynvem59u88ctdlaw7hc735d8xep9rq"
	tron    = "TA3941uFAvmVibSkQ6fMJXxmaSNovX86mz"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// A clock is set by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// record is a line of sdn.csv.
func record(id, name, remarks string) string {
	return fmt.Sprintf("%s,%q,-0- ,\"CYBER2] [DPRK3\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,%s\r\n", id, name, remarks)
}

// cut splits remarks as OFAC does.
func cut(remarks string) (kept, rest string) { return remarks[:1000], remarks[1000:] }

// parse reads parts and returns addresses with their entries' IDs.
func parse(t *testing.T, f lists.Format, l lists.Layout, parts ...string) ([]string, error) {
	t.Helper()
	readers := make([]io.Reader, len(parts))
	for i, p := range parts {
		readers[i] = strings.NewReader(p)
	}
	c, err := lists.Parse(f, l, readers...)
	if err != nil && len(c.Entries) > 0 {
		t.Errorf("entries beside the error %v", err)
	}
	if err != nil && !errors.Is(err, lists.ErrList) {
		t.Errorf("error %v is no ErrList", err)
	}
	var found []string
	for _, e := range c.Entries {
		found = append(found, e.ID+" "+e.Address)
	}
	return found, err
}

// write makes a file, last written at a time.
func write(t testing.TB, path, text string, at time.Time) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path+".new", at, at); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// plain is a source of a text list in a file of its own.
func plain(t *testing.T, c *clock, text string) (*lists.Source, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list.txt")
	write(t, path, text, c.at)
	return source(t, lists.Config{Format: lists.Text, Places: []string{path}, Now: c.now}), path
}

func source(t *testing.T, c lists.Config) *lists.Source {
	t.Helper()
	c.Name = "test"
	if c.MaxAge == 0 {
		c.MaxAge = time.Hour
	}
	s, err := lists.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// verdict is what a source says of one address, combined as a screener would.
func verdict(t *testing.T, s *lists.Source, address string) screening.Verdict {
	t.Helper()
	q := []screening.Query{{Network: "Ethereum", Address: address}}
	found, err := s.Screen(t.Context(), q)
	return screening.Combine(q, []screening.Answer{{Source: s.Name(), Findings: found, Err: err}}, noon).Verdict
}

func refresh(t *testing.T, s *lists.Source, wantChanged bool) {
	t.Helper()
	if changed, err := s.Refresh(t.Context()); err != nil || changed != wantChanged {
		t.Fatalf("Refresh = %t, %v, want %t", changed, err, wantChanged)
	}
}

func refuses(t *testing.T, s *lists.Source, says string) {
	t.Helper()
	changed, err := s.Refresh(t.Context())
	if err == nil || changed || !strings.Contains(err.Error(), says) {
		t.Fatalf("Refresh = %t, %v, want an error that says %q", changed, err, says)
	}
	if got := s.Lists()[0].Error; got != err.Error() {
		t.Errorf("the list's error is %q, want %q", got, err)
	}
}
