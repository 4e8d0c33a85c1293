package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/store"

	"pgregory.net/rapid"
)

// scattered appends n intents by two authors whose facets repeat in various rhythms, and
// between them records of another type.
func scattered(t *testing.T, dsn string, n int) *store.DB {
	t.Helper()
	ana, bo := desk(t, dsn, "ana"), desk(t, dsn, "bo")
	bo.DB = ana.DB
	verdicts := []countersign.Verdict{countersign.Approve, countersign.Reject, countersign.Abstain}
	for i := range n {
		tr := []*store.Trail{ana, ana, bo}[i%3]
		tr.Signer.Now = func() time.Time { return start.Add(time.Duration(i) * time.Minute) }
		in := audit.Intent{
			ApprovalID: fmt.Sprint("ap-", i/2), InitiatorID: fmt.Sprint("us-", i%7), Policies: []string{fmt.Sprint("po-", i%2), "po-all"},
			Request:  countersign.Activity{WalletID: fmt.Sprint("wa-", i%5), Network: fmt.Sprint("net-", i%3), Call: &countersign.Call{To: fmt.Sprintf("0x%040X", 0xabc0+i%4)}},
			Decision: countersign.Decision{Verdict: verdicts[i%4%3]},
		}
		if i%16 == 13 {
			in.MoreContracts = i
		}
		d := audit.Draft{Key: fmt.Sprint("k", i), Type: audit.DecisionIntent, Lineage: fmt.Sprint("approval/", i/2), Body: in}
		if i%6 == 5 {
			d.Type, d.Body = audit.DecisionOutcome, audit.Post{ApprovalID: in.ApprovalID, Verdict: in.Decision.Verdict}
		}
		if _, err := tr.Append(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	return ana.DB
}

// picks says for one record what Select says for all.
func picks(q store.Query, e audit.Entry) bool {
	facets := e.Record.Facets()
	for _, f := range q.Facets {
		more := f.Name == audit.FacetContract && slices.Contains(facets, audit.Facet{Name: f.Name, Value: "*"})
		if !more && !slices.Contains(facets, f) {
			return false
		}
	}
	wallet := q.Wallets == nil
	for _, w := range q.Wallets {
		wallet = wallet || slices.Contains(facets, audit.Facet{Name: audit.FacetWallet, Value: w})
	}
	return wallet && e.Index >= q.From && (q.Before == 0 || e.Index < q.Before) &&
		(q.Type == "" || e.Record.Type == q.Type) && (q.Subject == "" || e.Record.Subject == q.Subject) &&
		(q.Since.IsZero() || !e.Record.At.Before(q.Since)) && (q.Until.IsZero() || e.Record.At.Before(q.Until))
}

func drawQuery(rt *rapid.T, size int64) (q store.Query) {
	flip := func(name string) bool { return rapid.Bool().Draw(rt, name) }
	if flip("has from") {
		q.From = rapid.Int64Range(0, size+1).Draw(rt, "from")
	}
	if flip("has before") {
		q.Before = rapid.Int64Range(1, size+1).Draw(rt, "before")
	}
	q.Limit = rapid.IntRange(0, 12).Draw(rt, "limit")
	q.Type = rapid.SampledFrom([]audit.Type{"", audit.DecisionIntent, audit.DecisionOutcome, "no.such"}).Draw(rt, "type")
	q.Subject = rapid.SampledFrom([]string{"", "ana", "bo", "founder", "nobody"}).Draw(rt, "subject")
	values := map[string][]string{
		audit.FacetApproval: {"ap-3", "ap-2", "x"}, audit.FacetLineage: {"approval/3", "approval/4"}, audit.FacetInitiator: {"us-1", "us-2"},
		audit.FacetContract: {"0x000000000000000000000000000000000000abc1", "0x0000000000000000000000000000000000000001"}, audit.FacetPolicy: {"po-0", "po-all"}, audit.FacetWallet: {"wa-0", "wa-1", ""},
		audit.FacetNetwork: {"net-0", "net-2"}, audit.FacetDecision: {"approve", "reject"}, "unheard": {"of"},
	}
	for _, name := range []string{"approval", "lineage", "initiator", "contract", "policy", "wallet", "network", "decision", "unheard"} {
		if rapid.IntRange(0, 5).Draw(rt, "has "+name) == 0 {
			q.Facets = append(q.Facets, audit.Facet{Name: name, Value: rapid.SampledFrom(values[name]).Draw(rt, name)})
		}
	}
	q.Wallets = rapid.SampledFrom([][]string{nil, nil, {}, {"wa-1"}, {"wa-1", "wa-4"}, {"wa-0", "wa-2", "none' OR 1=1 --"}}).Draw(rt, "wallets")
	if flip("has since") {
		q.Since = start.Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "since")) * time.Minute)
	}
	if flip("has until") {
		q.Until = start.Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "until")) * time.Minute)
	}
	return q
}

