package store_test

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/ledger"
	"countersign/store"
	"countersign/store/books"
	"countersign/store/storetest"

	"pgregory.net/rapid"
)

var usdc = ledger.Asset{Code: "USDC", Scale: 6}

func moves(id string, state ledger.State, from, to ledger.Account, n uint64) ledger.Step {
	s := ledger.Step{ID: id, State: state}
	if state != ledger.Reversed {
		s.Postings = []ledger.Posting{{From: from, To: to, Asset: usdc, Amount: countersign.NewAmount(n)}}
	}
	return s
}

func book(t testing.TB, tr *store.Trail, key string, b ledger.Booking) (audit.Entry, error) {
	t.Helper()
	d := draft(key, "ap")
	d.Lineage = "settlement/" + key
	return tr.Book(t.Context(), d, b)
}

func holds(t *testing.T, b books.Books, account ledger.Account, at time.Time, balance, free string) {
	t.Helper()
	total, err := b.Total(t.Context(), ledger.Key{Account: account, Asset: usdc}, at)
	if err != nil || total.Balance().String() != balance || total.Free().String() != free {
		t.Errorf("%s holds %s, %s free, %v; want %s, %s", account, total.Balance(), total.Free(), err, balance, free)
	}
}

// A record and what it books are there together or not at all, and once.
func TestARecordBooksItsSteps(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "ana")
		ledgerOf := tr.DB.Books()
		deposit := ledger.Booking{Steps: []ledger.Step{moves("d1", ledger.Posted, "world", "hot", 10)}}
		first, err := book(t, tr, "k1", deposit)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := book(t, tr, "k1", deposit); err != nil || again.Index != first.Index {
			t.Errorf("the same again: record %d, %v; want %d", again.Index, err, first.Index)
		}
		if _, err := book(t, tr, "k2", deposit); err != nil { // another record of the same fact
			t.Errorf("the same step by another record: %v", err)
		}
		holds(t, ledgerOf, "hot", time.Time{}, "10", "10")
		holds(t, ledgerOf, "world", time.Time{}, "-10", "-10")
		size, _ := tr.DB.Size(t.Context())
		for name, tt := range map[string]struct {
			booking ledger.Booking
			want    error
		}{
			"another amount under a used ID": {ledger.Booking{Steps: []ledger.Step{moves("d1", ledger.Posted, "world", "hot", 11)}}, books.ErrBooked},
			"a state that cannot follow":     {ledger.Booking{Steps: []ledger.Step{moves("d1", ledger.Pending, "world", "hot", 10)}}, ledger.ErrEntry},
			"more than is there": {ledger.Booking{
				Steps: []ledger.Step{moves("t1", ledger.Pending, "hot", "cold", 11)}, Covered: []ledger.Account{"hot"},
			}, books.ErrShort},
			"two steps, one of them bad": {ledger.Booking{
				Steps: []ledger.Step{moves("t2", ledger.Pending, "hot", "cold", 1), moves("t3", ledger.Reversed, "", "", 0)},
			}, ledger.ErrEntry},
		} {
			if _, err := book(t, tr, "bad "+name, tt.booking); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", name, err, tt.want)
			}
		}
		if now, _ := tr.DB.Size(t.Context()); now != size {
			t.Errorf("%d records of what was refused", now-size)
		}
		if steps, err := ledgerOf.Entry(t.Context(), "t2"); err != nil || len(steps) != 0 {
			t.Errorf("half of a booking stands: %v, %v", steps, err)
		}
	})
}

