package beside

import (
	"context"
	"hash/maphash"
	"strings"

	"countersign/audit"
	"countersign/audit/verify"
)

// facets are compared by sums: for each record that of the hashes of what it must be found by,
// less that of what it is found by, so that the rows may come in any order and need no sorting.
// The hash has a new key in each run, and nobody can choose rows whose sums agree.
type facets struct {
	seed maphash.Seed
	less []uint64 // by index
}

func newFacets(size int64) facets {
	return facets{seed: maphash.MakeSeed(), less: make([]uint64, size)}
}

func (f *facets) hash(facet audit.Facet) uint64 { return maphash.Comparable(f.seed, facet) }

// of is what facets are compared by.
func (f *facets) of(all []audit.Facet) (by findable) {
	for _, one := range all {
		if one.Name == audit.FacetApproval { // the last of them stands in a column of its own
			by.approval = one.Value
		} else {
			by.sum += f.hash(one)
		}
	}
	return by
}

// found reads what records are found by, and says where it is something else.
func (c *checker) found(ctx context.Context) error {
	f := &c.facets
	rows, err := c.db.QueryContext(ctx, c.db.Text("SELECT name, value, idx FROM facets WHERE idx < ?"), c.size)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var one audit.Facet
		var index int64
		if err := rows.Scan(&one.Name, &one.Value, &index); err != nil {
			return err
		}
		if index < 0 {
			c.fault(c.size, "", verify.FacetDiffers, "%.60q = %.80q finds a record of the index %d", one.Name, one.Value, index)
			continue
		}
		f.less[index] -= f.hash(one)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	var others []any
	for i, less := range f.less {
		if less != 0 {
			others = append(others, int64(i))
		}
		if len(others) == batch || len(others) > 0 && i == len(f.less)-1 {
			if err := c.others(ctx, others); err != nil {
				return err
			}
			others = others[:0]
		}
	}
	return nil
}

// others looks at records that are not found by exactly what they say: those that have what the
// first version found records by are counted. Where no record is, none may be found.
func (c *checker) others(ctx context.Context, indexes []any) error {
	f, there := &c.facets, map[int64]row{}
	err := c.each(ctx, c.db, "WHERE idx IN (?"+strings.Repeat(", ?", len(indexes)-1)+")", indexes, func(r row) error { there[r.index] = r; return nil })
	if err != nil {
		return err
	}
	for _, i := range indexes {
		index, _ := i.(int64)
		r := there[index]
		if stored := f.of(r.signed.Facets()).sum - f.less[index]; r.signed.Key != "" && stored == f.of(first(r.signed)).sum {
			c.report.Unproven.Facets++
		} else if err := c.differ(ctx, index, r); err != nil {
			return err
		}
	}
	return nil
}

// differ says what is wrong with what a record is found by.
func (c *checker) differ(ctx context.Context, index int64, r row) error {
	f := &c.facets
	var lost []audit.Facet
	for _, one := range r.signed.Facets() {
		var n int
		if one.Name == audit.FacetApproval {
			continue
		}
		if err := c.db.QueryRowContext(ctx, c.db.Text("SELECT COUNT(*) FROM facets WHERE name = ? AND value = ? AND idx = ?"), one.Name, one.Value, index).Scan(&n); err != nil {
			return err
		}
		if n == 0 {
			lost = append(lost, one)
		}
	}
	if len(lost) > 0 {
		c.fault(index, r.signed.Key, verify.FacetDiffers, "it is not found by %d of what it says, the first of them %s = %.80q", len(lost), lost[0].Name, lost[0].Value)
	}
	if f.less[index] != f.of(lost).sum {
		c.fault(index, r.signed.Key, verify.FacetDiffers, "it is found by what it does not say")
	}
	return nil
}
