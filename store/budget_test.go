package store_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/store"
)

// TestParallelDecisionsNeverPassTheCap runs two processes' worth of handles on
// one database.
func TestParallelDecisionsNeverPassTheCap(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		desks := []*store.Trail{desk(t, dsn, "us-a"), desk(t, dsn, "us-b")}
		const limit = 1000
		var reserved, won atomic.Uint64
		var wg sync.WaitGroup
		for g := range 16 {
			wg.Go(func() {
				for i := range 10 {
					n := 1 + rand.Uint64N(60)
					fits, err := decide(t.Context(), desks[g%2], fmt.Sprintf("k/%d/%d", g, i), claim(n, limit))
					if err != nil {
						t.Error(err)
						return
					}
					if fits {
						reserved.Add(n)
						won.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if got := taken(t, desks[0], time.Time{}); got != fmt.Sprint(reserved.Load()) || reserved.Load() > limit {
			t.Errorf("budget holds %s, the winners took %d, the cap is %d", got, reserved.Load(), limit)
		}
		// 160 tries of 30 on average against 1,000: what is left is less than the
		// largest ask, or somebody was refused without need.
		if left := limit - reserved.Load(); left > 60 {
			t.Errorf("%d left although %d were refused", left, 160-won.Load())
		}
		if n := verified(t, desks[1]); n != 160 {
			t.Errorf("%d records, want 160", n)
		}
	})
}

func TestOneKeyIsDecidedOnceByMany(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		desks := []*store.Trail{desk(t, dsn, "us"), desk(t, dsn, "us")}
		var concluded atomic.Int64
		var wg sync.WaitGroup
		seen := make([]string, 32)
		for i := range seen {
			wg.Go(func() {
				e, err := desks[i%2].Decide(t.Context(), "k", claim(60, 100), nil, func(countersign.Standing) (audit.Draft, bool) {
					concluded.Add(1)
					return draft("k", "ap"), true
				})
				if err != nil {
					t.Error(err)
				}
				seen[i] = e.JWS
			})
		}
		wg.Wait()
		for _, s := range seen {
			if s != seen[0] {
				t.Fatal("callers were told different decisions")
			}
		}
		if concluded.Load() != 1 || taken(t, desks[0], time.Time{}) != "60" {
			t.Errorf("concluded %d times, budget %s; want once, 60", concluded.Load(), taken(t, desks[0], time.Time{}))
		}
	})
}

func TestTheLifeOfAClaim(t *testing.T) {
	end := func(key string) audit.Draft { return draft(key+"/end", key) }
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		step := func(what, want string, do func() error) {
			t.Helper()
			if err := do(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if got := taken(t, tr, time.Time{}); got != want {
				t.Errorf("%s: the pot holds %s, want %s", what, got, want)
			}
		}
		reserve := func(key string, n uint64) func() error {
			return func() error { _, err := decide(t.Context(), tr, key, claim(n, 100)); return err }
		}
		closing := func(key string, moved bool) func() error {
			return func() error { _, err := tr.Close(t.Context(), end(key), key, moved); return err }
		}
		step("60 of 100 fit", "60", reserve("a", 60))
		step("41 more do not", "60", reserve("b", 41))
		step("40 more fit exactly", "100", reserve("c", 40))
		step("a is denied and gives back", "40", closing("a", false))
		step("closing again changes nothing", "40", closing("a", true))
		step("c is approved and stays", "40", closing("c", true))
		step("people approve b: it moved, over the cap or not", "81", closing("b", true))
		step("d takes 19", "100", reserve("d", 19))
		step("d is void: back to a note", "81", func() error {
			_, err := tr.Void(t.Context(), draft("d/void", "d"), "d")
			return err
		})
		step("people approve d all the same", "100", closing("d", true))
		verified(t, tr)
	})
}

func TestWindowsAndWideAmounts(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		at := func(h int) time.Time { return start.Add(time.Duration(h) * time.Hour) }
		huge := countersign.MustAmount("115792089237316195423570985008687907853269984665640564039457584007913129639935") // 2^256-1
		tr.Signer.Now = func() time.Time { return at(0) }
		in := func(since time.Time, amount, limit countersign.Amount, key string) bool {
			t.Helper()
			fits, err := decide(t.Context(), tr, key, []countersign.Claim{{Budget: "pot", Amount: amount, Limit: limit, Since: since}})
			if err != nil {
				t.Fatal(err)
			}
			return fits
		}
		if !in(at(-24), huge, huge, "a") {
			t.Error("2^256-1 does not fit a pot of 2^256-1")
		}
		if in(at(-24), countersign.NewAmount(1), huge, "b") {
			t.Error("one more fits: the sum wrapped")
		}
		tr.Signer.Now = func() time.Time { return at(25) }
		if !in(at(1), countersign.NewAmount(1), countersign.NewAmount(1), "c") {
			t.Error("what was taken before the window still counts")
		}
		if in(at(25), countersign.NewAmount(1), countersign.NewAmount(1), "d") {
			t.Error("what was taken at the window's first moment does not count")
		}
	})
}

func TestCountingTwiceInOneRequest(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		twice := append(claim(60, 100), claim(50, 100)...)
		if fits, err := decide(t.Context(), tr, "a", twice); err != nil || fits {
			t.Errorf("60 and 50 of 100 in one request: fits %t, %v; want not", fits, err)
		}
		twice[1].Amount = countersign.NewAmount(40)
		if fits, err := decide(t.Context(), tr, "b", twice); err != nil || !fits || taken(t, tr, time.Time{}) != "100" {
			t.Errorf("60 and 40 of 100: fits %t, %v, taken %s; want 100", fits, err, taken(t, tr, time.Time{}))
		}
	})
}
