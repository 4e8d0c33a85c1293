package dfns

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"countersign"
)

// VotedBy walks the approvals that a user has voted on and that were created, changed,
// resolved or voted on by that user at since or later; a zero since takes all. They come
// in DFNS's order.
//
// DFNS's filter approverId means a user who may vote, so who has voted is told by the
// decisions. The order of the list is not documented and it knows no dates, so it is
// always read to its end. An approval that two readers could read differently, or that
// cannot be read at all, is a [countersign.UnreadableError] whoever voted on it, and the walk
// goes on; other errors end it.
func (c Custodian) VotedBy(ctx context.Context, userID string, since time.Time) iter.Seq2[countersign.Approval, error] {
	return func(yield func(countersign.Approval, error) bool) {
		if err := countersign.CheckID(userID); err != nil {
			yield(countersign.Approval{}, fmt.Errorf("listing votes: user: %w", err))
			return
		}
		filter := ApprovalFilter{ApproverID: userID}
		for a, err := range list(ctx, c.Client, "/v2/policy-approvals", filter.query(), readable) {
			if err == nil && !a.votedBy(userID, since) {
				continue
			}
			var out countersign.Approval
			if err == nil {
				out, err = vocabulary(a)
			}
			if err != nil {
				err = fmt.Errorf("listing the votes of %s: %w", userID, err)
			}
			if !yield(out, err) {
				return
			}
		}
	}
}

// readable decodes an approval of a list; one that cannot be is for people to look at.
func readable(raw json.RawMessage) (Approval, error) {
	a, err := decodeApproval(raw)
	if err != nil {
		err = countersign.Unreadable("approval", raw, err)
	}
	return a, err
}

// votedBy reports whether the user has voted, on an approval that is as young as since.
// One whose dates are all missing is young: nobody can say that it is old.
func (a Approval) votedBy(userID string, since time.Time) bool {
	dates, voted := []time.Time{a.DateCreated, a.DateUpdated, a.DateResolved}, false
	for _, d := range a.Decisions {
		if d.UserID == userID {
			dates, voted = append(dates, d.Date), true
		}
	}
	newest := slices.MaxFunc(dates, time.Time.Compare)
	return voted && (newest.IsZero() || !newest.Before(since))
}
