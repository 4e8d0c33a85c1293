package beside_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/tree"
	"countersign/audit/verify"
	"countersign/store"
	"countersign/store/beside"
	"countersign/store/evidence"
	"countersign/store/find"
	"countersign/store/sqldb"
	"countersign/store/storetest"
)

// BenchmarkCheck holds a database against its records: decisions with a claim on a budget and an
// answer of their own, and what became of each. It has as many records as
// COUNTERSIGN_BENCH_RECORDS says, 3,000 by default. Reported are the time for a million records
// and, where Linux tells it, the most memory that the process had meanwhile.
func BenchmarkCheck(b *testing.B) {
	n, err := strconv.ParseInt(os.Getenv("COUNTERSIGN_BENCH_RECORDS"), 10, 64)
	if err != nil {
		n = 3000
	}
	for kind, dsn := range map[string]func() string{
		"SQLite":     func() string { return filepath.Join(b.TempDir(), "trail.db") },
		"PostgreSQL": func() string { return storetest.Postgres(b) },
	} {
		b.Run(kind, func(b *testing.B) {
			if kind == "PostgreSQL" && os.Getenv("COUNTERSIGN_TEST_POSTGRES") == "" {
				b.Skip("no PostgreSQL: run under tools/with-postgres.sh")
			}
			db, err := store.Open(b.Context(), dsn())
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			size := fill(b, db.SQL(), n)
			debug.FreeOSMemory()
			_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the highest mark begins anew
			var took time.Duration
			for b.Loop() {
				var r verify.Report
				begun := time.Now()
				if err := beside.Check(b.Context(), db.SQL(), size, &r); err != nil || !r.OK() || r.Unproven.Facets > 0 {
					b.Fatalf("Check = %v, %+v", err, r)
				}
				took += time.Since(begun)
			}
			b.ReportMetric(took.Seconds()/float64(size)/float64(b.N)*1e6, "s/1M")
			if mb := peak(); mb > 0 {
				b.ReportMetric(mb, "peak-MB")
			}
		})
	}
}

// peak is the most memory that the process had, 0 where nobody says it.
func peak() (mb float64) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	if f := strings.Fields(rest); len(f) > 0 {
		mb, _ = strconv.ParseFloat(f[0], 64)
	}
	return mb / 1024
}

// fill writes at least n records with what stands beside them, by the statements that the store
// writes with, many records in a transaction. Nothing here asks who has signed them.
func fill(b *testing.B, db *sqldb.DB, n int64) (size int64) {
	b.Helper()
	f := &filler{db: db, hours: map[int64]uint64{}}
	for f.head.Index < n {
		if err := db.Exclusively(b.Context(), func(tx *sqldb.Tx) error { return f.chunk(b.Context(), tx, min(n, f.head.Index+3*4096)) }); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Exclusively(b.Context(), f.end); err != nil {
		b.Fatal(err)
	}
	return f.head.Index
}

// A filler knows where the log ends.
type filler struct {
	db    *sqldb.DB
	head  audit.Head
	spans [3][]int64       // number, first and last time
	hours map[int64]uint64 // what was taken in each
}

// morning is when the first record is signed; each next one is signed a second later.
var morning = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

func (f *filler) now() time.Time { return morning.Add(time.Duration(f.head.Index) * time.Second) }

// unsigned is a key whose signatures are nothing.
type unsigned struct{ ed25519.PrivateKey }

func (unsigned) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return make([]byte, ed25519.SignatureSize), nil
}

// chunk writes approvals until there are n records or a few more.
func (f *filler) chunk(ctx context.Context, tx *sqldb.Tx, n int64) error {
	var records []audit.Entry
	var facets [][]audit.Facet
	var more []sqldb.Statement
	add := func(d audit.Draft) (leaf string, err error) {
		s := &audit.Signer{Key: unsigned{storetest.Key("us")}, Issuer: "test", Subject: "us-1", Now: f.now}
		u, err := s.Prepare(d, f.head)
		if err != nil {
			return "", err
		}
		e, err := u.Sign()
		if err != nil {
			return "", err
		}
		if at := e.Record.At.UnixMicro(); e.Index%tree.TileWidth == 0 {
			f.spans[0], f.spans[1] = append(f.spans[0], e.Index/tree.TileWidth), append(f.spans[1], at)
		} else if e.Index%tree.TileWidth == tree.TileWidth-1 {
			f.spans[2] = append(f.spans[2], at)
		}
		f.head = f.head.After(u.Input)
		records, facets = append(records, e), append(facets, u.Facets)
		return e.LeafHash, nil
	}
	for f.head.Index < n {
		statements, err := f.approval(fmt.Sprint("ap-", f.head.Index), add)
		if err != nil {
			return err
		}
		more = append(more, statements...)
	}
	return tx.Send(ctx, append(find.Put(f.db, records, facets), more...)...)
}

