package services

import (
	"context"
	"encoding/json"
	"time"

	"countersign"
	"countersign/chain/simulation"
)

// Recheck asks again, just before an approval is posted, what can have changed since
// it was decided: addresses are screened and calls are run again. It returns the zero
// Decision when the approval still holds, and an abstention when it does not, or when
// nobody answers. The evidence must have its questions and answers.
func (s Services) Recheck(ctx context.Context, a countersign.Approval, evidence []Evidence, now time.Time) countersign.Decision {
	for _, e := range evidence {
		var d countersign.Decision
		switch e.Kind {
		case screeningService.kind:
			d = s.screenAgain(ctx, a, e, now)
		case simulationService.kind:
			d = s.simulateAgain(ctx, a, e, now)
		}
		if d.Verdict != "" {
			return d
		}
	}
	return countersign.Decision{}
}

// Rechecked reports whether evidence of a kind is asked again by [Services.Recheck].
func Rechecked(kind string) bool {
	return kind == screeningService.kind || kind == simulationService.kind
}

func (s Services) screenAgain(ctx context.Context, a countersign.Approval, e Evidence, now time.Time) countersign.Decision {
	var asked screened
	if err := json.Unmarshal(e.Question, &asked); err != nil {
		return countersign.Abstained(countersign.ScreeningUnavailable, "the recorded question cannot be read: %s", err)
	}
	desk := New(s, a, now)
	desk.screen(ctx, asked)
	return unlessSound(desk)
}

func (s Services) simulateAgain(ctx context.Context, a countersign.Approval, e Evidence, now time.Time) countersign.Decision {
	var asked simulated
	var before simulation.Result
	err := json.Unmarshal(e.Question, &asked)
	if err == nil {
		err = json.Unmarshal(e.Answer, &before)
	}
	if err != nil {
		return countersign.Abstained(countersign.SimulationUnavailable, "the recorded simulation cannot be read: %s", err)
	}
	desk := New(s, a, now)
	after := desk.run(ctx, asked)
	if d := unlessSound(desk); d.Verdict != "" {
		return d
	}
	if drift := simulation.Drift(before, after, within(asked.Tolerances)...); drift != "" {
		return countersign.Abstained(countersign.SimulationDiffers, "it would not do any more what it did when it was decided: %.300s", drift)
	}
	return countersign.Decision{}
}

// unlessSound is what stands against an approval at a desk; zero for nothing.
func unlessSound(d *Desk) countersign.Decision {
	if said := d.Sound(countersign.Approved("still holds")); said.Verdict != countersign.Approve {
		return said
	}
	return countersign.Decision{}
}

// The questions that are asked twice.
type (
	screened struct {
		Network   string   `json:"network"`
		Addresses []string `json:"addresses"`
	}
	simulated struct {
		simulation.Request
		Tolerances []Tolerance `json:"tolerances,omitempty"`
	}
)

var (
	screeningService  = service{ScreeningKind, countersign.ScreeningUnavailable}
	simulationService = service{SimulationKind, countersign.SimulationUnavailable}
	walletService     = service{WalletKind, countersign.WalletUnavailable}
	balanceService    = service{BalanceKind, countersign.LedgerUnavailable}
	ledgerService     = service{LedgerKind, countersign.LedgerUnavailable}
)
