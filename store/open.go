package store

import (
	"context"
	"fmt"
	"iter"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/store/find"
)

// OpenApprovals yields the IDs of the approvals that an approver has decided and that
// have not ended, as far as the trail knows, in the order of their bytes. It trusts the
// columns: who acts on an ID reads its records through [Trail.Find].
//
// It holds a connection, and on SQLite a snapshot, until the walk ends.
func (db *DB) OpenApprovals(ctx context.Context, approver string) iter.Seq2[string, error] {
	order := "decided.approval" // SQLite compares bytes
	if db.postgres {
		order += ` COLLATE "C"` // and PostgreSQL as its locale says, unless told
	}
	return func(yield func(string, error) bool) {
		rows, err := db.sql.QueryContext(ctx, db.query(`SELECT decided.approval, decided.record_key FROM records AS decided
			WHERE decided.type = ? AND decided.approval <> '' AND NOT EXISTS
				(SELECT 1 FROM records AS ended WHERE ended.approval = decided.approval AND ended.approval <> '' AND ended.type = ?)
			ORDER BY `+order), string(audit.DecisionIntent), string(audit.ApprovalOutcome))
		if err != nil {
			yield("", fmt.Errorf("read open approvals: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var id, key string
			if err := rows.Scan(&id, &key); err != nil {
				yield("", fmt.Errorf("read open approvals: %w", err))
				return
			}
			if key == countersign.DecisionKey(id, approver) && !yield(id, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield("", fmt.Errorf("read open approvals: %w", err))
		}
	}
}

// Unposted yields the approvals that an approver approved or rejected in since <= t <
// until, and for which no record says what became of it at the custodian, oldest first.
func (t *Trail) Unposted(ctx context.Context, approver string, since, until time.Time) iter.Seq2[string, error] {
	db := t.DB
	return func(yield func(string, error) bool) {
		rows, err := db.sql.QueryContext(ctx, db.query(`SELECT decided.approval, decided.record_key FROM records AS decided
			WHERE decided.type = ? AND decided.at >= ? AND decided.at < ?
			AND EXISTS (SELECT 1 FROM facets AS f WHERE f.name = ? AND f.value IN (?, ?) AND f.idx = decided.idx)
			AND NOT EXISTS (SELECT 1 FROM records AS post WHERE post.approval = decided.approval AND post.approval <> '' AND post.type = ?)
			ORDER BY decided.idx`), string(audit.DecisionIntent), since.UnixMicro(), until.UnixMicro(),
			audit.FacetDecision, string(countersign.Approve), string(countersign.Reject), string(audit.DecisionOutcome))
		if err != nil {
			yield("", fmt.Errorf("read unposted decisions: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var id, key string
			if err := rows.Scan(&id, &key); err != nil {
				yield("", fmt.Errorf("read unposted decisions: %w", err))
				return
			}
			if key == countersign.DecisionKey(id, approver) && !yield(id, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield("", fmt.Errorf("read unposted decisions: %w", err))
		}
	}
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