// approval writes a decision that takes 1 from a budget, its post and its end.
func (f *filler) approval(id string, add func(audit.Draft) (string, error)) (beside []sqldb.Statement, err error) {
	answer := []byte("the price of " + id)
	digest := sha256.Sum256(answer)
	at, key := f.now(), countersign.DecisionKey(id, "us-1")
	budget := fmt.Sprint("pot-", f.head.Index%30/3)
	balance := countersign.Balance{Fits: true, Before: countersign.NewAmount(7), Claim: countersign.Claim{
		Budget: budget, Amount: countersign.NewAmount(1), Limit: countersign.NewAmount(1_000_000), Since: at.Add(-24 * time.Hour),
	}}
	leaf, err := add(audit.Draft{Key: key, Type: audit.DecisionIntent, Lineage: countersign.ApprovalLineage(id), Body: audit.Intent{
		Custodian: "dfns", ApprovalID: id, InitiatorID: "us-maker", AskedAt: at, Snapshot: "snap",
		Decision: countersign.Decision{Verdict: countersign.Approve, Code: countersign.WithinPolicy, Reason: "within policy"},
		Request:  countersign.Activity{Kind: "Wallets:Sign", Request: "Erc20", WalletID: "wa-1", Network: "EthereumSepolia"},
		Rules:    audit.Rules{Book: "treasury", Version: "3"},
		Words:    []string{strings.Repeat("mint 100 USDX to the settlement wallet; ", 8)},
		Budgets:  []countersign.Balance{balance},
		Evidence: []audit.Evidence{{Kind: "price", Source: "test", Digest: hex.EncodeToString(digest[:]), At: at}},
	}})
	if err != nil {
		return nil, err
	}
	f.hours[at.UnixMicro()/time.Hour.Microseconds()<<8|f.head.Index%30/3]++
	post := audit.Post{ApprovalID: id, Intent: leaf, Verdict: countersign.Approve, Result: audit.Posted, Snapshot: "snap", Reason: "within policy"}
	if _, err := add(audit.Draft{Key: countersign.PostKey(id, "us-1"), Type: audit.DecisionOutcome, Body: post}); err != nil {
		return nil, err
	}
	end := audit.Resolution{ApprovalID: id, Intent: leaf, Verdict: countersign.Approve, Outcome: countersign.Outcome{Status: countersign.StatusApproved}, Budgets: "committed"}
	if _, err := add(audit.Draft{Key: countersign.OutcomeKey(id), Type: audit.ApprovalOutcome, Body: end}); err != nil {
		return nil, err
	}
	return append(evidence.Keep([][]byte{answer}), sqldb.Statement{
		Text: "INSERT INTO claims (decision_key, budget, amount, before, state, at) VALUES (?, ?, ?, ?, ?, ?)",
		Args: []any{key, budget, "1", "7", "committed", at.UnixMicro()},
	}), nil
}

// end writes what sums up many records.
func (f *filler) end(tx *sqldb.Tx) error {
	full := len(f.spans[2])
	statements := f.db.Insert("spans", []sqldb.Column{
		{Name: "n", Values: f.spans[0][:full]}, {Name: "first", Values: f.spans[1][:full]}, {Name: "last", Values: f.spans[2]},
	}, "")
	for at, taken := range f.hours {
		statements = append(statements, sqldb.Statement{
			Text: "INSERT INTO budget_hours (budget, hour, total) VALUES (?, ?, ?)",
			Args: []any{fmt.Sprint("pot-", at&0xff), at >> 8, strconv.FormatUint(taken, 10)},
		})
	}
	return tx.Send(context.Background(), statements...)
}
