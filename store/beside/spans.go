package beside

import (
	"context"

	"countersign/audit/tree"
	"countersign/audit/verify"
)

// A span is when the records under a full tile of leaves were signed, in microseconds since 1970.
type span struct{ n, first, last int64 }

// timed compares the spans, by which records of some time are looked for.
func (c *checker) timed(ctx context.Context, r row) error {
	at := r.signed.At.UnixMicro()
	if r.index%tree.TileWidth == 0 {
		c.span = span{n: r.index / tree.TileWidth, first: at, last: at}
	}
	c.span.first, c.span.last = min(c.span.first, at), max(c.span.last, at)
	if r.index%tree.TileWidth != tree.TileWidth-1 {
		return nil
	}
	if len(c.spans) == 0 {
		if err := c.readSpans(ctx, c.span.n); err != nil {
			return err
		}
	}
	if len(c.spans) == 0 || c.spans[0].n != c.span.n {
		c.fault(c.span.n*tree.TileWidth, "", verify.SpanDiffers, "the times of the %d records from here on are not stored", tree.TileWidth)
		return nil
	}
	if c.spans[0] != c.span {
		c.fault(c.span.n*tree.TileWidth, "", verify.SpanDiffers, "the %d records from here on were signed between %d and %d, in microseconds since 1970, and are looked for between %d and %d",
			tree.TileWidth, c.span.first, c.span.last, c.spans[0].first, c.spans[0].last)
	}
	c.spans = c.spans[1:]
	return nil
}

// readSpans reads the next of them.
func (c *checker) readSpans(ctx context.Context, from int64) error {
	rows, err := c.db.QueryContext(ctx, c.db.Text("SELECT n, first, last FROM spans WHERE n >= ? ORDER BY n LIMIT ?"), from, batch)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s span
		if err := rows.Scan(&s.n, &s.first, &s.last); err != nil {
			return err
		}
		c.spans = append(c.spans, s)
	}
	return rows.Err()
}
