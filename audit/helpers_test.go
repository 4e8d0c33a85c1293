package audit_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"iter"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/audittest"
)

// morning is when every test begins.
var morning = time.Date(2026, 5, 4, 9, 0, 0, 123456789, time.UTC)

// key is the key of a name: the same in every run.
func key(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// signer is the signer of the service account name, with a key of its own.
func signer(name string) *audit.Signer {
	return &audit.Signer{Key: key(name), Issuer: "treasury", Subject: name, Now: func() time.Time { return morning }}
}

// trusting are the keys of the named service accounts.
func trusting(names ...string) audit.Keys {
	ks := audit.NewKeys()
	for _, n := range names {
		ks[audit.KeyID(public(key(n)))] = public(key(n))
	}
	return ks
}

// jws signs any header and payload with k, as nobody honest would.
func jws(k ed25519.PrivateKey, header, payload string) string {
	input := b64([]byte(header)) + "." + b64([]byte(payload))
	return input + "." + b64(ed25519.Sign(k, []byte(input)))
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// A trail is a log in memory, kept as a store would keep it.
type trail []audit.Entry

// head is where who's next record goes.
func (l trail) head(who string) audit.Head {
	h := audit.Head{Index: int64(len(l))}
	for _, e := range l {
		if e.Record.Subject == who {
			h.Seq, h.Prev = e.Record.Seq+1, audit.ChainHash(e.JWS)
		}
	}
	return h
}

// add seals a draft of who in its place and appends it.
func (l *trail) add(tb testing.TB, who string, d audit.Draft) audit.Entry {
	tb.Helper()
	e := seal(tb, who, d, l.head(who))
	*l = append(*l, e)
	return e
}

func seal(tb testing.TB, who string, d audit.Draft, h audit.Head) audit.Entry {
	tb.Helper()
	e, err := signer(who).Seal(d, h)
	if err != nil {
		tb.Fatalf("Seal %s = %v", d.Key, err)
	}
	return e
}

func intends(who, approval string, v countersign.Verdict) audit.Draft {
	return audit.Draft{
		Key: countersign.DecisionKey(approval, who), Type: audit.DecisionIntent,
		Body: audit.Intent{ApprovalID: approval, Decision: countersign.Decision{Verdict: v, Reason: "<ok> & fine"}},
	}
}

func posts(who, approval, intent string, v countersign.Verdict) audit.Draft {
	return audit.Draft{
		Key: countersign.PostKey(approval, who), Type: audit.DecisionOutcome,
		Body: audit.Post{ApprovalID: approval, Intent: intent, Verdict: v, Result: audit.Posted},
	}
}

func ends(approval, intent string, v countersign.Verdict) audit.Draft {
	return audit.Draft{
		Key: countersign.OutcomeKey(approval), Type: audit.ApprovalOutcome,
		Body: audit.Resolution{ApprovalID: approval, Intent: intent, Verdict: v, Budgets: "committed"},
	}
}

func notices(event string) audit.Draft {
	return audit.Draft{Key: countersign.EventKey(event), Type: audit.EventStray, Body: audit.Notice{}}
}

// authors speak in turn on the trails of these tests.
var authors = []string{"ana", "bo", "cy"}

// newTrail has n records by all authors: each intent is followed, other records
// in between, by its post and its end.
func newTrail(tb testing.TB, n int) trail {
	tb.Helper()
	var l trail
	for i := 0; len(l) < n; i++ {
		approval, v := fmt.Sprintf("ap-%d", i), countersign.Approve
		if i%3 == 2 {
			v = countersign.Reject
		}
		who := authors[i%len(authors)]
		intent := l.add(tb, who, intends(who, approval, v))
		l.add(tb, authors[(i*i+1)%len(authors)], notices(fmt.Sprintf("ev-%d", i)))
		l.add(tb, who, posts(who, approval, intent.LeafHash, v))
		l.add(tb, who, ends(approval, intent.LeafHash, v))
	}
	return l[:n]
}

// all yields the log without error.
func (l trail) all() iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for _, e := range l {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// verify reads the log as a stranger who trusts all authors.
func (l trail) verify(tb testing.TB) audittest.Report {
	tb.Helper()
	report, err := audittest.Verify(l.all(), trusting(authors...))
	if err != nil {
		tb.Fatalf("Verify = %v", err)
	}
	return report
}
