package demo

import (
	"context"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"countersign/audit/swept"
	"countersign/cmd/countersign/stack"
	"countersign/custody/dfns"
	"countersign/store"
	"countersign/sweep"
)

// A deposit is what one of the ten wallets gets from outside: ether in millionths, and TUSD.
type deposit struct{ ether, tusd int64 }

// deposits are one for each wallet. Those with TUSD alone cannot pay for moving it, and the last
// but one has less than is worth it.
var deposits = []deposit{
	{ether: 250_000}, {ether: 1_250_000}, {ether: 40_000}, {ether: 3_000_000},
	{tusd: 1_200}, {tusd: 75}, {tusd: 40_000}, {ether: 500_000, tusd: 310}, {ether: 20}, {},
}

// millionth is of an ether, in wei.
var millionth = big.NewInt(1_000_000_000_000)

// schedule is the file of the nightly sweep: every evening, and now because it is triggered.
const schedule = `schedules:
  - id: sweep/nightly
    note: Gives what deposit wallets hold to the treasury, every evening at 18:30 in Zurich.
    workflow: ScheduledSweep
    input:
      sweep: nightly
      network: %s
      tag: %s
      treasury: %s
      max_gas_price: "200000000000"
      assets:
        - {dust: "1000000000000000", max_fee_bps: 100}
        - {contract: "%s", dust: "1000000", max_fee_bps: 500, worth: {amount: "1000000", wei: "400000000000000"}}
      top_up: {wallet: %s}
    cron: "30 18 * * *"
    zone: Europe/Zurich
    catch_up: 1h
`

// Sweep is the demo's second part: deposits arrive at ten wallets, the nightly sweep is started
// through its schedule, and what it has gathered is held against the chain. It prints the
// commands that an operator would type, and what they say.
func Sweep(ctx context.Context, w *World, out io.Writer) error {
	start := time.Now()
	wallets, station, err := w.fund(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nten deposit wallets, paid from outside; all of it stands in the books (%.1f s)\n\n", time.Since(start).Seconds())
	before, err := w.treasury(ctx)
	if err != nil {
		return err
	}
	p := w.Stack.Platform
	file := filepath.Join(w.Stack.Dir, "schedules.yaml")
	text := fmt.Sprintf(schedule, p.Network, stack.DepositTag, p.WalletID, p.Token, station.ID)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	if err := w.commands(ctx, out,
		[]string{"schedules", "apply", "--file", file, "--yes", "--why", "the demo"},
		[]string{"schedules", "trigger", "sweep/nightly", "--file", file, "--why", "the demo does not wait for the evening"},
	); err != nil {
		return err
	}
	closed, id, err := w.swept(ctx)
	if err != nil {
		return err
	}
	if err := w.commands(ctx, out, []string{"sweep", "report", id}); err != nil {
		return err
	}
	return w.gathered(ctx, wallets, before, closed)
}

// pot is what an address holds.
type pot struct{ wei, token *big.Int }

func (w *World) treasury(ctx context.Context) (p pot, err error) {
	p.wei, p.token, err = w.held(ctx, w.Stack.Platform.Treasury)
	return p, err
}

// swept waits for the report of the run that was started.
func (w *World) swept(ctx context.Context) (closed swept.Closed, id string, err error) {
	closed, err = eventually(ctx, "the sweep's report", func(ctx context.Context) (body swept.Closed, err error) {
		for e, err := range w.Trail.Entries(ctx, store.Filter{Type: swept.SweepClosed}) {
			if err != nil {
				return body, err
			}
			return body, e.Decode(&body)
		}
		return body, errNotYet
	})
	return closed, closed.SweepID, err
}

// gathered holds what the report says against the chain: all of it has come to the treasury, and
// nothing is left behind but what is not worth moving.
func (w *World) gathered(ctx context.Context, wallets []dfns.Wallet, before pot, closed swept.Closed) error {
	after, err := w.treasury(ctx)
	if err != nil {
		return err
	}
	token := strings.ToLower(w.Stack.Platform.Token) // as the trail writes it
	came := map[string]*big.Int{"": after.wei.Sub(after.wei, before.wei), token: after.token.Sub(after.token, before.token)}
	for _, total := range closed.Totals {
		if total.Purpose != sweep.ToTreasury {
			continue
		}
		if got := came[total.Contract]; got == nil || total.Amount.Big().Cmp(got) != 0 {
			return fmt.Errorf("the report says that %s of %q have moved, and %s came", total.Amount, total.Contract, got)
		}
		delete(came, total.Contract)
	}
	if len(came) > 0 || closed.Moved != closed.Planned || closed.Planned != wantMoves() {
		return fmt.Errorf("%d of %d moves have moved, want %d; not in the report: %v", closed.Moved, closed.Planned, wantMoves(), came)
	}
	for i, d := range deposits {
		wei, token, err := w.held(ctx, wallets[i].Address)
		if err != nil {
			return err
		}
		left := new(big.Int) // to the last wei, but for what a token's move was given for gas and has not used
		if !d.worthwhile() {
			left = d.wei()
		}
		if token.Sign() != 0 || d.tusd == 0 && wei.Cmp(left) != 0 {
			return fmt.Errorf("wallet %s still has %s wei and %s of the token, want %s and 0", wallets[i].ID, wei, token, left)
		}
	}
	return nil
}

// worthwhile reports whether a deposit's ether is above the order's dust bound.
func (d deposit) worthwhile() bool { return d.ether >= 1000 }

// wantMoves is how many moves the plan must have: of ether, of the token, and of gas to those that
// have the token alone.
func wantMoves() (n int) {
	for _, d := range deposits {
		if d.worthwhile() {
			n++
		}
		if d.tusd > 0 {
			n++
			if !d.worthwhile() {
				n++
			}
		}
	}
	return n
}
