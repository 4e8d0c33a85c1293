package database_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/sources/database"
)

// A cell is one value that is asked for, and how it is told.
type cell struct{ name, ask, want string }

func told(t *testing.T, w world, cells []cell) {
	for _, c := range cells {
		t.Run(c.name, func(t *testing.T) {
			table, err := w.db.Query(t.Context(), "SELECT "+c.ask+" AS v")
			if refusal, is := strings.CutPrefix(c.want, "refused: "); is {
				if !errors.Is(err, database.ErrRefused) || !strings.Contains(err.Error(), refusal) {
					t.Errorf("%s: %v, %v, want a refusal with %q", c.ask, table, err, refusal)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", c.ask, err)
			}
			got, err := json.Marshal(table.Rows[0][0])
			if err != nil || string(got) != c.want {
				t.Errorf("%s = %s, %v, want %s", c.ask, got, err, c.want)
			}
		})
	}
}

func TestValuesOfPostgreSQL(t *testing.T) {
	told(t, postgres(t, database.Config{}), []cell{
		{"a whole number", "9223372036854775807::bigint", `"9223372036854775807"`},
		{"a number wider than a float", "115792089237316195423570985008687907853269984665640564039457584007913129639935::numeric", `"115792089237316195423570985008687907853269984665640564039457584007913129639935"`},
		{"a fraction keeps its zeros", "100.10::numeric(20,2)", `"100.10"`},
		{"no number", "'NaN'::numeric", "refused: no exact form"},
		{"float8", "1.1::float8", "refused: cast it to numeric or text"},
		{"float4", "1.1::float4", "refused: cast it to numeric or text"},
		{"an aggregate that became one", "avg(v::float8) FROM (VALUES (1)) x(v) UNION SELECT NULL", "refused: cast it to numeric or text"},
		{"a cast float", "1.5::float8::numeric", `"1.5"`},
		{"NULL", "NULL::text", `null`},
		{"the empty text is not NULL", "''", `""`},
		{"the text null is not NULL", "'null'", `"null"`},
		{"text", "E'a\\nü\\u2028'", `"a\nü\u2028"`},
		{"true", "true", `"true"`},
		{"false", "false", `"false"`},
		{"bytes", `'\xDEADbeef'::bytea`, `"deadbeef"`},
		{"no bytes", `''::bytea`, `""`},
		{"a moment", "'2026-03-29 01:59:59.123456+02'::timestamptz", `"2026-03-28T23:59:59.123456Z"`},
		{"no end of time", "'infinity'::timestamptz", "refused: no exact form"},
		{"before Christ", "'0044-03-15 12:00:00+00 BC'::timestamptz", "refused: no exact form"},
		{"a time of nowhere", "'2026-03-29 01:59:59'::timestamp", "refused: AT TIME ZONE"},
		{"a date", "'2026-03-29'::date", `"2026-03-29"`},
		{"a date without end", "'infinity'::date", "refused: no exact form"},
		{"JSON is its text", `'{"a": 1.10}'::json`, `"{\"a\": 1.10}"`},
		{"UUID", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{"money depends on the server", "1::money", "refused: cast it to text"},
		{"an interval has many forms", "'1 day'::interval", "refused: cast it to text"},
		{"an array", "ARRAY[1.1::float8]", "refused: cast it to text"},
		{"a row", "ROW(1.1::float8)", "refused: cast it to text"},
	})
}

func TestValuesOfSQLite(t *testing.T) {
	w := sqlite(t, database.Config{})
	do(t, w.owner, `CREATE TABLE days (d DATE, m DATETIME, s TIMESTAMP, r NUMERIC);
		INSERT INTO days VALUES ('2026-03-29', '2026-03-29 01:02:03', '2026-03-29 01:02:03.5+02:00', 100.5)`)
	told(t, w, []cell{
		{"a whole number", "9223372036854775807", `"9223372036854775807"`},
		{"one past it is a float", "9223372036854775808", "refused: cast it to text"},
		{"a float", "1.1", "refused: cast it to text"},
		{"a float in a numeric column", "r FROM days", "refused: cast it to text"},
		{"a division in whole numbers", "7 / 2", `"3"`},
		{"NULL", "NULL", `null`},
		{"the empty text is not NULL", "''", `""`},
		{"bytes", "x'DEADbeef'", `"deadbeef"`},
		{"text that is none", "CAST(x'ff' AS TEXT)", "refused: hex(v)"},
		{"a date", "d FROM days", `"2026-03-29"`},
		{"a time without a zone is UTC", "m FROM days", `"2026-03-29T01:02:03Z"`},
		{"a time with one", "s FROM days", `"2026-03-28T23:02:03.5Z"`},
		{"the text of a time", "m || '' FROM days", `"2026-03-29 01:02:03"`},
	})
}

func TestParameters(t *testing.T) {
	type tier string
	each(t, func(t *testing.T, w world) {
		for _, tt := range []struct {
			name  string
			value any
			want  string
		}{
			{"text", "ana", "ana"},
			{"text that would be SQL", "ana'); DROP TABLE customers; --", "ana'); DROP TABLE customers; --"},
			{"an amount", countersign.MustAmount("115792089237316195423570985008687907853269984665640564039457584007913129639935"), "115792089237316195423570985008687907853269984665640564039457584007913129639935"},
			{"a whole number", -5, "-5"},
			{"the widest", uint64(math.MaxUint64), "18446744073709551615"},
			{"a type of one's own", tier("gold"), "gold"},
		} {
			row, err := w.asked(t, "SELECT CAST("+w.mark(1)+" AS text) AS v", tt.value).One()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := row.Text("v"); got != tt.want || err != nil {
				t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
			}
		}
	})
}

func TestParametersAreNoSQL(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		if got := w.asked(t, "SELECT id FROM customers WHERE name = "+w.mark(1)+" AND id = "+w.mark(2), "ana", 1); len(got.Rows) != 1 {
			t.Errorf("by name and ID: %+v", got)
		}
		if got := w.asked(t, "SELECT id FROM customers WHERE name = "+w.mark(1), "' OR '1'='1"); !got.Empty() {
			t.Errorf("an injection found %+v", got)
		}
		for name, args := range map[string][]any{
			"a float": {1.5, 1}, "a list": {[]string{"a"}, 1}, "no UTF-8": {"\xff", 1}, "too few": {"a"}, "a pointer": {new(int), 1}, "a nil number": {(*big.Int)(nil), 1},
		} {
			if _, err := w.db.Query(t.Context(), "SELECT id FROM customers WHERE name = "+w.mark(1)+" AND id = "+w.mark(2), args...); !errors.Is(err, database.ErrRefused) {
				t.Errorf("%s: %v, want ErrRefused", name, err)
			}
		}
		if _, err := w.db.Query(t.Context(), "SELECT id FROM customers WHERE name = "+w.mark(1), "a", 1); err == nil {
			t.Error("a value without a parameter is taken")
		}
	})
}

func TestTypesOfParameters(t *testing.T) {
	row, err := postgres(t, database.Config{}).asked(t, "SELECT $1 AS at, $2 AS bytes, $3 AS yes, $4::text AS nothing",
		time.Date(2026, 3, 29, 1, 2, 3, 4000, time.FixedZone("x", 3600)), []byte{0xde, 0xad}, true, nil).One()
	if err != nil {
		t.Fatal(err)
	}
	for column, want := range map[string]database.Value{"at": {Text: "2026-03-29T00:02:03.000004Z"}, "bytes": {Text: "dead"}, "yes": {Text: "true"}, "nothing": {Null: true}} {
		if got, err := row.Value(column); got != want || err != nil {
			t.Errorf("%s = %+v, %v, want %+v", column, got, err, want)
		}
	}
}
