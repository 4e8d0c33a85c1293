package audit_test

import (
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"countersign"
	"countersign/audit"
)

// A tampering changes a log at record i, 0 < i < len-1, as somebody with the
// database would, and returns the first index at which it must show.
type tampering struct {
	name string
	do   func(t *testing.T, r *rand.Rand, l *trail, i int) int64
}

// relabelled writes an entry's indexes anew, as a thief who hides a gap would.
func relabelled(l trail) trail {
	for i := range l {
		l[i].Index = int64(i)
	}
	return l
}

func tamperings() []tampering {
	at := func(i int) int64 { return int64(i) }
	return []tampering{
		{"a byte of the record", func(_ *testing.T, r *rand.Rand, l *trail, i int) int64 {
			b := []byte((*l)[i].JWS)
			p := r.IntN(len(b))
			if b[p]++; b[p] == '.' || b[p] == '/' {
				b[p] = 'x'
			}
			(*l)[i].JWS = string(b)
			return at(i)
		}},
		{"a byte, and the leaf hash to match", func(_ *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			e := &(*l)[i]
			mid := len(e.JWS) / 2
			c := byte('A')
			if e.JWS[mid] == 'A' {
				c = 'B'
			}
			e.JWS = e.JWS[:mid] + string(c) + e.JWS[mid+1:]
			e.LeafHash = audit.LeafHash(e.JWS)
			return at(i)
		}},
		{"the leaf hash", func(_ *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			(*l)[i].LeafHash = strings.Repeat("0", 64)
			return at(i)
		}},
		{"the key column", func(_ *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			(*l)[i].Record.Key = "approval/other/outcome"
			return at(i)
		}},
		{"the type column", func(_ *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			(*l)[i].Record.Type = "other"
			return at(i)
		}},
		{"one removed", func(_ *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			*l = slices.Delete(*l, i, i+1)
			return at(i + 1)
		}},
		{"one removed, indexes closed up", func(_ *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			*l = relabelled(slices.Delete(*l, i, i+1))
			return at(i)
		}},
		{"the head removed, indexes closed up", func(_ *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			*l = relabelled((*l)[i:])
			return 0
		}},
		{"two swapped", func(_ *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			(*l)[i], (*l)[i+1] = (*l)[i+1], (*l)[i]
			return at(i + 1)
		}},
		{"two swapped, indexes too", func(_ *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			(*l)[i], (*l)[i+1] = (*l)[i+1], (*l)[i]
			*l = relabelled(*l)
			return at(i)
		}},
		{"one told twice", func(_ *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			*l = slices.Insert(*l, i, (*l)[i])
			return at(i)
		}},
		{"one told again at the end", func(_ *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			*l = relabelled(append(*l, (*l)[i]))
			return at(len(*l) - 1)
		}},
		{"a renumbered record", func(_ *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			(*l)[i].Index++
			return at(i + 1)
		}},
		{"a signed record out of place", func(t *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			e := seal(t, "ana", notices("late"), l.head("ana"))
			*l = relabelled(slices.Insert(*l, i, e))
			return at(i)
		}},
		{"a record by a stranger", func(t *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			(*l)[i] = seal(t, "mallory", notices("mine"), audit.Head{Index: at(i)})
			return at(i)
		}},
		{"a record of another's log", func(t *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			(*l)[i] = seal(t, "ana", notices("elsewhere"), audit.Head{Index: at(i), Seq: 999, Prev: strings.Repeat("a", 64)})
			return at(i)
		}},
		{"a rewritten record on the same place", func(t *testing.T, _ *rand.Rand, l *trail, i int) int64 {
			rec := (*l)[i].Record // by the author himself: what follows still names the old one
			(*l)[i] = seal(t, rec.Subject, notices("rewritten"), audit.Head{Index: rec.Index, Seq: rec.Seq, Prev: rec.Prev})
			return -1 // shows at the author's next record, wherever that is
		}},
		{"an outcome before its intent", func(t *testing.T, _ *rand.Rand, l *trail, _ int) int64 {
			e := l.add(t, "ana", posts("ana", "ap-x", strings.Repeat("b", 64), countersign.Approve))
			return e.Index
		}},
		{"an outcome of another approval", func(t *testing.T, _ *rand.Rand, l *trail, _ int) int64 {
			in := l.add(t, "ana", intends("ana", "ap-x", countersign.Approve))
			return l.add(t, "ana", posts("ana", "ap-y", in.LeafHash, countersign.Approve)).Index
		}},
		{"an outcome of another verdict", func(t *testing.T, _ *rand.Rand, l *trail, _ int) int64 {
			in := l.add(t, "ana", intends("ana", "ap-x", countersign.Reject))
			return l.add(t, "ana", posts("ana", "ap-x", in.LeafHash, countersign.Approve)).Index
		}},
		{"an end that names no decision", func(t *testing.T, _ *rand.Rand, l *trail, _ int) int64 {
			return l.add(t, "bo", ends("ap-x", "", countersign.Approve)).Index
		}},
		{"a key told twice by two authors", func(t *testing.T, _ *rand.Rand, l *trail, _ int) int64 {
			l.add(t, "ana", notices("once"))
			return l.add(t, "bo", notices("once")).Index
		}},
	}
}

