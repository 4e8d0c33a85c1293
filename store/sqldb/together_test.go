package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/store/sqldb"
	"countersign/store/storetest"
)

// each runs f on a database of each kind with a table of numbered words.
func each(t *testing.T, f func(t *testing.T, db *sqldb.DB)) {
	for _, kind := range []string{"SQLite", "PostgreSQL"} {
		t.Run(kind, func(t *testing.T) {
			dsn := filepath.Join(t.TempDir(), "x.db")
			if kind == "PostgreSQL" {
				dsn = storetest.Postgres(t)
			}
			db, err := sqldb.Open(dsn, false)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			if _, err := db.ExecContext(t.Context(), "CREATE TABLE words (n BIGINT PRIMARY KEY, word TEXT NOT NULL)"); err != nil {
				t.Fatal(err)
			}
			f(t, db)
		})
	}
}

func word(n int64, text string) sqldb.Statement {
	return sqldb.Statement{Text: "INSERT INTO words (n, word) VALUES (?, ?)", Args: []any{n, text}}
}

// all reads the table into text, "1=one 2=two".
func all(text *[]string) sqldb.Statement {
	return sqldb.Statement{Text: "SELECT n, word FROM words ORDER BY n", Row: func(scan func(...any) error) error {
		var n int64
		var word string
		err := scan(&n, &word)
		*text = append(*text, fmt.Sprintf("%d=%s", n, word))
		return err
	}}
}

func stands(t *testing.T, db *sqldb.DB) string {
	t.Helper()
	var text []string
	if err := db.Exclusively(t.Context(), func(tx *sqldb.Tx) error { return tx.Send(t.Context(), all(&text)) }); err != nil {
		t.Fatal(err)
	}
	return strings.Join(text, " ")
}

func TestStatementsRunInTheirOrder(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		err := db.Exclusively(t.Context(), func(tx *sqldb.Tx) error {
			var before, after []string
			err := errors.Join(
				tx.Send(t.Context(), word(1, "one")),
				tx.Send(t.Context(), all(&before), word(2, "two"), all(&after)),
				tx.Flush(t.Context()), tx.Flush(t.Context()))
			if got := fmt.Sprint(before, after); got != "[1=one] [1=one 2=two]" {
				t.Errorf("read %s", got)
			}
			return errors.Join(err, tx.Send(t.Context(), word(3, "three"))) // goes with the commit
		})
		if got := stands(t, db); err != nil || got != "1=one 2=two 3=three" {
			t.Errorf("%v, stands %q", err, got)
		}
	})
}

func TestOneThatFailsTakesAllWithIt(t *testing.T) {
	refuse := errors.New("not this one")
	for name, broken := range map[string]sqldb.Statement{
		"twice the same": word(1, "again"),
		"no statement":   {Text: "INSERT INTO nowhere VALUES (1)"},
		"a row refused":  {Text: "SELECT n FROM words", Row: func(func(...any) error) error { return refuse }},
		"rows missing":   {Text: "SELECT n FROM words", Row: func(scan func(...any) error) error { var n int64; return scan(&n) }, Rows: 2},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, db *sqldb.DB) {
				err := db.Exclusively(t.Context(), func(tx *sqldb.Tx) error {
					return tx.Send(t.Context(), word(1, "one"), broken, word(3, "three"))
				})
				if got := stands(t, db); err == nil || got != "" || broken.Row != nil && broken.Rows == 0 && !errors.Is(err, refuse) {
					t.Errorf("%v, stands %q", err, got)
				}
				if err := db.Exclusively(t.Context(), func(tx *sqldb.Tx) error { return tx.Send(t.Context(), word(4, "four")) }); err != nil {
					t.Errorf("afterwards: %v", err)
				}
			})
		})
	}
}

// database/sql ends a transaction behind our back when its context ends: what was sent must not
// then stand outside of it.
func TestACancelledTransactionWritesNothing(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Exclusively(ctx, func(tx *sqldb.Tx) error {
			if err := tx.Send(ctx, word(1, "one")); err != nil {
				return err
			}
			cancel()
			for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
				if _, err := tx.ExecContext(context.Background(), "SELECT 1"); errors.Is(err, sql.ErrTxDone) {
					break
				}
			}
			return errors.Join(tx.Send(context.Background(), word(2, "two")), tx.Flush(context.Background()))
		})
		if got := stands(t, db); err == nil || got != "" {
			t.Errorf("%v, stands %q", err, got)
		}
	})
}

func TestInsertTakesAnyNumberOfRows(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		const n = 40_000 // more than one statement of SQLite takes
		numbers, words := make([]int64, n), make([]string, n)
		for i := range numbers {
			numbers[i], words[i] = int64(i), strings.Repeat(`"{},\ `, i%3)
		}
		returned := 0
		err := db.Exclusively(t.Context(), func(tx *sqldb.Tx) error {
			insert := db.Insert("words", []sqldb.Column{{Name: "n", Values: numbers}, {Name: "word", Values: words}}, "RETURNING n, word")
			for i := range insert {
				insert[i].Row = func(scan func(...any) error) error {
					var at int64
					var word string
					if err := scan(&at, &word); err != nil || word != words[at] {
						return fmt.Errorf("row %d is %q, %w", at, word, err)
					}
					returned++
					return nil
				}
			}
			return tx.Send(t.Context(), insert...)
		})
		if err != nil || returned != n {
			t.Errorf("%v, %d rows", err, returned)
		}
	})
}
