package rules_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/chain/simulation"
	"countersign/rules"
	"countersign/rules/services"
	"countersign/screening"
)

// fakes answer as they are told.
type (
	screener struct {
		verdict screening.Verdict
		err     string
		asked   *[]string
	}
	simulator struct {
		result simulation.Result
		err    error
	}
	wallets struct {
		wallet countersign.Wallet
		err    error
	}
	ledger struct {
		taken countersign.Amount
		err   error
	}
)

func (s screener) Screen(_ context.Context, qs []screening.Query) (r screening.Report) {
	if s.err != "" {
		panic(s.err)
	}
	r.Verdict = s.verdict
	for _, q := range qs {
		if s.asked != nil {
			*s.asked = append(*s.asked, q.Address)
		}
		r.Findings = append(r.Findings, screening.Finding{Source: "fake", Address: q.Address, Verdict: s.verdict})
	}
	return r
}

func (s simulator) Simulate(context.Context, simulation.Request) (simulation.Result, error) {
	return s.result, s.err
}

func (w wallets) Holdings(context.Context, string) ([]countersign.Holding, error) { return nil, w.err }

func (w wallets) WalletByID(context.Context, string) (countersign.Wallet, error) {
	return w.wallet, w.err
}

func (l ledger) Taken(context.Context, string, time.Time) (countersign.Amount, error) {
	return l.taken, l.err
}

// all is a deployment in which everything answers.
func all() services.Services {
	return services.Services{
		Screener: screener{verdict: screening.Clear}, Simulator: simulator{},
		Wallets: wallets{wallet: countersign.Wallet{ID: "wa-1", Address: alice, Tags: []string{"hot"}}}, Ledger: ledger{},
	}
}

var errAway = errors.New("it is away")

