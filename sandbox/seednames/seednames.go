// Package seednames is what DFNS's page on workflows shows and its API lacks, so that the
// page's code runs as printed: the value Abstain and a list of decisions here, and in package
// webhook another name of the signature's header, an ID that all attempts of a delivery
// share, and plural event kinds. It is off unless asked for (`sandbox serve --seed-names`):
// none of it works with the real DFNS.
package seednames

import (
	"slices"
	"strings"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/gate"
)

// Abstain is the value of a decision that leaves the approval to others.
const Abstain = "Abstain"

// Value returns the decision that the page's word stands for: approve, reject and abstain,
// however capitalised. Any other word is returned as it is.
func Value(word string) string {
	switch strings.ToLower(word) {
	case "approve":
		return gate.Approved
	case "reject":
		return gate.Denied
	case "abstain":
		return Abstain
	}
	return word
}

// Decision is an item of the page's list of decisions.
type Decision struct {
	ID         string    `json:"id"` // of its entry in the log of signed actions, uj-…
	ApprovalID string    `json:"approvalId"`
	ApproverID string    `json:"approverId"` // us-…
	Decision   string    `json:"decision"`   // Approve, Reject or Abstain
	Reason     *string   `json:"reason"`     // null when none was given, or the decision is Abstain
	Signature  string    `json:"signature"`  // base64url, over the client data of the entry
	Timestamp  dfns.Time `json:"timestamp"`
}

// Decisions lists what the log entries say was decided, in their order. Approvals are looked
// up by find. An approver's vote is the last that he signed of an approval; what he signed
// before it, or without a vote, was abstaining.
func Decisions(entries []auth.Entry, find func(id string) (gate.Approval, error)) ([]Decision, error) {
	found := []Decision{}
	later := map[string]bool{} // approver and approval of an entry that comes after
	for i := len(entries) - 1; i >= 0; i-- {
		e := entries[i]
		id, ok := approvalOf(e.Action)
		if !ok {
			continue
		}
		approval, err := find(id)
		if err != nil {
			return nil, err
		}
		d := Decision{ID: e.ID, ApprovalID: id, ApproverID: e.UserID, Decision: Abstain,
			Signature: e.FirstFactor.Assertion.Signature, Timestamp: e.DatePerformed}
		if key := e.UserID + "/" + id; !later[key] {
			later[key] = true
			d.vote(approval)
		}
		found = append(found, d)
	}
	slices.Reverse(found)
	return found, nil
}

// vote fills in what the approver decided, if he did.
func (d *Decision) vote(approval gate.Approval) {
	for _, cast := range approval.Decisions {
		if cast.UserID != d.ApproverID {
			continue
		}
		d.Decision, d.Reason = "Approve", cast.Reason
		if cast.Value == gate.Denied {
			d.Decision = "Reject"
		}
	}
}

// approvalOf returns the approval that a signed action decided on.
func approvalOf(action string) (string, bool) {
	rest, ok := strings.CutPrefix(action, "POST /v2/policy-approvals/")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, "/decisions")
}

// Span reads the page's dateFrom and dateTo: days such as 2026-05-01, of which the last is
// included whole, or RFC 3339 times. Absent ones leave the span open.
func Span(from, to string) (start, end time.Time, err error) {
	start, end = time.Unix(0, 0), time.Unix(1<<40, 0)
	if from != "" {
		if start, _, err = moment(from); err != nil {
			return start, end, dfns.BadRequest("dateFrom %q must be a day such as 2026-05-01, or a time", from)
		}
	}
	if to != "" {
		var day bool
		if end, day, err = moment(to); err != nil {
			return start, end, dfns.BadRequest("dateTo %q must be a day such as 2026-05-31, or a time", to)
		}
		if day {
			end = end.AddDate(0, 0, 1).Add(-time.Millisecond)
		}
	}
	return start, end, nil
}

func moment(text string) (t time.Time, day bool, err error) {
	if t, err = time.Parse(time.DateOnly, text); err == nil {
		return t, true, nil
	}
	t, err = time.Parse(time.RFC3339, text)
	return t, false, err
}