func TestAnEntryFromPendingToReversed(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "ana")
		ledgerOf, now := tr.DB.Books(), start
		tr.Signer.Now = func() time.Time { return now }
		for i, s := range []ledger.Step{
			moves("d1", ledger.Posted, "world", "hot", 100), moves("s1", ledger.Pending, "hot", "out", 60),
			moves("s1", ledger.Posted, "hot", "out", 59), moves("s1", ledger.Reversed, "", "", 0),
		} {
			now = now.Add(time.Hour)
			if _, err := book(t, tr, fmt.Sprint("k", i), ledger.Booking{Steps: []ledger.Step{s}, Covered: []ledger.Account{"hot"}}); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(-10 * time.Hour) // a clock that goes back does not take the books with it
		if _, err := book(t, tr, "k9", ledger.Booking{Steps: []ledger.Step{moves("d2", ledger.Posted, "world", "hot", 1)}}); err != nil {
			t.Fatal(err)
		}
		for hours, want := range map[int][2]string{0: {"0", "0"}, 1: {"100", "100"}, 2: {"100", "40"}, 3: {"41", "41"}, 4: {"101", "101"}, 9: {"101", "101"}} {
			holds(t, ledgerOf, "hot", start.Add(time.Duration(hours)*time.Hour), want[0], want[1])
		}
		in, out, err := ledgerOf.Flow(t.Context(), ledger.Key{Account: "hot", Asset: usdc}, start.Add(2*time.Hour), start.Add(3*time.Hour))
		if err != nil || in.Sign() != 0 || out.String() != "59" {
			t.Errorf("Flow of the third hour = %s, %s, %v; want 0 and 59", in, out, err)
		}
		steps, err := ledgerOf.Entry(t.Context(), "s1")
		if err != nil || len(steps) != 3 || steps[2].Before.Postings[0].Amount.String() != "59" || steps[1].Record != "k2" || steps[1].Lineage != "settlement/k2" {
			t.Errorf("Entry = %+v, %v", steps, err)
		}
	})
}

// What was booked is never changed, not even by SQL.
func TestTheBooksAreNeverChanged(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "ana")
		if _, err := book(t, tr, "k1", ledger.Booking{Steps: []ledger.Step{moves("d1", ledger.Posted, "world", "hot", 10)}}); err != nil {
			t.Fatal(err)
		}
		raw := rawDB(t, dsn)
		for _, text := range []string{
			"UPDATE ledger_steps SET memo = 'x'", "DELETE FROM ledger_steps", "UPDATE ledger_totals SET inflow = '11'", "DELETE FROM ledger_totals",
		} {
			if _, err := raw.Exec(text); err == nil {
				t.Errorf("%s was taken", text)
			}
		}
		holds(t, tr.DB.Books(), "hot", time.Time{}, "10", "10")
	})
}

// Whatever is booked, by two processes at once and in bookings of any size, the totals are
// what the steps add up to, and all accounts together hold nothing.
func TestTheBooksOfTwoProcesses(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		here, there := desk(t, dsn, "ana"), desk(t, dsn, "bo")
		run := 0
		rapid.Check(t, func(rt *rapid.T) {
			run++
			var wg sync.WaitGroup
			for p, tr := range []*store.Trail{here, there} {
				var all []ledger.Booking
				for range rapid.IntRange(1, 4).Draw(rt, "bookings") {
					all = append(all, drawBooking(rt, fmt.Sprint(run, ".", p)))
				}
				wg.Go(func() {
					for i, b := range all { // some are refused: whole
						_, _ = book(t, tr, fmt.Sprint("k/", run, "/", p, "/", i), b)
					}
				})
			}
			wg.Wait()
			addUp(t, rt, here.DB.Books())
		})
	})
}

func drawBooking(rt *rapid.T, prefix string) (b ledger.Booking) {
	accounts := []ledger.Account{"world", "hot", "cold", "fees"}
	for range rapid.IntRange(1, 5).Draw(rt, "steps") {
		i := rapid.IntRange(0, 3).Draw(rt, "from")
		b.Steps = append(b.Steps, moves(
			fmt.Sprintf("e%s.%d", prefix, rapid.IntRange(0, 4).Draw(rt, "entry")),
			rapid.SampledFrom([]ledger.State{ledger.Pending, ledger.Posted, ledger.Reversed}).Draw(rt, "state"),
			accounts[i], accounts[(i+rapid.IntRange(1, 3).Draw(rt, "to"))%4], rapid.Uint64Range(1, 100).Draw(rt, "amount")))
	}
	return b
}

