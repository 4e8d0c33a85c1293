package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"countersign/audit"
	"countersign/store"
)

func TestASecondHaltIsTheFirst(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		first, err := tr.Halt(t.Context(), draft("halt/1", ""), "all")
		if err != nil {
			t.Fatal(err)
		}
		second, err := tr.Halt(t.Context(), draft("halt/2", ""), "all")
		if err != nil || second.JWS != first.JWS {
			t.Errorf("second halt: record %d, %v; want the first", second.Index, err)
		}
		if _, err := tr.Resume(t.Context(), draft("resume/1", ""), "all"); err != nil {
			t.Fatal(err)
		}
		if _, err := tr.Resume(t.Context(), draft("resume/2", ""), "all"); !errors.Is(err, store.ErrNotHalted) {
			t.Errorf("second resume: %v, want ErrNotHalted", err)
		}
		if n := verified(t, tr); n != 2 {
			t.Errorf("%d records, want the halt and its end", n)
		}
	})
}

func TestEvidenceIsKeptWithItsRecord(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		answer := []byte(`{"verdict":"clear"}`)
		sum := sha256.Sum256(answer)
		digest := hex.EncodeToString(sum[:])
		if _, err := tr.DB.Evidence(t.Context(), digest); !errors.Is(err, audit.ErrNoRecord) {
			t.Errorf("before: %v, want ErrNoRecord", err)
		}
		for _, key := range []string{"a", "b"} { // two records may rest on the same answer
			d := draft(key, "ap")
			d.Evidence = [][]byte{answer, nil}
			if _, err := tr.Append(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := tr.DB.Evidence(t.Context(), digest); err != nil || string(got) != string(answer) {
			t.Errorf("Evidence = %q, %v", got, err)
		}
		lost := draft("a", "ap")
		lost.Evidence = [][]byte{[]byte("of a record that stands already")}
		if _, err := tr.Append(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
		sum = sha256.Sum256(lost.Evidence[0])
		if _, err := tr.DB.Evidence(t.Context(), hex.EncodeToString(sum[:])); !errors.Is(err, audit.ErrNoRecord) {
			t.Errorf("evidence without a record: %v, want ErrNoRecord", err)
		}
		other := "x'00'"
		if isPostgres(dsn) {
			other = `'\x00'`
		}
		executeFreely(t, dsn, "UPDATE evidence SET bytes = "+other+" WHERE sha256 = '"+digest+"'")
		if _, err := tr.DB.Evidence(t.Context(), digest); !errors.Is(err, audit.ErrForged) {
			t.Errorf("altered: %v, want ErrForged", err)
		}
	})
}