// TestTamperingShows does each kind of tampering at many places of a log of
// several authors. All must be found, and the report must name the place.
func TestTamperingShows(t *testing.T) {
	clean := newTrail(t, 80)
	if report := clean.verify(t); !report.OK() || report.Records != 80 || report.Head != clean[79].LeafHash {
		t.Fatalf("a clean log: %+v", report)
	}
	for _, tt := range tamperings() {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2)) // the same places in every run
			for range 40 {
				l := slices.Clone(clean)
				i := 1 + r.IntN(len(l)-8)
				want := tt.do(t, r, &l, i)
				faults := l.verify(t).Faults
				if len(faults) == 0 {
					t.Fatalf("at %d: not found", i)
				}
				named := slices.ContainsFunc(faults, func(f audit.Fault) bool { return f.Index == want })
				if want >= 0 && !named {
					t.Fatalf("at %d: found at %d (%s), want %d named", i, faults[0].Index, faults[0].What, want)
				}
			}
		})
	}
}

// TestTheNewestRecordsTogether is what a log alone cannot show: that its end was
// cut off. The head is the way to see it.
func TestTheNewestRecordsTogether(t *testing.T) {
	l := newTrail(t, 40)
	full, cut := l.verify(t), l[:30].verify(t)
	if !cut.OK() || cut.Head == full.Head || cut.Records != 30 {
		t.Errorf("a cut log: ok %t, head %s; want ok, and another head than %s", cut.OK(), cut.Head, full.Head)
	}
}

func TestVerifyStopsOnlyWhenReadingFails(t *testing.T) {
	l := newTrail(t, 8)
	broken := errors.New("disk")
	var seq iter.Seq2[audit.Entry, error] = func(yield func(audit.Entry, error) bool) {
		for _, e := range l[:5] {
			if !yield(e, nil) {
				return
			}
		}
		yield(audit.Entry{}, broken)
	}
	report, err := audit.Verify(seq, trusting(authors...))
	if !errors.Is(err, broken) || report.Records != 5 {
		t.Errorf("Verify = %d records, %v; want 5 and the reader's error", report.Records, err)
	}
}

// BenchmarkVerify tells what the order of a log costs on top of opening its
// records.
func BenchmarkVerify(b *testing.B) {
	l := newTrail(b, 100)
	ks := trusting(authors...)
	ratio(b, func() bool { return l.verify(b).OK() }, func() bool {
		for _, e := range l {
			if _, err := audit.Open(e.JWS, ks); err != nil {
				return false
			}
		}
		return true
	})
}
