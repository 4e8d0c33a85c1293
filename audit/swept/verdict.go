package swept

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"countersign"
	"countersign/audit"
)

// ErrVerdict means that nothing is to be judged: the run has no plan, or needs no approval, or
// has ended. The text says which.
var ErrVerdict = errors.New("there is nothing to approve or to decline")

// A Trail takes verdicts.
type Trail interface {
	Reader
	Append(ctx context.Context, d audit.Draft) (audit.Entry, error)
}

// maxReason bounds a person's words, in bytes.
const maxReason = 1000

// Decide puts a person's word on the plan of a run onto the trail: approved or declined. The first
// word stands: it is what is returned, whoever asks later for another one. It fails with
// [ErrVerdict], and with [countersign.ErrInvalid] without a name or a reason.
func Decide(ctx context.Context, t Trail, sweepID string, approve bool, by, reason string) (Verdict, audit.Entry, error) {
	by, reason = strings.TrimSpace(by), strings.TrimSpace(reason)
	for _, f := range []struct{ name, text string }{{"by", by}, {"reason", reason}} {
		if f.text == "" || len(f.text) > maxReason {
			return Verdict{}, audit.Entry{}, fmt.Errorf("%w: %s: %d bytes, want 1 to %d", countersign.ErrInvalid, f.name, len(f.text), maxReason)
		}
	}
	if v, e, err := FindVerdict(ctx, t, sweepID); err == nil || !errors.Is(err, audit.ErrNoRecord) {
		return v, e, err
	}
	p, plan, err := FindPlan(ctx, t, sweepID)
	if errors.Is(err, audit.ErrNoRecord) {
		err = fmt.Errorf("%w: %s has no plan: look at the ID, or wait until it is made", ErrVerdict, sweepID)
	}
	if err != nil {
		return Verdict{}, audit.Entry{}, err
	}
	if !p.Run.Order.Approval {
		return Verdict{}, plan, fmt.Errorf("%w: the order of %s asks for no approval, it moves by itself", ErrVerdict, sweepID)
	}
	switch _, _, err := FindReport(ctx, t, sweepID); {
	case err == nil:
		return Verdict{}, plan, fmt.Errorf("%w: %s has ended: see its report", ErrVerdict, sweepID)
	case !errors.Is(err, audit.ErrNoRecord):
		return Verdict{}, plan, err
	}
	kind := SweepDeclined
	if approve {
		kind = SweepApproved
	}
	_, err = t.Append(ctx, audit.Draft{
		Key: verdictKey(sweepID), Type: kind, Lineage: sweepID, Retold: true,
		Body: Verdict{SweepID: sweepID, Network: p.Network, By: by, Reason: reason, Plan: plan.Index, Contents: p.Contents},
	})
	if err != nil {
		return Verdict{}, audit.Entry{}, err
	}
	// Another may have been faster: what stands is the word.
	return FindVerdict(ctx, t, sweepID)
}

// FindVerdict finds a person's word on a run; [audit.ErrNoRecord] while there is none. Its
// record's type says which word it is.
func FindVerdict(ctx context.Context, r Reader, sweepID string) (Verdict, audit.Entry, error) {
	return found[Verdict](ctx, r, verdictKey(sweepID), SweepApproved, SweepDeclined)
}
