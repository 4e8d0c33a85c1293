package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"countersign/activities/certify"
	"countersign/audit/complete"
	"countersign/cmd/countersign/app"
	"countersign/completeness"
	"countersign/completeness/sources"
	"countersign/config"
	"countersign/custody/dfns"
	"countersign/custody/dfns/webhook"
	"countersign/ingress"
	"countersign/store/tracks"
)

// happened is how many approvals are asked for, and how many deposits come, while nobody
// listens: 25, or what COUNTERSIGN_TEST_OUTAGE says.
var happened = func() int {
	n, err := strconv.Atoi(os.Getenv("COUNTERSIGN_TEST_OUTAGE"))
	if err != nil {
		return 25
	}
	return n
}()

// An ingress that is away for longer than the custodian tries: 24 hours of its clock are over in
// a second. After it every approval and every deposit has its workflow, and the certificate says
// how many of them it has repaired.
func TestAnOutageLosesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *options) { o.TimeScale = 100_000 })
	admin, err := s.stack.Platform.Client()
	if err != nil {
		t.Fatal(err)
	}
	from := time.Now().UTC().Truncate(time.Second)
	t.Logf("%d approvals and %d deposits", happened, happened)
	for i := range happened {
		s.mint(1000 + int64(i))
		s.deposit(i + 1)
	}
	made := time.Now()
	waitFor(t, "end of all deliveries", func(ctx context.Context) error { return s.givenUp(ctx, admin) })
	// Blocks are a second apart by their own clock, however fast they are made: it may be ahead.
	window := completeness.Window{From: from, To: from.Add(time.Duration(4*happened+600) * time.Second)}

	t.Logf("all was given up after another %s", time.Since(made).Round(time.Second))

	cases := &ingress.Dispatcher{Service: s.Temporal.WorkflowService(), Namespace: s.Temporal.Namespace}
	all := []completeness.Source{
		sources.Approvals{Lister: admin}, sources.History{Lister: admin}, s.chains(), sources.Requests{Lister: admin}, sources.Webhooks{Lister: admin},
	}
	begun := time.Now()
	first := s.certified(window, all, cases)
	t.Logf("certified in %s", time.Since(begun).Round(time.Second))
	for _, c := range first.Sources[:2] { // the webhooks tell of the same approvals and deposits, repaired by then
		// The faucet has paid the treasury, too.
		if c.Expected < happened || c.Expected > happened+1 || c.Repaired != c.Expected {
			t.Errorf("%s: %d expected, %d seen, %d repaired; want all %d repaired", c.Source, c.Expected, c.Seen, c.Repaired, happened)
		}
		t.Logf("%s: %d expected, %d repaired", c.Source, c.Expected, c.Repaired)
	}
	// No watcher has run: what the chain has is what the custodian's list has repaired.
	if c := first.Sources[2]; c.Expected != first.Sources[1].Expected || c.Seen != c.Expected || c.Unwatched != c.Expected || len(c.Ranges) != 1 {
		t.Errorf("chains: %+v; want all %d seen and none watched", c, first.Sources[1].Expected)
	}
	allAnswered(t, window, all, cases, first)
	again := certifies(t, window, all, cases)
	for i, c := range again.Sources {
		if c.Expected != first.Sources[i].Expected || c.Seen != c.Expected || c.Late != c.Expected {
			t.Errorf("again, %s: %+v; want all of %d seen, found late", c.Source, c, first.Sources[i].Expected)
		}
	}
}

// allAnswered asks again for everything that happened, and for its workflow.
func allAnswered(t *testing.T, window completeness.Window, all []completeness.Source, cases completeness.Cases, first complete.Certificate) {
	t.Helper()
	for i, source := range all {
		n := 0
		for item, err := range source.Items(t.Context(), window) {
			if err != nil {
				t.Fatal(err)
			}
			if item.Workflow == "" {
				continue
			}
			n++
			if known, _, err := cases.Known(t.Context(), item.Workflow); err != nil || !known {
				t.Errorf("%s has no workflow (%v)", item.Workflow, err)
			}
		}
		if n < first.Sources[i].Expected {
			t.Errorf("%s: %d items, %d were expected", source.Name(), n, first.Sources[i].Expected)
		}
	}
}