func addUp(t *testing.T, rt *rapid.T, b books.Books) {
	totals, last := map[ledger.Key]ledger.Total{}, map[string]*ledger.Step{}
	for s, err := range b.Steps(t.Context(), time.Time{}, time.Time{}) {
		if err != nil {
			rt.Fatal(err)
		}
		if err := ledger.Apply(totals, last[s.ID], s.Step); err != nil {
			rt.Fatalf("step %d cannot stand there: %v", s.Seq, err)
		}
		last[s.ID] = &s.Step
	}
	keys, err := b.Keys(t.Context(), "")
	if err != nil || len(keys) != len(totals) {
		rt.Fatalf("Keys = %v, %v, want %d", keys, err, len(totals))
	}
	sum := new(big.Int)
	for _, k := range keys {
		got, err := b.Total(t.Context(), k, time.Time{})
		want := totals[k]
		if err != nil || fmt.Sprint(got.In, got.Out, got.HeldIn, got.HeldOut) != fmt.Sprint(want.In, want.Out, want.HeldIn, want.HeldOut) {
			rt.Fatalf("Total of %v = %+v, %v; want %+v", k, got, err, want)
		}
		sum.Add(sum, got.Balance())
	}
	if sum.Sign() != 0 {
		rt.Fatalf("the balances sum to %s", sum)
	}
	if under, err := b.Keys(t.Context(), "hot"); err != nil || len(under) > 1 || len(under) == 1 && !slices.Contains(slices.Collect(maps.Keys(totals)), under[0]) {
		rt.Fatalf("Keys under hot = %v, %v", under, err)
	}
}

// BenchmarkBooks tells what bookings of 1,000 steps cost on top of a bare INSERT of the same
// rows, in one run ("×bare"), and how long a flow of a day takes among all that was booked.
func BenchmarkBooks(b *testing.B) {
	for _, kind := range []string{"SQLite", "PostgreSQL"} {
		b.Run(kind, func(b *testing.B) {
			dsn := filepath.Join(b.TempDir(), "trail.db")
			if kind == "PostgreSQL" {
				dsn = storetest.Postgres(b)
			}
			tr, bare := desk(b, dsn, "us"), bareBooks(b, dsn)
			var ours, theirs time.Duration
			n := 0
			for round := 0; b.Loop(); round++ {
				booking := ledger.Booking{}
				for i := range 1000 {
					booking.Steps = append(booking.Steps, moves(fmt.Sprintf("e%d.%d", round, i), ledger.Posted, "world", ledger.Account(fmt.Sprint("desk:", i%50)), 5))
				}
				begun := time.Now()
				if _, err := book(b, tr, fmt.Sprint("k", round), booking); err != nil {
					b.Fatal(err)
				}
				ours += time.Since(begun)
				begun = time.Now()
				bare(booking.Steps, int64(n))
				theirs += time.Since(begun)
				n += len(booking.Steps)
			}
			begun := time.Now()
			for range 100 {
				if _, _, err := tr.DB.Books().Flow(b.Context(), ledger.Key{Account: "desk:7", Asset: usdc}, start.Add(-time.Hour), start); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(time.Since(begun).Microseconds())/100, "µs/flow")
			b.ReportMetric(float64(ours)/float64(theirs), "×bare")
			b.ReportMetric(float64(n)/ours.Seconds(), "steps/s")
			b.ReportMetric(float64(n), "steps")
		})
	}
}

// bareBooks inserts steps into a table with the same columns and keys, 1,000 rows to a
// statement, as one who has measured would.
func bareBooks(b *testing.B, dsn string) func([]ledger.Step, int64) {
	dir := dsn
	if filepath.IsAbs(dsn) {
		dir = "file:" + filepath.Join(b.TempDir(), "bare.db") + "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"
	}
	db := rawDB(b, dir)
	if _, err := db.Exec(`CREATE TABLE bare_steps (seq BIGINT PRIMARY KEY, entry TEXT NOT NULL, state TEXT NOT NULL, at BIGINT NOT NULL,
		record_key TEXT NOT NULL, lineage TEXT NOT NULL, memo TEXT NOT NULL, postings TEXT NOT NULL, UNIQUE (entry, state))`); err != nil {
		b.Fatal(err)
	}
	return func(steps []ledger.Step, from int64) {
		var args []any
		for i, s := range steps {
			args = append(args, from+int64(i), s.ID, string(s.State), start.UnixMicro(), s.Record, s.Lineage, s.Memo,
				fmt.Sprintf(`[{"from":%q,"to":%q,"asset":"USDC/6","amount":"5"}]`, s.Postings[0].From, s.Postings[0].To))
		}
		if _, err := db.Exec("INSERT INTO bare_steps VALUES "+placeholders(db, len(steps), 8), args...); err != nil {
			b.Fatal(err)
		}
	}
}
