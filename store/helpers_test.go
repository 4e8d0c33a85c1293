package store_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/audittest"
	"countersign/audit/tree"
	"countersign/store"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// keyOf is the key of an author, or of the log.
func keyOf(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("a seed for tests: " + name))
	return ed25519.NewKeyFromSeed(seed[:])
}

// theLog signs the checkpoints of these tests.
func theLog(t testing.TB, anchors ...store.Anchor) *store.Log {
	t.Helper()
	key, err := tree.NewKey("trail.test", keyOf("log"))
	if err != nil {
		t.Fatal(err)
	}
	return &store.Log{Keys: []*tree.Key{key}, Anchors: anchors}
}

// signing is a handle on a database, with its log.
func signing(t testing.TB, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.SignWith(t.Context(), theLog(t)); err != nil {
		t.Fatal(err)
	}
	return db
}

// desk is one author on one database handle, enrolled. The first record is the key of
// "founder", the second that of the log.
func desk(t testing.TB, dsn, author string) *store.Trail {
	t.Helper()
	tr := trailOn(signing(t, dsn), author)
	enrol(t, tr)
	return tr
}

func enrol(t testing.TB, tr *store.Trail) {
	t.Helper()
	founder := trailOn(tr.DB, "founder")
	if err := founder.Found(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := founder.Enrol(t.Context(), audit.RecordKey, tr.Signer.Subject, tr.Signer.Key, "tests"); err != nil {
		t.Fatal(err)
	}
}

func trailOn(db *store.DB, author string) *store.Trail {
	return &store.Trail{DB: db, Signer: &audit.Signer{
		Key: keyOf(author), Issuer: "test", Subject: author, Now: func() time.Time { return start },
	}}
}

func draft(key, approval string) audit.Draft {
	return audit.Draft{Key: key, Type: audit.DecisionIntent, Body: audit.Intent{ApprovalID: approval}}
}

// claim asks for n of a pot of limit.
func claim(n, limit uint64) []countersign.Claim {
	return []countersign.Claim{{Budget: "pot", Amount: countersign.NewAmount(n), Limit: countersign.NewAmount(limit)}}
}

// decide reserves the claims if all fit, as the activity does.
func decide(ctx context.Context, t *store.Trail, key string, claims []countersign.Claim) (fits bool, err error) {
	_, err = t.Decide(ctx, key, claims, nil, func(st countersign.Standing) (audit.Draft, bool) {
		fits = true
		for _, b := range st.Balances {
			fits = fits && b.Fits
		}
		return draft(key, key), fits
	})
	return fits, err
}

func taken(t *testing.T, tr *store.Trail, since time.Time) string {
	t.Helper()
	sum, err := tr.DB.Taken(t.Context(), "pot", since)
	if err != nil {
		t.Fatal(err)
	}
	return sum.String()
}

// verified checks the whole trail and returns how many records it has beside those about
// keys.
func verified(t *testing.T, tr *store.Trail) (n int64) {
	t.Helper()
	r, err := tr.DB.Registry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys := audit.Keys{}
	for _, k := range r.All() {
		keys[k.KeyID] = k.Public
	}
	report, err := audittest.Verify(tr.DB.Entries(t.Context(), store.Filter{}), keys)
	if err != nil || !report.OK() {
		t.Fatalf("trail does not verify: %v %+v", err, report.Faults)
	}
	return report.Records - int64(len(r.All()))
}
