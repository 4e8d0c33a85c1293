package sweep

import (
	"context"
	"errors"
	"fmt"

	"countersign"
	"countersign/audit"
	"countersign/audit/booked"
)

// SweepEnds is how settlements of a run have ended, by their records: for those whose word has
// not come.
func (a *Sweeps) SweepEnds(ctx context.Context, in SweepEndsInput) (res SweepEndsResult, err error) {
	for _, id := range in.SettlementIDs {
		end, err := a.end(ctx, id)
		if err != nil {
			return res, failed("read how settlements ended of", in.SweepID, err)
		}
		if end.state.Ended() {
			res.Ends = append(res.Ends, LegEnd{SettlementID: id, State: end.state})
		}
	}
	return res, nil
}

// An ending is how a settlement stands by its records.
type ending struct {
	state   countersign.SettlementState // empty where it was not begun
	effect  *countersign.Effect
	differs bool
	reason  string
	record  int64 // -1 for none
}

// end reads how a settlement stands. A round that was reversed is followed by another, and so may
// be one that was released: what had been given up may happen after all.
func (a *Sweeps) end(ctx context.Context, id string) (ending, error) {
	last := ending{record: -1}
	for round := 1; ; round++ {
		next, err := a.round(ctx, id, round)
		if err != nil {
			return last, err
		}
		if next.state == "" {
			break
		}
		if last = next; last.state.Ended() && last.effect != nil {
			return last, nil
		}
	}
	if last.state != "" {
		return last, nil
	}
	switch entry, err := a.Trail.Find(ctx, countersign.SettlementKey(id, "opened")); {
	case err == nil:
		return ending{state: countersign.SettlementOpening, record: entry.Index}, nil
	case errors.Is(err, audit.ErrNoRecord):
		return last, nil
	default:
		return last, err
	}
}

// round reads one round of a settlement, whose records have the names that package
// activities/settlement gives them: the number from the second on.
func (a *Sweeps) round(ctx context.Context, id string, n int) (ending, error) {
	key := func(what string) string {
		if n > 1 {
			what = fmt.Sprintf("%s/%d", what, n)
		}
		return countersign.SettlementKey(id, what)
	}
	var s booked.Settled
	entry, there, err := a.found(ctx, key("settled"), &s)
	if err != nil {
		return ending{}, err
	}
	if there {
		back, reversed, err := a.found(ctx, key("reversed"), new(booked.Retracted))
		if reversed {
			return ending{state: countersign.SettlementBroadcast, record: back.Index}, err
		}
		return ending{state: s.State, effect: &s.Effect, differs: len(s.Differs) > 0, record: entry.Index}, err
	}
	var r booked.Released
	entry, there, err = a.found(ctx, key("released"), &r)
	if !there || err != nil {
		return ending{}, err
	}
	return ending{state: r.State, reason: r.Reason, record: entry.Index}, nil
}

// found finds a record and reads its body; no error and false where there is none.
func (a *Sweeps) found(ctx context.Context, key string, body any) (audit.Entry, bool, error) {
	entry, err := a.Trail.Find(ctx, key)
	if errors.Is(err, audit.ErrNoRecord) {
		return audit.Entry{}, false, nil
	}
	if err == nil {
		err = entry.Decode(body)
	}
	return entry, err == nil, err
}
