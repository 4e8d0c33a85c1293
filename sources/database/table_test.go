package database_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"countersign/sources/database"
)

func TestAnAnswerIsWholeOrNone(t *testing.T) {
	const rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11) SELECT i, 'xxxxxxxxxx' AS x FROM n"
	for name, kind := range map[string]func(testing.TB, database.Config) world{"SQLite": sqlite, "PostgreSQL": postgres} {
		t.Run(name, func(t *testing.T) {
			for _, c := range []database.Config{{MaxRows: 10}, {MaxBytes: 100}} {
				w := kind(t, c)
				if table, err := w.db.Query(t.Context(), rows); !errors.Is(err, database.ErrTooMuch) || !reflect.DeepEqual(table, database.Table{}) {
					t.Errorf("%+v: %d rows, %v, want ErrTooMuch", c, len(table.Rows), err)
				}
				w.asked(t, rows+" LIMIT 5") // and the connection is good, or another is made
			}
			if got := kind(t, database.Config{MaxRows: 11}).asked(t, rows); len(got.Rows) != 11 {
				t.Errorf("%d rows, want 11", len(got.Rows))
			}
		})
	}
	t.Run("one huge row", func(t *testing.T) {
		if _, err := postgres(t, database.Config{MaxBytes: 1000}).db.Query(t.Context(), "SELECT repeat('x', 100000000) AS a"); !errors.Is(err, database.ErrTooMuch) {
			t.Errorf("PostgreSQL: %v, want ErrTooMuch", err)
		}
		if _, err := sqlite(t, database.Config{MaxBytes: 1000}).db.Query(t.Context(), "SELECT hex(zeroblob(100000000)) AS a"); err == nil {
			t.Error("SQLite: no error")
		}
	})
}

func TestNamesOfColumns(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		if _, err := w.db.Query(t.Context(), "SELECT id AS a, name AS a FROM customers"); !errors.Is(err, database.ErrRefused) {
			t.Errorf("one name twice: %v, want ErrRefused", err)
		}
	})
	if _, err := postgres(t, database.Config{}).db.Query(t.Context(), "SELECT 1"); !errors.Is(err, database.ErrRefused) {
		t.Errorf("no name: %v, want ErrRefused", err)
	}
}

func TestReadingATable(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		all := w.asked(t, "SELECT id, name, balance, tier, CAST(id AS text) AS yes FROM customers ORDER BY id")
		if _, err := all.One(); err == nil || all.Empty() {
			t.Error("two rows are one")
		}
		none := w.asked(t, "SELECT id FROM customers WHERE id = 9")
		if _, err := none.One(); err == nil || !none.Empty() {
			t.Error("no row is one")
		}
		row := all.Row(0)
		if a, err := row.Amount("balance"); err != nil || a.String() != "100" {
			t.Errorf("Amount = %s, %v", a, err)
		}
		if s, err := row.Text("name"); err != nil || s != "ana" {
			t.Errorf("Text = %s, %v", s, err)
		}
		if b, err := row.Bool("yes"); err != nil || !b {
			t.Errorf("Bool = %t, %v", b, err)
		}
		for name, read := range map[string]func() error{
			"text of NULL":     func() error { _, err := all.Row(1).Text("tier"); return err },
			"amount of NULL":   func() error { _, err := all.Row(1).Amount("tier"); return err },
			"bool of NULL":     func() error { _, err := all.Row(1).Bool("tier"); return err },
			"amount of text":   func() error { _, err := row.Amount("name"); return err },
			"bool of text":     func() error { _, err := row.Bool("name"); return err },
			"no such column":   func() error { _, err := row.Value("Name"); return err },
			"a row of nothing": func() error { _, err := (database.Row{}).Value("name"); return err },
		} {
			if read() == nil {
				t.Errorf("%s: no error", name)
			}
		}
		for _, table := range []database.Table{all, none} {
			var again database.Table
			kept, err := json.Marshal(table)
			if err == nil {
				err = json.Unmarshal(kept, &again)
			}
			if err != nil || !reflect.DeepEqual(table, again) {
				t.Errorf("%s decodes to %+v, %v", kept, again, err)
			}
		}
	})
}

func TestValuesSurviveJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := database.Value{Null: rapid.Bool().Draw(t, "null")}
		if !v.Null {
			v.Text = rapid.String().Draw(t, "text")
		}
		var again database.Value
		kept, err := json.Marshal(v)
		if err == nil {
			err = json.Unmarshal(kept, &again)
		}
		if err != nil || again != v {
			t.Fatalf("%+v as %s is %+v, %v", v, kept, again, err)
		}
	})
}

// A file that its owner is writing to, with a write-ahead log, is read as it is committed.
func TestASQLiteFileThatIsWritten(t *testing.T) {
	w := sqlite(t, database.Config{})
	do(t, w.owner, "PRAGMA journal_mode=WAL")
	for n := 3; n < 6; n++ {
		do(t, w.owner, "INSERT INTO customers VALUES ("+string(rune('0'+n))+", 'cy', 1, 1)")
		if got := w.asked(t, "SELECT id FROM customers"); len(got.Rows) != n {
			t.Errorf("%d rows, want %d", len(got.Rows), n)
		}
	}
}
