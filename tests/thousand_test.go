package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"

	"countersign"
	"countersign/audit/booked"
	"countersign/completeness"
	"countersign/completeness/sources"
	"countersign/custody/dfns"
	"countersign/ingress"
	"countersign/store"
)

// number is what a variable says, or a default.
func number(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// thousand is a run of many settlements in a world where everything goes wrong.
type thousand struct {
	*site
	purse   *purse
	people  *dfns.Client // an administrator
	wallets []ours       // the treasury first, whose requests are held for approval
	tokens  []string     // as the standard has it, without an answer, with a fee
	jobs    []job
	ends    ends
}

// ours is a wallet of ours.
type ours struct{ ID, Address string }

// A job is one settlement: an amount that goes to somebody who is paid by nothing else.
type job struct {
	id       string
	kind     string // of jobs
	wallet   ours
	token    string // empty for the native asset
	to       string
	amount   uint64
	observed bool // a person asks the custodian
}

// desks is how many wallets there are beside the treasury.
const desks = 4

// TestAThousandSettlements settles native money and tokens of every kind, asked for by the maker
// and by people, while webhooks are lost, calls of the platform fail, the chain is reorganised,
// transactions are stuck and replaced, and every process is killed. In the end what the books say
// is what the chain and the platform say, to the last unit, and nothing happened twice.
//
// It runs where COUNTERSIGN_TEST_SETTLEMENTS says how many; COUNTERSIGN_TEST_SEED makes the same
// plan again. docs/design/settlement.md says what it has shown.
func TestAThousandSettlements(t *testing.T) {
	if os.Getenv("COUNTERSIGN_TEST_SETTLEMENTS") == "" {
		t.SkipNow() // by request only: make slow, make long
	}
	n, seed := number("COUNTERSIGN_TEST_SETTLEMENTS", 30), number("COUNTERSIGN_TEST_SEED", uint64(time.Now().UnixNano()))
	t.Logf("%d settlements: COUNTERSIGN_TEST_SETTLEMENTS=%d COUNTERSIGN_TEST_SEED=%d", n, n, seed)
	r := newThousand(t)
	r.plan(rand.New(rand.NewPCG(seed, 1)), int(n)) //nolint:gosec // a count
	from := time.Now().UTC().Truncate(time.Second)
	began := time.Now()
	trouble := r.disturb(seed, map[string]*kept{"worker": r.keep("worker"), "ingress": r.keep("ingress"), "watch": r.keep("watch")})
	approvals, enough := context.WithCancel(t.Context())
	defer enough()
	go r.decides(approvals)
	for i := range r.jobs {
		r.ask(&r.jobs[i])
		r.eventually("room for the next", func(context.Context) error { return r.underWay(i+1, 40) })
	}
	r.eventually("most of the settlements and all hardship", func(context.Context) error {
		if !trouble.all.Load() {
			return fmt.Errorf("not yet")
		}
		return r.underWay(len(r.jobs), max(len(r.jobs)/20, 1))
	})
	trouble.over()
	t.Logf("%d of %d have ended after %s", len(r.ends.of), len(r.jobs), time.Since(began).Round(time.Second))
	r.repairs(from)
	r.eventually("the end of every settlement", func(context.Context) error { return r.underWay(len(r.jobs), 0) })
	t.Logf("all have ended after %s: %v", time.Since(began).Round(time.Second), r.ends.counts())
	waitFor(t, "the books as the chain and the platform", r.agree)
	r.happenedOnce()
	r.verifies()
	r.balances()
	t.Logf("the books are the chain's after %s", time.Since(began).Round(time.Second))
}

// eventually waits as [waitFor] does, and longer where there are many settlements.
func (r *thousand) eventually(what string, condition func(context.Context) error) {
	r.t.Helper()
	deadline := time.Now().Add(patience + time.Duration(len(r.jobs))*2*time.Second)
	for {
		err := condition(r.t.Context())
		if err == nil {
			return
		}
		if time.Now().After(deadline) || r.t.Context().Err() != nil || r.t.Failed() {
			r.t.Fatalf("no %s: %v", what, err)
		}
		select {
		case <-r.t.Context().Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func newThousand(t *testing.T) *thousand {
	t.Helper()
	const finality = 4
	s := newSite(t, func(o *options) {
		o.Finality, o.BlockTime, o.ReconcileEvery = finality, 300*time.Millisecond, 2*time.Second
	})
	r := &thousand{site: s, purse: newPurse(s), ends: ends{of: map[string]countersign.SettlementState{}}}
	var err error
	if r.people, err = s.stack.Platform.Client(); err != nil {
		t.Fatal(err)
	}
	r.wallets = []ours{{s.stack.Platform.WalletID, s.stack.Platform.Treasury}}
	for range desks {
		var w ours
		if err := r.people.Do(t.Context(), http.MethodPost, "/wallets", map[string]string{"network": s.stack.Platform.Network}, &w); err != nil {
			t.Fatal(err)
		}
		r.wallets = append(r.wallets, w)
	}
	r.treasuryIsHeld()
	out := r.purse.outsider()
	for _, name := range []string{"PlainToken", "NoReturnToken", "FeeToken"} {
		r.tokens = append(r.tokens, out.deploys(name))
	}
	for _, w := range r.wallets {
		s.control("/deposits", map[string]string{"network": s.stack.Platform.Network, "to": w.Address, "amount": "10000000000000000000"}, nil)
		for _, token := range r.tokens {
			out.calls(token, mint, w.Address, 1_000_000_000_000)
		}
	}
	s.blocks(finality)
	return r
}

// treasuryIsHeld narrows the policy to the treasury.
func (r *thousand) treasuryIsHeld() {
	r.t.Helper()
	path := "/v2/policies/" + r.stack.Accounts.Policy
	var policy map[string]json.RawMessage
	if err := r.people.Do(r.t.Context(), http.MethodGet, path, nil, &policy); err != nil {
		r.t.Fatal(err)
	}
	body := map[string]any{"filters": map[string]any{"walletId": map[string]any{"in": []string{r.stack.Platform.WalletID}}}}
	for _, field := range []string{"name", "activityKind", "rule", "action"} {
		body[field] = policy[field]
	}
	if err := r.people.Do(r.t.Context(), http.MethodPut, path, body, nil); err != nil {
		r.t.Fatal(err)
	}
}

// any is one of our wallets.
func (r *thousand) any(random *rand.Rand) ours { return r.wallets[random.IntN(len(r.wallets))] }

// kinds of jobs, as often as they stand here.
var kinds = []string{
	"native", "native", "native", "plain", "plain", "no-return", "fee", "observed native", "observed plain", "internal", "held native", "held plain", "mint",
}

func (r *thousand) plan(random *rand.Rand, n int) {
	for i := range n {
		kind := kinds[i%len(kinds)]
		j := job{
			id: fmt.Sprintf("t-%04d", i), kind: kind, wallet: r.wallets[1+random.IntN(desks)],
			to: fmt.Sprintf("0x7%039x", i), amount: 1 + random.Uint64N(1_000_000),
		}
		switch kind {
		case "plain", "observed plain", "held plain", "internal":
			j.token = r.tokens[0]
		case "no-return":
			j.token = r.tokens[1]
		case "fee":
			j.token = r.tokens[2]
		}
		switch kind {
		case "observed native", "observed plain":
			j.observed = true
		case "held native", "held plain", "mint":
			j.wallet = r.wallets[0]
		case "internal":
			j.to = r.any(random).Address
		}
		r.jobs = append(r.jobs, j)
	}
	random.Shuffle(n, func(i, k int) { r.jobs[i], r.jobs[k] = r.jobs[k], r.jobs[i] })
}

// underWay fails while more than so many of the first jobs have not ended.
func (r *thousand) underWay(asked, most int) error {
	if err := r.ends.read(r.t.Context(), r.Trail); err != nil {
		return err
	}
	var open []string
	for _, j := range r.jobs[:asked] {
		if _, over := r.ends.of[j.id]; !over {
			open = append(open, j.id+" "+j.kind)
		}
	}
	if len(open) > most {
		return fmt.Errorf("%d have not ended: %v", len(open), open[:min(len(open), 20)])
	}
	return nil
}

// ends is how settlements have ended, by the trail.
type ends struct {
	next int64
	of   map[string]countersign.SettlementState
}

func (e *ends) read(ctx context.Context, trail *store.DB) error {
	for entry, err := range trail.Entries(ctx, store.Filter{From: e.next}) {
		if err != nil {
			return err
		}
		e.next = entry.Index + 1
		var body struct {
			ID    string                      `json:"settlement_id"`
			State countersign.SettlementState `json:"state"`
		}
		switch entry.Record.Type {
		case booked.SettlementSettled, booked.SettlementReleased:
			if err := entry.Decode(&body); err != nil {
				return err
			}
			e.of[body.ID] = body.State
		case booked.SettlementReversed, booked.DepositDoubtful:
			return fmt.Errorf("record %d is %s, and no final block has left the chain", entry.Index, entry.Record.Type)
		}
	}
	return nil
}

func (e *ends) counts() map[countersign.SettlementState]int {
	n := map[countersign.SettlementState]int{}
	for _, state := range e.of {
		n[state]++
	}
	return n
}

// repairs starts what no webhook has told of, as the certificate does.
func (r *thousand) repairs(from time.Time) {
	r.t.Helper()
	head, err := r.purse.chain.HeaderByNumber(r.t.Context(), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	// Blocks are a second apart by their own clock, however fast they are made.
	window := completeness.Window{From: from.Add(-time.Minute), To: time.Unix(int64(head.Time), 0).Add(time.Minute)} //nolint:gosec // a time
	cases := &ingress.Dispatcher{Service: r.Temporal.WorkflowService(), Namespace: r.Temporal.Namespace}
	all := []completeness.Source{sources.Approvals{Lister: r.people}, sources.History{Lister: r.people}, sources.Requests{Lister: r.people}}
	for _, c := range certifies(r.t, window, all, cases).Sources {
		r.t.Logf("%s: %d expected, %d repaired", c.Source, c.Expected, c.Repaired)
	}
}

// listed are the newest of a list of the platform; none while it cannot be read.
func (r *thousand) listed(ctx context.Context, path string, most int) (all []json.RawMessage) {
	for item, err := range r.people.List(ctx, path, url.Values{"limit": {strconv.Itoa(most)}}) {
		if err != nil || len(all) == most {
			break
		}
		all = append(all, item)
	}
	return all
}
