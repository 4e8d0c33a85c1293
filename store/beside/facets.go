package beside

import (
	"context"
	"hash/maphash"

	"countersign/audit"
	"countersign/audit/verify"
)

// facets are compared by sums: for each record that of the hashes of what it must be found by,
// less that of what it is found by, so that the rows may come in any order and need no sorting.
// The hash has a new key in each run, and nobody can choose rows whose sums agree.
type facets struct {
	seed       maphash.Seed
	all, first []uint64 // by index; all of this version's, and those of the first
}

func newFacets(size int64) facets {
	return facets{seed: maphash.MakeSeed(), all: make([]uint64, size), first: make([]uint64, size)}
}

func (f *facets) hash(facet audit.Facet) uint64 { return maphash.Comparable(f.seed, facet) }

// sum is that of all that stand in the table: approvals have a column.
func (f *facets) sum(all []audit.Facet) (sum uint64) {
	for _, one := range all {
		if one.Name != audit.FacetApproval {
			sum += f.hash(one)
		}
	}
	return sum
}

// want notes what a record must be found by.
func (f *facets) want(r row) {
	f.all[r.index] += f.sum(r.signed.Facets())
	f.first[r.index] += f.sum(first(r.signed))
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
		f.all[index] -= f.hash(one)
		f.first[index] -= f.hash(one)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for i := range f.all {
		switch {
		case f.all[i] == 0:
		case f.first[i] == 0:
			c.report.Unproven.Facets++
		default:
			if err := c.differ(ctx, int64(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// differ says what is wrong with what a record is found by.
func (c *checker) differ(ctx context.Context, index int64) error {
	f := &c.facets
	var r row
	var lost []audit.Facet
	if err := c.each(ctx, c.db, "WHERE idx = ?", []any{index}, func(one row) error { r = one; return nil }); err != nil {
		return err
	}
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
	if f.all[index] != f.sum(lost) {
		c.fault(index, r.signed.Key, verify.FacetDiffers, "it is found by what it does not say")
	}
	return nil
}
