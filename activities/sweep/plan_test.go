package sweep_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"countersign"
	steps "countersign/activities/sweep"
	"countersign/audit"
	"countersign/audit/swept"
	"countersign/store"
	"countersign/sweep"

	"go.temporal.io/sdk/temporal"
)

// money gives the first wallets of a world what is swept: all have some of the native asset, every
// second one tokens too, every tenth tokens alone.
func (w *world) money(n int) {
	for i := range n {
		w.balances[address(i)] = 1e15
		if i%2 == 0 {
			w.balances[token+address(i)] = uint64(10 + i)
		}
		if i%10 == 0 {
			delete(w.balances, address(i))
		}
	}
}

func TestAPlanIsMadeOnce(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		w := newWorld(20)
		w.money(20)
		o := newOfficeOn(t, w, dsn)
		r := run(order())
		want, err := o.Planner.Plan(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		res := o.plan(r)
		// 20 wallets have tokens or money, 10 tokens, 2 no money at all.
		if res.TopUps != 2 || res.Moves != 28 || res.TopUpChunks != 1 || res.MoveChunks != 1 || res.Deferred != "" || !strings.Contains(res.Summary, "block 100") {
			t.Errorf("planned %+v", res)
		}
		if want.Price.String() != "1260" { // 1000 and a quarter, and 10
			t.Errorf("the price is %s", want.Price)
		}
		w.money(3)
		w.block, w.base = 101, 2000
		if again := o.plan(r); again != res {
			t.Errorf("planned again: %+v, want %+v", again, res)
		}
		got, _, err := swept.ReadPlan(t.Context(), o.trail, r.ID())
		if err != nil || text(t, got) != text(t, want) {
			t.Errorf("on the trail stands %v %s, want %s", err, text(t, got), text(t, want))
		}
		for _, s := range got.Skips {
			if s.WalletID == "wa-treasury" && s.Reason != sweep.IsTreasury {
				t.Errorf("the treasury: %+v", s)
			}
			for _, never := range []string{"wa-archived", "wa-untagged", "wa-elsewhere", "wa-new"} {
				if s.WalletID == never {
					t.Errorf("%s was looked at", never)
				}
			}
		}
	})
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestACrashAnywhereMakesOnePlan(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		w := newWorld(4)
		w.money(4)
		o := newOfficeOn(t, w, dsn)
		for _, after := range []bool{false, true} {
			for at := 1; ; at++ {
				ord := order()
				ord.Sweep = fmt.Sprintf("n%t%d", after, at)
				r := run(ord)
				w.crash = crash{at: at, after: after}
				_, err := o.PlanSweep(t.Context(), steps.PlanSweepInput{Run: r})
				happened := w.crash.happened()
				w.crash = crash{}
				if err != nil {
					var app *temporal.ApplicationError
					if errors.As(err, &app) && app.NonRetryable() {
						t.Fatalf("crash %d is taken for permanent: %v", at, err)
					}
				}
				o.plan(r)
				plans := 0
				for e, err := range o.trail.DB.Entries(t.Context(), store.Filter{Type: swept.SweepPlanned}) {
					if err != nil {
						t.Fatal(err)
					}
					if e.Record.Lineage == r.ID() {
						plans++
					}
				}
				if plans != 1 {
					t.Fatalf("after crash %d there are %d plans", at, plans)
				}
				if !happened {
					if at < 10 {
						t.Fatalf("only %d things were asked", at)
					}
					break
				}
			}
		}
	})
}

func TestTenThousandWallets(t *testing.T) {
	const wallets = 10_000
	w := newWorld(wallets)
	w.money(wallets)
	o := newOffice(t, w)
	r := run(order())
	res := o.plan(r)
	if res.TopUps != 1000 || res.Moves != 14_000 || res.MoveChunks != 140 || res.TopUpChunks != 10 {
		t.Errorf("planned %+v", res)
	}
	for _, n := range w.batches {
		if n > 100 {
			t.Errorf("a batch of %d balances", n)
		}
	}
	if got := len(w.batches); got != 2*101+1 { // the treasury carries the tag too; the station
		t.Errorf("%d batches, want 203", got)
	}
	entry, err := o.trail.Find(t.Context(), r.ID()+"/planned")
	if err != nil || len(entry.JWS) > 8<<10 {
		t.Errorf("the record has %d bytes, %v", len(entry.JWS), err)
	}
	o.pagesArePlan(r, res)
}

// pagesArePlan holds the pages of a plan against it.
func (o *office) pagesArePlan(r sweep.Run, res steps.PlanSweepResult) {
	t := o.t
	t.Helper()
	plan, _, err := swept.ReadPlan(t.Context(), o.trail, r.ID())
	if err != nil {
		t.Fatal(err)
	}
	var asked []countersign.Instruction
	for purpose, chunks := range map[sweep.Purpose]int{sweep.GasTopUp: res.TopUpChunks, sweep.ToTreasury: res.MoveChunks} {
		for i := range chunks {
			page, err := o.SweepPage(t.Context(), steps.SweepPageInput{SweepID: r.ID(), Purpose: purpose, Chunk: i})
			if err != nil || page.Stop != "" || len(page.Instructions) > swept.ChunkSize {
				t.Fatalf("page %d: %d instructions, %q, %v", i, len(page.Instructions), page.Stop, err)
			}
			if n := len(text(t, page)); n > 100<<10 {
				t.Errorf("page %d has %d bytes", i, n)
			}
			asked = append(asked, page.Instructions...)
		}
	}
	want := map[string]countersign.Instruction{}
	for _, m := range plan.All() {
		want[m.ExternalID] = plan.Instruction(m)
	}
	for _, i := range asked {
		if !reflect.DeepEqual(text(t, i), text(t, want[i.ExternalID])) || i.Check() != nil {
			t.Fatalf("instruction %s, %v, want %s", text(t, i), i.Check(), text(t, want[i.ExternalID]))
		}
		delete(want, i.ExternalID)
	}
	if len(want) != 0 {
		t.Errorf("%d moves are in no page", len(want))
	}
}

func TestPagesThatThereAreNot(t *testing.T) {
	w := newWorld(3)
	w.money(3)
	o := newOffice(t, w)
	r := run(order())
	page := func(id string, p sweep.Purpose, n int) (steps.SweepPageResult, error) {
		return o.SweepPage(t.Context(), steps.SweepPageInput{SweepID: id, Purpose: p, Chunk: n})
	}
	if _, err := page(r.ID(), sweep.ToTreasury, 0); !errors.Is(err, audit.ErrNoRecord) {
		t.Errorf("a page before the plan: %v", err)
	}
	o.plan(r)
	for _, tt := range []struct {
		purpose sweep.Purpose
		chunk   int
	}{{sweep.ToTreasury, 1}, {sweep.ToTreasury, -1}, {"other", 0}} {
		if _, err := page(r.ID(), tt.purpose, tt.chunk); !errors.Is(err, countersign.ErrInvalid) {
			t.Errorf("chunk %d of %s: %v", tt.chunk, tt.purpose, err)
		}
	}
	w.base = 1250 // and the tip of 10 is just what the plan offers
	if res, err := page(r.ID(), sweep.ToTreasury, 0); err != nil || res.Stop != "" || len(res.Instructions) == 0 {
		t.Errorf("at the plan's price: %+v, %v", res, err)
	}
	w.base = 1251
	if res, err := page(r.ID(), sweep.ToTreasury, 0); err != nil || !strings.Contains(res.Stop, "1261") || len(res.Instructions) != 0 {
		t.Errorf("above it: %+v, %v", res, err)
	}
}
