package verify_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/tree"
	"countersign/audit/verify"

	"golang.org/x/mod/sumdb/tlog"
)

const origin = "example.com/treasury"

var morning = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

// key is the key of a name: the same in every run.
func key(name string) ed25519.PrivateKey {
	if k, ok := made.Load(name); ok {
		return k.(ed25519.PrivateKey)
	}
	seed := sha256.Sum256([]byte(name))
	k, _ := made.LoadOrStore(name, ed25519.NewKeyFromSeed(seed[:]))
	return k.(ed25519.PrivateKey)
}

// made are the keys that were asked for: to make one takes as long as to sign.
var made sync.Map

func keyID(name string) string { return audit.KeyID(key(name).Public()) }

func logKey(tb testing.TB, name string, signer crypto.Signer) *tree.Key {
	tb.Helper()
	k, err := tree.NewKey(name, signer)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// A book is a log in memory, kept as a store would keep it: each commit signs a checkpoint.
type book struct {
	testing.TB
	origin  string
	issuer  string
	log     []*tree.Key
	entries []audit.Entry
	notes   [][]byte // of each commit, smallest first
	sizes   []int64  // of the notes
	hashes  hashes
	heads   map[string]audit.Head
	keys    map[string]crypto.Signer // of each author
	minutes int
	claims  []taken

	committed func()
}

// hashes are those of a tree as x/mod keeps them.
type hashes []tlog.Hash

func (h hashes) ReadHashes(at []int64) (out []tlog.Hash, err error) {
	for _, i := range at {
		out = append(out, h[i])
	}
	return out, nil
}

// newBook is an empty log.
func newBook(tb testing.TB) *book {
	tb.Helper()
	return &book{TB: tb, origin: origin, issuer: "treasury", log: []*tree.Key{logKey(tb, origin, key("log"))},
		heads: map[string]audit.Head{}, keys: map[string]crypto.Signer{}}
}

// founded is a log that has enrolled ana, the log's key, bo and cy: four records, each in
// a commit of its own. The custodian's credential vouches for ana.
func founded(tb testing.TB) *book {
	tb.Helper()
	b := newBook(tb)
	b.found()
	return b
}

func (b *book) found() {
	b.Helper()
	b.enrol("ana", audit.RecordKey, "ana", key("ana"))
	b.commit()
	b.enrol("ana", audit.LogKey, origin, key("log"))
	b.commit()
	b.enrol("ana", audit.RecordKey, "bo", key("bo"))
	b.commit()
	b.enrol("bo", audit.RecordKey, "cy", key("cy"))
	b.commit()
}

func (b *book) size() int64 { return int64(len(b.entries)) }

// now is a minute later than the last time.
func (b *book) now() time.Time { return morning.Add(time.Duration(b.minutes) * time.Minute) }

// signer is that of an author.
func (b *book) signer(who string) *audit.Signer {
	k, ok := b.keys[who]
	if !ok {
		k = key(who)
	}
	return &audit.Signer{Key: k, Issuer: b.issuer, Subject: who, Now: b.now}
}

// seal signs a draft for the end of the log and does not append it.
func (b *book) seal(who string, d audit.Draft) audit.Entry {
	b.Helper()
	h := b.heads[who]
	h.Index = b.size()
	e, err := b.signer(who).Seal(d, h)
	if err != nil {
		b.Fatalf("Seal %s = %v", d.Key, err)
	}
	return e
}

// add appends a record of an author.
func (b *book) add(who string, d audit.Draft) audit.Entry {
	b.Helper()
	b.minutes++
	e := b.seal(who, d)
	b.put(who, e)
	return e
}

// put appends an entry as it is.
func (b *book) put(who string, e audit.Entry) {
	b.Helper()
	b.grow(e)
	b.heads[who] = audit.Head{Seq: e.Record.Seq + 1, Prev: audit.ChainHash(e.JWS)}
}

func (b *book) grow(e audit.Entry) {
	b.Helper()
	more, err := tlog.StoredHashes(b.size(), []byte(e.JWS), b.hashes)
	if err != nil {
		b.Fatal(err)
	}
	b.hashes = append(b.hashes, more...)
	b.entries = append(b.entries, e)
}

// enrol has an author enrol a key.
func (b *book) enrol(by string, use audit.KeyUse, subject string, k crypto.Signer) audit.Entry {
	b.Helper()
	return b.add(by, b.enrolment(use, subject, k))
}

func (b *book) enrolment(use audit.KeyUse, subject string, k crypto.Signer) audit.Draft {
	b.Helper()
	e, err := audit.NewEnrolment(b.issuer, use, subject, b.size(), k)
	if err != nil {
		b.Fatal(err)
	}
	if subject == "ana" && use == audit.RecordKey {
		pem, err := audit.EncodePublicKey(key("credential").Public())
		if err != nil {
			b.Fatal(err)
		}
		statement := audit.EnrolmentStatement(b.issuer, use, subject, e.KeyID)
		e.Credential = &audit.Credential{Custodian: "dfns", ID: "cr-1", PublicKey: string(pem), Signature: b64(ed25519.Sign(key("credential"), statement))}
	}
	return audit.Draft{Key: audit.KeyRecordKey(e.KeyID, audit.KeyEnrolled), Type: audit.KeyEnrolled, Body: e}
}

// ends is the draft that a key is retired after it, or revoked from an index on.
func (b *book) ends(kid string, t audit.Type, from int64) audit.Draft {
	if t == audit.KeyRetired {
		from = b.size() + 1
	}
	return audit.Draft{Key: audit.KeyRecordKey(kid, t), Type: t, Body: audit.KeyEnd{KeyID: kid, From: from}}
}

func all(entries []audit.Entry) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func all2(texts [][]byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, t := range texts {
			if !yield(t, nil) {
				return
			}
		}
	}
}

