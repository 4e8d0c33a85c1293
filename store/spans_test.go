package store_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/audit"
	"countersign/store"

	"pgregory.net/rapid"
)

// jumbled appends n records whose times are not in the order of the log: most are within
// half an hour of their place, every fiftieth is a day early.
func jumbled(t *testing.T, dsn string, n int) (*store.DB, []audit.Entry) {
	t.Helper()
	ana := desk(t, dsn, "ana")
	var mu sync.Mutex
	var clock int
	ana.Signer.Now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		clock++
		at := start.Add(time.Duration(clock)*time.Minute + time.Duration(clock*37%61-30)*time.Minute)
		if clock%50 == 0 {
			at = at.Add(-24 * time.Hour)
		}
		return at
	}
	var all sync.WaitGroup
	for w := range 16 {
		all.Go(func() {
			for i := w; i < n; i += 16 {
				if _, err := ana.Append(t.Context(), draft(fmt.Sprint("j", i), "ap")); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	var entries []audit.Entry
	for e, err := range ana.DB.Entries(t.Context(), store.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return ana.DB, entries
}

// What was signed at some time is found in the few places that can hold it, also where
// clocks went back, across full tiles and in the part that fills none yet.
func TestWhatWasSignedAtATime(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		db, all := jumbled(t, dsn, 700)
		rapid.Check(t, func(rt *rapid.T) {
			var q store.Query
			minute := rapid.IntRange(-1500, 760)
			if rapid.Bool().Draw(rt, "since") {
				q.Since = start.Add(time.Duration(minute.Draw(rt, "from minute")) * time.Minute)
			}
			if rapid.Bool().Draw(rt, "until") {
				q.Until = start.Add(time.Duration(minute.Draw(rt, "to minute")) * time.Minute)
			}
			q.From = rapid.SampledFrom([]int64{0, 0, 5, 255, 256, 600}).Draw(rt, "from")
			q.Before = rapid.SampledFrom([]int64{0, 0, 256, 300, 690}).Draw(rt, "before")
			q.Limit = rapid.SampledFrom([]int{0, 0, 3}).Draw(rt, "limit")
			q.Subject = rapid.SampledFrom([]string{"", "ana", "founder"}).Draw(rt, "subject")
			var want, got []int64
			for _, e := range all {
				if picks(q, e) && (q.Limit == 0 || len(want) < q.Limit) {
					want = append(want, e.Index)
				}
			}
			for e, err := range db.Select(t.Context(), q) {
				if err != nil {
					rt.Fatal(err)
				}
				got = append(got, e.Index)
			}
			if !slices.Equal(got, want) {
				rt.Fatalf("Select(%+v) = %v, want %v", q, got, want)
			}
		})
		if strings.HasPrefix(dsn, "postgres") {
			return
		}
		// Minutes 320 to 330 stand in the second full tile, and nowhere else but a day early.
		steps, err := db.Explain(t.Context(), store.Query{Since: start.Add(320 * time.Minute), Until: start.Add(330 * time.Minute)})
		if plan := strings.Join(steps, "\n"); err != nil || !strings.Contains(plan, "rowid>? AND rowid<?") {
			t.Errorf("the walk has no end: %v\n%s", err, plan)
		}
	})
}
