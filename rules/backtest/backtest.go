package backtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"countersign"
	"countersign/audit"
	"countersign/rules"
	"countersign/rules/services"
)

// Fetch returns recorded evidence by its SHA-256; store.DB.Evidence is the real one.
type Fetch func(digest string) ([]byte, error)

// A Test is a book and what it is tried on.
type Test struct {
	Book rules.Decider
	// Entries is the trail, in order. It is believed: package verify checks it.
	Entries iter.Seq2[audit.Entry, error]
	// Fetch may be called by many at once.
	Fetch Fetch
	// From and Until bound what is reported, by the time of the record: From <= t <
	// Until; zero for no bound. What is before From only fills the budgets.
	From, Until time.Time
	// Timeout bounds one run of the rules; zero means a second.
	Timeout time.Duration
	// Workers is how many decide at once; zero means one for each processor.
	Workers int
}

// batch is how many decisions are tried at once, between two looks at the budgets.
const batch = 512

// Run tries the book on the whole trail.
func Run(ctx context.Context, t Test) (Report, error) {
	r := &run{Test: t, report: newReport(), pots: newPots(), tried: map[string]*try{}}
	if r.Timeout <= 0 {
		r.Timeout = time.Second
	}
	if r.Workers <= 0 {
		r.Workers = runtime.GOMAXPROCS(0)
	}
	about := t.Book.About()
	r.report.Book, r.report.Version, r.report.Digest = about.Name, about.Version, about.Digest
	for e, err := range t.Entries {
		if err != nil {
			return r.report, fmt.Errorf("read the trail: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return r.report, err
		}
		switch {
		case !t.Until.IsZero() && !e.Record.At.Before(t.Until) && e.Record.Type == audit.DecisionIntent:
			continue // its outcome is of no interest either
		case e.Record.Type == audit.DecisionIntent, e.Record.Type == audit.ApprovalOutcome:
			r.entries = append(r.entries, e)
		}
		if len(r.entries) == batch {
			if err := r.flush(ctx); err != nil {
				return r.report, err
			}
		}
	}
	if err := r.flush(ctx); err != nil {
		return r.report, err
	}
	for _, t := range r.tried { // no outcome yet
		r.report.add(t, "")
	}
	return r.report, nil
}

type run struct {
	Test
	report  Report
	pots    *pots
	entries []audit.Entry
	tried   map[string]*try // by the leaf hash of the decision, until its outcome
}

// flush decides what was collected, many at once, and then keeps the books in the order
// of the trail.
func (r *run) flush(ctx context.Context) error {
	tries := make([]*try, len(r.entries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(r.Workers)
	for i, e := range r.entries {
		if e.Record.Type == audit.DecisionIntent {
			group.Go(func() (err error) {
				tries[i], err = r.try(ctx, e)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, e := range r.entries {
		if t := tries[i]; t != nil {
			t.result.Decision = r.pots.decide(e.LeafHash, t.result.At, t.result.Decision, t.result.Claims)
			r.tried[e.LeafHash] = t
			continue
		}
		var body audit.Resolution
		if err := e.Decode(&body); err != nil {
			return err
		}
		r.pots.end(body.Intent, body.Outcome.Status == countersign.StatusApproved)
		if t := r.tried[body.Intent]; t != nil {
			r.report.add(t, body.Outcome.Status)
			delete(r.tried, body.Intent)
		}
	}
	r.entries = r.entries[:0]
	return nil
}

// try asks the book about one recorded decision.
func (r *run) try(ctx context.Context, e audit.Entry) (*try, error) {
	t := &try{reported: r.From.IsZero() || !e.Record.At.Before(r.From)}
	if err := e.Decode(&t.intent); err != nil {
		return nil, err
	}
	at := askedAt(t.intent, e.Record.At)
	t.result = rules.Result{Decision: t.intent.Decision, At: at}
	if t.gap = beforeRules[t.intent.Decision.Code]; t.gap != "" {
		return t, nil
	}
	evidence, err := load(t.intent.Evidence, r.Fetch)
	var recorded *services.Tape
	if err == nil {
		recorded, err = tape(t.intent, evidence, r.Fetch)
	}
	if errors.Is(err, audit.ErrNoRecord) || errors.Is(err, audit.ErrForged) {
		t.gap = EvidenceLost
		return t, nil
	}
	if err != nil {
		return nil, err
	}
	a, err := approval(t.intent, evidence)
	if err != nil {
		t.gap = NotRecorded
		return t, nil //nolint:nilerr // a gap in the record is a finding, not a failure
	}
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	desk := services.Replay(recorded, a, at)
	t.result = rules.At(ctx, r.Book, a, desk)
	if desk.Missing() {
		t.gap = NotAsked
	}
	return t, nil
}
