// Package beside holds what a database keeps beside its records against what the records say: the
// columns and facets by which they are found, the times of their spans, the evidence that they
// name, the steps of the ledger that they book, what their decisions take from budgets, and where machines
// are halted.
//
// Package verify shows that the records are those that were signed; nothing here is signed by
// itself, and all of it must follow from them. What does not follow from a record is a fault at
// that record's index, or behind the last record where none can be named.
//
// # Facets of another version
//
// A record is found by what the version that wrote it knew to find records by. One that has
// exactly the facets of the first version is taken for one of an older version, and counted as
// unproven, with the others of its kind; all or nothing, so that who wants to hide a record from
// one filter has to take from it whatever later versions have added, and shows in the count.
// Everything else is a fault. See [first].
package beside

import (
	"context"
	"fmt"

	"countersign/audit/verify"
	"countersign/store/sqldb"
)

// batch is how many things are looked up together.
const batch = 200

// Check compares what stands beside the first size records of a database, and tells the report
// what is wrong. It reads everything once, in bounded pieces, opened side by side: beside what one record names it
// holds 8 bytes for each record and what an hour of each budget holds, of one budget at a time.
// It may run while others append.
func Check(ctx context.Context, db *sqldb.DB, size int64, report *verify.Report) error {
	c := &checker{db: db, size: size, report: report, facets: newFacets(size), good: map[string]bool{}}
	for _, step := range []func(context.Context) error{c.records, c.found, c.booked, c.budgets, c.halted} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("check what stands beside the records: %w", err)
		}
	}
	return nil
}

// A checker is one run.
type checker struct {
	db     *sqldb.DB
	size   int64
	report *verify.Report

	facets facets
	span   span
	spans  []span // that are stored and not compared yet
	good   map[string]bool

	named []named    // evidence that is not looked at yet
	steps []booking  // steps of the ledger
	takes []decision // decisions with budgets
}

func (c *checker) fault(index int64, key string, code verify.FaultCode, format string, args ...any) {
	c.report.Add(verify.Fault{Index: index, Key: key, Code: code, What: fmt.Sprintf(format, args...)})
}

// records reads all records in their order.
func (c *checker) records(ctx context.Context) error {
	err := c.read(ctx, c.db, "WHERE idx >= 0 AND idx < ? ORDER BY idx", []any{c.size}, c.tell, func(r row) error {
		if r.signed.Key == "" {
			return nil // no record: the verifier has said so
		}
		c.columns(r)
		c.facets.less[r.index] += r.told.sum
		if err := c.timed(ctx, r); err != nil {
			return err
		}
		return c.says(ctx, r)
	})
	if err != nil {
		return err
	}
	return c.flush(ctx, 0)
}

// columns compares those by which a record is found. Key and type are compared where the record
// is verified.
func (c *checker) columns(r row) {
	if r.subject != r.signed.Subject || r.seq != r.signed.Seq {
		c.fault(r.index, r.signed.Key, verify.ColumnDiffers, "stored as record %d of %.80q, signed as %d of %.80q", r.seq, r.subject, r.signed.Seq, r.signed.Subject)
	}
	if at := r.signed.At.UnixMicro(); r.at != at {
		c.fault(r.index, r.signed.Key, verify.ColumnDiffers, "stored with the time %d, signed at %d, in microseconds since 1970", r.at, at)
	}
	if r.approval != r.told.approval && r.approval != c.facets.of(first(r.signed)).approval {
		c.fault(r.index, r.signed.Key, verify.ColumnDiffers, "stored under approval %.80q, it is about %.80q", r.approval, r.told.approval)
	}
}

// flush looks up what records have named, once there is more of it than atMost.
func (c *checker) flush(ctx context.Context, atMost int) error {
	for len(c.named) > atMost {
		if err := c.evidence(ctx); err != nil {
			return err
		}
	}
	if len(c.steps) > atMost {
		if err := c.stepsOf(ctx); err != nil {
			return err
		}
	}
	if len(c.takes) > atMost {
		return c.taken(ctx)
	}
	return nil
}