func TestSelectIsTheFilterOfAllRecords(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		db := scattered(t, dsn, 60)
		var all []audit.Entry
		for e, err := range db.Entries(t.Context(), store.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, e)
		}
		rapid.Check(t, func(rt *rapid.T) {
			q := drawQuery(rt, int64(len(all)))
			want, got := []int64{}, []int64{}
			for _, e := range all {
				if picks(q, e) && (q.Limit == 0 || len(want) < q.Limit) {
					want = append(want, e.Index)
				}
			}
			for e, err := range db.Select(t.Context(), q) {
				if err != nil {
					rt.Fatalf("Select(%+v): %v", q, err)
				}
				if e.JWS != all[e.Index].JWS || e.Record.ID != all[e.Index].Record.ID || e.LeafHash != all[e.Index].LeafHash {
					rt.Fatalf("record %d came as %+v", e.Index, e)
				}
				got = append(got, e.Index)
			}
			if !slices.Equal(got, want) {
				rt.Fatalf("Select(%+v) = %v, want %v", q, got, want)
			}
		})
	})
}

// Each filter is served by an index, whose order is that of the answer: nothing scans the
// records, and nothing is sorted but what several wallets pick.
func TestEachFilterUsesAnIndex(t *testing.T) {
	facet := func(name string) store.Query {
		return store.Query{From: 3, Limit: 10, Facets: []audit.Facet{{Name: name, Value: "v"}}}
	}
	each(t, func(t *testing.T, dsn string) {
		db := scattered(t, dsn, 12)
		postgres := strings.HasPrefix(dsn, "postgres")
		if postgres { // with so few rows it would read them all
			var err error
			if db, err = store.OpenReader(t.Context(), dsn+"&enable_seqscan=off&enable_bitmapscan=off&enable_sort=off&enable_hashjoin=off&enable_mergejoin=off&enable_material=off"); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
		}
		for _, tt := range []struct {
			name             string
			query            store.Query
			sqlite, postgres string
		}{
			{"nothing", store.Query{From: 3}, "INTEGER PRIMARY KEY (rowid>?)", "records_pkey"},
			{"type", store.Query{From: 3, Type: "t"}, "records_type (type=? AND idx>?)", "records_type"},
			{"subject", store.Query{From: 3, Subject: "s"}, "(subject=? AND seq>?)", "records_subject_seq_key"},
			{"subject and type", store.Query{From: 3, Subject: "s", Type: "t"}, "(subject=? AND seq>?)", "records_subject_seq_key"},
			{"dates", store.Query{From: 3, Since: start, Until: start.Add(time.Hour)}, "INTEGER PRIMARY KEY (rowid>?", "records_pkey"},
			{"approval", facet(audit.FacetApproval), "records_approval (approval=? AND idx>?)", "records_approval"},
			{"lineage", facet(audit.FacetLineage), "PRIMARY KEY (name=? AND value=? AND idx>?", "facets_pkey"},
			{"initiator", facet(audit.FacetInitiator), "PRIMARY KEY (name=? AND value=? AND idx>?", "facets_pkey"},
			{"contract", facet(audit.FacetContract), "PRIMARY KEY (name=? AND value=? AND idx>?", "facets_pkey"},
			{"policy", facet(audit.FacetPolicy), "PRIMARY KEY (name=? AND value=? AND idx>?", "facets_pkey"},
			{"wallet", facet(audit.FacetWallet), "PRIMARY KEY (name=? AND value=? AND idx>?", "facets_pkey"},
			{"network", facet(audit.FacetNetwork), "PRIMARY KEY (name=? AND value=? AND idx>?", "facets_pkey"},
			{"decision", facet(audit.FacetDecision), "PRIMARY KEY (name=? AND value=? AND idx>?", "facets_pkey"},
			{"several wallets", store.Query{From: 3, Wallets: []string{"a", "b"}, Type: "t"}, "PRIMARY KEY (name=? AND value=? AND idx>?", "facets_pkey"},
			{"everything", store.Query{
				From: 3, Before: 9, Limit: 5, Type: "t", Subject: "s", Since: start, Until: start.Add(time.Hour), Wallets: []string{"a", "b"},
				Facets: []audit.Facet{{Name: audit.FacetDecision, Value: "reject"}, {Name: audit.FacetPolicy, Value: "p"}},
			}, "PRIMARY KEY (name=? AND value=? AND idx>?", "facets_pkey"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				steps, err := db.Explain(t.Context(), tt.query)
				plan := strings.Join(steps, "\n")
				want := tt.sqlite
				if postgres {
					want = tt.postgres
				}
				if err != nil || !strings.Contains(plan, want) {
					t.Fatalf("want %s in:\n%s\n%v", want, plan, err)
				}
				for _, bad := range []string{"SCAN r", "SCAN f", "SCAN o", "Seq Scan on"} {
					if strings.Contains(plan, bad) {
						t.Errorf("%s in:\n%s", bad, plan)
					}
				}
				if sorted := strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "Sort "); sorted && tt.name != "several wallets" {
					t.Errorf("it sorts:\n%s", plan)
				}
			})
		}
	})
}

