package sweep_test

import (
	"testing"
	"time"

	"countersign"
	plans "countersign/sweep"
	"countersign/workflows/sweep"

	"go.temporal.io/sdk/testsuite"
)

// While gas costs more than the plan offers nothing is begun, and afterwards the rest.
func TestGasBecomesTooDear(t *testing.T) {
	t.Run("gas becomes too dear", func(t *testing.T) {
		w := newWorld(t, 7, 30)
		w.stop = func(p plans.Purpose, n int) string {
			if p == plans.ToTreasury && n == 2 {
				return "a unit of gas costs 10 wei"
			}
			return ""
		}
		w.says(w.ended(), "partial", "gas_price", 21, 21, 0)
	})
	t.Run("gas is too dear for three hours", func(t *testing.T) {
		w := newWorld(t, 7, 30)
		looks := 0
		w.stop = func(_ plans.Purpose, n int) string {
			if n == 2 && w.now().Sub(due) < 3*time.Hour {
				looks++
				return "a unit of gas costs 10 wei"
			}
			return ""
		}
		w.hints = func(env *testsuite.TestWorkflowEnvironment) {
			env.RegisterDelayedCallback(func() { w.phase(env, sweep.AwaitingGasPrice) }, time.Hour)
			env.RegisterDelayedCallback(func() { env.SetContinueAsNewSuggested(w.runs == 1) }, 2*time.Hour)
		}
		w.says(w.ended(), "swept", "", 37, 37, 0)
		if looks < 15 || looks > 20 {
			t.Errorf("asked %d times in three hours, want every ten minutes", looks)
		}
	})
	t.Run("gas becomes too dear for top-ups", func(t *testing.T) {
		w := newWorld(t, 20, 30)
		w.stop = func(_ plans.Purpose, n int) string {
			if n == 1 {
				return "a unit of gas costs 10 wei"
			}
			return ""
		}
		w.says(w.ended(), "partial", "gas_price", 7, 7, 0)
	})
}

// Moves whose gas has not come are not begun, also where the sweep goes on in a new run.
func TestMovesWithoutGasAreLeftOut(t *testing.T) {
	w := newWorld(t, 3, 400)
	w.fate = func(id string) fate {
		if id == "gas_top_up-1" {
			return fate{after: time.Minute, state: countersign.SettlementFailed, told: 1}
		}
		return quick(id)
	}
	w.without = []string{"to_treasury-0", "to_treasury-6", "to_treasury-300", "to_treasury-399"}
	end := w.ended()
	w.says(end, "partial", "", 399, 398, 0)
	for _, id := range w.without {
		if _, begun := w.legs[id]; begun {
			t.Errorf("%s was begun", id)
		}
	}
}
