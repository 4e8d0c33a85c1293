package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/anchor"
	"countersign/store/storetest"

	"github.com/jackc/pgx/v5/stdlib"
)

// BenchmarkAppend tells what a signed record in its place costs on top of a bare
// INSERT of the same row into a table with the same keys, synced as well: both in
// turn, in one run, by one writer, by eight and by 32. "×bare" is how many times longer
// ours takes.
func BenchmarkAppend(b *testing.B) {
	for _, kind := range []string{"SQLite", "PostgreSQL"} {
		for _, writers := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("%s/writers=%d", kind, writers), func(b *testing.B) { benchAppend(b, kind, writers) })
		}
	}
}

func benchAppend(b *testing.B, kind string, writers int) {
	dsn := filepath.Join(b.TempDir(), "trail.db")
	bareDSN := "file:" + filepath.Join(b.TempDir(), "bare.db") +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	if kind == "PostgreSQL" {
		dsn = storetest.Postgres(b)
		bareDSN = dsn
	}
	tr, bare := desk(b, dsn, "us"), rawDB(b, bareDSN)
	bare.SetMaxOpenConns(16)
	bare.SetMaxIdleConns(16) // as ours: nothing is to be said of opening connections
	bareTables(b, bare)
	const each = 50
	var ours, theirs, grouped time.Duration
	total := 0
	for round := 0; b.Loop(); round++ {
		kept := make([][each]audit.Entry, writers)
		ours += parallel(b, writers, func(w int) (err error) {
			for i := range each {
				if kept[w][i], err = tr.Append(b.Context(), draft(fmt.Sprintf("k/%d/%d/%d", round, w, i), "ap")); err != nil {
					return err
				}
			}
			return nil
		})
		theirs += parallel(b, writers, func(w int) error {
			for _, e := range kept[w] {
				if err := insertBare(b, bare, e); err != nil {
					return err
				}
			}
			return nil
		})
		group := newBareGroup(b, bare, "grouped")
		grouped += parallel(b, writers, func(w int) error {
			for _, e := range kept[w] {
				if err := group.insert(e); err != nil {
					return err
				}
			}
			return nil
		})
		group.close()
		total += writers * each
	}
	b.ReportMetric(float64(ours)/float64(theirs), "×bare")
	b.ReportMetric(float64(ours)/float64(grouped), "×group")
	b.ReportMetric(float64(total)/ours.Seconds(), "appends/s")
	b.ReportMetric(float64(total)/theirs.Seconds(), "bare/s")
}