// chains is the chain of the treasury, read again.
func (s *site) chains() sources.Chains {
	s.t.Helper()
	nodes, err := s.app().Chains()
	if err != nil {
		s.t.Fatal(err)
	}
	p := s.stack.Platform
	return sources.Chains{
		Nodes: nodes.Client, Record: tracks.Reader{DB: s.Trail.SQL()}, FullBlocks: 10_000,
		Ours: func(context.Context) (map[string][]string, error) {
			return map[string][]string{p.Network: {p.Treasury}}, nil
		},
	}
}

// app is the product as the site has configured it.
func (s *site) app() *app.App {
	s.t.Helper()
	cfg, err := config.Load(s.stack.ConfigFile, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &app.App{Config: cfg, Log: slog.New(slog.DiscardHandler)}
}

// certified makes the certificate as the worker does, and reads it off the trail, where what it
// counts is held to what it says.
func (s *site) certified(w completeness.Window, all []completeness.Source, cases completeness.Cases) (c complete.Certificate) {
	s.t.Helper()
	trail, closeKeys, err := s.app().Signing(s.t.Context(), s.Trail)
	if err != nil {
		s.t.Fatal(err)
	}
	defer closeKeys()
	later := func() time.Time { return w.To.Add(completeness.Margin) } // the blocks' clock may be ahead
	counts := certify.Completeness{Sources: all, Cases: cases, Trail: trail, Now: later}
	sums, err := counts.CertifyWindow(s.t.Context(), certify.CertifyWindowInput{From: w.From, To: w.To})
	if err != nil || !sums.Complete || sums.Repaired == 0 || sums.Expected != sums.Seen+sums.Repaired {
		s.t.Fatalf("%+v, %v; want it complete", sums, err)
	}
	record, err := s.Trail.Find(s.t.Context(), complete.Key(w.From, w.To))
	if err == nil {
		err = record.Decode(&c)
	}
	if err != nil || record.Record.Type != complete.Certified || record.Index != sums.Index {
		s.t.Fatalf("record %d: %s %+v, %v", record.Index, record.Record.Type, c, err)
	}
	s.t.Logf("record %d: %d expected, %d seen, %d repaired, %d missing", sums.Index, sums.Expected, sums.Seen, sums.Repaired, sums.Missing)
	return c
}

func certifies(t *testing.T, w completeness.Window, all []completeness.Source, cases completeness.Cases) complete.Certificate {
	t.Helper()
	c, err := completeness.Certify(t.Context(), w, all, cases, completeness.Progress{}, func(completeness.Progress) {})
	if err != nil || !c.Complete {
		t.Fatalf("%+v, %v; want it complete", c, err)
	}
	return c
}

// deposit pays the treasury from outside.
func (s *site) deposit(wei int) {
	s.t.Helper()
	p := s.stack.Platform
	s.control("/deposits", map[string]string{"network": p.Network, "to": p.Treasury, "amount": fmt.Sprint(wei)}, nil)
}

// control asks the sandbox's control API for something.
func (s *site) control(path string, body, answer any) {
	s.t.Helper()
	if err := s.controls(s.t.Context(), path, body, answer); err != nil {
		s.t.Fatal(err)
	}
}

// controls asks it, and may be refused.
func (s *site) controls(ctx context.Context, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.stack.Platform.ControlURL+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s %s, %v", path, res.Status, got, err)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(got, answer)
}

// givenUp fails while the platform still means to deliver anything, or has not seen every
// deposit become final.
func (s *site) givenUp(ctx context.Context, admin *dfns.Client) error {
	waiting, repeated := map[string]bool{}, map[string]bool{} // attempts that name a next one, and those that had it
	deposits := map[string]bool{}
	for e, err := range webhook.Events(ctx, admin, s.stack.Accounts.Webhook.ID, webhook.Filter{}) {
		if err != nil {
			return err
		}
		waiting[e.ID] = !e.NextAttemptDate.IsZero()
		repeated[e.RetryOf] = true
		var data struct {
			BlockchainEvent struct{ TxHash, Status, Direction string }
		}
		if e.Kind == "wallet.blockchainevent.detected" && json.Unmarshal(e.Data, &data) == nil && data.BlockchainEvent.Direction == "In" && data.BlockchainEvent.Status == "Confirmed" {
			deposits[data.BlockchainEvent.TxHash] = true
		}
	}
	if len(deposits) < happened {
		return fmt.Errorf("%d of %d deposits are confirmed, %d events", len(deposits), happened, len(waiting))
	}
	for id, more := range waiting {
		if more && !repeated[id] {
			return fmt.Errorf("delivery %s is to be tried again", id)
		}
	}
	return nil
}
