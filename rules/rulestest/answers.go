package rulestest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign"
	"countersign/calendar"
	"countersign/chain/simulation"
	"countersign/rules/services"
	"countersign/screening"
	"countersign/sources/price"
)

// Answers is what the services know in a case. What is not said is harmless: addresses
// are clear, budgets are empty, the wallet has no tags. A simulation is not made up: a
// book that asks for one that the case does not have gets none.
type Answers struct {
	// Screening are verdicts by address, in any case: "hit", "review", "unknown",
	// "clear".
	Screening map[string]screening.Verdict `json:"screening"`
	// Wallet is the wallet that pays or signs.
	Wallet *countersign.Wallet `json:"wallet"`
	// Holdings is what the wallet has.
	Holdings []countersign.Holding `json:"holdings"`
	// Taken is what budgets hold, by name.
	Taken map[string]countersign.Amount `json:"taken"`
	// Simulation is what running the request does.
	Simulation *simulation.Result `json:"simulation"`
	// HTTP are answers of web APIs, by method and URL ("GET https://…"), as JSON bodies
	// with status 200. What is not here does not answer.
	HTTP map[string]json.RawMessage `json:"http"`
	// SQL are answers of databases, by name and query; an empty query is any.
	SQL []Table `json:"sql"`
	// Prices are by pair, "ETH/USD", as exact decimals.
	Prices map[string]price.Decimal `json:"prices"`
	// Calendars are as docs/sources.md has them, by name.
	Calendars map[string]calendar.Spec `json:"calendars"`
	// Unavailable are the services that do not answer: "screening", "wallet", "ledger",
	// "simulation", "http", "sql", "price".
	Unavailable []string `json:"unavailable"`
	// Recorded is the evidence of a recorded decision. With it nothing else is asked.
	Recorded []Recorded `json:"recorded"`
}

// Recorded is one question and its answer, as a trail keeps them.
type Recorded struct {
	Kind   string          `json:"kind"`
	Source string          `json:"source"`
	Asked  json.RawMessage `json:"asked"`
	Answer json.RawMessage `json:"answer"`
}

// errAway is the answer of a service that is away.
var errAway = errors.New("is away in this case")

// Desk is where a case's book asks.
func (a Answers) Desk(approval countersign.Approval, now time.Time) *services.Desk {
	if a.Recorded != nil {
		var evidence []services.Evidence
		for _, r := range a.Recorded {
			evidence = append(evidence, services.Evidence{Kind: r.Kind, Source: r.Source, Question: compact(r.Asked), Answer: r.Answer})
		}
		return services.Replay(services.NewTape(evidence), approval, now)
	}
	s := services.Services{
		Screener: screener{a}, Simulator: simulator{a}, Wallets: wallets{a}, Ledger: ledger{a},
		Web: api{a}, Prices: prices{a, now}, Databases: map[string]services.Database{}, Calendars: map[string]calendar.Calendar{},
	}
	for _, t := range a.SQL {
		s.Databases[t.Database] = tables{a, t.Database}
	}
	for name, spec := range a.Calendars {
		spec.Name = name
		if c, err := calendar.New(spec); err == nil { // one that is wrong is none
			s.Calendars[name] = c
		}
	}
	return services.New(s, approval, now)
}

// compact is JSON as it was asked, whatever an editor has made of it.
func compact(text json.RawMessage) []byte {
	var v json.RawMessage
	if json.Unmarshal(text, &v) != nil {
		return text
	}
	out, err := json.Marshal(v) // Marshal compacts raw messages
	if err != nil {
		return text
	}
	return out
}

func (a Answers) away(service string) error {
	if slices.Contains(a.Unavailable, service) {
		return fmt.Errorf("the %s service %w", service, errAway)
	}
	return nil
}

type (
	screener  struct{ Answers }
	simulator struct{ Answers }
	wallets   struct{ Answers }
	ledger    struct{ Answers }
)

// Screen answers each query and combines as the real one does.
func (s screener) Screen(ctx context.Context, queries []screening.Query) screening.Report {
	return (&screening.Screener{Sources: []screening.Source{list(s)}}).Screen(ctx, queries)
}

type list struct{ Answers }

func (list) Name() string { return "case" }

// Screen finds every address as the case has it; what it does not have is clear.
func (l list) Screen(_ context.Context, queries []screening.Query) (findings []screening.Finding, err error) {
	for _, q := range queries {
		f := screening.Finding{Source: "case", Network: q.Network, Address: q.Address, Verdict: screening.Clear, Checked: q.At}
		for address, verdict := range l.Screening {
			if strings.EqualFold(address, q.Address) {
				f.Verdict, f.Entry = verdict, "case"
			}
		}
		findings = append(findings, f)
	}
	return findings, l.away("screening")
}

func (s simulator) Simulate(_ context.Context, r simulation.Request) (simulation.Result, error) {
	if err := r.Check(); err != nil {
		return simulation.Result{}, err
	}
	if s.Simulation == nil {
		return simulation.Result{}, fmt.Errorf("the case has no simulation: %w", simulation.ErrUnavailable)
	}
	return *s.Simulation, s.away("simulation")
}

func (w wallets) WalletByID(_ context.Context, id string) (countersign.Wallet, error) {
	if w.Wallet == nil {
		return countersign.Wallet{ID: id}, w.away("wallet")
	}
	return *w.Wallet, w.away("wallet")
}

func (w wallets) Holdings(context.Context, string) ([]countersign.Holding, error) {
	return w.Answers.Holdings, w.away("wallet")
}

func (l ledger) Taken(_ context.Context, budget string, _ time.Time) (countersign.Amount, error) {
	return l.Answers.Taken[budget], l.away("ledger")
}
