package store

import (
	"context"
	"fmt"
	"iter"
	"time"

	"countersign/audit"
	"countersign/store/find"
)

// OpenApprovals is [find.OpenApprovals] of this database.
func (db *DB) OpenApprovals(ctx context.Context, approver string) iter.Seq2[string, error] {
	return find.OpenApprovals(ctx, db.sql, approver)
}

// Unposted is [find.Unposted] of the trail's database.
func (t *Trail) Unposted(ctx context.Context, approver string, since, until time.Time) iter.Seq2[string, error] {
	return find.Unposted(ctx, t.DB.sql, approver, since, until)
}

// OpenApprovals is [DB.OpenApprovals].
func (t *Trail) OpenApprovals(ctx context.Context, approver string) iter.Seq2[string, error] {
	return t.DB.OpenApprovals(ctx, approver)
}

// Latest returns the newest record of a type by this signer's subject, opened as
// [Trail.Find] does, or [audit.ErrNoRecord].
func (t *Trail) Latest(ctx context.Context, kind audit.Type) (audit.Entry, error) {
	return t.LatestUnder(ctx, kind, "")
}

// LatestUnder is [Trail.Latest] among the records whose keys begin with prefix.
func (t *Trail) LatestUnder(ctx context.Context, kind audit.Type, prefix string) (audit.Entry, error) {
	for e, err := range find.Where(ctx, t.DB.sql, t.DB.sql, "WHERE type = ? AND subject = ? AND substr(record_key, 1, ?) = ? ORDER BY idx DESC LIMIT 1",
		string(kind), t.Signer.Subject, len(prefix), prefix) {
		if err != nil {
			return audit.Entry{}, err
		}
		if e, err = t.open(ctx, e, e.Record.Key); err != nil {
			return audit.Entry{}, err
		}
		if e.Record.Type != kind {
			return audit.Entry{}, fmt.Errorf("record %d: %w: signed as %s, kept as %s", e.Index, audit.ErrForged, e.Record.Type, kind)
		}
		return e, nil
	}
	return audit.Entry{}, fmt.Errorf("%w: none of type %s", audit.ErrNoRecord, kind)
}

// Began is when the first record of the trail was signed, or [audit.ErrNoRecord].
func (t *Trail) Began(ctx context.Context) (time.Time, error) {
	for e, err := range t.DB.Entries(ctx, Filter{Limit: 1}) {
		if err == nil {
			e, err = t.DB.Open(ctx, e)
		}
		return e.Record.At, err
	}
	return time.Time{}, fmt.Errorf("%w: the trail is empty", audit.ErrNoRecord)
}
