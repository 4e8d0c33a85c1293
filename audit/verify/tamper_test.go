package verify_test

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"countersign/audit"
	"countersign/audit/verify"
)

// A forger has a copy of a good log, whose every commit it can go back to, and damages it
// at a random place.
type forger struct {
	*rand.Rand
	*book
	commits []*book // the log after each commit
}

// A damage is what the forger hands to the verifier, and what must be found.
type damage struct {
	verify.Source
	verify.Trust
	// index is where it must show first, or until at the latest where that depends on what
	// the damage hits; codes is what may be said there, none what does not matter.
	index, until int64
	codes        []verify.FaultCode
}

// shows is a damaged log that must be found out at an index.
func (f *forger) shows(b *book, index int64, codes ...verify.FaultCode) damage {
	s := b.source()
	s.Checkpoints = nil // dear to verify; kinds that need them say so
	return damage{Source: s, Trust: b.trust(), index: index, codes: codes}
}

// at is a random record.
func (f *forger) at() int { return f.IntN(len(f.entries)) }

// back is the log after a random commit by which all keys were enrolled, with up to three
// records more.
func (f *forger) back(tb testing.TB) *book {
	b := f.commits[4+f.IntN(len(f.commits)-4)].clone(tb)
	for i := range f.IntN(4) {
		b.add(authors[f.IntN(3)], b.notice(fmt.Sprintf("more-%d", i)))
	}
	b.commit()
	return b
}

// flip changes one bit of a text.
func (f *forger) flip(text []byte) []byte {
	out := append([]byte{}, text...)
	out[f.IntN(len(out))] ^= 1 << f.IntN(8)
	return out
}

// kinds are all sorts of damage: what somebody can do who writes to the database, who holds
// the log's key, or who holds the key of an author.
func kinds() map[string]func(*testing.T, *forger) damage {
	all := map[string]func(*testing.T, *forger) damage{}
	for _, more := range []map[string]func(*testing.T, *forger) damage{databaseKinds, checkpointKinds, keyKinds, insiderKinds, stepKinds, rangeKinds} {
		for name, kind := range more {
			if all[name] != nil {
				panic("two kinds are called " + name)
			}
			all[name] = kind
		}
	}
	return all
}

// seed begins the random places; a failing run prints it, and COUNTERSIGN_TEST_SEED brings
// it back.
func seed(t *testing.T) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(os.Getenv("COUNTERSIGN_TEST_SEED"), 10, 64)
	if err != nil {
		return 1
	}
	return n
}

// history is a good log after each of its commits.
func history(t *testing.T) (commits []*book) {
	t.Helper()
	grown(t, 12, func(b *book) { commits = append(commits, b.clone(t)) })
	return commits
}

func TestEveryKindOfTamperingIsFound(t *testing.T) {
	from := seed(t)
	commits := history(t)
	whole := commits[len(commits)-1]
	if got := read(t, whole.source(), whole.trust()); !got.OK() {
		t.Fatalf("the log is damaged before anybody damages it: %+v", got)
	}
	matrix := kinds()
	t.Logf("%d kinds, %d of them at %d places, of %d records, seed %d", len(matrix), len(databaseKinds), tries(t, true), whole.size(), from)
	if len(databaseKinds) < 20 {
		t.Fatalf("%d kinds are tried often, want 20 or more", len(databaseKinds))
	}
	for name, kind := range matrix {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			salt := fnv.New64a()
			salt.Write([]byte(name))
			f := &forger{Rand: rand.New(rand.NewPCG(from, salt.Sum64())), commits: commits} //nolint:gosec // the same places for one seed
			for try := range tries(t, databaseKinds[name] != nil) {
				f.book = whole.clone(t)
				d := kind(t, f)
				check(t, d, fmt.Sprintf("seed %d, try %d", from, try))
			}
		})
	}
}

// tries is at how many random places a kind is tried. COUNTERSIGN_TEST_TAMPER=all tries
// every kind at a thousand, which takes some minutes.
func tries(t *testing.T, often bool) int {
	t.Helper()
	switch {
	case testing.Short() || raceEnabled:
		return 10
	case often || os.Getenv("COUNTERSIGN_TEST_TAMPER") == "all":
		return 1000
	}
	return 50
}

// check verifies what was damaged: it must show at its index and nowhere before.
func check(t *testing.T, d damage, where string) {
	t.Helper()
	got := read(t, d.Source, d.Trust)
	if got.OK() {
		t.Fatalf("%s: damage at %d was not found", where, d.index)
	}
	first := got.Faults[0]
	for _, fault := range got.Faults {
		if fault.Index < first.Index {
			first = fault
		}
	}
	if first.Index < d.index || first.Index > max(d.index, d.until) {
		t.Fatalf("%s: damage at %d shows at %d first: %+v", where, d.index, first.Index, got.Faults)
	}
	for _, fault := range got.Faults {
		for _, code := range d.codes {
			if fault.Index == first.Index && fault.Code == code {
				return
			}
		}
	}
	if len(d.codes) > 0 {
		t.Fatalf("%s: damage at %d is called %+v, want one of %v", where, d.index, got.Faults, d.codes)
	}
}

// flipPart changes one letter of one part of a record's JWS, and the leaf hash with it
// when the forger is thorough.
func (f *forger) flipPart(part int, thorough bool) damage {
	p := f.at()
	e := &f.entries[p]
	e.JWS = changeLetter(f.Rand, e.JWS, part)
	if thorough {
		e.LeafHash = audit.LeafHash(e.JWS)
	}
	return f.shows(f.book, int64(p))
}
