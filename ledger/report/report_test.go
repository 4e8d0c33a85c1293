package report_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"iter"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/ledger"
	"countersign/ledger/report"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// kept are books in memory.
type kept struct {
	steps  []ledger.Booked
	last   map[string]*ledger.Step
	totals map[ledger.Key]ledger.Total
}

func (k *kept) book(s ledger.Step) error {
	if k.last == nil {
		k.last, k.totals = map[string]*ledger.Step{}, map[ledger.Key]ledger.Total{}
	}
	s.At = noon.Add(time.Duration(len(k.steps)) * 7 * time.Hour)
	s.Record, s.Lineage = fmt.Sprint("settlement/", s.ID, "/", s.State), "settlement/"+s.ID
	if err := ledger.Apply(k.totals, k.last[s.ID], s); err != nil {
		return err
	}
	k.steps = append(k.steps, ledger.Booked{Seq: int64(len(k.steps) + 1), Step: s, Before: k.last[s.ID]})
	k.last[s.ID] = &s
	return nil
}

func (k *kept) all() iter.Seq2[ledger.Booked, error] {
	return func(yield func(ledger.Booked, error) bool) {
		for _, s := range k.steps {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func posting(from, to, asset, amount string) ledger.Posting {
	a, err := ledger.ParseAsset(asset)
	if err != nil {
		panic(err)
	}
	return ledger.Posting{From: ledger.Account(from), To: ledger.Account(to), Asset: a, Amount: countersign.MustAmount(amount)}
}

func example(t *testing.T) *kept {
	t.Helper()
	k := &kept{}
	for _, s := range []ledger.Step{
		{ID: "d1", State: ledger.Posted, Memo: "a deposit; with a semicolon", Postings: []ledger.Posting{posting("world", "treasury:hot", "USDC/6", "1000000")}},
		{ID: "s1", State: ledger.Pending, Memo: "=HYPERLINK(1)", Postings: []ledger.Posting{posting("treasury:hot", "world", "USDC/6", "400000")}},
		{ID: "s1", State: ledger.Posted, Memo: "sent", Postings: []ledger.Posting{
			posting("treasury:hot", "world", "USDC/6", "399999"), posting("treasury:hot", "fees", "ETH/18", "21000000000000"),
		}},
		{ID: "d2", State: ledger.Posted, Postings: []ledger.Posting{posting("world", "treasury:hot", "NFT/0", "1")}},
		{ID: "d2", State: ledger.Reversed, Memo: "the chain took it back"},
		{ID: "s2", State: ledger.Pending, Postings: []ledger.Posting{posting("treasury:hot", "cold", "USDC/6", "5")}},
		{ID: "s3", State: ledger.Pending, Postings: []ledger.Posting{posting("treasury:hot", "cold", "USDC/6", "7")}},
		{ID: "s3", State: ledger.Reversed, Memo: "rejected"},
	} {
		if err := k.book(s); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

const wantJournal = `commodity 1.000000 "USDC"
account world
account treasury:hot
2026-05-01 * (d1) a deposit, with a semicolon
    ; at: 2026-05-01T12:00:00Z
    ; lineage: settlement/d1
    ; record: settlement/d1/posted
    treasury:hot  1.000000 "USDC"
    world  -1.000000 "USDC"

commodity 1.000000000000000000 "ETH"
account fees
2026-05-02 * (s1) sent
    ; at: 2026-05-02T02:00:00Z
    ; lineage: settlement/s1
    ; record: settlement/s1/posted
    world  0.399999 "USDC"
    treasury:hot  -0.399999 "USDC"
    fees  0.000021000000000000 "ETH"
    treasury:hot  -0.000021000000000000 "ETH"

commodity 1. "NFT"
2026-05-02 * (d2) ` + `
    ; at: 2026-05-02T09:00:00Z
    ; lineage: settlement/d2
    ; record: settlement/d2/posted
    treasury:hot  1 "NFT"
    world  -1 "NFT"

2026-05-02 * (d2) reversal of d2: the chain took it back
    ; at: 2026-05-02T16:00:00Z
    ; lineage: settlement/d2
    ; record: settlement/d2/reversed
    world  1 "NFT"
    treasury:hot  -1 "NFT"

account cold
2026-05-02 ! (s2) ` + `
    ; at: 2026-05-02T23:00:00Z
    ; lineage: settlement/s2
    ; record: settlement/s2/pending
    cold  0.000005 "USDC"
    treasury:hot  -0.000005 "USDC"

`

func TestJournal(t *testing.T) {
	var out bytes.Buffer
	if err := report.Journal(&out, example(t).all()); err != nil {
		t.Fatal(err)
	}
	if out.String() != wantJournal {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), wantJournal)
	}
}

func TestCSV(t *testing.T) {
	var out bytes.Buffer
	if err := report.CSV(&out, example(t).all()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 1+9 {
		t.Fatalf("%d rows, %v, want a header and 9", len(rows), err)
	}
	for i, want := range map[int]string{
		2: "2|2026-05-01T19:00:00Z|s1|pending|0|treasury:hot|world|USDC/6|400000|0.400000|settlement/s1|settlement/s1/pending|'=HYPERLINK(1)",
		6: "5|2026-05-02T16:00:00Z|d2|reversed|0|world|treasury:hot|NFT/0|1|1|settlement/d2|settlement/d2/reversed|the chain took it back",
	} {
		if got := strings.Join(rows[i], "|"); got != want {
			t.Errorf("row %d = %s\nwant %s", i, got, want)
		}
	}
	broken := func(yield func(ledger.Booked, error) bool) { yield(ledger.Booked{}, errors.New("no disk")) }
	if err := report.CSV(&out, broken); err == nil {
		t.Error("books that cannot be read were written")
	}
	if err := report.Journal(&out, broken); err == nil {
		t.Error("a journal of books that cannot be read was written")
	}
}

// hledger is the program of that name, from Debian's package.
func hledger(t *testing.T, journal string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("hledger")
	if err != nil {
		if os.Getenv("COUNTERSIGN_TEST_NO_SKIP") != "" {
			t.Fatal("would be skipped, and COUNTERSIGN_TEST_NO_SKIP is set: no hledger; install the package hledger")
		}
		t.Skip("no hledger: install the package hledger")
	}
	cmd := exec.Command(path, append([]string{"-f", journal}, args...)...)
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("hledger %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// hledger takes every journal, strictly, and comes to our own balances.
func TestHledgerComesToOurBalances(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.journal")
	hledger(t, os.DevNull, "check")
	rapid.Check(t, func(rt *rapid.T) {
		k := drawBooks(rt)
		var out bytes.Buffer
		if err := report.Journal(&out, k.all()); err != nil {
			rt.Fatal(err)
		}
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			rt.Fatal(err)
		}
		hledger(t, path, "check", "--strict")
		rows, err := csv.NewReader(strings.NewReader(hledger(t, path, "balance", "--cleared", "--flat", "--empty", "--no-total", "--layout=bare", "-O", "csv"))).ReadAll()
		if err != nil {
			rt.Fatal(err)
		}
		got := map[string]string{}
		for _, r := range rows[1:] {
			got[r[0]+" "+r[1]] = r[2]
		}
		for key, total := range k.totals {
			shown, ok := got[string(key.Account)+" "+key.Asset.Code]
			if !ok && total.Balance().Sign() == 0 {
				continue // of what was only ever pending it knows nothing
			}
			units, exact := new(big.Rat).SetString(strings.TrimSuffix(shown, "."))
			if !exact || units.Mul(units, scale(key.Asset)).Cmp(new(big.Rat).SetInt(total.Balance())) != 0 {
				rt.Fatalf("hledger says that %v holds %q, we %s\n%s", key, shown, total.Balance(), out.String())
			}
		}
	})
}

// scale is how many smallest units one of an asset is.
func scale(a ledger.Asset) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(a.Scale)), nil))
}

func drawBooks(rt *rapid.T) *kept {
	k := &kept{}
	accounts := []string{"world", "treasury:hot", "treasury:cold:a-b.c_d", "fees", "1:2"}
	for range rapid.IntRange(1, 12).Draw(rt, "steps") {
		s := ledger.Step{
			ID:    fmt.Sprint("e.", rapid.IntRange(0, 4).Draw(rt, "entry")),
			State: rapid.SampledFrom([]ledger.State{ledger.Pending, ledger.Posted, ledger.Reversed}).Draw(rt, "state"),
			Memo:  rapid.StringMatching(`[ -~é|;]{0,20}`).Draw(rt, "memo"),
		}
		if s.State != ledger.Reversed {
			for range rapid.IntRange(1, 3).Draw(rt, "postings") {
				from := rapid.IntRange(0, 4).Draw(rt, "from")
				to := (from + rapid.IntRange(1, 4).Draw(rt, "to")) % 5
				s.Postings = append(s.Postings, posting(accounts[from], accounts[to], rapid.SampledFrom([]string{"USDC/6", "ETH/18", "NFT/0", "x.y-1/30"}).Draw(rt, "asset"),
					rapid.StringMatching(`[1-9][0-9]{0,39}`).Draw(rt, "amount")))
			}
		}
		_ = k.book(s) // what cannot follow is refused, and is not in the books
	}
	return k
}
