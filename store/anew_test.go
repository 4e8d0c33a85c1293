package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/anchor"
	"countersign/store"
)

// emptied is a database whose anchor, a file, has kept a checkpoint and is gone.
func emptied(t *testing.T, dsn string) (tr *store.Trail, place store.Anchor, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "checkpoint")
	place, err := anchor.Open(t.Context(), "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	tr = trailOn(reopened(t, dsn, place), "us")
	enrol(t, tr)
	barred(t, tr, "first")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	return tr, place, path
}

func barred(t *testing.T, tr *store.Trail, key string) {
	t.Helper()
	e, err := tr.Append(t.Context(), draft(key, "ap"))
	if err == nil {
		err = tr.Barrier(t.Context(), e)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// An anchor that was emptied is not taken for a new one: neither by the process that has
// written it, nor by the next.
func TestAnEmptiedAnchorIsNotANewOne(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr, place, path := emptied(t, dsn)
		e, err := tr.Append(t.Context(), draft("second", "ap"))
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Barrier(t.Context(), e); !errors.Is(err, store.ErrAnchorLost) {
			t.Errorf("the barrier of the same process: %v, want ErrAnchorLost", err)
		}
		next, err := store.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer next.Close()
		for _, size := range []int64{0, 1, 1000} {
			log := theLog(t, place)
			log.Anew = map[string]int64{place.String(): size}
			err := next.SignWith(t.Context(), log)
			if !errors.Is(err, store.ErrAnchorLost) || !strings.Contains(err.Error(), "@"+place.String()) {
				t.Errorf("a start with %d accepted: %v, want ErrAnchorLost and the remedy", size, err)
			}
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("the anchor was made again")
		}
	})
}

// What an operator accepts is an alarm on the trail, once, and the log goes on.
func TestAnEmptiedAnchorBeginsAnewWhenAccepted(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		_, place, path := emptied(t, dsn)
		alarms := func(db *store.DB) (n int) {
			for e, err := range db.Entries(t.Context(), store.Filter{Type: audit.AlarmRaised}) {
				var a audit.Alarm
				if err := errors.Join(err, e.Decode(&a)); err != nil || a.Code != audit.AnchorAnew || !strings.Contains(a.What, place.String()) {
					t.Errorf("alarm %+v: %v", a, err)
				}
				n++
			}
			return n
		}
		log := theLog(t, place)
		log.Anew = map[string]int64{place.String(): accepted(t, dsn, place)}
		db, err := store.Open(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for range 2 { // started again with the same words, it says nothing new
			if err := db.SignWith(t.Context(), log); err != nil {
				t.Fatal(err)
			}
			tr := trailOn(db, "us")
			if err := tr.BeginAnew(t.Context()); err != nil || alarms(db) != 1 {
				t.Fatalf("begin anew: %v, %d alarms, want one", err, alarms(db))
			}
			barred(t, tr, "after")
			verified(t, tr)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := db.SignWith(t.Context(), log); !errors.Is(err, store.ErrAnchorLost) {
			t.Errorf("emptied again, with what was accepted before: %v, want ErrAnchorLost", err)
		}
	})
}

// accepted is the size that the refusal to start names.
func accepted(t *testing.T, dsn string, place store.Anchor) int64 {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for size := range int64(20) {
		log := theLog(t, place)
		log.Anew = map[string]int64{place.String(): size}
		err := db.SignWith(t.Context(), log)
		if err == nil && size > 0 {
			return size
		}
		if err != nil && !errors.Is(err, store.ErrAnchorLost) {
			t.Fatal(err)
		}
	}
	t.Fatal("no size is accepted")
	return 0
}
