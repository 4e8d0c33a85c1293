package dfns

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"countersign"
	"countersign/custody/dfns/activity"
	"countersign/custody/dfns/snapshot"
)

// A Custodian speaks the vocabulary of package countersign to DFNS.
type Custodian struct {
	// Client calls the API. Required.
	Client *Client
	// UserID is our service account's own user ID, "us-…". With it a refused vote
	// can be told from one that we cast before; without it, an open approval that
	// refuses our vote with 403 is [countersign.ErrDenied].
	UserID string
}

// Name is the custodian's name in events and records.
func (c Custodian) Name() string { return "dfns" }

// Approval reads an approval afresh. An answer about it that cannot be read, or that two
// readers could read differently, is [countersign.ErrUnreadable]: no machine may decide on it.
func (c Custodian) Approval(ctx context.Context, id string) (countersign.Approval, error) {
	a, err := c.Client.Approval(ctx, id)
	if err != nil {
		return countersign.Approval{}, fmt.Errorf("reading approval %s: %w", id, err)
	}
	return vocabulary(a)
}

// WalletByID reads a wallet.
func (c Custodian) WalletByID(ctx context.Context, id string) (countersign.Wallet, error) {
	w, err := c.Client.Wallet(ctx, id)
	if err == nil && w.ID != id {
		err = fmt.Errorf("dfns: asked for %s, answered with wallet %q", id, w.ID)
	}
	if err != nil {
		return countersign.Wallet{}, fmt.Errorf("reading wallet %s: %w", id, err)
	}
	return countersign.Wallet{ID: w.ID, Network: w.Network, Address: w.Address, Name: w.Name, Tags: w.Tags}, nil
}

// Holdings reads what a wallet has. What is not in the list is nothing.
func (c Custodian) Holdings(ctx context.Context, walletID string) ([]countersign.Holding, error) {
	assets, err := c.Client.Assets(ctx, walletID)
	if err != nil {
		return nil, fmt.Errorf("reading the assets of %s: %w", walletID, err)
	}
	return activity.Holdings(assets)
}

// Pending walks the IDs of the approvals that take decisions. It looks at IDs
// alone, so an approval that nobody can read is still known to be waiting. One without an ID
// is a [countersign.UnreadableError], and the walk goes on; other errors end it.
func (c Custodian) Pending(ctx context.Context) iter.Seq2[string, error] {
	id := func(raw json.RawMessage) (string, error) {
		u := countersign.Unreadable("approval", raw, errNoID)
		if u.ID == "" {
			return "", u
		}
		return u.ID, nil
	}
	return list(ctx, c.Client, "/v2/policy-approvals", ApprovalFilter{Status: StatusPending}.query(), id)
}

var errNoID = errors.New("dfns: list of approvals: an item without an ID")

// Vote posts v, which must be Approve or Reject, with a reason that is cut at
// [MaxReason] characters.
//
// A vote that is refused is looked into by reading the approval again:
// [countersign.ErrAlreadyVoted] when our word stands there, or DFNS says so;
// [countersign.ErrNotPending] when it takes no more; [countersign.ErrDenied] when
// it does but not from us. After any other error the vote may have counted.
func (c Custodian) Vote(ctx context.Context, approvalID string, v countersign.Verdict, reason string) (countersign.Receipt, error) {
	value, ok := map[countersign.Verdict]string{countersign.Approve: ValueApproved, countersign.Reject: ValueDenied}[v]
	if !ok {
		return countersign.Receipt{}, fmt.Errorf("voting on %s: verdict %q is no vote: only approve and reject are posted", approvalID, v)
	}
	a, proof, err := c.Client.Decide(ctx, approvalID, value, reason)
	if err != nil {
		return countersign.Receipt{}, fmt.Errorf("voting %s on %s: %w", v, approvalID, c.refused(ctx, approvalID, err))
	}
	sum := sha256.Sum256(a.Raw)
	return countersign.Receipt{AnswerDigest: hex.EncodeToString(sum[:]), Status: status(a.Status), Proof: proof}, nil
}

// refused gives a refused vote its meaning in the vocabulary.
func (c Custodian) refused(ctx context.Context, approvalID string, cause error) error {
	var e *Error
	if !errors.As(cause, &e) || !e.decision() {
		return cause
	}
	switch e.Status {
	case http.StatusForbidden, http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity:
	default:
		return cause
	}
	a, err := c.Approval(ctx, approvalID)
	_, voted := a.VoteOf(c.UserID)
	switch {
	case err == nil && c.UserID != "" && voted:
		return fmt.Errorf("%w: %w", countersign.ErrAlreadyVoted, cause)
	case err == nil && a.Status.Final():
		return fmt.Errorf("%w: %w", countersign.ErrNotPending, cause)
	case err == nil && e.Status == http.StatusForbidden:
		return fmt.Errorf("%w: %w", countersign.ErrDenied, cause)
	case e.Status == http.StatusForbidden:
		return errors.Join(cause, err)
	}
	return cause // 409, 412 and 422 say by themselves what they mean
}

// vocabulary translates an approval.
func vocabulary(a Approval) (countersign.Approval, error) {
	bound, err := snapshot.Of(a.Raw)
	if err != nil {
		return countersign.Approval{}, fmt.Errorf("approval %s: %w", a.ID, err)
	}
	out := countersign.Approval{
		ID: a.ID, InitiatorID: a.InitiatorID, Status: status(a.Status),
		Activity:  activity.Read(a.Activity),
		CreatedAt: a.DateCreated.UTC(), ExpiresAt: a.ExpirationDate.UTC(), ResolvedAt: a.DateResolved.UTC(),
		Snapshot: bound,
	}
	for _, p := range a.PolicyEvaluations {
		if p.Triggered {
			out.Policies = append(out.Policies, p.PolicyID)
		}
	}
	for _, d := range a.Decisions {
		out.Votes = append(out.Votes, countersign.Vote{
			UserID: d.UserID, Verdict: verdict(d.Value), Reason: d.Reason, At: d.Date.UTC(), Raw: d.Raw,
		})
	}
	return out, nil
}

// status keeps statuses that we do not know, in lower case; they are not final.
func status(s string) countersign.ApprovalStatus {
	return countersign.ApprovalStatus(strings.ToLower(s))
}

// verdict keeps values that we do not know, in lower case; they are no verdict.
func verdict(value string) countersign.Verdict {
	switch value {
	case ValueApproved:
		return countersign.Approve
	case ValueDenied:
		return countersign.Reject
	}
	return countersign.Verdict(strings.ToLower(value))
}
