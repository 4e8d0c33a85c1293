package beside

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"countersign/audit/verify"
	"countersign/ledger"
)

// clockSlack is how far two readings of the clock of one transaction may lie apart, the wrong
// way round too: clocks are set while processes run.
const clockSlack = time.Minute

// A step is a row of the ledger.
type step struct {
	seq, at                        int64
	entry, record, lineage, digest string
	state, memo, postings          string
}

const stepColumns = "SELECT seq, entry, state, at, record_key, lineage, memo, postings FROM ledger_steps "

// readSteps yields the steps that a condition picks, each with the digest of what it says now.
func (c *checker) readSteps(ctx context.Context, where string, args []any, do func(step)) error {
	rows, err := c.db.QueryContext(ctx, c.db.Text(stepColumns+where), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s step
		if err := rows.Scan(&s.seq, &s.entry, &s.state, &s.at, &s.record, &s.lineage, &s.memo, &s.postings); err != nil {
			return err
		}
		said := ledger.Step{ID: s.entry, State: ledger.State(s.state), Memo: s.memo}
		if json.Unmarshal([]byte(s.postings), &said.Postings) == nil {
			s.digest = said.Digest()
		}
		do(s)
	}
	return rows.Err()
}

// stepsOf looks for the steps that records name.
func (c *checker) stepsOf(ctx context.Context) error {
	wanted := c.steps
	c.steps = nil
	there := map[string]bool{}
	for len(wanted) > 0 {
		some := wanted[:min(len(wanted), batch)]
		wanted = wanted[len(some):]
		clear(there)
		var entries []any
		for _, b := range some {
			entries = append(entries, b.entry)
		}
		err := c.readSteps(ctx, "WHERE entry IN (?"+strings.Repeat(", ?", len(entries)-1)+")", entries, func(s step) { there[s.entry+" "+s.digest] = true })
		if err != nil {
			return err
		}
		for _, b := range some {
			if !there[b.entry+" "+b.digest] {
				c.fault(b.index, b.key, verify.StepMissing, "the step %.64s of entry %.80q that it books is not in the ledger", b.digest, b.entry)
			}
		}
	}
	return nil
}

// booked looks at all steps in their order: each must be named by its record.
func (c *checker) booked(ctx context.Context) error {
	var last, at int64
	for {
		var some []step
		err := c.readSteps(ctx, "WHERE seq > ? ORDER BY seq LIMIT ?", []any{last, batch}, func(s step) { some = append(some, s) })
		if err != nil || len(some) == 0 {
			return err
		}
		records, err := c.byKey(ctx, some)
		if err != nil {
			return err
		}
		for _, s := range some {
			c.explained(s, records[s.record], at)
			last, at = s.seq, max(at, s.at)
		}
	}
}

// byKey finds the records that steps name.
func (c *checker) byKey(ctx context.Context, steps []step) (map[string]row, error) {
	var keys []any
	for _, s := range steps {
		keys = append(keys, s.record)
	}
	found := map[string]row{}
	err := c.each(ctx, c.db, "WHERE record_key IN (?"+strings.Repeat(", ?", len(keys)-1)+")", keys, func(r row) error {
		found[r.key] = r
		return nil
	})
	return found, err
}

// explained compares a step with its record; before is the time of the step in front of it.
func (c *checker) explained(s step, r row, before int64) {
	if r.signed.Key == "" || r.signed.Key != s.record {
		c.fault(c.size, s.record, verify.StepUnexplained, "step %d of the ledger, of entry %.80q, names a record that is not there", s.seq, s.entry)
		return
	}
	said := false
	for _, b := range bookings(r.signed.Body) {
		said = said || b.entry == s.entry && b.digest == s.digest
	}
	signed := r.signed.At.UnixMicro()
	switch {
	case !said:
		c.fault(r.index, r.signed.Key, verify.StepUnexplained, "step %d of the ledger, %s of entry %.80q, is none that it books", s.seq, s.state, s.entry)
	case s.lineage != r.signed.Lineage:
		c.fault(r.index, r.signed.Key, verify.StepDiffers, "step %d of the ledger belongs to %.80q, the record to %.80q", s.seq, s.lineage, r.signed.Lineage)
	case s.at < before || s.at > max(before, signed+clockSlack.Microseconds()) || s.at < signed-clockSlack.Microseconds():
		c.fault(r.index, r.signed.Key, verify.StepDiffers, "step %d of the ledger is booked at %d, its record was signed at %d, in microseconds since 1970", s.seq, s.at, signed)
	}
}
