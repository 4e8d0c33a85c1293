package services_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign"
	"countersign/budget"
	"countersign/chain/simulation"
	"countersign/rules/services"
	"countersign/screening"
)

const (
	wallet = "0x7777777777777777777777777777777777777777"
	vault  = "0x3333333333333333333333333333333333333333"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// world is what the services know, and how often they were asked.
type world struct {
	verdict screening.Verdict
	shares  int64
	err     error
	asked   atomic.Int64
	network string
	calls   []simulation.Call
}

func (w *world) Screen(_ context.Context, qs []screening.Query) (r screening.Report) {
	w.asked.Add(1)
	r.Verdict = w.verdict
	for _, q := range qs {
		r.Findings = append(r.Findings, screening.Finding{Source: "list", Entry: "17", Address: q.Address, Verdict: w.verdict})
	}
	return r
}

func (w *world) Simulate(_ context.Context, r simulation.Request) (simulation.Result, error) {
	w.asked.Add(1)
	w.network, w.calls = r.Network, r.Calls
	change, err := simulation.ParseChange(fmt.Sprint(w.shares))
	if err != nil {
		return simulation.Result{}, err
	}
	return simulation.Result{Calls: []simulation.CallResult{{}}, Watched: []string{wallet}, Assets: []simulation.AssetDelta{
		{Account: wallet, Asset: simulation.ERC20(vault), Delta: change},
	}}.Canonical(), w.err
}

func (w *world) WalletByID(context.Context, string) (countersign.Wallet, error) {
	return countersign.Wallet{ID: "wa-1", Address: wallet}, nil
}

func (w *world) Holdings(context.Context, string) ([]countersign.Holding, error) {
	return []countersign.Holding{{Kind: "Erc20", Asset: vault, Balance: countersign.NewAmount(9)}}, w.err
}

func (w *world) Taken(context.Context, string, time.Time) (countersign.Amount, error) {
	w.asked.Add(1)
	return countersign.NewAmount(7), w.err
}

func (w *world) services() services.Services {
	return services.Services{Screener: w, Simulator: w, Wallets: w, Ledger: w}
}

func request() countersign.Approval {
	return countersign.Approval{ID: "ap", Activity: countersign.Activity{
		WalletID: "wa-1", Network: "Net", Call: &countersign.Call{To: vault, Data: []byte{1, 2, 3, 4}},
	}}
}

func TestWhatAnApprovalRestsOnIsAskedAgain(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*world)
		want   countersign.ReasonCode // empty when it still holds
	}{
		{"nothing changed", func(*world) {}, ""},
		{"the shares differ within the tolerance", func(w *world) { w.shares = 1001 }, ""},
		{"the shares differ by more", func(w *world) { w.shares = 998 }, countersign.SimulationDiffers},
		{"no node answers", func(w *world) { w.err = errors.New("away") }, countersign.SimulationUnavailable},
		{"an address was listed since", func(w *world) { w.verdict = screening.Hit }, countersign.ScreeningHit},
		{"an address is to be reviewed now", func(w *world) { w.verdict = screening.Review }, countersign.ScreeningReview},
		{"nobody can say any more", func(w *world) { w.verdict = screening.Unknown }, countersign.ScreeningUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &world{verdict: screening.Clear, shares: 1000}
			desk := services.New(w.services(), request(), start)
			desk.Simulate(t.Context(), services.Tolerance{Account: wallet, Asset: simulation.ERC20(vault), By: countersign.NewAmount(1)})
			desk.Screen(t.Context(), vault, wallet)
			desk.Taken(t.Context(), budget.Budget{Name: "pot"}) // what a budget holds may change: the reservation is what counts
			if d := desk.Sound(countersign.Approved("fine")); d.Verdict != countersign.Approve {
				t.Fatalf("decided %+v", d)
			}
			_, evidence := desk.Close()
			tt.change(w)
			got := w.services().Recheck(t.Context(), request(), evidence, start.Add(time.Minute))
			if got.Code != tt.want || (got.Verdict == countersign.Abstain) != (tt.want != "") {
				t.Errorf("Recheck = %+v, want %q", got, tt.want)
			}
			if w.network != "Net" || len(w.calls) != 1 || w.calls[0].From != wallet || w.calls[0].To != vault || string(w.calls[0].Data) != "\x01\x02\x03\x04" {
				t.Errorf("simulated %+v on %s", w.calls, w.network)
			}
		})
	}
}

func TestARecheckThatCannotBeMade(t *testing.T) {
	t.Run("services that are gone", func(t *testing.T) {
		w := &world{verdict: screening.Clear, shares: 1}
		desk := services.New(w.services(), request(), start)
		desk.Screen(t.Context(), vault)
		_, evidence := desk.Close()
		if got := (services.Services{}).Recheck(t.Context(), request(), evidence, start); got.Code != countersign.ScreeningUnavailable {
			t.Errorf("Recheck = %+v", got)
		}
	})
	t.Run("a question that cannot be read", func(t *testing.T) {
		for _, kind := range []string{"screening", "simulation"} {
			evidence := []services.Evidence{{Kind: kind, Question: []byte("?"), Answer: []byte("{}")}}
			if got := (&world{}).services().Recheck(t.Context(), request(), evidence, start); got.Verdict != countersign.Abstain {
				t.Errorf("%s: Recheck = %+v", kind, got)
			}
		}
	})
}

