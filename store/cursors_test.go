package store_test

import (
	"errors"
	"testing"

	"countersign/store"
)

func TestACursorMovesOnceFromWhereItStands(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		one, two := desk(t, dsn, "us").DB, desk(t, dsn, "us").DB
		if next, err := one.Cursor(t.Context(), "siem"); err != nil || next != 0 {
			t.Errorf("a new cursor stands at %d, %v", next, err)
		}
		for _, move := range []struct {
			from, to int64
			want     error
		}{{0, 5, nil}, {0, 6, store.ErrCursor}, {5, 9, nil}, {5, 7, store.ErrCursor}, {10, 12, store.ErrCursor}} {
			if err := one.Advance(t.Context(), "siem", move.from, move.to); !errors.Is(err, move.want) {
				t.Errorf("from %d to %d: %v, want %v", move.from, move.to, err, move.want)
			}
		}
		if next, err := two.Cursor(t.Context(), "siem"); err != nil || next != 9 {
			t.Errorf("another process sees %d, %v; want 9", next, err)
		}
	})
}

func TestRecordsAreHandedOutInOrder(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		filled(t, tr, "k", 20)
		next := int64(0)
		for {
			batch, err := tr.DB.Records(t.Context(), next, 7)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range batch {
				if e.Index != next {
					t.Fatalf("record %d, want %d", e.Index, next)
				}
				next++
			}
			if len(batch) == 0 {
				break
			}
		}
		if next != 23 {
			t.Errorf("%d records, want 23", next)
		}
	})
}
