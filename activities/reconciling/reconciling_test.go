package reconciling_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/activities/bookkeeping"
	"countersign/activities/reconciling"
	"countersign/audit"
	"countersign/completeness"
)

var noon = time.Date(2026, 5, 1, 12, 0, 20, 0, time.UTC)

// world is the custodian's lists, the workflows and a trail.
type world struct {
	mu                               sync.Mutex // workflows are asked for by several at once
	waiting, failed, moved, requests []completeness.Item
	broken                           map[string]bool // sources that cannot be asked
	asked                            map[string]completeness.Window
	out                              []string
	wallets                          []countersign.Wallet
	odd                              []*countersign.UnreadableError // of the list of wallets
	locked                           string                         // a wallet whose opening cannot be started
	of                               []string                       // whose requests were asked for
	ends                             map[string]string              // of each workflow
	status                           map[string]string              // of each approval and request, by the custodian; "!" is an error
	records                          map[string]audit.Draft
}

func newWorld() *world {
	return &world{ends: map[string]string{}, status: map[string]string{}, records: map[string]audit.Draft{}, broken: map[string]bool{}, asked: map[string]completeness.Window{}}
}

type source struct {
	w     *world
	name  string
	items []completeness.Item
}

func (s source) Name() string                     { return s.name }
func (s source) Query(completeness.Window) string { return "all" }
func (s source) Items(_ context.Context, window completeness.Window) iter.Seq2[completeness.Item, error] {
	s.w.asked[s.name] = window
	return func(yield func(completeness.Item, error) bool) {
		for _, it := range s.items {
			if !yield(it, nil) {
				return
			}
		}
		if s.w.broken[s.name] {
			yield(completeness.Item{}, errors.New("away"))
		}
	}
}

func (w *world) Waiting() completeness.Source { return source{w, "waiting", w.waiting} }
func (w *world) Failed(cursor string) (completeness.Source, func() string) {
	return source{w, "failed", w.failed}, func() string { return cursor + "+" }
}
func (w *world) Moved() (completeness.Source, func() []string) {
	return source{w, "moved", w.moved}, func() []string { return w.out }
}
func (w *world) Requests(ids []string) completeness.Source {
	w.of = ids
	return source{w, "requests", w.requests}
}
func (w *world) Wallets(_ context.Context, cursor string, n int) (completeness.Wallets, error) {
	if w.broken["wallets"] {
		return completeness.Wallets{}, errors.New("away")
	}
	return completeness.Wallets{Wallets: w.wallets, Unreadable: w.odd, Next: cursor + "+"}, nil
}

func (w *world) Known(_ context.Context, id string) (bool, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, there := w.ends[id]
	return there, false, nil
}
func (w *world) Ended(_ context.Context, id string) (string, error) { return w.ends[id], nil }
func (w *world) Start(_ context.Context, e countersign.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ends["of "+e.Subject] = ""
	return nil
}
func (w *world) OpeningID(x countersign.Wallet) string { return "opening/" + x.ID }
func (w *world) StartOpening(_ context.Context, x countersign.Wallet) (bool, error) {
	if x.ID == w.locked || w.locked == "all" {
		return false, errors.New("away")
	}
	if _, there := w.ends["opening/"+x.ID]; there {
		return false, nil
	}
	w.ends["opening/"+x.ID] = ""
	return true, nil
}

func (w *world) Approval(_ context.Context, id string) (countersign.Approval, error) {
	status, err := w.say(id)
	return countersign.Approval{ID: id, Status: countersign.ApprovalStatus(status)}, err
}
func (w *world) Request(_ context.Context, ref countersign.RequestRef) (countersign.Request, error) {
	status, err := w.say(ref.ID)
	return countersign.Request{RequestRef: ref, Status: countersign.RequestStatus(status)}, err
}
func (w *world) say(id string) (string, error) {
	switch s := w.status[id]; s {
	case "":
		return "", countersign.ErrNotFound
	case "!":
		return "", errors.New("away")
	default:
		return s, nil
	}
}