// A question is asked once, by however many at the same time, and all are told the same.
func TestAQuestionIsAskedOnce(t *testing.T) {
	w := &world{verdict: screening.Clear}
	desk := services.New(w.services(), request(), start)
	var asking sync.WaitGroup
	for range 50 {
		asking.Go(func() {
			desk.Screen(t.Context(), wallet, vault, wallet)
			if got := desk.Taken(t.Context(), budget.Budget{Name: "pot"}); got.String() != "7" {
				t.Errorf("Taken = %s", got)
			}
		})
	}
	asking.Wait()
	if _, evidence := desk.Close(); len(evidence) != 2 || w.asked.Load() != 2 {
		t.Errorf("%d pieces of evidence, asked %d times; want 2 and 2", len(evidence), w.asked.Load())
	}
	desk.Note("late", "s", nil)
	desk.CountOne(budget.Budget{Name: "late"})
	if claims, evidence := desk.Close(); len(claims) != 0 || len(evidence) != 2 {
		t.Error("what came after the decision was heard")
	}
}

func TestBalancesAreThoseOfTheAsset(t *testing.T) {
	w := &world{}
	desk := services.New(w.services(), request(), start)
	for _, tt := range []struct{ kind, locator, want string }{
		{"Erc20", vault, "9"}, {"Erc20", strings.ToUpper(vault[2:]), "0"}, {"Erc20", "0x" + strings.ToUpper(vault[2:]), "9"}, {"Native", "", "0"}, {"Native", vault, "0"},
	} {
		if got := desk.Balance(t.Context(), tt.kind, tt.locator); got.String() != tt.want {
			t.Errorf("Balance(%s, %s) = %s, want %s", tt.kind, tt.locator, got, tt.want)
		}
	}
	w.err = errors.New("away")
	desk = services.New(w.services(), request(), start)
	desk.Balance(t.Context(), "Native", "")
	if d := desk.Sound(countersign.Approved("fine")); d.Code != countersign.LedgerUnavailable {
		t.Errorf("decided %+v, want ledger_unavailable", d)
	}
}

// A service that hangs does not hold a rule whose time is over.
func TestAnAnswerThatComesTooLate(t *testing.T) {
	block := make(chan struct{})
	defer close(block)
	desk := services.New(services.Services{Ledger: hanging{block}}, request(), start)
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, errors.New("no time left"))
	defer cancel()
	go desk.Taken(t.Context(), budget.Budget{Name: "pot"}) // somebody asked before, and waits
	desk.Taken(ctx, budget.Budget{Name: "pot"})
	if d := desk.Sound(countersign.Approved("fine")); d.Code != countersign.LedgerUnavailable || !strings.Contains(d.Reason, "no time left") {
		t.Errorf("decided %+v, want ledger_unavailable", d)
	}
}

type hanging struct{ until chan struct{} }

func (h hanging) Taken(ctx context.Context, _ string, _ time.Time) (countersign.Amount, error) {
	select {
	case <-h.until:
	case <-ctx.Done():
		return countersign.Amount{}, context.Cause(ctx)
	}
	return countersign.Amount{}, nil
}

// What was recorded answers again, outages included; what was not is missing.
func TestATapeAnswersAsTheServicesDid(t *testing.T) {
	w := &world{verdict: screening.Clear, err: errors.New("away")}
	desk := services.New(w.services(), request(), start)
	var many []string
	for i := range 20 { // a question that is too long for a record
		many = append(many, fmt.Sprintf("0x%040d", i))
	}
	desk.Screen(t.Context(), many...)
	desk.Taken(t.Context(), budget.Budget{Name: "pot"})
	_, evidence := desk.Close()
	kept := map[string][]byte{}
	var recorded []services.Evidence
	for _, e := range evidence {
		kept[e.Digest] = e.Answer
		if long, is := strings.CutPrefix(e.Asked, "sha256:"); is {
			kept[long] = e.Question
		}
		e.Question, e.Answer = nil, nil
		recorded = append(recorded, e)
	}
	if !strings.HasPrefix(recorded[0].Asked, "sha256:") || recorded[1].Kind != "ledger.failed" {
		t.Fatalf("recorded %+v", recorded)
	}
	loaded, err := services.Load(recorded, func(digest string) ([]byte, error) { return kept[digest], nil })
	if err != nil {
		t.Fatal(err)
	}
	again := services.Replay(services.NewTape(loaded), request(), start)
	if r := again.Screen(t.Context(), many...); r.Verdict != screening.Clear || len(r.Findings) != 20 {
		t.Errorf("screened again: %+v", r.Verdict)
	}
	again.Taken(t.Context(), budget.Budget{Name: "pot"})
	if d := again.Sound(countersign.Approved("fine")); d.Code != countersign.LedgerUnavailable || again.Missing() {
		t.Errorf("decided again %+v, missing %t", d, again.Missing())
	}
	again.Taken(t.Context(), budget.Budget{Name: "another"})
	if !again.Missing() {
		t.Error("what was never asked is not missing")
	}
}