// TestEveryFailureAbstainsWithItsOwnCode has a rule that ignores everything and
// approves. None of it may.
func TestEveryFailureAbstainsWithItsOwnCode(t *testing.T) {
	pot := rules.Budget{Name: "pot"}
	for _, tt := range []struct {
		name   string
		broken func(*services.Services)
		ask    func(ctx context.Context, r *rules.Request)
		want   countersign.ReasonCode
	}{
		{"everything answers", nil, func(ctx context.Context, r *rules.Request) { r.Simulate(ctx); r.Taken(ctx, pot); r.ScreenEvery(ctx) }, countersign.WithinPolicy},
		{"the rule panics", nil, func(context.Context, *rules.Request) { panic("boom") }, countersign.RulePanic},
		{"the rule hangs", nil, func(ctx context.Context, _ *rules.Request) { <-ctx.Done() }, countersign.RuleTimeout},
		{"an address is sanctioned", func(s *services.Services) { s.Screener = screener{verdict: screening.Hit} }, nil, countersign.ScreeningHit},
		{"an address is to be reviewed", func(s *services.Services) { s.Screener = screener{verdict: screening.Review} }, nil, countersign.ScreeningReview},
		{"nobody can say that it is clear", func(s *services.Services) { s.Screener = screener{verdict: screening.Unknown} }, nil, countersign.ScreeningUnavailable},
		{"a screener that says nothing", func(s *services.Services) { s.Screener = screener{} }, nil, countersign.ScreeningUnavailable},
		{"a screener that panics", func(s *services.Services) { s.Screener = screener{err: "boom"} }, nil, countersign.ScreeningUnavailable},
		{"no screener, and the rule asks", func(s *services.Services) { s.Screener = nil },
			func(ctx context.Context, r *rules.Request) { r.Screen(ctx, alice) }, countersign.ScreeningUnavailable},
		{"nothing to screen", nil, func(ctx context.Context, r *rules.Request) { r.Screen(ctx) }, countersign.ScreeningUnavailable},
		{"the custodian does not tell the wallet", func(s *services.Services) { s.Wallets = wallets{err: errAway} }, nil, countersign.WalletUnavailable},
		{"no node simulates", func(s *services.Services) { s.Simulator = simulator{err: errAway} },
			func(ctx context.Context, r *rules.Request) { r.Simulate(ctx) }, countersign.SimulationUnavailable},
		{"no simulator", func(s *services.Services) { s.Simulator = nil },
			func(ctx context.Context, r *rules.Request) { r.Simulate(ctx) }, countersign.SimulationUnavailable},
		{"a wallet without an address cannot be simulated", func(s *services.Services) { s.Wallets = wallets{wallet: countersign.Wallet{ID: "wa-1"}} },
			func(ctx context.Context, r *rules.Request) { r.Simulate(ctx) }, countersign.SimulationUnavailable},
		{"the ledger does not answer", func(s *services.Services) { s.Ledger = ledger{err: errAway} },
			func(ctx context.Context, r *rules.Request) { r.Taken(ctx, pot) }, countersign.LedgerUnavailable},
		{"the custodian does not tell the balance", func(s *services.Services) {
			s.Wallets = wallets{wallet: countersign.Wallet{Address: alice}, err: errAway}
		},
			func(ctx context.Context, r *rules.Request) { r.Balance(ctx, "Native", "") }, countersign.LedgerUnavailable},
		{"no ledger", func(s *services.Services) { s.Ledger = nil },
			func(ctx context.Context, r *rules.Request) { r.Taken(ctx, pot) }, countersign.LedgerUnavailable},
		{"too much evidence at once", nil, func(_ context.Context, r *rules.Request) { r.Note("own", "s", make([]byte, services.MaxAnswer+1)) }, countersign.EvidenceTooLarge},
		{"too much evidence in all", nil, func(_ context.Context, r *rules.Request) {
			for range services.MaxEvidence/services.MaxAnswer + 1 {
				r.Note("own", "s", make([]byte, services.MaxAnswer))
			}
		}, countersign.EvidenceTooLarge},
		{"too many questions", nil, func(_ context.Context, r *rules.Request) {
			for i := range services.MaxAsked + 1 {
				r.Note("own", fmt.Sprint(i), nil)
			}
		}, countersign.EvidenceTooLarge},
		{"one budget in two ways", nil, func(_ context.Context, r *rules.Request) {
			r.CountOne(rules.Budget{Name: "pot", Window: rules.Rolling(time.Hour)})
			r.CountOne(rules.Budget{Name: "pot", Window: rules.Rolling(2 * time.Hour)})
		}, countersign.BudgetConflict},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := all()
			if tt.broken != nil {
				tt.broken(&s)
			}
			book := book(func(ctx context.Context, r *rules.Request) rules.Decision {
				if tt.ask != nil {
					tt.ask(ctx, r)
				}
				return rules.Approve("whatever")
			})
			timeout := time.Minute
			if tt.want == countersign.RuleTimeout {
				timeout = time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			a := call(token, mint)
			a.Activity.WalletID = "wa-1"
			got := rules.Engine{Decider: book, Services: s}.Decide(ctx, a, now).Decision
			want := countersign.Abstain
			if tt.want == countersign.WithinPolicy {
				want = countersign.Approve
			}
			if got.Verdict != want || got.Code != tt.want || got.Reason == "" {
				t.Errorf("decided %+v, want %s (%s)", got, want, tt.want)
			}
		})
	}
}

// A source that did not answer makes no threat: only what it said can.
func TestOnlyAHitIsAGroundToReject(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*services.Services)
		reject bool
	}{
		{"a hit", func(s *services.Services) { s.Screener = screener{verdict: screening.Hit} }, true},
		{"somebody to review", func(s *services.Services) { s.Screener = screener{verdict: screening.Review} }, true},
		{"a ledger that said nothing", func(s *services.Services) { s.Ledger = nil }, false},
	} {
		s := all()
		tt.change(&s)
		book := book(func(ctx context.Context, r *rules.Request) rules.Decision {
			r.ScreenEvery(ctx)
			r.Taken(ctx, rules.Budget{Name: "pot"})
			return rules.Reject(rules.Sanctioned, "listed")
		})
		got := rules.Engine{Decider: book, Services: s}.Decide(t.Context(), call(token, mint), now).Decision
		if (got.Verdict == countersign.Reject) != tt.reject {
			t.Errorf("%s: decided %+v, reject: want %t", tt.name, got, tt.reject)
		}
	}
}