// parallel runs f by so many writers and returns how long they took together.
func parallel(b *testing.B, writers int, f func(w int) error) time.Duration {
	b.Helper()
	start := time.Now()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			if err := f(w); err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

// bareTables are for the same rows, with the same keys and indexes.
func bareTables(b *testing.B, db *sql.DB) {
	b.Helper()
	for _, table := range []string{"bare", "grouped"} {
		if _, err := db.ExecContext(b.Context(), `CREATE TABLE `+table+` (idx BIGINT PRIMARY KEY, record_key TEXT NOT NULL UNIQUE,
			type TEXT NOT NULL, subject TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, jws TEXT NOT NULL, leaf_hash TEXT NOT NULL,
			approval TEXT NOT NULL, UNIQUE (subject, seq))`); err != nil {
			b.Fatal(err)
		}
		for _, index := range []string{"(type, idx)", "(approval, idx) WHERE approval <> ''"} {
			if _, err := db.ExecContext(b.Context(), fmt.Sprintf("CREATE INDEX %s_%d ON %s %s", table, len(index), table, index)); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// bareGroup commits bare rows in groups, as one who has measured would: whoever waits
// while one group is on its way to the disk is in the next.
type bareGroup struct {
	rows chan bareRow
	done chan struct{}
}

type bareRow struct {
	e    audit.Entry
	kept chan error
}

func newBareGroup(b *testing.B, db *sql.DB, table string) *bareGroup {
	g := &bareGroup{rows: make(chan bareRow, 256), done: make(chan struct{})}
	go func() {
		defer close(g.done)
		for first := range g.rows {
			together := []bareRow{first}
			for len(g.rows) > 0 && len(together) < 256 {
				together = append(together, <-g.rows)
			}
			err := insertRows(b, db, table, together)
			for _, r := range together {
				r.kept <- err
			}
		}
	}()
	return g
}

func (g *bareGroup) insert(e audit.Entry) error {
	r := bareRow{e, make(chan error, 1)}
	g.rows <- r
	return <-r.kept
}

func (g *bareGroup) close() { close(g.rows); <-g.done }

func insertRows(b *testing.B, db *sql.DB, table string, rows []bareRow) error {
	var args []any
	for _, r := range rows {
		args = append(args, bareArgs(r.e)...)
	}
	_, err := db.ExecContext(b.Context(), "INSERT INTO "+table+" VALUES "+placeholders(db, len(rows), 9), args...)
	return err
}

func insertBare(b *testing.B, db *sql.DB, e audit.Entry) error {
	// Both drivers take numbered parameters.
	_, err := db.ExecContext(b.Context(), "INSERT INTO bare VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", bareArgs(e)...)
	return err
}

// bareArgs are what the store writes of the same record.
func bareArgs(e audit.Entry) []any {
	return []any{e.Index, e.Record.Key, string(e.Record.Type), e.Record.Subject, e.Record.Seq, e.Record.At.UnixMicro(), e.JWS, e.LeafHash, "ap"}
}

// BenchmarkBarrier tells how long a decision waits from the append's beginning until its
// record stands under a signed checkpoint that a file anchor keeps: by one writer, by
// eight and by 32.
func BenchmarkBarrier(b *testing.B) {
	for _, kind := range []string{"SQLite", "PostgreSQL"} {
		for _, writers := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("%s/writers=%d", kind, writers), func(b *testing.B) { benchBarrier(b, kind, writers) })
		}
	}
}

func benchBarrier(b *testing.B, kind string, writers int) {
	dsn := filepath.Join(b.TempDir(), "trail.db")
	if kind == "PostgreSQL" {
		dsn = storetest.Postgres(b)
	}
	place, err := anchor.Open(b.Context(), "file:"+filepath.Join(b.TempDir(), "anchor"))
	if err != nil {
		b.Fatal(err)
	}
	tr := desk(b, dsn, "us")
	if err := tr.DB.SignWith(b.Context(), theLog(b, place)); err != nil {
		b.Fatal(err)
	}
	const each = 10
	var all []time.Duration
	var took time.Duration
	for round := 0; b.Loop(); round++ {
		waits := make([][each]time.Duration, writers)
		took += parallel(b, writers, func(w int) error {
			for i := range each {
				begun := time.Now()
				e, err := tr.Append(b.Context(), draft(fmt.Sprintf("k/%d/%d/%d", round, w, i), "ap"))
				if err == nil {
					err = tr.Barrier(b.Context(), e)
				}
				if err != nil {
					return err
				}
				waits[w][i] = time.Since(begun)
			}
			return nil
		})
		for _, w := range waits {
			all = append(all, w[:]...)
		}
	}
	slices.Sort(all)
	b.ReportMetric(float64(len(all))/took.Seconds(), "records/s")
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
}

// placeholders are those of some rows, as the database takes them. SQLite knows $1 too, but
// looks each up by its name, one after the other.
func placeholders(db *sql.DB, rows, width int) string {
	var text strings.Builder
	_, postgres := db.Driver().(*stdlib.Driver)
	for i := range rows * width {
		switch {
		case i == 0:
			text.WriteString("(")
		case i%width == 0:
			text.WriteString("), (")
		default:
			text.WriteString(", ")
		}
		if postgres {
			text.WriteString("$" + strconv.Itoa(i+1))
		} else {
			text.WriteByte('?')
		}
	}
	return text.String() + ")"
}
