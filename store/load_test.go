package store_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"countersign"
	"countersign/audit"
	"countersign/store"
)

// A worker runs as many activities as it likes: none may fail because others
// wait too, and the database is not asked for a connection for each.
func TestManyCallersAtOnce(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		const callers, keys = 300, 3
		tr := desk(t, dsn, "us")
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				for k := range keys {
					key := fmt.Sprintf("k/%d/%d", i/3, k) // three callers want each key
					if _, err := tr.Append(t.Context(), draft(key, "ap")); err != nil {
						t.Errorf("append %s: %v", key, err)
						return
					}
					if _, err := tr.Find(t.Context(), key); err != nil {
						t.Errorf("find %s: %v", key, err)
					}
				}
			})
		}
		wg.Wait()
		if n := verified(t, tr); n != callers*keys/3 {
			t.Errorf("%d records, want %d", n, callers*keys/3)
		}
	})
}

// Two service accounts on two handles: the log has one index, each account its
// own count.
func TestAuthorsShareALogAndKeepTheirChains(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		desks := []*store.Trail{desk(t, dsn, "ana"), desk(t, dsn, "bo")}
		var wg sync.WaitGroup
		for _, tr := range desks {
			for g := range 4 {
				wg.Go(func() {
					for i := range 15 {
						if _, err := tr.Append(t.Context(), draft(fmt.Sprintf("%s/%d/%d", tr.Signer.Subject, g, i), "ap")); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		wg.Wait()
		next := map[string]int64{}
		var index int64
		for e, err := range desks[0].DB.Entries(t.Context(), store.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			who := e.Record.Subject
			if e.Index != index || e.Record.Index != index || e.Record.Seq != next[who] {
				t.Errorf("index %d (signed %d), %s's record %d; want %d and %d", e.Index, e.Record.Index, who, e.Record.Seq, index, next[who])
			}
			index, next[who] = index+1, next[who]+1
		}
		if index != 2*60+4 {
			t.Errorf("%d records, want 60 of each and 4 keys", index)
		}
		if next["ana"] != 60 || next["bo"] != 60 {
			t.Errorf("records by author: %v, want 60 each", next)
		}
		verified(t, desks[0])
	})
}

// Who reads the log sees it as it was when they began, whole, while it grows.
func TestReadingWhileWriting(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		add := func(i int) {
			if _, err := tr.Append(t.Context(), draft(fmt.Sprint("k", i), "ap")); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 40 {
			add(i)
		}
		seen := 0
		for e, err := range tr.DB.Entries(t.Context(), store.Filter{}) {
			if err != nil || e.Index != int64(seen) {
				t.Fatalf("record %d, %v; want %d", e.Index, err, seen)
			}
			add(40 + seen) // by the one who reads
			seen++
		}
		if seen != 43 {
			t.Errorf("read %d, want the 40 and the 3 keys that stood when reading began", seen)
		}
		for e, err := range tr.DB.Entries(t.Context(), store.Filter{From: 10}) {
			if err != nil || e.Index != 10 {
				t.Errorf("first from 10 is %d, %v", e.Index, err)
			}
			break // and the connection is given back
		}
		if n := verified(t, tr); n != 83 {
			t.Errorf("%d records, want 80", n)
		}
	})
}

func TestACallerWhoGivesUpWaitingLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		_, err := tr.Decide(t.Context(), "k", nil, nil, func(countersign.Standing) (audit.Draft, bool) {
			ctx, cancel := context.WithCancel(t.Context())
			waited := make(chan error)
			go func() {
				_, err := tr.Append(ctx, draft("late", "ap"))
				waited <- err
			}()
			cancel()
			if err := <-waited; err == nil {
				t.Error("appended inside of another's transaction")
			}
			return draft("k", "ap"), false
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := verified(t, tr); n != 1 {
			t.Errorf("%d records, want 1", n)
		}
	})
}

func TestAPanicInConcludeLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_, _ = tr.Decide(t.Context(), "k", claim(1, 1), nil, func(countersign.Standing) (audit.Draft, bool) { panic("rule") })
		}()
		if fits, err := decide(t.Context(), tr, "k", claim(1, 1)); err != nil || !fits {
			t.Errorf("afterwards: fits %t, %v", fits, err)
		}
		verified(t, tr)
	})
}

// A cluster may have another isolation level for its default.
func TestAnotherDefaultIsolationChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		if !isPostgres(dsn) {
			return // SQLite has one
		}
		u, err := url.Parse(dsn)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set("default_transaction_isolation", "serializable")
		u.RawQuery = q.Encode()
		desks := []*store.Trail{desk(t, u.String(), "us"), desk(t, u.String(), "us")}
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range 10 {
					if _, err := decide(t.Context(), desks[g%2], fmt.Sprintf("k/%d/%d", g, i), claim(1, 40)); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		if n, sum := verified(t, desks[0]), taken(t, desks[0], start); n != 80 || sum != "40" {
			t.Errorf("%d records, %s taken; want 80 and 40", n, sum)
		}
	})
}

func TestRecordsAreNeverReplaced(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		for _, k := range []string{"a", "b"} {
			if _, err := tr.Append(t.Context(), draft(k, "ap")); err != nil {
				t.Fatal(err)
			}
		}
		row := func(idx int, key string, seq int) string {
			return fmt.Sprintf("INTO records (idx, record_key, type, subject, seq, at, jws, leaf_hash) VALUES (%d, '%s', 't', 'us', %d, 0, 'x', 'x')", idx, key, seq)
		}
		before, conflict := "INSERT OR REPLACE ", ""
		if isPostgres(dsn) {
			before, conflict = "INSERT ", " ON CONFLICT (%s) DO UPDATE SET jws = 'x'"
		}
		raw := rawDB(t, dsn)
		for column, insert := range map[string]string{"idx": row(1, "c", 2), "record_key": row(2, "b", 2), "subject, seq": row(2, "c", 1)} {
			q := before + insert
			if conflict != "" {
				q += fmt.Sprintf(conflict, column)
			}
			if _, err := raw.ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "never") {
				t.Errorf("%s: %v, want a refusal", q, err)
			}
		}
		if n := verified(t, tr); n != 2 {
			t.Errorf("%d records, want 2", n)
		}
	})
}
