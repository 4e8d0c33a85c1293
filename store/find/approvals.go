package find

import (
	"context"
	"fmt"
	"iter"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/store/sqldb"
)

// OpenApprovals yields the IDs of the approvals that an approver has decided and that
// have not ended, as far as the trail knows, in the order of their bytes. It trusts the
// columns: who acts on an ID reads its records and opens them.
//
// It holds a connection, and on SQLite a snapshot, until the walk ends.
func OpenApprovals(ctx context.Context, db *sqldb.DB, approver string) iter.Seq2[string, error] {
	order := "decided.approval" // SQLite compares bytes
	if db.Postgres {
		order += ` COLLATE "C"` // and PostgreSQL as its locale says, unless told
	}
	return decidedBy(ctx, db, approver, "open approvals", `SELECT decided.approval, decided.record_key FROM records AS decided
			WHERE decided.type = ? AND decided.approval <> '' AND NOT EXISTS
				(SELECT 1 FROM records AS ended WHERE ended.approval = decided.approval AND ended.approval <> '' AND ended.type = ?)
			ORDER BY `+order, string(audit.DecisionIntent), string(audit.ApprovalOutcome))
}

// Unposted yields the approvals that an approver approved or rejected in since <= t <
// until, and for which no record says what became of it at the custodian, oldest first.
func Unposted(ctx context.Context, db *sqldb.DB, approver string, since, until time.Time) iter.Seq2[string, error] {
	return decidedBy(ctx, db, approver, "unposted decisions", `SELECT decided.approval, decided.record_key FROM records AS decided
			WHERE decided.type = ? AND decided.at >= ? AND decided.at < ?
			AND EXISTS (SELECT 1 FROM facets AS f WHERE f.name = ? AND f.value IN (?, ?) AND f.idx = decided.idx)
			AND NOT EXISTS (SELECT 1 FROM records AS post WHERE post.approval = decided.approval AND post.approval <> '' AND post.type = ?)
			ORDER BY decided.idx`, string(audit.DecisionIntent), since.UnixMicro(), until.UnixMicro(),
		audit.FacetDecision, string(countersign.Approve), string(countersign.Reject), string(audit.DecisionOutcome))
}

// decidedBy yields the approvals of a SELECT of approvals and the keys of their decisions,
// as far as an approver has made those.
func decidedBy(ctx context.Context, db *sqldb.DB, approver, what, query string, args ...any) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		rows, err := db.QueryContext(ctx, db.Text(query), args...)
		if err != nil {
			yield("", fmt.Errorf("read %s: %w", what, err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var id, key string
			if err := rows.Scan(&id, &key); err != nil {
				yield("", fmt.Errorf("read %s: %w", what, err))
				return
			}
			if key == countersign.DecisionKey(id, approver) && !yield(id, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield("", fmt.Errorf("read %s: %w", what, err))
		}
	}
}
