package store_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/ledger"
	"countersign/store/books"
	"countersign/store/storetest"
)

// desks are how many accounts the entries of [fill] go to in turn.
const desks = 50

// fill writes n entries as if each had been booked alone, one a second from start: the i-th moves
// 5 from world to desk i%50. Each leaves its step and two totals, as books.Book does.
func fill(t testing.TB, dsn string, n int) {
	t.Helper()
	db := rawDB(t, dsn)
	at := fmt.Sprintf("%d + i * CAST(1000000 AS BIGINT)", start.UnixMicro())
	desk := fmt.Sprintf("'desk:' || CAST(i %% %d AS TEXT)", desks)
	for _, into := range []string{
		"ledger_steps SELECT i + 1, 'e' || CAST(i AS TEXT), 'posted', " + at + ", 'k' || CAST(i AS TEXT), 'settlement/k' || CAST(i AS TEXT), ''," +
			` '[{"from":"world","to":"' || ` + desk + ` || '","asset":"USDC/6","amount":"5"}]' FROM n`,
		"ledger_totals SELECT 'world', 'USDC/6', " + at + ", i + 1, '0', CAST((i + 1) * 5 AS TEXT), '0', '0' FROM n",
		fmt.Sprintf("ledger_totals SELECT %s, 'USDC/6', %s, i + 1, CAST((i / %d + 1) * 5 AS TEXT), '0', '0', '0' FROM n", desk, at, desks),
		fmt.Sprintf("ledger_accounts SELECT DISTINCT %s, 'USDC/6' FROM n", desk),
		"ledger_accounts SELECT 'world', 'USDC/6' FROM n WHERE i = 0",
	} {
		table, query, _ := strings.Cut(into, " ")
		numbers := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) ", n-1)
		if _, err := db.ExecContext(t.Context(), "INSERT INTO "+table+" "+numbers+query); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
	if _, err := db.ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
}

// flowed is what desk 7 got in from < t <= to of the entries of fill.
func flowed(n int, from, to time.Time) *big.Int {
	upTo := func(at time.Time) int64 {
		i := min(int64(at.Sub(start)/time.Second), int64(n-1)) // the last entry by then
		if at.Before(start) || i < 7 {
			return 0
		}
		return (i-7)/desks + 1
	}
	return big.NewInt(5 * (upTo(to) - upTo(from)))
}

// period is a random one, in microseconds, that may begin before the first entry and end after the
// last.
func period(r *rand.Rand, n int) (from, to time.Time) {
	at := func() time.Time {
		return start.Add(time.Duration(r.Int64N(int64(n+200))-100) * time.Second).Add(time.Duration(r.IntN(1_000_000)) * time.Microsecond)
	}
	from, to = at(), at()
	if to.Before(from) {
		from, to = to, from
	}
	return from, to
}

// What went through an account in any period, and what it had at any time, is read from two rows
// that the primary key leads to, and is never a sum.
func TestFlowsAreLooksIntoAnIndex(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		const n = 20_000
		b := desk(t, dsn, "us").DB.Books()
		fill(t, dsn, n)
		k := ledger.Key{Account: "desk:7", Asset: usdc}
		r := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			from, to := period(r, n)
			in, out, err := b.Flow(t.Context(), k, from, to)
			if want := flowed(n, from, to); err != nil || in.Cmp(want) != 0 || out.Sign() != 0 {
				t.Fatalf("from %s to %s: in %s, out %s, %v; want %s in", from, to, in, out, err, want)
			}
		}
		for _, at := range []time.Time{{}, start.Add(n / 2 * time.Second), start.Add(-time.Hour)} {
			steps, err := b.Explain(t.Context(), k, at)
			plan := strings.Join(steps, "\n")
			t.Log(plan)
			looks := "SEARCH ledger_totals USING PRIMARY KEY (account=? AND asset=? AND at<?)"
			if isPostgres(dsn) {
				looks = "Index Scan Backward using ledger_totals_pkey"
			}
			if err != nil || !strings.Contains(plan, looks) || strings.Contains(plan, "SCAN ") || strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "Sort") || strings.Contains(plan, "B-TREE") {
				t.Errorf("%v; want a %s, and neither scan nor sort:\n%s", err, looks, plan)
			}
			if isPostgres(dsn) && !slices.ContainsFunc([]string{"rows=1 ", "rows=1.00", "rows=0 ", "rows=0.00"}, func(s string) bool { return strings.Contains(plan, s) }) {
				t.Errorf("more than one row was read:\n%s", plan)
			}
		}
	})
}

// BenchmarkFlows asks among a million entries, each booked alone, what came into an account in a
// random period ("minted today" is one), and what it had at a random time: how long one question
// takes on the average, and the slowest of all.
func BenchmarkFlows(b *testing.B) {
	const n = 1_000_000
	for _, kind := range []string{"SQLite", "PostgreSQL"} {
		b.Run(kind, func(b *testing.B) {
			dsn := filepath.Join(b.TempDir(), "trail.db")
			if kind == "PostgreSQL" {
				dsn = storetest.Postgres(b)
			}
			all := desk(b, dsn, "us").DB.Books()
			fill(b, dsn, n)
			ask := map[string]func(from, to time.Time) error{
				"flow of a desk": func(from, to time.Time) error {
					in, _, err := all.Flow(b.Context(), ledger.Key{Account: "desk:7", Asset: usdc}, from, to)
					if err == nil && in.Cmp(flowed(n, from, to)) != 0 {
						err = fmt.Errorf("%s", in)
					}
					return err
				},
				"flow of today": func(_, to time.Time) error {
					_, _, err := all.Flow(b.Context(), ledger.Key{Account: "world", Asset: usdc}, to.Truncate(24*time.Hour), to)
					return err
				},
				"balance": func(at, _ time.Time) error {
					_, err := all.Total(b.Context(), ledger.Key{Account: "world", Asset: usdc}, at)
					return err
				},
			}
			for _, name := range []string{"flow of a desk", "flow of today", "balance"} {
				b.Run(name, func(b *testing.B) { questions(b, all, n, ask[name]) })
			}
		})
	}
}

// questions asks one again and again, of random times.
func questions(b *testing.B, all books.Books, n int, ask func(from, to time.Time) error) {
	r := rand.New(rand.NewPCG(3, 4))
	var slowest time.Duration
	for b.Loop() {
		from, to := period(r, n)
		begun := time.Now()
		if err := ask(from, to); err != nil {
			b.Fatal(err)
		}
		slowest = max(slowest, time.Since(begun))
	}
	b.ReportMetric(float64(slowest.Microseconds())/1000, "ms-slowest")
	if steps, err := all.Explain(b.Context(), ledger.Key{Account: "desk:7", Asset: usdc}, start.Add(time.Hour)); err == nil {
		b.Log(strings.Join(steps, "; "))
	}
}
