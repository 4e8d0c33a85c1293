package swept

import (
	"context"
	"fmt"

	"countersign/audit"
)

// DraftReport is a report as it goes onto the trail, with what came of each move. The body's
// digest of the results is filled in.
func DraftReport(body Closed, results []Result) (audit.Draft, error) {
	var c Contents
	var kept pieces
	var err error
	if c.Results, err = split(&kept, results); err != nil {
		return audit.Draft{}, err
	}
	if body.Contents, err = kept.add(c); err != nil {
		return audit.Draft{}, err
	}
	return audit.Draft{Key: closedKey(body.SweepID), Type: SweepClosed, Lineage: body.SweepID, Body: body, Retold: true, Evidence: kept.evidence}, nil
}

// FindReport finds the record of a run's report; [audit.ErrNoRecord] where there is none.
func FindReport(ctx context.Context, r Reader, sweepID string) (Closed, audit.Entry, error) {
	return found[Closed](ctx, r, closedKey(sweepID), SweepClosed)
}

// ReadReport reads a run's report, and what came of each move, in the plan's order.
func ReadReport(ctx context.Context, r Reader, sweepID string) (c Closed, results []Result, e audit.Entry, err error) {
	c, e, err = FindReport(ctx, r, sweepID)
	if err != nil {
		return c, nil, e, err
	}
	in, err := contents(ctx, r, c.Contents)
	if err == nil {
		results, err = chunks[Result](ctx, r, in.Results)
	}
	if err == nil && len(results) != c.Planned {
		err = fmt.Errorf("%w: record %d counts otherwise than its chunks", audit.ErrForged, e.Index)
	}
	if err != nil {
		return c, nil, e, fmt.Errorf("read the report of %s: %w", sweepID, err)
	}
	return c, results, e, nil
}
