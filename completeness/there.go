package completeness

import (
	"context"
	"fmt"
	"slices"

	"countersign/audit/complete"

	"golang.org/x/sync/errgroup"
)

// Items are looked for in groups, each by a few at once: one after the other, a day's webhooks
// would take as many round trips.
const (
	atOnce  = 8
	inGroup = 16 * atOnce
)

// Progress is how far a certificate has come: one that is tried again counts what an earlier try
// has started as repaired, and not as seen.
type Progress struct {
	// Done is how many items were looked for, Repaired the workflows that were started, the first
	// ten thousand.
	Done     int      `json:"done"`
	Repaired []string `json:"repaired,omitempty"`
}

const maxRepaired = 10_000

// there is which workflows are there.
type there struct {
	cases    Cases
	known    map[string]bool // those that were found, true if late, or started: another source need not ask again
	earlier  map[string]bool // those that an earlier try has started, until they are counted
	progress Progress
	tell     func(Progress)
}

// one counts one source.
func (t *there) one(ctx context.Context, w Window, s Source, count *complete.Count) error {
	asked, named := map[string]bool{}, map[string]bool{}
	var group []Item
	flush := func() error {
		err := t.look(ctx, group, count)
		group = group[:0]
		clear(named)
		return err
	}
	for item, broken := range s.Items(ctx, w) {
		if broken == nil && item.Unreadable != nil {
			if name := item.Unreadable.Name(); !asked[name] {
				asked[name] = true
				count.Unreadable++
				Name(&count.UnreadableItems, fmt.Sprintf("%s: %v", name, item.Unreadable.Err))
			}
			continue
		}
		if broken == nil && item.Workflow == "" {
			t.tell(t.progress)
			if item.Remark != nil {
				item.Remark(count)
			}
			continue
		}
		if broken == nil && asked[item.Workflow] {
			continue
		}
		ids := item.names()
		// What starts one item may be what another is known by: they are not asked for at once.
		if broken != nil || len(group) == inGroup || slices.ContainsFunc(ids, func(id string) bool { return named[id] }) {
			if err := flush(); err != nil {
				return err
			}
		}
		if broken != nil {
			return broken
		}
		asked[item.Workflow] = true
		for _, id := range ids {
			named[id] = true
		}
		group = append(group, item)
	}
	return flush()
}

// names are all IDs that an item may be answered under, each once.
func (i Item) names() (ids []string) {
	for _, id := range append([]string{i.Workflow}, i.Also...) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// A found is what has become of one item.
type found struct {
	as      string // the ID that it is known by; empty where it was not
	late    bool   // it was started by us and by no webhook
	refused error  // it could not be started
	err     error  // it could not be asked for
}

// look finds or starts a group and counts it, in the order of its items, up to the first that
// could not be asked for.
func (t *there) look(ctx context.Context, group []Item, count *complete.Count) error {
	results := make([]found, len(group))
	var all errgroup.Group
	all.SetLimit(atOnce)
	for i, item := range group {
		all.Go(func() error {
			results[i] = t.find(ctx, item)
			return nil
		})
	}
	_ = all.Wait() // each has its own error
	defer func() { t.tell(t.progress) }()
	for i, r := range results { // what was started is told, whatever comes before it
		if r.as == "" && r.err == nil && r.refused == nil && len(t.progress.Repaired) < maxRepaired {
			t.progress.Repaired = append(t.progress.Repaired, group[i].Workflow)
		}
	}
	for i, r := range results {
		id := group[i].Workflow
		t.progress.Done++
		count.Expected++
		switch {
		case r.err != nil:
			return r.err
		case r.as == id && t.earlier[id]:
			delete(t.earlier, id)
			t.repaired(count, id)
		case r.as != "":
			count.Seen++
			if t.known[r.as] = r.late; r.late {
				count.Late++
			}
		case r.refused != nil:
			count.Missing++
			Name(&count.MissingWorkflows, id+": "+r.refused.Error())
		default:
			t.repaired(count, id)
		}
		if group[i].Remark != nil {
			group[i].Remark(count)
		}
	}
	return nil
}

func (t *there) repaired(count *complete.Count, id string) {
	count.Repaired++
	t.known[id] = false
	Name(&count.RepairedWorkflows, id)
}

// find looks for the workflow of an item under each of its names, once, and starts it where it is
// under none.
func (t *there) find(ctx context.Context, item Item) found {
	for _, id := range item.names() {
		if late, there := t.known[id]; there {
			return found{as: id, late: late}
		}
		known, late, err := t.cases.Known(ctx, id)
		if err != nil {
			return found{err: fmt.Errorf("ask for workflow %s: %w", id, err)}
		}
		if known {
			return found{as: id, late: late}
		}
	}
	return found{refused: t.cases.Start(ctx, item.Event)}
}
