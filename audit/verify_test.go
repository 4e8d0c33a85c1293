package audit_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign"
	"countersign/audit"
	"countersign/audit/audittest"
)

func approval(e audit.Entry) string             { return body(e).ApprovalID }
func verdict(e audit.Entry) countersign.Verdict { return body(e).Decision.Verdict }

func TestVerifyAcceptsWhatWasAppended(t *testing.T) {
	for _, n := range []int{0, 1, 2, 240} {
		log := newTrail(t, n)
		want := audittest.Report{Records: int64(n), Decisions: int64((n + 3) / 4)}
		if n > 0 {
			want.Head = log[n-1].LeafHash
		}
		got := log.verify(t)
		if !got.OK() || got.Records != want.Records || got.Decisions != want.Decisions || got.Head != want.Head {
			t.Errorf("Verify of %d records = %+v, want %+v", n, got, want)
		}
	}
}

// Nobody can see from what is left that the newest records were removed. The head
// and the number of records are how to see it: they must be known from elsewhere.
func TestATruncatedTailShowsOnlyInTheHead(t *testing.T) {
	log := newTrail(t, 60)
	whole := log.verify(t)
	for n := range log {
		got := log[:n].verify(t)
		if !got.OK() {
			t.Fatalf("Verify of the first %d = %v, want no faults", n, got.Faults)
		}
		if got.Records != int64(n) || got.Head == whole.Head || (n > 0 && got.Head != log[n-1].LeafHash) {
			t.Fatalf("Verify of the first %d = %d records, head %s", n, got.Records, got.Head)
		}
	}
}

// A trusted author who rewrites another's record breaks the other's chain at its
// next link.
func TestARecordRewrittenByAnotherAuthorBreaksTheChain(t *testing.T) {
	log := newTrail(t, 60)
	for p, e := range log[:40] {
		if e.Record.Type != audit.EventStray {
			continue
		}
		bad := append(trail{}, log...)
		s := signer("bo")
		s.Subject = e.Record.Subject
		forged, err := s.Seal(audit.Draft{Key: e.Record.Key, Type: e.Record.Type, Body: audit.Notice{Event: countersign.Event{Kind: "other"}}},
			audit.Head{Index: e.Index, Seq: e.Record.Seq, Prev: e.Record.Prev})
		if err != nil {
			t.Fatal(err)
		}
		bad[p] = forged
		next := p + 1
		for log[next].Record.Subject != e.Record.Subject {
			next++
		}
		if got := bad.verify(t); got.OK() || got.Faults[0].Index != int64(next) {
			t.Errorf("record %d rewritten: faults %v, want one at %d", p, got.Faults, next)
		}
	}
}

func TestOneFaultIsReportedOnceAndReadingGoesOn(t *testing.T) {
	log := newTrail(t, 60)
	log[7].Record.Key, log[30].LeafHash = "other", strings.Repeat("0", 64)
	got := log.verify(t)
	if len(got.Faults) != 2 || got.Faults[0].Index != 7 || got.Faults[1].Index != 30 || got.Records != 60 {
		t.Errorf("Verify = %+v, want faults at 7 and 30 of 60 records", got)
	}
}

// BenchmarkVerify reads a log of 1,000 records and tells what that costs on top of
// the bare signature checks of the same bytes.
func BenchmarkVerify(b *testing.B) {
	log := newTrail(b, 1000)
	ks := trusting(authors...)
	type signed struct {
		pub        ed25519.PublicKey
		input, sig []byte
	}
	var bare []signed
	for _, e := range log {
		dot := strings.LastIndexByte(e.JWS, '.')
		sig, err := base64.RawURLEncoding.DecodeString(e.JWS[dot+1:])
		if err != nil {
			b.Fatal(err)
		}
		bare = append(bare, signed{public(key(e.Record.Subject)), []byte(e.JWS[:dot]), sig})
	}
	ratio(b, func() bool { r, err := audittest.Verify(log.all(), ks); return err == nil && r.OK() }, func() bool {
		for _, s := range bare {
			if !ed25519.Verify(s.pub, s.input, s.sig) {
				return false
			}
		}
		return true
	})
}

func body(e audit.Entry) (in audit.Intent) {
	if err := e.Decode(&in); err != nil {
		panic(err)
	}
	return in
}

func canonicalOf(tb testing.TB, rec audit.Record) []byte {
	tb.Helper()
	b, err := json.Marshal(rec) // without HTML in it this is the profile's form
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestVerifyReportsAReaderThatFails(t *testing.T) {
	broken := errors.New("disk")
	log := newTrail(t, 8)
	report, err := audittest.Verify(func(yield func(audit.Entry, error) bool) {
		for _, e := range log[:3] {
			if !yield(e, nil) {
				return
			}
		}
		yield(audit.Entry{}, broken)
	}, trusting(authors...))
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "after 3 records") || report.Records != 3 {
		t.Errorf("Verify = %d records, %v, want 3 and the reader's error", report.Records, err)
	}
	if got := fmt.Sprint(report.Faults); got != "[]" {
		t.Errorf("Verify faults = %s, want none", got)
	}
}

func TestAnAuthorWhoMiscounts(t *testing.T) {
	for name, change := range map[string]func(*audit.Head){
		"skips a number":    func(h *audit.Head) { h.Seq++ },
		"repeats a number":  func(h *audit.Head) { h.Seq-- },
		"names no one":      func(h *audit.Head) { h.Prev = "" },
		"names another":     func(h *audit.Head) { h.Prev = audit.LeafHash("other") },
		"begins once again": func(h *audit.Head) { h.Seq, h.Prev = 0, "" },
		"skips an index":    func(h *audit.Head) { h.Index++ },
	} {
		log := newTrail(t, 21)
		h := log.head("ana")
		change(&h)
		bad := seal(t, "ana", notices("miscounted"), h)
		bad.Index = int64(len(log))
		log = append(log, bad)
		if got := log.verify(t); len(got.Faults) != 1 || got.Faults[0].Index != 21 {
			t.Errorf("%s: faults %v, want one at 21", name, got.Faults)
		}
	}
}
