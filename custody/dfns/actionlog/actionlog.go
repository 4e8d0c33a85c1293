// Package actionlog finds, in the log of signed actions that DFNS keeps, how another approver
// proved their vote.
//
// The log has a list and an entry for each action. The list only says where to look; what was
// signed, and by whom, is believed of the entry alone.
package actionlog

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"countersign"
	"countersign/custody/dfns"
)

const (
	// around is how far from a vote its signed action is looked for, either way. DFNS
	// stamps the action when it is performed and the vote when it is counted: two dates
	// of one request by one platform, so seconds apart at most. Two minutes forgive a
	// slow request and clocks that differ, and keep the list short.
	around = 2 * time.Minute
	// maxCandidates is how many entries of the log are read for one vote. A user votes
	// once on an approval, so more than one or two are not expected.
	maxCandidates = 5
)

// A Log is the log of signed actions of an organisation.
type Log struct {
	// Client calls the API, for an account with the permission Auth:Logs:Read.
	Client *dfns.Client
}

// Assertion looks up how another approver proved their vote v on an approval: the
// credential, client data and signature that DFNS keeps of each signed action, with its
// own JSON of that action. The list of actions only says where to look; an action is the
// vote's when its own entry says that it was this user's POST of a decision on this
// approval. The signature is not checked here: whoever judges the evidence must, with a
// public key they trust.
//
// It needs the permission Auth:Logs:Read; without it the error is
// [countersign.ErrDenied]. There is no such action, or DFNS keeps no signature of it:
// [countersign.ErrNotFound]. Answers that say it in more than one way, or in none that we
// know, are [countersign.ErrUnreadable]. Other errors are the line's.
func (l Log) Assertion(ctx context.Context, approvalID string, v countersign.Vote) (countersign.Assertion, []byte, error) {
	e, err := l.signedVote(ctx, approvalID, v)
	if err == nil {
		err = e.provable()
	}
	var answer *dfns.Error
	if errors.As(err, &answer) && answer.Status == http.StatusForbidden {
		err = fmt.Errorf("%w: grant the permission Auth:Logs:Read to our service account", err)
	}
	if err != nil {
		return countersign.Assertion{}, nil, fmt.Errorf("looking for the signature of %s's vote on %s: %w", v.UserID, approvalID, err)
	}
	f := e.FirstFactor
	return countersign.Assertion{
		ActionID: e.ID, CredentialID: f.ID,
		ClientData: f.Assertion.ClientData, AuthenticatorData: f.Assertion.AuthenticatorData, Signature: f.Assertion.Signature,
	}, e.Raw, nil
}

// signedVote finds the one entry of the log that is the vote.
func (l Log) signedVote(ctx context.Context, approvalID string, v countersign.Vote) (entry, error) {
	err := countersign.CheckID(approvalID)
	if err == nil {
		err = countersign.CheckID(v.UserID)
	}
	if err == nil && v.At.IsZero() {
		err = fmt.Errorf("%w: the vote has no date to look around", countersign.ErrUnreadable)
	}
	if err != nil {
		return entry{}, err
	}
	lines, err := l.list(ctx, v.At.Add(-around), v.At.Add(around), v.UserID)
	if err != nil {
		return entry{}, err
	}
	ids := candidates(lines, approvalID, v.UserID)
	if len(ids) > maxCandidates {
		return entry{}, fmt.Errorf("%w: %d actions may be the vote, at most %d are read", countersign.ErrUnreadable, len(ids), maxCandidates)
	}
	var entries []entry
	for _, id := range ids {
		e, err := l.entry(ctx, id)
		if err != nil {
			return entry{}, err
		}
		if e.UserID == v.UserID && (e.DatePerformed.IsZero() || e.DatePerformed.Sub(v.At).Abs() <= around+time.Second) {
			entries = append(entries, e)
		}
	}
	return decision(entries, "/v2/policy-approvals/"+url.PathEscape(approvalID)+"/decisions")
}

// decision is the one entry that is a POST to path.
func decision(entries []entry, path string) (entry, error) {
	var found, odd []entry
	for _, e := range entries {
		switch method, called, ok := e.call(); {
		case !ok:
			odd = append(odd, e)
		case called == path && (method == http.MethodPost || method == ""):
			found = append(found, e)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return entry{}, fmt.Errorf("%w: actions %s and %s may both be the vote", countersign.ErrUnreadable, found[0].ID, found[1].ID)
	case len(odd) > 0:
		return entry{}, fmt.Errorf("%w: action %s is told as %.100q, not as a call", countersign.ErrUnreadable, odd[0].ID, odd[0].Action)
	}
	return entry{}, fmt.Errorf("%w: no action within %s of the vote is the vote", countersign.ErrNotFound, around)
}

// candidates are the IDs of rows that may be the vote, each once: those that tell of the
// approval, or all where rows tell nothing.
func candidates(lines []line, approvalID, userID string) (ids []string) {
	for _, row := range lines {
		named := slices.ContainsFunc(row.about, func(s string) bool { return strings.Contains(s, approvalID) })
		if (named || row.about == nil) && (row.userID == "" || row.userID == userID) && !slices.Contains(ids, row.id) {
			ids = append(ids, row.id)
		}
	}
	return ids
}

// provable checks that an entry holds a signature that somebody could verify.
func (e entry) provable() error {
	a := e.FirstFactor.Assertion
	if a == nil {
		return fmt.Errorf("%w: action %s was recorded without a signature", countersign.ErrNotFound, e.ID)
	}
	if e.FirstFactor.ID == "" || a.ClientData == "" || a.Signature == "" || e.FirstFactor.Kind == "Fido2" && a.AuthenticatorData == "" {
		return fmt.Errorf("%w: action %s lacks a part of its signature", countersign.ErrUnreadable, e.ID)
	}
	for name, text := range map[string]string{"clientData": a.ClientData, "authenticatorData": a.AuthenticatorData, "signature": a.Signature} {
		if _, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "=")); err != nil || strings.ContainsAny(text, "\r\n") {
			return fmt.Errorf("%w: action %s: %s is not base64url", countersign.ErrUnreadable, e.ID, name)
		}
	}
	return nil
}
