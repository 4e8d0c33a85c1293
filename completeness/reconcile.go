package completeness

import (
	"context"
	"fmt"
	"iter"

	"countersign"
	"countersign/audit"
	"countersign/audit/complete"
)

// completed is Temporal's word for a workflow that ended by itself.
const completed = "Completed"

// Closings are the workflows, with how they have ended: Completed, Failed, Canceled, Terminated or
// TimedOut; empty for one that runs and for one that was never there.
type Closings interface {
	Cases
	Ended(ctx context.Context, workflowID string) (how string, err error)
}

// A Doubt is what nobody has an explanation for.
type Doubt struct {
	Item
	// Code is [complete.UnknownDelivery], [complete.EndedEarly] or [complete.Unreadable].
	Code audit.AlarmCode
	// How is how its workflow has ended.
	How string
}

// Reconcile is [Certify] for between the certificates: it asks sources, starts what has no
// workflow, and returns what has one that does not explain it. A request or an approval that the
// custodian holds open although its workflow has ended may have ended there, too, since the list
// was read: read it again before anybody is told.
func Reconcile(ctx context.Context, w Window, sources []Source, cases Closings, beat func(done int)) ([]complete.Count, []Doubt, error) {
	var noted []Item
	note := func(it Item) {
		if it.Open != "" || it.Stray || it.Unreadable != nil {
			noted = append(noted, it)
		}
	}
	c, err := Certify(ctx, w, Noted(sources, note), cases, Progress{}, func(p Progress) { beat(p.Done) })
	if err != nil {
		return c.Sources, nil, err
	}
	var doubts []Doubt
	told := map[string]bool{}
	for _, it := range noted {
		name := it.Workflow
		if it.Unreadable != nil {
			name = it.Unreadable.Name()
		}
		if told[name] {
			continue
		}
		told[name] = true
		d, doubtful, err := doubt(ctx, it, cases)
		if err != nil {
			return c.Sources, doubts, err
		}
		if doubtful {
			doubts = append(doubts, d)
		}
	}
	return c.Sources, doubts, nil
}

// doubt holds an item against its workflow.
func doubt(ctx context.Context, it Item, cases Closings) (Doubt, bool, error) {
	if it.Unreadable != nil {
		return Doubt{Item: it, Code: complete.Unreadable}, true, nil
	}
	if it.Stray {
		return Doubt{Item: it, Code: complete.UnknownDelivery}, true, nil
	}
	how, err := cases.Ended(ctx, it.Workflow)
	if err != nil {
		return Doubt{}, false, fmt.Errorf("ask how workflow %s has ended: %w", it.Workflow, err)
	}
	// What was sent is followed on its chain, and the custodian may be the last to hear of its
	// end: a workflow that has ended by itself has said on the trail how.
	if how == "" || how == completed && it.Open == string(countersign.RequestBroadcast) {
		return Doubt{}, false, nil
	}
	return Doubt{Item: it, Code: complete.EndedEarly, How: how}, true, nil
}

// Noted are sources whose items are told to note as they go by.
func Noted(sources []Source, note func(Item)) []Source {
	noting := make([]Source, len(sources))
	for i, s := range sources {
		noting[i] = noter{s, note}
	}
	return noting
}

// A noter tells of what it passes on.
type noter struct {
	Source
	note func(Item)
}

// Items are those of the source.
func (n noter) Items(ctx context.Context, w Window) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for it, err := range n.Source.Items(ctx, w) {
			if err == nil {
				n.note(it)
			}
			if !yield(it, err) {
				return
			}
		}
	}
}
