// Package reconciling finds, every few minutes and between the certificates, what has no
// workflow although it should, and has it started; and what has one that does not explain how it
// stands, which is an alarm.
//
// It is cheap, and so it does not see everything at once: it asks for lists of the whole
// organisation where the custodian has them, and for a few wallets and pages at a time where not.
// A certificate of every hour and day asks for all of it (package certify).
package reconciling

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/complete"
	"countersign/completeness"

	"go.temporal.io/sdk/activity"
)

// Lists are the custodian's, as sources. sources.Recent of package completeness is the real one.
type Lists interface {
	// Waiting is the approvals that wait, with what each would send.
	Waiting() completeness.Source
	// Failed is deliveries that have failed, from a cursor on. When its items have been read,
	// next says where to go on, or nothing where that was all.
	Failed(cursor string) (s completeness.Source, next func() string)
	// Moved is what came in on chains; out says, when its items have been read, which wallets
	// have sent something.
	Moved() (s completeness.Source, out func() []string)
	// Requests is what was asked of some wallets.
	Requests(walletIDs []string) completeness.Source
	// Wallets are at most n wallets from a cursor on, and where to go on.
	Wallets(ctx context.Context, cursor string, n int) (completeness.Wallets, error)
}

// A Custodian reads approvals and requests afresh.
type Custodian interface {
	Approval(ctx context.Context, id string) (countersign.Approval, error)
	Request(ctx context.Context, ref countersign.RequestRef) (countersign.Request, error)
}

// An Opener starts the workflow of a wallet whose books have not begun. Asked for one that was
// started before, running or closed, it starts nothing and reports false.
type Opener interface {
	StartOpening(ctx context.Context, w countersign.Wallet) (started bool, err error)
	// OpeningID is the workflow's ID.
	OpeningID(w countersign.Wallet) string
}

// A Trail keeps records.
type Trail interface {
	Find(ctx context.Context, key string) (audit.Entry, error)
	Append(ctx context.Context, d audit.Draft) (audit.Entry, error)
}

// Reconciliation starts what is missing. It is idempotent: a case is one workflow, and an alarm
// is raised once about a thing.
type Reconciliation struct {
	Lists     Lists
	Cases     completeness.Closings
	Openings  Opener
	Custodian Custodian
	Trail     Trail
	Now       func() time.Time
}

const (
	// young is how old something must be: the webhook of what is younger may be on its way.
	young = 20 * time.Second
	// again is how much of what was asked for is asked for again: lists of what happened on
	// chains may be late.
	again = 10 * time.Minute
	// recent is how far back lists are read that cannot be asked for since a time. The
	// custodian tries a webhook for a day.
	recent = 25 * time.Hour
	// first is how far back the first run looks.
	first = time.Hour
	// Budget is how many wallets of the list are looked at in one run, and at most how many
	// more that have sent something.
	Budget = 100
)

// Found is what a step of a run has found.
type Found struct {
	// Expected are the workflows that there should be, Seen those of them that were there,
	// Repaired those that were started now and Missing those that could not be.
	Expected int `json:"expected"`
	Seen     int `json:"seen"`
	Repaired int `json:"repaired"`
	Missing  int `json:"missing"`
	// Unreadable is what the lists have and nobody can read: each is an alarm.
	Unreadable int `json:"unreadable,omitempty"`
	// Started and Alarms name workflows and records, the first hundred of each.
	Started []string `json:"started,omitempty"`
	Alarms  []string `json:"alarms,omitempty"`
	// Unknown says what could not be asked. The next run asks again, and a certificate says
	// it on the trail if that lasts.
	Unknown []string `json:"unknown,omitempty"`
}

// maxNamed bounds the names in a result, which is kept in the workflow's history.
const maxNamed = 100

func name(names *[]string, s string) {
	if len(*names) < maxNamed {
		*names = append(*names, s)
	}
}

// reconcile asks sources about a window and explains what it can. It reports whether all of
// them could be asked.
func (r *Reconciliation) reconcile(ctx context.Context, w completeness.Window, found *Found, sources ...completeness.Source) (all bool, err error) {
	counts, doubts, err := completeness.Reconcile(ctx, w, sources, r.Cases, func(done int) { beat(ctx, done) })
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	all = err == nil
	if err != nil {
		name(&found.Unknown, err.Error())
	}
	for _, c := range counts {
		found.Expected += c.Expected
		found.Seen += c.Seen
		found.Repaired += c.Repaired
		found.Missing += c.Missing
		for _, id := range c.RepairedWorkflows {
			name(&found.Started, id)
		}
		for _, id := range c.MissingWorkflows {
			name(&found.Unknown, c.Source+": not started: "+id)
		}
		found.Unreadable += c.Unreadable
		if c.Unknown != "" {
			all = false
			name(&found.Unknown, c.Source+": "+c.Unknown)
		}
	}
	for _, d := range doubts {
		if err := r.explain(ctx, d, found); err != nil {
			return false, err
		}
	}
	return all, nil
}

func beat(ctx context.Context, done int) {
	if activity.IsActivity(ctx) {
		activity.RecordHeartbeat(ctx, done)
	}
}

// explain raises an alarm about a doubt, unless it is gone when it is read afresh.
func (r *Reconciliation) explain(ctx context.Context, d completeness.Doubt, found *Found) error {
	if d.Unreadable != nil {
		return r.unreadable(ctx, d.Unreadable, found)
	}
	if d.Code == complete.UnknownDelivery {
		kind := string(d.Event.Kind)
		return r.alarm(ctx, d.Code, thing(kind), audit.Alarm{
			What: fmt.Sprintf("the custodian could not deliver webhook %.80s of kind %.80q, which nobody knows; its workflow %s has recorded it", d.Event.ID, kind, d.Workflow),
		}, d.Event, found)
	}
	ref, isRequest := requestOf(d.Event)
	var status string
	var err error
	if isRequest {
		var now countersign.Request
		now, err = r.Custodian.Request(ctx, ref)
		status = string(now.Status)
	} else {
		var now countersign.Approval
		now, err = r.Custodian.Approval(ctx, d.Event.Subject)
		status = string(now.Status)
	}
	switch {
	case errors.Is(err, countersign.ErrNotFound):
		return nil // the next run hears of it, if it is still in a list
	case err != nil && !errors.Is(err, countersign.ErrUnreadable):
		if ctx.Err() == nil {
			name(&found.Unknown, fmt.Sprintf("%s: %v", d.Workflow, err))
		}
		return ctx.Err()
	case err == nil && status != d.Open:
		return nil // it has gone on since the list was read
	}
	body := audit.Alarm{What: fmt.Sprintf("the custodian says %s, and workflow %s has ended there: %s", d.Open, d.Workflow, d.How)}
	if isRequest {
		body.SettlementID = strings.TrimPrefix(d.Workflow, countersign.SettlementLineage(""))
	} else {
		body.ApprovalID = d.Event.Subject
	}
	return r.alarm(ctx, d.Code, d.Workflow, body, d.Event, found)
}

// requestOf is the request that an event tells of, if it tells of one.
func requestOf(e countersign.Event) (countersign.RequestRef, bool) {
	for word, kind := range map[string]countersign.RequestKind{
		"wallet.transfer.": countersign.TransferRequest, "wallet.transaction.": countersign.TransactionRequest,
	} {
		if strings.HasPrefix(string(e.Kind), word) {
			return countersign.RequestRef{Kind: kind, WalletID: e.WalletID, ID: e.Subject}, true
		}
	}
	return countersign.RequestRef{}, false
}
