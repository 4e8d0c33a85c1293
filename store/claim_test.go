package store_test

import (
	"fmt"
	"math/big"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countersign"
	"countersign/audit"
	"countersign/store"
)

var (
	huge = countersign.MustAmount("115792089237316195423570985008687907853269984665640564039457584007913129639935") // 2^256-1
	one  = countersign.NewAmount(1)
)

func of(amount, limit countersign.Amount) countersign.Claim {
	return countersign.Claim{Budget: "pot", Amount: amount, Limit: limit}
}

// People approve unlimited amounts, by twos too. The budget is then full: that is
// a reason to abstain, and none to fail.
func TestABudgetFullBeyondMeasureStaysFull(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		for _, key := range []string{"a", "b"} {
			if fits, err := decide(t.Context(), tr, key, []countersign.Claim{of(huge, one)}); err != nil || fits {
				t.Fatalf("unlimited amount %s: fits %t, %v; want not", key, fits, err)
			}
			if _, err := tr.Close(t.Context(), draft(key+"/end", key), key, true); err != nil {
				t.Fatal(err)
			}
		}
		if got := taken(t, tr, time.Time{}); got != huge.String() {
			t.Errorf("budget holds %s, want the largest amount", got)
		}
		for _, limit := range []countersign.Amount{one, huge} {
			fits, err := decide(t.Context(), tr, "c/"+limit.String()[:1], []countersign.Claim{of(one, limit)})
			if err != nil || fits {
				t.Errorf("one more under %s: fits %t, %v; want not", limit, fits, err)
			}
		}
		verified(t, tr)
	})
}

func TestOneRequestThatCountsBeyondMeasure(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		var got []bool
		_, err := tr.Decide(t.Context(), "a", []countersign.Claim{of(huge, huge), of(huge, huge), of(one, huge)}, nil,
			func(st countersign.Standing) (audit.Draft, bool) {
				for _, b := range st.Balances {
					got = append(got, b.Fits)
				}
				return draft("a", "a"), false
			})
		if err != nil || fmt.Sprint(got) != "[true false false]" {
			t.Errorf("fits %v, %v; want only the first", got, err)
		}
		if _, err := tr.Close(t.Context(), draft("a/end", "a"), "a", true); err != nil {
			t.Fatal(err)
		}
		if got := taken(t, tr, time.Time{}); got != huge.String() {
			t.Errorf("people approved it: budget holds %s, want the largest amount", got)
		}
	})
}

// Whatever conclude says, a cap holds.
func TestWhatDoesNotFitIsNotReserved(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		_, err := tr.Decide(t.Context(), "a", claim(101, 100), nil, func(countersign.Standing) (audit.Draft, bool) { return draft("a", "a"), true })
		if err == nil {
			t.Error("101 of 100 were reserved")
		}
		if n, sum := verified(t, tr), taken(t, tr, time.Time{}); n != 0 || sum != "0" {
			t.Errorf("%d records, %s taken; want nothing", n, sum)
		}
	})
}

// The store against a model in a few lines: random requests and ends, and the
// budget is what the model says after each.
func TestBudgetsKeepTheirBooks(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		round := 0
		rapid.Check(t, func(r *rapid.T) {
			pot := "pot/" + strconv.Itoa(round)
			round++ // a pot of its own
			limit := rapid.Uint64Range(0, 200).Draw(r, "limit")
			state, amount := map[string]string{}, map[string]uint64{}
			sum := func() uint64 { return held(state, amount) }
			for i := range rapid.IntRange(1, 12).Draw(r, "steps") {
				key := fmt.Sprintf("%s/%d", pot, rapid.IntRange(0, 4).Draw(r, "key"))
				var err error
				switch verb := rapid.SampledFrom([]string{"decide", "moved", "came to nothing", "void"}).Draw(r, "verb"); {
				case verb == "decide":
					n := rapid.Uint64Range(0, 120).Draw(r, "amount")
					room := sum()+n <= limit
					c := claim(n, limit)
					c[0].Budget = pot
					if _, err = decide(t.Context(), tr, key, c); state[key] == "" {
						amount[key], state[key] = n, map[bool]string{true: "reserved", false: "noted"}[room]
					}
				case verb == "void":
					_, err = tr.Void(t.Context(), draft(fmt.Sprint(key, "/void/", i), key), key)
					if state[key] == "reserved" {
						state[key] = "noted"
					}
				default:
					_, err = tr.Close(t.Context(), draft(fmt.Sprint(key, "/end/", i), key), key, verb == "moved")
					if state[key] == "reserved" || state[key] == "noted" {
						state[key] = map[bool]string{true: "committed", false: "released"}[verb == "moved"]
					}
				}
				if err != nil {
					r.Fatal(err)
				}
				if got, err := tr.DB.Taken(t.Context(), pot, time.Time{}); err != nil || got.String() != fmt.Sprint(sum()) {
					r.Fatalf("budget holds %s, %v, want %d: %v", got, err, sum(), state)
				}
			}
		})
		verified(t, tr)
	})
}

// held is what a model's claims take from their pot.
func held(state map[string]string, amount map[string]uint64) (n uint64) {
	for k, s := range state {
		if s == "reserved" || s == "committed" {
			n += amount[k]
		}
	}
	return n
}

// Sixty-four callers on two handles ask for amounts wider than any SQL integer.
func TestWideAmountsUnderLoadNeverPassTheCap(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		desks := []*store.Trail{desk(t, dsn, "us-a"), desk(t, dsn, "us-b")}
		unit := new(big.Int).Lsh(big.NewInt(1), 240)
		wide := func(n int64) countersign.Amount {
			a, err := countersign.AmountFromBig(new(big.Int).Mul(unit, big.NewInt(n)))
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		var mu sync.Mutex
		won := big.NewInt(0)
		var wg sync.WaitGroup
		for g := range 64 {
			wg.Go(func() {
				for i := range 4 {
					n := wide(int64(1 + (g*7+i*13)%40))
					fits, err := decide(t.Context(), desks[g%2], fmt.Sprintf("k/%d/%d", g, i), []countersign.Claim{of(n, wide(1000))})
					if err != nil {
						t.Error(err)
						return
					}
					if fits {
						mu.Lock()
						won.Add(won, n.Big())
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		if got := taken(t, desks[0], time.Time{}); got != won.String() || won.Cmp(wide(1000).Big()) > 0 || won.Cmp(wide(960).Big()) < 0 {
			t.Errorf("budget holds %s, the winners took %s, the cap is %s", got, won, wide(1000))
		}
		if n := verified(t, desks[1]); n != 256 {
			t.Errorf("%d records, want 256", n)
		}
	})
}
