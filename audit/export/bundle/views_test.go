package bundle_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/export/bundle"
	"countersign/audit/ocsf"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestEventsAreMadeAsTheirFormSays holds the OCSF events of one record of each type that we
// know. When package ocsf makes another event of one, bundles that were exported before
// would look forged: give [bundle.OCSFForm] the next number, then -update.
func TestEventsAreMadeAsTheirFormSays(t *testing.T) {
	var got strings.Builder
	got.WriteString(bundle.OCSFForm + "\n")
	for i, kind := range append(ocsf.Mapped(), "of.tomorrow") {
		e := audit.Entry{Index: int64(i), JWS: "a.b.c", LeafHash: strings.Repeat("0", 64), Record: audit.Record{
			Version: 1, ID: "0197c4a2-0000-7000-8000-000000000000", Type: kind, Key: "key/" + string(kind), Issuer: "treasury", Subject: "ana",
			At: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC), Index: int64(i), Body: []byte(`{"approval_id":"ap-1","decision":{"verdict":"Approved","reason_code":"within_policy","reason":"fine"},"verdict":"Approved","code":"x","reason":"fine","what":"it"}`),
		}}
		event, err := ocsf.Event(e, bundle.Manifest{Origin: "example.com/treasury", Product: bundle.Product{}.OrDefault()}.Teller())
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		got.WriteString(string(event) + "\n")
	}
	golden := filepath.Join("testdata", bundle.OCSFForm+".golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("package ocsf makes other events than %s says: give OCSFForm the next number, then go test ./audit/export/bundle -update", bundle.OCSFForm)
	}
}

func TestEntriesAreCutAsTheyWereWritten(t *testing.T) {
	long := strings.Repeat("x", audit.MaxEntry)
	var data []byte
	for _, jws := range []string{"a", long, "b.c.d"} {
		var err error
		if data, err = bundle.AppendEntry(data, jws); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for jws, err := range bundle.Cut(string(data), 3) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, jws)
	}
	if len(got) != 3 || got[0] != "a" || got[1] != long || got[2] != "b.c.d" {
		t.Errorf("Cut = %d entries", len(got))
	}
	for _, jws := range []string{"", long + "x"} {
		if _, err := bundle.AppendEntry(nil, jws); !errors.Is(err, bundle.ErrEntries) {
			t.Errorf("AppendEntry of %d bytes = %v, want ErrEntries", len(jws), err)
		}
	}
	for name, text := range map[string]string{"nothing": "", "half a length": "\x00", "a length of 0": "\x00\x00", "too short": "\x00\x05abc", "too long": "\x00\x01aX"} {
		var last error
		for _, err := range bundle.Cut(text, 1) {
			last = err
		}
		if !errors.Is(last, bundle.ErrEntries) {
			t.Errorf("Cut of %s = %v, want ErrEntries", name, last)
		}
	}
}

func TestPathsAreThoseOfTlogTiles(t *testing.T) {
	for got, want := range map[string]string{
		bundle.EntriesPath(0, 256):         "tile/entries/000",
		bundle.EntriesPath(1234067, 7):     "tile/entries/x001/x234/067.p/7",
		bundle.TilePath(0, 0, 1):           "tile/0/000.p/1",
		bundle.TilePath(2, 1000, 256):      "tile/2/x001/000",
		bundle.ReceiptPath("keys", 12):     "keys/12.tlog-proof",
		bundle.TilePath(5, 999_999, 255):   "tile/5/x999/999.p/255",
		bundle.EntriesPath(999, 256):       "tile/entries/999",
		bundle.EntriesPath(1_000_000, 256): "tile/entries/x001/x000/000",
	} {
		if got != want {
			t.Errorf("path %s, want %s", got, want)
		}
	}
}

func TestARecordIsWhatItsBytesSay(t *testing.T) {
	s := audit.Signer{Key: testKey(), Issuer: "treasury", Subject: "ana", Now: func() time.Time { return time.Unix(1_777_885_200, 0) }}
	e, err := s.Seal(audit.Draft{Key: countersign.EventKey("e"), Type: audit.EventStray, Body: audit.Notice{}}, audit.Head{Index: 7})
	if err != nil {
		t.Fatal(err)
	}
	got := bundle.EntryOf(7, e.JWS)
	if got.LeafHash != e.LeafHash || got.Record.Key != e.Record.Key || !got.Record.At.Equal(e.Record.At) || !bytes.Equal(got.Record.Body, e.Record.Body) {
		t.Errorf("EntryOf = %+v, want %+v", got, e)
	}
	for _, jws := range []string{"", ".", "a.b.c", e.JWS[:len(e.JWS)/2], "." + e.JWS} {
		if got := bundle.EntryOf(7, jws); got.Record.Key != "" || got.LeafHash != audit.LeafHash(jws) || got.Index != 7 {
			t.Errorf("EntryOf %.20q = %+v, want no record", jws, got)
		}
	}
}
