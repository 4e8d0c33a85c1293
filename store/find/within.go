package find

import (
	"context"
	"math"

	"countersign/audit/tree"
	"countersign/store/sqldb"
)

// spanWidth is how many records a span is of: those of a full tile of leaves.
const spanWidth = int64(tree.TileWidth)

// KeepSpan notes when the records under the nth full tile of leaves were signed, in the
// transaction that fills it. An index on the time of each would cost every append; this
// costs one row in 256 records.
func KeepSpan(n int64) sqldb.Statement {
	return sqldb.Statement{
		Text: "INSERT INTO spans (n, first, last) SELECT CAST(? AS BIGINT), MIN(at), MAX(at) FROM records WHERE idx >= ? AND idx < ?",
		Args: []any{n, n * spanWidth, (n + 1) * spanWidth},
	}
}

// within narrows a query of some time to the indexes that can hold what was signed then.
// Records are almost in the order of their times, and what is not is found all the same:
// the spans say what each holds, and what is in none yet is looked at.
func within(ctx context.Context, db *sqldb.DB, q Query) (Query, error) {
	if q.Since.IsZero() && q.Until.IsZero() {
		return q, nil
	}
	since, until := int64(0), int64(math.MaxInt64)
	if !q.Since.IsZero() {
		since = q.Since.UnixMicro()
	}
	if !q.Until.IsZero() {
		until = q.Until.UnixMicro()
	}
	var tail, low, high int64
	err := db.QueryRowContext(ctx, db.Text(`SELECT (SELECT COALESCE(MAX(n) + 1, 0) FROM spans), COALESCE(MIN(n), -1), COALESCE(MAX(n), -1)
		FROM spans WHERE last >= ? AND first < ?`), since, until).Scan(&tail, &low, &high)
	if err != nil {
		return q, err
	}
	inTail, err := Number(ctx, db, "SELECT COUNT(*) FROM records WHERE idx >= ? AND at >= ? AND at < ?", tail*spanWidth, since, until)
	if err != nil {
		return q, err
	}
	from, before := low*spanWidth, (high+1)*spanWidth
	switch {
	case low < 0 && inTail == 0:
		from, before = math.MaxInt64, math.MaxInt64 // nothing was signed then
	case low < 0:
		from, before = tail*spanWidth, 0
	case inTail > 0:
		before = 0
	}
	q.From = max(q.From, from)
	if before > 0 && (q.Before == 0 || before < q.Before) {
		q.Before = before
	}
	return q, nil
}