func (w *world) Find(_ context.Context, key string) (audit.Entry, error) {
	if d, ok := w.records[key]; ok {
		return audit.Entry{Record: audit.Record{Key: d.Key}}, nil
	}
	return audit.Entry{}, audit.ErrNoRecord
}
func (w *world) Append(_ context.Context, d audit.Draft) (audit.Entry, error) {
	if d.Type != audit.AlarmRaised || len(d.Evidence) != 1 || !json.Valid(d.Evidence[0]) {
		return audit.Entry{}, fmt.Errorf("record %+v", d)
	}
	if _, stands := w.records[d.Key]; !stands {
		w.records[d.Key] = d
	}
	return w.Find(context.Background(), d.Key)
}

func (w *world) reconciliation() *reconciling.Reconciliation {
	return &reconciling.Reconciliation{Lists: w, Cases: w, Openings: w, Custodian: w, Trail: w, Now: func() time.Time { return noon }}
}

// item is a case whose workflow is "of" its subject.
func item(kind, subject, open string) completeness.Item {
	return completeness.Item{
		Workflow: "of " + subject, Open: open, Stray: kind == "moon.landed",
		Event: countersign.Event{ID: "whe-" + subject, Kind: countersign.EventKind(kind), Subject: subject, WalletID: "wa-1"},
	}
}

