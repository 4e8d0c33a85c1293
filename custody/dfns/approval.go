package dfns

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"countersign"
	"countersign/strictjson"
)

// Approval statuses (dfns.md §4.4).
const (
	StatusPending  = "Pending"
	StatusApproved = "Approved"
	StatusDenied   = "Denied"
	StatusExpired  = "Expired"
)

// Values of a decision (dfns.md §4.5). There is no third: who abstains is silent.
const (
	ValueApproved = "Approved"
	ValueDenied   = "Denied"
)

// MaxReason is the longest reason that is posted, in characters; ours, as DFNS
// documents none.
const MaxReason = 1000

// An Approval is what DFNS holds until its approvers have spoken (dfns.md §4.4).
type Approval struct {
	ID          string `json:"id"`
	InitiatorID string `json:"initiatorId"`
	Status      string `json:"status"`
	// Activity is what is asked, verbatim: an object whose "kind" says which
	// other member it has.
	Activity json.RawMessage `json:"activity"`
	// The dates are zero where DFNS gave none: an approval may never expire.
	ExpirationDate time.Time `json:"expirationDate"`
	DateCreated    time.Time `json:"dateCreated"`
	DateUpdated    time.Time `json:"dateUpdated"`
	DateResolved   time.Time `json:"dateResolved"`

	PolicyEvaluations []PolicyEvaluation `json:"policyEvaluations"`
	Decisions         []ApprovalDecision `json:"decisions"`
	// Raw is the approval as it came. It has passed [strictjson.Check]: every
	// reader sees the same in it.
	Raw json.RawMessage `json:"-"`
}

// A PolicyEvaluation says whether a policy holds the request.
type PolicyEvaluation struct {
	PolicyID  string `json:"policyId"`
	Triggered bool   `json:"triggered"`
	Reason    string `json:"reason"`
}

// An ApprovalDecision is one approver's vote.
type ApprovalDecision struct {
	UserID string    `json:"userId"`
	Date   time.Time `json:"date"`
	Reason string    `json:"reason"`
	Value  string    `json:"value"`
	// Raw is the decision as it came.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the bytes beside what they say.
func (d *ApprovalDecision) UnmarshalJSON(b []byte) error {
	type plain ApprovalDecision // has no UnmarshalJSON of its own
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	*d = ApprovalDecision(p)
	d.Raw = bytes.Clone(b)
	return nil
}

// An ApprovalFilter narrows a list; what is empty does not narrow.
type ApprovalFilter struct {
	Status, InitiatorID, ApproverID string
	// Limit is the size of a page; zero leaves it to DFNS (20).
	Limit int
}

func (f ApprovalFilter) query() url.Values {
	v := query("status", f.Status, "initiatorId", f.InitiatorID, "approverId", f.ApproverID)
	if f.Limit > 0 {
		v.Set("limit", strconv.Itoa(f.Limit))
	}
	return v
}

// Approval reads one approval. JSON that two readers could read differently is
// refused with [strictjson.ErrRefused]; that and a member of another type than it should have
// are a [countersign.UnreadableError].
func (c *Client) Approval(ctx context.Context, id string) (Approval, error) {
	path, err := approvalPath(id)
	if err != nil {
		return Approval{}, err
	}
	var raw json.RawMessage
	if err := c.get(ctx, path, &raw); err != nil {
		return Approval{}, err
	}
	return expect(id)(raw)
}

// Approvals walks all approvals that pass the filter. One that is refused or
// cannot be decoded is an error, and the walk goes on; other errors end it.
func (c *Client) Approvals(ctx context.Context, f ApprovalFilter) iter.Seq2[Approval, error] {
	return list(ctx, c, "/v2/policy-approvals", f.query(), decodeApproval)
}

// Decide posts a vote, once, and returns the approval as it stands then with the
// proof that DFNS demanded. After an error the vote may have counted all the
// same: read the approval before trying again.
func (c *Client) Decide(ctx context.Context, id, value, reason string) (Approval, countersign.UserAction, error) {
	path, err := approvalPath(id)
	if err != nil {
		return Approval{}, countersign.UserAction{}, err
	}
	body := struct {
		Value  string `json:"value"`
		Reason string `json:"reason,omitempty"`
	}{value, clip(reason, MaxReason)}
	answer, proof, err := c.signed(ctx, http.MethodPost, path+"/decisions", body)
	if err != nil {
		return Approval{}, countersign.UserAction{}, err
	}
	a, err := expect(id)(answer)
	if err != nil {
		return Approval{}, countersign.UserAction{}, fmt.Errorf("after the vote was posted: %w", err)
	}
	return a, proof, nil
}

func approvalPath(id string) (string, error) {
	if err := countersign.CheckID(id); err != nil {
		return "", fmt.Errorf("approval: %w", err)
	}
	return "/v2/policy-approvals/" + url.PathEscape(id), nil
}

// expect decodes the approval that was asked for, and no other.
func expect(id string) func(json.RawMessage) (Approval, error) {
	return func(raw json.RawMessage) (Approval, error) {
		a, err := decodeApproval(raw)
		if err != nil {
			u := countersign.Unreadable("approval", raw, err)
			if u.ID == id || errors.Is(err, strictjson.ErrRefused) {
				return Approval{}, u
			}
			// What is not even about this approval may be anything, and is asked for again: its
			// reason must not pass for one that no other try can cure.
			return Approval{}, fmt.Errorf("dfns: asked for approval %s, was answered with something else: %v", id, err) //nolint:errorlint // see above
		}
		if a.ID != id {
			return Approval{}, fmt.Errorf("dfns: asked for approval %s, was answered with %q", id, clip(a.ID, 64))
		}
		return a, nil
	}
}

func decodeApproval(raw json.RawMessage) (Approval, error) {
	a := Approval{Raw: raw}
	if err := strictjson.Unmarshal(raw, &a); err != nil {
		return Approval{}, fmt.Errorf("dfns: approval: %w", err)
	}
	if err := countersign.CheckID(a.ID); err != nil {
		return Approval{}, fmt.Errorf("dfns: approval: id: %w", err)
	}
	return a, nil
}
