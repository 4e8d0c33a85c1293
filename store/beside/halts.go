package beside

import (
	"context"
	"errors"
	"maps"
	"slices"

	"countersign/audit"
	"countersign/audit/verify"
)

// errRestless means that halts begin and end faster than they can be read.
var errRestless = errors.New("halts begin and end faster than they can be read: try again")

// halted compares the table of halts with the records that began and ended them. Both are of one
// moment: no record about a halt came while the table was read.
func (c *checker) halted(ctx context.Context) error {
	for range 10 {
		said, before, err := c.controls(ctx)
		if err != nil {
			return err
		}
		kept, err := c.kept(ctx)
		if err != nil {
			return err
		}
		if _, after, err := c.controls(ctx); err != nil {
			return err
		} else if after == before {
			c.compareHalts(said, kept)
			return nil
		}
	}
	return errRestless
}

// controls are the records of the halts that stand, by scope, and the index of the last record about any.
func (c *checker) controls(ctx context.Context) (standing map[string]row, last int64, err error) {
	standing, last = map[string]row{}, -1
	err = c.each(ctx, c.db, "WHERE type IN (?, ?) ORDER BY idx", []any{string(audit.ControlHalted), string(audit.ControlResumed)}, func(r row) error {
		last = r.index
		scope := text(members(r.signed.Body)["scope"])
		switch r.signed.Type {
		case audit.ControlHalted:
			r.jws, r.signed.Body = "", nil
			standing[scope] = r
		case audit.ControlResumed:
			delete(standing, scope)
		}
		return nil
	})
	return standing, last, err
}

// kept are the keys of the records that the table names, by scope.
func (c *checker) kept(ctx context.Context) (map[string]string, error) {
	rows, err := c.db.QueryContext(ctx, "SELECT scope, record_key FROM halts")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	kept := map[string]string{}
	for rows.Next() {
		var scope, key string
		if err := rows.Scan(&scope, &key); err != nil {
			return nil, err
		}
		kept[scope] = key
	}
	return kept, rows.Err()
}

func (c *checker) compareHalts(said map[string]row, kept map[string]string) {
	for _, scope := range slices.Sorted(maps.Keys(said)) {
		if r := said[scope]; kept[scope] == "" {
			c.fault(r.index, r.signed.Key, verify.HaltMissing, "%.200s stands halted by it, and the table of halts has no such row", scope)
		}
	}
	for _, scope := range slices.Sorted(maps.Keys(kept)) {
		if r, stands := said[scope]; !stands || r.signed.Key != kept[scope] {
			c.fault(c.size, kept[scope], verify.HaltUnexplained, "the table of halts has %.200s, which no record under that key halts now", scope)
		}
	}
}