func (w *world) alarms() (keys []string) {
	for key, d := range w.records {
		if a, ok := d.Body.(audit.Alarm); ok && a.What != "" && a.Evidence != "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func TestListsAreReconciled(t *testing.T) {
	w := newWorld()
	w.waiting = []completeness.Item{
		item("policy.approval.pending", "ap-1", "pending"),      // missing
		item("policy.approval.pending", "ap-2", "pending"),      // ended here, and waits there
		item("policy.approval.pending", "ap-3", "pending"),      // resolved since the list was read
		item("wallet.transfer.requested", "xfr-1", "pending"),   // ended here, and waits there
		item("wallet.transfer.requested", "xfr-2", "pending"),   // gone
		item("wallet.transfer.requested", "xfr-3", "pending"),   // cannot be read afresh
		item("wallet.transaction.requested", "tx", "executing"), // runs
	}
	w.failed = []completeness.Item{item("moon.landed", "", ""), item("moon.landed", "2", ""), item("wallet.created", "wa-9", "")}
	w.moved = []completeness.Item{item("wallet.blockchainevent.detected", "Net:0x1", "")}
	w.out = []string{"wa-5"}
	for id, how := range map[string]string{"ap-2": "Terminated", "ap-3": "Completed", "xfr-1": "Failed", "xfr-2": "Failed", "xfr-3": "Failed", "tx": ""} {
		w.ends["of "+id] = how
	}
	w.status = map[string]string{"ap-2": "pending", "ap-3": "approved", "xfr-1": "pending", "xfr-3": "!"}
	r := w.reconciliation()
	last := noon.Add(-5 * time.Minute)
	for i := range 2 {
		res, err := r.ReconcileLists(t.Context(), reconciling.ReconcileListsInput{Since: last, Deliveries: "x"})
		if err != nil || res.Deliveries != "x+" || !res.Until.Equal(noon.Add(-20*time.Second)) || !slices.Equal(res.Moved, w.out) {
			t.Fatalf("%+v, %v", res, err)
		}
		f := res.Found
		if got, want := fmt.Sprint(f.Expected, f.Seen, f.Repaired, f.Missing, len(f.Started)), []string{"11 6 5 0 5", "11 11 0 0 0"}[i]; got != want || len(f.Unknown) != 1 {
			t.Errorf("run %d: %s, want %s; %v", i, got, want, f.Unknown)
		}
		if got, want := fmt.Sprint(w.alarms()), "[alarm/case_ended_early/of ap-2 alarm/case_ended_early/of xfr-1 alarm/delivery_unknown/moon.landed]"; got != want {
			t.Errorf("run %d: alarms %s, want %s", i, got, want)
		}
		if a := w.records["alarm/case_ended_early/of xfr-1"]; a.Lineage != "settlement/of xfr-1" {
			t.Errorf("lineage %q", a.Lineage)
		}
	}
	if got := w.asked["moved"]; !got.From.Equal(last.Add(-10*time.Minute)) || !got.To.Equal(noon.Add(-20*time.Second)) {
		t.Errorf("asked for %+v", got)
	}
	if got := w.asked["failed"]; !got.From.Equal(got.To.Add(-25 * time.Hour)) {
		t.Errorf("asked for %+v", got)
	}
}

// What could not be asked is asked again, from where it was; the rest goes on.
func TestASourceThatIsAway(t *testing.T) {
	w := newWorld()
	w.broken["moved"] = true
	w.waiting = []completeness.Item{item("policy.approval.pending", "ap-1", "pending")}
	last := noon.Add(-time.Hour)
	res, err := w.reconciliation().ReconcileLists(t.Context(), reconciling.ReconcileListsInput{Since: last})
	if err != nil || res.Found.Repaired != 1 || len(res.Found.Unknown) != 1 || !res.Until.Equal(last) || len(w.records) != 0 {
		t.Errorf("%+v, %v", res, err)
	}
	if _, err := w.reconciliation().ReconcileLists(t.Context(), reconciling.ReconcileListsInput{Since: noon.Add(-1000 * time.Hour)}); err != nil {
		t.Error(err)
	}
	if got := w.asked["moved"]; got.To.Sub(got.From) != 24*time.Hour {
		t.Errorf("asked for %s", got.To.Sub(got.From))
	}
	w.broken["wallets"] = true
	if _, err := w.reconciliation().ReconcileWallets(t.Context(), reconciling.ReconcileWalletsInput{}); err == nil {
		t.Error("wallets that cannot be listed are no error")
	}
}

func TestWalletsAreReconciled(t *testing.T) {
	w := newWorld()
	w.wallets = []countersign.Wallet{
		{ID: "wa-1", Network: "Net", Address: "0x1"}, {ID: "wa-2", Network: "Net", Address: "0x2"}, {ID: "wa-3", Network: "Net", Address: "0x3"},
		{ID: "wa-4", Network: "Net", Address: "0x4"}, {ID: "wa-5", Network: "Net"},
	}
	w.requests = []completeness.Item{item("wallet.transfer.requested", "xfr-1", "executing"), item("wallet.transaction.requested", "tx-1", "pending")}
	w.ends["of tx-1"], w.status["tx-1"] = "Canceled", "pending"
	w.records[bookkeeping.OpeningKey("Net", "wa-1")] = audit.Draft{} // has begun
	w.ends["opening/wa-2"] = ""                                      // is being begun
	w.ends["opening/wa-3"] = "Terminated"                            // was given up
	for i := range 2 {
		res, err := w.reconciliation().ReconcileWallets(t.Context(), reconciling.ReconcileWalletsInput{Cursor: "c", Moved: []string{"wa-9", "wa-2"}})
		if err != nil || res.Cursor != "c+" || res.Wallets != 6 || !slices.Equal(w.of, []string{"wa-9", "wa-2", "wa-1", "wa-3", "wa-4", "wa-5"}) {
			t.Fatalf("%+v, %v; asked for %v", res, err, w.of)
		}
		f := res.Found
		if got, want := fmt.Sprint(f.Expected, f.Seen, f.Repaired, f.Started), []string{"5 3 2 [of xfr-1 opening/wa-4]", "5 5 0 []"}[i]; got != want {
			t.Errorf("run %d: %s, want %s", i, got, want)
		}
		if got, want := fmt.Sprint(w.alarms()), "[alarm/case_ended_early/of tx-1 alarm/wallet_unopened/Net/wa-3]"; got != want {
			t.Errorf("run %d: alarms %s, want %s", i, got, want)
		}
	}
	if err := w.reconciliation().AlarmUnopened(t.Context(), reconciling.AlarmUnopenedInput{Wallet: countersign.Wallet{ID: "wa-4", Network: "No/Name"}, Since: noon, Why: "no node"}); err != nil {
		t.Fatal(err)
	}
	if len(w.alarms()) != 3 {
		t.Errorf("%v", w.alarms())
	}
}