func TestEveryAddressIsScreened(t *testing.T) {
	var asked []string
	s := all()
	s.Screener = screener{verdict: screening.Clear, asked: &asked}
	a := call(token, mint)
	a.Activity.WalletID = "wa-1"
	s.Wallets = wallets{wallet: countersign.Wallet{ID: "wa-1", Address: "0x5151515151515151515151515151515151515151"}}
	if got := (rules.Engine{Decider: book(approve), Services: s}).Decide(t.Context(), a, now); got.Decision.Verdict != countersign.Approve {
		t.Fatalf("decided %+v", got.Decision)
	}
	for _, want := range []string{token, alice, "0x5151515151515151515151515151515151515151"} {
		if !strings.Contains(strings.Join(asked, " "), strings.ToLower(want)) {
			t.Errorf("%s was not screened: %v", want, asked)
		}
	}
	asked = nil
	b := book(approve)
	b.Unscreened = "internal transfers only"
	if got := (rules.Engine{Decider: b, Services: s}).Decide(t.Context(), a, now); got.Decision.Verdict != countersign.Approve || asked != nil {
		t.Errorf("a book that needs no screening: %+v, asked %v", got.Decision, asked)
	}
}

// What is asked twice is answered once, and what was answered is enough to decide again.
func TestARecordedDecisionComesOutTheSame(t *testing.T) {
	s := all()
	s.Ledger = ledger{taken: countersign.NewAmount(7)}
	var seen countersign.Amount
	rule := book(func(ctx context.Context, r *rules.Request) rules.Decision {
		r.ScreenEvery(ctx)
		r.Simulate(ctx)
		seen = r.Taken(ctx, rules.Budget{Name: "pot"})
		return rules.Approve("fine")
	})
	a := call(token, mint)
	a.Activity.WalletID = "wa-1"
	first := rules.Engine{Decider: rule, Services: s}.Decide(t.Context(), a, now)
	if first.Decision.Verdict != countersign.Approve || seen.String() != "7" || len(first.Evidence) != 4 {
		t.Fatalf("decided %+v with %d pieces of evidence, saw %s", first.Decision, len(first.Evidence), seen)
	}
	bytes := map[string][]byte{}
	for _, e := range first.Evidence {
		bytes[e.Digest] = e.Answer
		if long, is := strings.CutPrefix(e.Asked, "sha256:"); is {
			bytes[long] = e.Question
		}
	}
	recorded := make([]rules.Evidence, len(first.Evidence))
	for i, e := range first.Evidence {
		recorded[i] = rules.Evidence{Kind: e.Kind, Source: e.Source, Asked: e.Asked, Digest: e.Digest, At: e.At}
	}
	loaded, err := services.Load(recorded, func(digest string) ([]byte, error) {
		if b, ok := bytes[digest]; ok {
			return b, nil
		}
		return nil, errAway
	})
	if err != nil {
		t.Fatal(err)
	}
	seen = countersign.Amount{}
	desk := services.Replay(services.NewTape(loaded), a, now)
	again := rules.At(t.Context(), rule, a, desk)
	if again.Decision != first.Decision || seen.String() != "7" || desk.Missing() {
		t.Errorf("decided again %+v (missing %t), was %+v", again.Decision, desk.Missing(), first.Decision)
	}
	desk = services.Replay(services.NewTape(loaded[1:]), a, now)
	if got := rules.At(t.Context(), rule, a, desk); got.Decision.Verdict != countersign.Abstain || !desk.Missing() {
		t.Errorf("with a piece missing: %+v, missing %t", got.Decision, desk.Missing())
	}
}