// read verifies a source that can be read.
func read(tb testing.TB, s verify.Source, t verify.Trust) verify.Report {
	tb.Helper()
	r, err := verify.Log(tb.Context(), s, t)
	if err != nil {
		tb.Fatalf("Log = %v", err)
	}
	return r
}

var authors = []string{"ana", "bo", "cy"}

// filled is a founded log with at least n records: approvals with a budget, each decided,
// posted and ended in commits of their own, other records between.
func filled(tb testing.TB, n int) *book {
	tb.Helper()
	return grown(tb, n, func(*book) {})
}

// grown is filled, and tells of every commit.
func grown(tb testing.TB, n int, committed func(*book)) *book {
	tb.Helper()
	b := newBook(tb)
	b.committed = func() { committed(b) }
	b.found()
	for i := 0; len(b.entries) < n; i++ {
		who, approval, verdict := authors[i%3], fmt.Sprintf("ap-%d", i), countersign.Approve
		if i%3 == 2 {
			verdict = countersign.Reject
		}
		in := b.decide(who, approval, verdict, b.claim(100, 100_000))
		b.commit()
		b.add(authors[(i*i+1)%3], b.notice(approval))
		b.add(who, b.post(in, audit.Posted))
		b.commit()
		status := countersign.StatusApproved
		if verdict == countersign.Reject {
			status = countersign.StatusDenied
		}
		b.add(who, b.end(in, status))
		b.commit()
	}
	return b
}

// claim takes from the budget of the day.
func (b *book) claim(amount, limit uint64) countersign.Claim {
	return countersign.Claim{Budget: "mint/day", Amount: countersign.NewAmount(amount), Limit: countersign.NewAmount(limit), Since: b.now().Add(-24 * time.Hour)}
}

// clone is a copy that may be damaged.
func (b *book) clone(tb testing.TB) *book {
	c := *b
	c.committed = nil
	c.TB, c.entries, c.notes, c.sizes, c.hashes, c.claims = tb, slices.Clone(b.entries), slices.Clone(b.notes), slices.Clone(b.sizes), slices.Clip(b.hashes), slices.Clone(b.claims)
	c.heads, c.keys = map[string]audit.Head{}, map[string]crypto.Signer{}
	for k, v := range b.heads {
		c.heads[k] = v
	}
	for k, v := range b.keys {
		c.keys[k] = v
	}
	return &c
}
