package find

import (
	"context"
	"iter"
	"time"

	"countersign/audit"
	"countersign/store/sqldb"
)

// A Filter picks records. The zero Filter picks all.
type Filter struct {
	Type     audit.Type
	Approval string
	// From is the first index wanted, To the first not wanted, and Limit the most records;
	// 0 means no limit.
	From, To int64
	Limit    int
	// Since and Until bound the time of signing: Since <= t < Until.
	Since, Until time.Time
}

// Entries yields what f picks of a database in the order of the log. It reads one after the other
// and never holds them all.
func Entries(ctx context.Context, db *sqldb.DB, f Filter) iter.Seq2[audit.Entry, error] {
	where, args := "WHERE idx >= ?", []any{f.From}
	add := func(cond string, arg any) { where += " AND " + cond; args = append(args, arg) }
	if f.Type != "" {
		add("type = ?", string(f.Type))
	}
	if f.Approval != "" {
		add("approval = ?", f.Approval)
	}
	if f.To > 0 {
		add("idx < ?", f.To)
	}
	if !f.Since.IsZero() {
		add("at >= ?", f.Since.UnixMicro())
	}
	if !f.Until.IsZero() {
		add("at < ?", f.Until.UnixMicro())
	}
	where += " ORDER BY idx"
	if f.Limit > 0 {
		where += " LIMIT ?"
		args = append(args, f.Limit)
	}
	return Where(ctx, db, db, where, args...)
}
