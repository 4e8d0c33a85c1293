package settlement_test

import (
	"context"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/activities/bookkeeping"
	"countersign/activities/certify"
	"countersign/activities/rescreening"
	steps "countersign/activities/settlement"
	"countersign/audit"
	"countersign/ledger"
	"countersign/ledger/chart"
	"countersign/store"
	"countersign/store/storetest"
	"countersign/worker"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
)

// a site is a settlement's workflow in the test environment over real activities, a real trail
// and real books.
type site struct {
	*testsuite.TestWorkflowEnvironment
	t     testing.TB
	world *world
	trail *flaky
	steps *steps.Settlements
	books ledgerBooks
}

// flaky is a trail that loses bookings, or the answers to them.
type flaky struct {
	*store.Trail
	mu                     sync.Mutex
	loseEffect, loseAnswer map[audit.Type]int
}

func (f *flaky) Book(ctx context.Context, d audit.Draft, b ledger.Booking) (audit.Entry, error) {
	f.mu.Lock()
	effect, answer := f.loseEffect[d.Type], f.loseAnswer[d.Type]
	f.loseEffect[d.Type], f.loseAnswer[d.Type] = max(0, effect-1), max(0, answer-1)
	f.mu.Unlock()
	if effect > 0 {
		return audit.Entry{}, errLost
	}
	e, err := f.Trail.Book(ctx, d, b)
	if answer > 0 {
		return audit.Entry{}, errLost
	}
	return e, err
}

type ledgerBooks interface {
	Total(ctx context.Context, k ledger.Key, at time.Time) (ledger.Total, error)
	Entry(ctx context.Context, id string) ([]ledger.Booked, error)
	Steps(ctx context.Context, since, until time.Time) iter.Seq2[ledger.Booked, error]
}

func newTrail(t testing.TB) *store.Trail {
	t.Helper()
	return storetest.Trail(t, noon)
}

func newSite(t testing.TB) *site {
	t.Helper()
	return newSiteOn(t, newTrail(t))
}

func newSiteOn(t testing.TB, trail *store.Trail) *site {
	t.Helper()
	names, err := chart.New(chart.File{Assets: []chart.Asset{
		{Network: "Net", Asset: ledger.Asset{Code: "ETH", Scale: 18}}, {Network: "Net", Contract: token, Asset: ledger.Asset{Code: "USDC", Scale: 6}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{requests: map[string]countersign.Request{}, approvals: map[string]countersign.Approval{}, effects: map[string]countersign.Effect{}}
	f := &flaky{Trail: trail, loseEffect: map[audit.Type]int{}, loseAnswer: map[audit.Type]int{}}
	now := func() time.Time { return noon }
	deposits := &bookkeeping.Deposits{Chain: w, Custodian: w, Trail: trail, Books: trail.DB.Books(), Chart: names, Now: now}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s := &site{
		TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), t: t, world: w, trail: f, books: trail.DB.Books(),
		steps: &steps.Settlements{
			Requests: w, Custodian: w, Maker: w, Chain: w, Wallets: bookkeeping.Register{Deposits: deposits}, Trail: f, Chart: names, Now: now,
		},
	}
	s.SetTestTimeout(time.Minute)
	s.SetStartTime(noon)
	worker.Register(s, worker.Activities{
		Approvals: &activities.Approvals{}, Events: &activities.Events{}, Reconciler: &activities.Reconciler{}, Screening: &rescreening.Screening{},
		Comparison: &activities.Comparison{}, Deposits: deposits, Completeness: &certify.Completeness{}, Settlements: s.steps,
	})
	return s
}

// holds says what an account has, and what of it is free.
func (s *site) holds(account ledger.Account, asset, balance, free string) {
	s.t.Helper()
	a, err := ledger.ParseAsset(asset)
	if err != nil {
		s.t.Fatal(err)
	}
	total, err := s.books.Total(s.t.Context(), ledger.Key{Account: account, Asset: a}, time.Time{})
	if err != nil || total.Balance().String() != balance || total.Free().String() != free {
		s.t.Errorf("%s has %s of %s, %s free (%v), want %s and %s", account, total.Balance(), asset, total.Free(), err, balance, free)
	}
}

// records are the types of the records about settlements, in their order; the openings of
// wallets' books are left out.
func (s *site) records() (types []audit.Type) {
	s.t.Helper()
	for e, err := range s.trail.DB.Entries(s.t.Context(), store.Filter{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		if e.Record.Lineage != "" && e.Record.Type != "ledger.opened" {
			types = append(types, e.Record.Type)
		}
	}
	return types
}

// issues are what people were asked to look at, sorted.
func (s *site) issues() []string {
	s.t.Helper()
	found := map[string]bool{}
	for e, err := range s.trail.DB.Entries(s.t.Context(), store.Filter{Type: "settlement.escalated"}) {
		if err != nil {
			s.t.Fatal(err)
		}
		found[e.Record.Key] = true
	}
	return slices.Sorted(maps.Keys(found))
}
