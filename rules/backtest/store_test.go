package backtest_test

import (
	"crypto/ed25519"
	"fmt"
	"path/filepath"
	"testing"

	"countersign"
	"countersign/audit"
	"countersign/audit/tree"
	"countersign/rules/backtest"
	"countersign/store"
)

// BenchmarkDatabase is BenchmarkRun with the trail and the evidence read from SQLite.
func BenchmarkDatabase(b *testing.B) {
	old := book("old", 100, 1_000_000_000, true)
	tr := newTrail(b, old)
	const n = 1000
	for i := range n {
		tr.decides(fmt.Sprintf("ap-%d", i), uint64(50+i%100), countersign.StatusApproved, nil)
	}
	db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "trail.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	trail := &store.Trail{DB: db, Signer: &audit.Signer{Key: key, Issuer: "test", Subject: "us", Now: tr.signer.Now}}
	log, err := tree.NewKey("trail.test", key)
	if err != nil {
		b.Fatal(err)
	}
	if err := db.SignWith(b.Context(), &store.Log{Keys: []*tree.Key{log}}); err != nil {
		b.Fatal(err)
	}
	founder := &store.Trail{DB: db, Signer: &audit.Signer{Key: key, Issuer: "test", Subject: "us", Now: tr.signer.Now}}
	if _, err := founder.Enrol(b.Context(), audit.RecordKey, "us", key, "tests"); err != nil {
		b.Fatal(err)
	}
	keep(b, trail, tr)
	for b.Loop() {
		r, err := backtest.Run(b.Context(), backtest.Test{Book: old, Entries: db.Entries(b.Context(), store.Filter{}), Workers: 1,
			Fetch: func(digest string) ([]byte, error) { return db.Evidence(b.Context(), digest) }})
		if err != nil || r.Same != n {
			b.Fatalf("%+v, %v", r.Gaps, err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "approvals/s")
}

// keep puts what a trail has in memory into a database.
func keep(b *testing.B, trail *store.Trail, tr *trail) {
	b.Helper()
	leaf := ""
	for _, e := range tr.entries {
		d := audit.Draft{Key: e.Record.Key, Type: e.Record.Type}
		if e.Record.Type == audit.DecisionIntent {
			var in audit.Intent
			if err := e.Decode(&in); err != nil {
				b.Fatal(err)
			}
			for _, ev := range in.Evidence {
				d.Evidence = append(d.Evidence, tr.evidence[ev.Digest])
			}
			d.Body = in
		} else {
			var end audit.Resolution
			if err := e.Decode(&end); err != nil {
				b.Fatal(err)
			}
			end.Intent = leaf
			d.Body = end
		}
		kept, err := trail.Append(b.Context(), d)
		if err != nil {
			b.Fatal(err)
		}
		leaf = kept.LeafHash
	}
}
