package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/store"
	"countersign/store/storetest"
)

// each runs a test on SQLite and on PostgreSQL: the promises are the same.
func each(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, filepath.Join(t.TempDir(), "trail.db"))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, storetest.Postgres(t))
	})
}

func TestTheFirstRecordUnderAKeyStands(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		if _, err := tr.Find(t.Context(), "k"); !errors.Is(err, audit.ErrNoRecord) {
			t.Errorf("Find = %v, want ErrNoRecord", err)
		}
		first, err := tr.Append(t.Context(), draft("k", "ap-1"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := tr.Append(t.Context(), draft("k", "ap-1"))
		if err != nil || again.JWS != first.JWS {
			t.Errorf("second append: %v, %q; want the first record", err, again.JWS)
		}
		other, err := tr.Append(t.Context(), draft("k", "ap-2"))
		if !errors.Is(err, audit.ErrOtherContent) || other.JWS != "" {
			t.Errorf("append of other content: %v, %q; want ErrOtherContent", err, other.JWS)
		}
		retold := draft("k", "ap-2")
		retold.Retold = true
		if again, err = tr.Append(t.Context(), retold); err != nil || again.JWS != first.JWS {
			t.Errorf("retold: %v, %q; want the first record", err, again.JWS)
		}
		if n := verified(t, tr); n != 1 {
			t.Errorf("%d records, want 1", n)
		}
	})
}

func TestADecisionThatFailsLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		for name, conclude := range map[string]func(countersign.Standing) (audit.Draft, bool){
			"a body that cannot be written": func(countersign.Standing) (audit.Draft, bool) {
				return audit.Draft{Key: "k", Type: audit.DecisionIntent, Body: func() {}}, true
			},
			"a record that is too large": func(countersign.Standing) (audit.Draft, bool) {
				return audit.Draft{Key: "k", Type: audit.DecisionIntent, Body: strings.Repeat("x", audit.MaxEntry)}, true
			},
			"another key": func(countersign.Standing) (audit.Draft, bool) { return draft("other", "ap"), true },
		} {
			if _, err := tr.Decide(t.Context(), "k", claim(60, 100), nil, conclude); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		_, err := tr.Decide(ctx, "k", claim(60, 100), nil, func(countersign.Standing) (audit.Draft, bool) {
			cancel()
			return draft("k", "ap"), true
		})
		if err == nil {
			t.Error("a transaction whose context ended was committed")
		}
		if n, sum := verified(t, tr), taken(t, tr, time.Time{}); n != 0 || sum != "0" {
			t.Errorf("%d records, budget %s; want nothing", n, sum)
		}
	})
}

func TestRecordsAreNeverChanged(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		if _, err := tr.Append(t.Context(), draft("k", "ap")); err != nil {
			t.Fatal(err)
		}
		driver, statements := "sqlite", []string{"UPDATE records SET jws = 'x'", "DELETE FROM records"}
		if strings.HasPrefix(dsn, "postgres") {
			driver, statements = "pgx", append(statements, "TRUNCATE records")
		}
		raw, err := sql.Open(driver, dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		for _, q := range statements {
			if _, err := raw.Exec(q); err == nil || !strings.Contains(err.Error(), "never") {
				t.Errorf("%s: %v, want a refusal", q, err)
			}
		}
		if n := verified(t, tr); n != 1 {
			t.Errorf("%d records, want 1", n)
		}
	})
}

func TestEntriesAreFiltered(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		for i := range 6 {
			at := start.Add(time.Duration(i) * time.Hour)
			tr.Signer.Now = func() time.Time { return at }
			d := draft(fmt.Sprint("k", i), fmt.Sprint("ap-", i%2))
			if i == 5 {
				d = audit.Draft{Key: "k5", Type: audit.EventStray, Body: audit.Notice{}}
			}
			if _, err := tr.Append(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		for _, tt := range []struct {
			name   string
			filter store.Filter
			want   string
		}{
			{"all", store.Filter{}, "012345"},
			{"by type", store.Filter{Type: audit.EventStray}, "5"},
			{"by approval", store.Filter{Approval: "ap-1"}, "13"},
			{"from an index, so many", store.Filter{From: 3 + 2, Limit: 2}, "23"},
			{"since and until", store.Filter{Since: start.Add(time.Hour), Until: start.Add(3 * time.Hour)}, "12"},
			{"none", store.Filter{Approval: "ap-9"}, ""},
		} {
			got := ""
			for e, err := range tr.DB.Entries(t.Context(), tt.filter) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Index >= 3 { // behind the keys
					got += fmt.Sprint(e.Index - 3)
				}
			}
			if got != tt.want {
				t.Errorf("%s: records %q, want %q", tt.name, got, tt.want)
			}
		}
	})
}

func TestOpening(t *testing.T) {
	dir := t.TempDir()
	odd := filepath.Join(dir, "a b?c#d%20", "trail.db")
	tr := desk(t, odd, "us")
	if _, err := tr.Append(t.Context(), draft("k", "ap")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(odd); err != nil {
		t.Errorf("an odd path was not taken as it is: %v", err)
	}
	reader, err := store.OpenReader(t.Context(), odd)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := reader.Find(t.Context(), "k"); err != nil {
		t.Errorf("a reader does not find what was written: %v", err)
	}
	missing := filepath.Join(dir, "none.db")
	if _, err := store.OpenReader(t.Context(), missing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("OpenReader of a missing file: %v, want not exist", err)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("OpenReader made a file")
	}
	foreign := filepath.Join(dir, "foreign.db")
	if err := os.WriteFile(foreign, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), foreign); err == nil {
		t.Error("a foreign file was opened")
	}
	_, err = store.Open(t.Context(), "postgres://me:hunter2@127.0.0.1:1/none")
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v, want one without the password", err)
	}
	if _, err := store.Open(t.Context(), ""); !errors.Is(err, store.ErrDSN) {
		t.Errorf("empty address: %v, want ErrDSN", err)
	}
}