func TestByID(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		db := scattered(t, dsn, 9)
		for e, err := range db.Entries(t.Context(), store.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			if got, err := db.ByID(t.Context(), e.Record.ID); err != nil || got.Index != e.Index {
				t.Errorf("ByID(%s) = %d, %v; want %d", e.Record.ID, got.Index, err, e.Index)
			}
		}
		for _, id := range []string{"", "x", "00000000-0000-7000-8000-000000000000", "ffffffff-ffff-7fff-bfff-ffffffffffff"} {
			if _, err := db.ByID(t.Context(), id); !errors.Is(err, audit.ErrNoRecord) {
				t.Errorf("ByID(%q): %v, want ErrNoRecord", id, err)
			}
		}
	})
}

func TestWaitFor(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		here := desk(t, dsn, "ana")
		there := desk(t, dsn, "bo") // another process
		size, err := here.DB.Size(t.Context())
		if err != nil || size == 0 {
			t.Fatalf("Size = %d, %v", size, err)
		}
		if err := here.DB.WaitFor(t.Context(), size-1); err != nil {
			t.Errorf("for what is there: %v", err)
		}
		for i, writer := range []*store.Trail{here, there} {
			index, done := size+int64(i), make(chan error, 8)
			for range cap(done) {
				go func() { done <- here.DB.WaitFor(t.Context(), index) }()
			}
			select {
			case err := <-done:
				t.Fatalf("WaitFor(%d) returned %v before the record was there", index, err)
			default:
			}
			if _, err := writer.Append(t.Context(), draft(fmt.Sprint("w", i), "ap")); err != nil {
				t.Fatal(err)
			}
			for range cap(done) {
				if err := <-done; err != nil {
					t.Errorf("WaitFor(%d) = %v", index, err)
				}
			}
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := here.DB.WaitFor(gone, size+100); !errors.Is(err, context.Canceled) {
			t.Errorf("of a waiter who has gone: %v", err)
		}
	})
}
