package store_test

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/store"
	"countersign/store/claims"
)

func budgets(t *testing.T, dsn string) *claims.Budgets {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &claims.Budgets{DB: db.SQL(), Now: time.Now}
}

// TestManyReserveAtOnce has 64 callers on two handles ask for 1 each, far more often
// than the cap allows, some with a second budget, some giving back. `make slow` gives
// each 1,000 tries.
func TestManyReserveAtOnce(t *testing.T) {
	callers, tries := 64, 20
	if os.Getenv("COUNTERSIGN_TEST_SLOW") != "" {
		tries = 1000
	}
	each(t, func(t *testing.T, dsn string) {
		c := &crowd{t: t, handles: []*claims.Budgets{budgets(t, dsn), budgets(t, dsn)}, limit: countersign.NewAmount(uint64(callers*tries) / 4)}
		var wg sync.WaitGroup
		for g := range callers {
			wg.Go(func() {
				for i := range tries {
					c.try(g, i)
				}
			})
		}
		wg.Wait()
		if c.tried.Load() != int64(callers*tries) {
			t.Fatalf("%d tries, want %d", c.tried.Load(), callers*tries)
		}
		for name, want := range map[string]int64{"first": c.first.Load(), "a second": c.second.Load()} {
			got, err := claims.Taken(t.Context(), c.handles[0].DB, name, time.Time{})
			if err != nil || got.String() != fmt.Sprint(want) || got.Cmp(c.limit) > 0 {
				t.Errorf("budget %q holds %s, %v; the winners took %d, the cap is %s", name, got, err, want, c.limit)
			}
		}
		if got := c.first.Load(); fmt.Sprint(got) != c.limit.String() {
			t.Errorf("%d of %s were given away: somebody was refused without need", got, c.limit)
		}
	})
}

// crowd is who asks, and what they got.
type crowd struct {
	t                    *testing.T
	handles              []*claims.Budgets
	limit                countersign.Amount
	first, second, tried atomic.Int64
}

func (c *crowd) pot(name string) countersign.Claim {
	return countersign.Claim{Budget: name, Amount: countersign.NewAmount(1), Limit: c.limit}
}

// try is one request: reserved, and then committed or, now and then, given back.
func (c *crowd) try(g, i int) {
	b, key := c.handles[g%2], fmt.Sprintf("%d/%d", g, i)
	claims, both := []countersign.Claim{c.pot("first")}, (g+i)%3 == 0
	if both { // the second name sorts first: locks must not cross
		claims = append(claims, c.pot("a second"))
	}
	_, fits, err := b.Reserve(c.t.Context(), key, claims)
	switch {
	case err != nil || !fits:
	case i%10 == 9:
		err = b.Release(c.t.Context(), key)
	default:
		c.first.Add(1)
		if both {
			c.second.Add(1)
		}
		err = b.Commit(c.t.Context(), key)
	}
	if err != nil {
		c.t.Error(err)
		return
	}
	c.tried.Add(1)
}

func TestReserveIsIdempotentAndWhole(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		b := budgets(t, dsn)
		two := []countersign.Claim{
			{Budget: "wide", Amount: countersign.NewAmount(60), Limit: countersign.NewAmount(1000)},
			{Budget: "narrow", Amount: countersign.NewAmount(60), Limit: countersign.NewAmount(100)},
		}
		holds := func(when, wide, narrow string) {
			t.Helper()
			for name, want := range map[string]string{"wide": wide, "narrow": narrow} {
				if got, err := claims.Taken(t.Context(), b.DB, name, time.Time{}); err != nil || got.String() != want {
					t.Errorf("%s: budget %s holds %s, %v; want %s", when, name, got, err, want)
				}
			}
		}
		for range 2 { // the answer was lost: asked again
			if _, fits, err := b.Reserve(t.Context(), "one", two); err != nil || !fits {
				t.Fatalf("first request: fits %t, %v", fits, err)
			}
		}
		holds("reserved twice under one key", "60", "60")
		for range 2 {
			balances, fits, err := b.Reserve(t.Context(), "two", two)
			if err != nil || fits {
				t.Fatalf("second request: fits %t, %v; want not", fits, err)
			}
			if len(balances) == 2 && (!balances[0].Fits || balances[1].Fits || balances[1].Before.String() != "60") {
				t.Errorf("balances %+v", balances)
			}
		}
		holds("one budget of two was full", "60", "60")
		if err := b.Release(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		holds("released", "0", "0")
		if err := b.Commit(t.Context(), "one"); err != nil { // too late
			t.Fatal(err)
		}
		holds("committed after its release", "0", "0")
	})
}

func TestAHaltStopsWhatIsDecidedAfterIt(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr, other := desk(t, dsn, "us-a"), desk(t, dsn, "us-b")
		scopes := []string{"all", "wallet/wa-1", "book/b"}
		halted := func(key string, reserve bool) (got []string, err error) {
			_, err = tr.Decide(t.Context(), key, nil, scopes, func(st countersign.Standing) (audit.Draft, bool) {
				got = st.Halted
				return draft(key, key), reserve
			})
			return got, err
		}
		if got, err := halted("before", true); err != nil || len(got) != 0 {
			t.Fatalf("halted %v, %v", got, err)
		}
		first, err := other.Halt(t.Context(), draft("halt/1", ""), "wallet/wa-1")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := tr.DB.Find(t.Context(), "halt/1"); err != nil || again.JWS != first.JWS {
			t.Errorf("the halt is not on the trail: %v", err)
		}
		if got, err := halted("during", false); err != nil || fmt.Sprint(got) != "[wallet/wa-1]" {
			t.Errorf("halted %v, %v", got, err)
		}
		if _, err := halted("approved all the same", true); err == nil {
			t.Error("an approval was kept in a halted scope")
		}
		if now, err := tr.Halted(t.Context(), scopes); err != nil || fmt.Sprint(now) != "[wallet/wa-1]" {
			t.Errorf("Halted = %v, %v", now, err)
		}
		if hs, err := tr.DB.Halts(t.Context()); err != nil || len(hs) != 1 || hs[0].Key != "halt/1" || hs[0].Since.IsZero() {
			t.Errorf("Halts = %+v, %v", hs, err)
		}
		if _, err := tr.Resume(t.Context(), draft("resume/1", ""), "wallet/wa-1"); err != nil {
			t.Fatal(err)
		}
		if got, err := halted("after", true); err != nil || len(got) != 0 {
			t.Errorf("halted %v, %v after it was resumed", got, err)
		}
	})
}
