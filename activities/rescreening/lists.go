// Package rescreening keeps screening lists fresh, and looks again at what is still open when
// they have changed.
//
// It tells, and never changes a decision: what was posted cannot be taken back, and what was
// not is screened again before it is. As in package activities, each effect has a name that
// comes from the business, so that asking twice is asking once.
package rescreening

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"countersign"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/screened"
	"countersign/screening"
)

// Screening keeps screening lists fresh and looks again at what is still open when they
// have changed. It tells; it never changes a decision.
//
// Its methods are idempotent: a refresh on the run of its workflow, a screening of an
// approval on the approval, the lists and what was found.
type Screening struct {
	// Screener is that of the rules. Nil where nothing is screened: then nothing changes.
	Screener Screener
	Trail    OpenTrail
	// Approver is the service account's user ID at the custodian.
	Approver string
	// Now is the clock.
	Now func() time.Time

	mu     sync.Mutex
	caught string // the lists that this process has tried to catch up with
}

// A Screener looks addresses up in lists that it can read again. screening.Screener is
// the real one; its comments say what each method promises.
type Screener interface {
	Screen(ctx context.Context, queries []screening.Query) screening.Report
	Refresh(ctx context.Context) (changed []string, err error)
	Lists() []screening.ListInfo
}

// An OpenTrail knows which approvals are open. store.Trail is the real one.
type OpenTrail interface {
	Find(ctx context.Context, key string) (audit.Entry, error)
	Append(ctx context.Context, d audit.Draft) (audit.Entry, error)
	Evidence(ctx context.Context, digest string) ([]byte, error)
	// Latest is the newest record of a type.
	Latest(ctx context.Context, kind audit.Type) (audit.Entry, error)
	// OpenApprovals yields what approver has decided and has not ended, in the order of
	// the IDs' bytes.
	OpenApprovals(ctx context.Context, approver string) iter.Seq2[string, error]
}

// RefreshListsInput names the run that asks.
type RefreshListsInput struct {
	Run string `json:"run"`
}

// RefreshListsResult says what is in force.
type RefreshListsResult struct {
	// Changed names the lists that are others than when it was last recorded. Without
	// any, nothing was recorded.
	Changed []string `json:"changed,omitempty"`
	// Failed names the lists that could not be read; they stay as they were.
	Failed []string        `json:"failed,omitempty"`
	Lists  []screened.List `json:"lists,omitempty"`
}

// RefreshLists reads every list again and records what has changed since it was last
// recorded, by whatever process: when a worker has died between reading and recording,
// the next one finds the change. A list that cannot be read is as it was last recorded.
func (a *Screening) RefreshLists(ctx context.Context, in RefreshListsInput) (RefreshListsResult, error) {
	if err := countersign.CheckID(in.Run); err != nil {
		return RefreshListsResult{}, wire.Error(fmt.Errorf("refresh lists: run: %w", err))
	}
	if a.Screener == nil {
		return RefreshListsResult{}, nil
	}
	_, _ = a.Screener.Refresh(ctx) // what failed stands in the state of the lists
	if err := ctx.Err(); err != nil {
		return RefreshListsResult{}, err
	}
	held := a.Screener.Lists()
	told, err := a.recorded(ctx, in.Run, held)
	if err != nil {
		return RefreshListsResult{}, wire.Error(fmt.Errorf("refresh lists: %w", err))
	}
	return RefreshListsResult{Changed: told.Changed, Lists: told.Lists, Failed: failing(held)}, nil
}

// recorded is what stands on the trail for a run. When nothing does and the lists are
// others than those recorded last, it is recorded now; when they are the same, nothing
// is, and nothing has changed.
func (a *Screening) recorded(ctx context.Context, run string, held []screening.ListInfo) (told screened.Refreshed, err error) {
	key := countersign.RefreshKey(run)
	entry, err := a.Trail.Find(ctx, key)
	if errors.Is(err, audit.ErrNoRecord) {
		var before screened.Refreshed
		if before, err = a.recordedLast(ctx); err != nil {
			return told, err
		}
		told.Lists = inForce(held, before.Lists)
		told.Changed, told.Workflow = differing(before.Lists, told.Lists), wire.Here(ctx)
		if len(told.Changed) == 0 {
			return told, nil
		}
		entry, err = a.Trail.Append(ctx, audit.Draft{Key: key, Type: screened.ListsRefreshed, Body: told, Retold: true})
	}
	if err != nil {
		return told, err
	}
	told = screened.Refreshed{}
	return told, entry.Decode(&told)
}

// recordedLast is the newest record of lists, zero when there is none.
func (a *Screening) recordedLast(ctx context.Context) (last screened.Refreshed, err error) {
	entry, err := a.Trail.Latest(ctx, screened.ListsRefreshed)
	if errors.Is(err, audit.ErrNoRecord) {
		return last, nil
	}
	if err != nil {
		return last, err
	}
	return last, entry.Decode(&last)
}

// inForce are the lists that are held. For one whose refresh failed another worker may
// know better: it is what was recorded last.
func inForce(held []screening.ListInfo, before []screened.List) (lists []screened.List) {
	for _, l := range held {
		known := slices.IndexFunc(before, func(b screened.List) bool { return b.Name == l.Name })
		switch {
		case l.Error != "" && known >= 0:
			lists = append(lists, before[known])
		case l.Digest != "":
			lists = append(lists, screened.List{Name: l.Name, Version: l.Version, Digest: l.Digest, Entries: l.Entries})
		}
	}
	return lists
}

// differing names the lists that are new, others or gone.
func differing(before, now []screened.List) (names []string) {
	digestIn := func(lists []screened.List, name string) string {
		for _, l := range lists {
			if l.Name == name {
				return l.Digest
			}
		}
		return ""
	}
	for _, l := range now {
		if digestIn(before, l.Name) != l.Digest {
			names = append(names, l.Name)
		}
	}
	for _, l := range before {
		if digestIn(now, l.Name) == "" {
			names = append(names, l.Name)
		}
	}
	return names
}

// failing names the lists that could not be read.
func failing(held []screening.ListInfo) (names []string) {
	for _, l := range held {
		if l.Error != "" {
			names = append(names, l.Name)
		}
	}
	return names
}

// OpenApprovalsInput asks for a page of what is open.
type OpenApprovalsInput struct {
	// After is the last ID of the page before; empty for the first.
	After string `json:"after,omitempty"`
	Limit int    `json:"limit"`
}

// OpenApprovalsResult is a page.
type OpenApprovalsResult struct {
	IDs []string `json:"ids,omitempty"`
	// More is true when there is another page.
	More bool `json:"more,omitempty"`
}

// ListOpenApprovals returns the open approvals after one, in the order of their IDs. One
// that ends or begins meanwhile may be missing and shifts no other.
func (a *Screening) ListOpenApprovals(ctx context.Context, in OpenApprovalsInput) (OpenApprovalsResult, error) {
	var res OpenApprovalsResult
	for id, err := range a.Trail.OpenApprovals(ctx, a.Approver) {
		switch {
		case err != nil:
			return OpenApprovalsResult{}, wire.Error(fmt.Errorf("list open approvals: %w", err))
		case id <= in.After:
			continue
		case len(res.IDs) >= in.Limit:
			res.More = true
			return res, nil
		}
		res.IDs = append(res.IDs, id)
	}
	return res, nil
}
