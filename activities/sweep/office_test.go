package sweep_test

import (
	"context"
	"path/filepath"
	"testing"

	"countersign"
	"countersign/activities/bookkeeping"
	steps "countersign/activities/sweep"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/ledger"
	"countersign/store"
	"countersign/store/storetest"
	"countersign/sweep"
)

// trail is a real one that can fail.
type trail struct {
	*store.Trail
	crash *crash
}

func (t trail) Find(ctx context.Context, key string) (audit.Entry, error) {
	if err := t.crash.before(); err != nil {
		return audit.Entry{}, err
	}
	return t.Trail.Find(ctx, key)
}

func (t trail) Append(ctx context.Context, d audit.Draft) (audit.Entry, error) {
	if err := t.crash.before(); err != nil {
		return audit.Entry{}, err
	}
	e, err := t.Trail.Append(ctx, d)
	if err == nil {
		err = t.crash.behind()
	}
	return e, err
}

func (t trail) Evidence(ctx context.Context, digest string) ([]byte, error) {
	if err := t.crash.before(); err != nil {
		return nil, err
	}
	return t.Trail.Evidence(ctx, digest)
}

// an office is the activities over a world and a real trail.
type office struct {
	*steps.Sweeps
	t     *testing.T
	world *world
	trail trail
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("SQLite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "trail.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, storetest.Postgres(t)) })
}

func newOffice(t *testing.T, w *world) *office {
	return newOfficeOn(t, w, filepath.Join(t.TempDir(), "trail.db"))
}

func newOfficeOn(t *testing.T, w *world, dsn string) *office {
	t.Helper()
	tr := storetest.TrailOn(t, dsn, noon)
	db := tr.DB
	faulty := trail{tr, &w.crash}
	return &office{&steps.Sweeps{
		Planner: &steps.Planner{Wallets: w, Balances: w, Gas: w, Books: db.Books(), Openings: faulty}, Trail: faulty,
	}, t, w, faulty}
}

// order sweeps the native asset above 1,000 and the token, with top-ups.
func order() sweep.Order {
	return sweep.Order{
		Sweep: "nightly", Network: network, Tag: "deposit", Treasury: "wa-treasury", MaxGasPrice: countersign.NewAmount(5000),
		Assets: []sweep.Asset{{Floor: countersign.NewAmount(1000)}, {Contract: token}}, TopUp: &sweep.TopUp{Wallet: "wa-station"},
	}
}

func run(o sweep.Order) sweep.Run { return sweep.Run{Order: o, Due: noon} }

func (o *office) plan(r sweep.Run) steps.PlanSweepResult {
	o.t.Helper()
	res, err := o.PlanSweep(o.t.Context(), steps.PlanSweepInput{Run: r})
	if err != nil {
		o.t.Fatal(err)
	}
	return res
}

// opens begins the books of a wallet with what they say it has.
func (o *office) opens(walletID string, amounts map[string]uint64) {
	o.t.Helper()
	step := ledger.Step{ID: "opening:" + walletID, State: ledger.Posted}
	c := o.Planner.Chart
	for contract, n := range amounts {
		step.Postings = append(step.Postings, ledger.Posting{
			From: c.Opening(network), To: c.Wallet(network, walletID), Asset: c.Asset(network, contract), Amount: countersign.NewAmount(n),
		})
	}
	b := ledger.Booking{Steps: []ledger.Step{step}}
	if len(amounts) == 0 {
		b.Steps = nil
	}
	d := audit.Draft{Key: bookkeeping.OpeningKey(network, walletID), Type: booked.WalletOpened, Lineage: "ledger/" + walletID, Body: booked.Opening{WalletID: walletID}}
	if _, err := o.trail.Book(o.t.Context(), d, b); err != nil {
		o.t.Fatal(err)
	}
}

// holds has the books hold something for a settlement of a wallet.
func (o *office) holds(walletID, contract string, n uint64) {
	o.t.Helper()
	c := o.Planner.Chart
	step := ledger.Step{ID: "pay-" + walletID, State: ledger.Pending, Postings: []ledger.Posting{{
		From: c.Wallet(network, walletID), To: c.Outside(network), Asset: c.Asset(network, contract), Amount: countersign.NewAmount(n),
	}}}
	d := audit.Draft{Key: "settlement/pay-" + walletID + "/opened", Type: booked.SettlementOpened, Lineage: "settlement/pay-" + walletID, Body: booked.Settlement{WalletID: walletID}}
	if _, err := o.trail.Book(o.t.Context(), d, ledger.Booking{Steps: []ledger.Step{step}}); err != nil {
		o.t.Fatal(err)
	}
}

// record puts a record on the trail.
func (o *office) record(key string, kind audit.Type, body any) {
	o.t.Helper()
	if _, err := o.trail.Trail.Append(o.t.Context(), audit.Draft{Key: key, Type: kind, Body: body}); err != nil {
		o.t.Fatal(err)
	}
}
