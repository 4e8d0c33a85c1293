package audit_test

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"countersign/audit"
)

// A forger has a copy of a good log and damages it at a random place. Each kind
// of damage returns the damaged log and the index where it must first show.
type forger struct {
	*rand.Rand
	tb  testing.TB
	log trail
}

// place is a random index with a records before it and b behind.
func (f forger) place(a, b int) int { return a + f.IntN(len(f.log)-a-b) }

// jwsPart changes one letter of a part of one record, and the hash with it when
// the forger is thorough.
func (f forger) jwsPart(part int, thorough bool) (trail, int) {
	p := f.place(0, 0)
	parts := strings.Split(f.log[p].JWS, ".")
	letters := []byte(parts[part])
	at := f.IntN(len(letters))
	old := letters[at]
	for letters[at] == old {
		letters[at] = alphabet[f.IntN(len(alphabet))]
	}
	parts[part] = string(letters)
	f.log[p].JWS = strings.Join(parts, ".")
	if thorough {
		f.log[p].LeafHash = audit.LeafHash(f.log[p].JWS)
	}
	return f.log, p
}

// renumber gives the log an unbroken index again.
func renumber(l trail) trail {
	for i := range l {
		l[i].Index = int64(i)
	}
	return l
}

// last is where who speaks last.
func (l trail) last(who string) int {
	for i := range slices.Backward(l) {
		if l[i].Record.Subject == who {
			return i
		}
	}
	return -1
}

// tampering is what somebody who can write the database can do.
var tampering = map[string]func(f forger) (trail, int){
	"header":                  func(f forger) (trail, int) { return f.jwsPart(0, false) },
	"payload":                 func(f forger) (trail, int) { return f.jwsPart(1, false) },
	"signature":               func(f forger) (trail, int) { return f.jwsPart(2, false) },
	"header, hash made good":  func(f forger) (trail, int) { return f.jwsPart(0, true) },
	"payload, hash made good": func(f forger) (trail, int) { return f.jwsPart(1, true) },
	"signature, hash good":    func(f forger) (trail, int) { return f.jwsPart(2, true) },
	"any byte of the JWS": func(f forger) (trail, int) {
		p := f.place(0, 0)
		b := []byte(f.log[p].JWS)
		b[f.IntN(len(b))] ^= byte(1 + f.IntN(255))
		f.log[p].JWS = string(b)
		return f.log, p
	},
	"leaf hash column": func(f forger) (trail, int) {
		p := f.place(0, 0)
		b := []byte(f.log[p].LeafHash)
		b[f.IntN(len(b))] ^= 1
		f.log[p].LeafHash = string(b)
		return f.log, p
	},
	"key column":  func(f forger) (trail, int) { p := f.place(0, 0); f.log[p].Record.Key += "x"; return f.log, p },
	"type column": func(f forger) (trail, int) { p := f.place(0, 0); f.log[p].Record.Type = "event.other"; return f.log, p },
	"index column": func(f forger) (trail, int) {
		p := f.place(0, 0)
		f.log[p].Index += 1 + f.Int64N(9)
		return f.log, int(f.log[p].Index) // the number that it now bears
	},
	"delete one": func(f forger) (trail, int) { p := f.place(0, 1); return slices.Delete(f.log, p, p+1), p + 1 },
	"delete one, renumber": func(f forger) (trail, int) {
		p := f.place(0, 1)
		return renumber(slices.Delete(f.log, p, p+1)), p
	},
	"delete a run, renumber": func(f forger) (trail, int) {
		p := f.place(0, 20)
		return renumber(slices.Delete(f.log, p, p+1+f.IntN(19))), p
	},
	"delete an author, renumber": func(f forger) (trail, int) {
		who := authors[f.IntN(3)]
		p := slices.IndexFunc(f.log, func(e audit.Entry) bool { return e.Record.Subject == who })
		return renumber(slices.DeleteFunc(f.log, func(e audit.Entry) bool { return e.Record.Subject == who })), p
	},
	"delete an author's newest, renumber": func(f forger) (trail, int) {
		f.log = f.log[:f.place(20, 0)]
		who := authors[f.IntN(3)]
		p := f.log.last(who)
		if p == len(f.log)-1 { // the newest of all does not show: another test
			f.log = f.log[:p]
			p = f.log.last(authors[(slices.Index(authors, who)+1)%3])
		}
		if p == len(f.log)-1 {
			p--
		}
		return renumber(slices.Delete(f.log, p, p+1)), p
	},
	"replay an earlier record": func(f forger) (trail, int) {
		p := f.place(2, 0)
		return renumber(slices.Insert(f.log, p, f.log[f.IntN(p-1)])), p
	},
	"replay at the end": func(f forger) (trail, int) {
		return renumber(append(f.log, f.log[f.place(0, 0)])), len(f.log)
	},
	"duplicate": func(f forger) (trail, int) { p := f.place(0, 0); return slices.Insert(f.log, p, f.log[p]), p },
	"duplicate, renumber": func(f forger) (trail, int) {
		p := f.place(0, 0)
		return renumber(slices.Insert(f.log, p, f.log[p])), p + 1
	},
	"insert what was signed for another place": func(f forger) (trail, int) {
		p := f.place(1, 0)
		who := authors[f.IntN(3)]
		e := seal(f.tb, who, notices("inserted"), f.log.head(who))
		return renumber(slices.Insert(f.log, p, e)), p
	},
	"swap neighbours' contents": func(f forger) (trail, int) {
		p := f.place(0, 1)
		f.log[p], f.log[p+1] = f.log[p+1], f.log[p]
		return renumber(f.log), p
	},
	"swap two rows": func(f forger) (trail, int) {
		p := f.place(0, 1)
		q := p + 1 + f.IntN(len(f.log)-p-1)
		f.log[p], f.log[q] = f.log[q], f.log[p]
		return f.log, q // the row that comes first bears the later index
	},
	"swap two rows, renumber": func(f forger) (trail, int) {
		p := f.place(0, 1)
		q := p + 1 + f.IntN(len(f.log)-p-1)
		f.log[p], f.log[q] = f.log[q], f.log[p]
		return renumber(f.log), p
	},
	"swap two authors, renumber": func(f forger) (trail, int) {
		p := f.place(0, 1)
		for p > 0 && f.log[p].Record.Subject == f.log[p+1].Record.Subject {
			p--
		}
		f.log[p], f.log[p+1] = f.log[p+1], f.log[p]
		return renumber(f.log), p
	},
	"truncate the head":           func(f forger) (trail, int) { p := f.place(1, 0); return f.log[p:], p },
	"truncate the head, renumber": func(f forger) (trail, int) { return renumber(f.log[f.place(1, 0):]), 0 },
	"shift every index": func(f forger) (trail, int) {
		by := 1 + f.IntN(9)
		for i := range f.log {
			f.log[i].Index += int64(by)
		}
		return f.log, by
	},
	"re-sign with an unknown key": func(f forger) (trail, int) {
		p := f.place(0, 0)
		rec := string(canonicalOf(f.tb, f.log[p].Record))
		f.log[p].JWS = jws(key("mallory"), header(audit.KeyID(public(key("ana"))), audit.KeyID(public(key("mallory")))), rec)
		f.log[p].LeafHash = audit.LeafHash(f.log[p].JWS)
		return f.log, p
	},
	"re-sign with an unknown key under a good name": func(f forger) (trail, int) {
		p := f.place(0, 0)
		f.log[p].JWS = jws(key("mallory"), header(), string(canonicalOf(f.tb, f.log[p].Record)))
		f.log[p].LeafHash = audit.LeafHash(f.log[p].JWS)
		return f.log, p
	},
}

// insiders is what a service account can sign itself and must not. Each one's
// record stands in its right place in every chain.
var insiders = map[string]func(f forger, who string, intent audit.Entry) audit.Draft{
	"outcome of no intent": func(_ forger, who string, _ audit.Entry) audit.Draft {
		return posts(who, "ap-new", audit.LeafHash("never"), "approve")
	},
	"outcome without naming one": func(_ forger, who string, _ audit.Entry) audit.Draft { return posts(who, "ap-new", "", "approve") },
	"outcome of another approval": func(_ forger, who string, in audit.Entry) audit.Draft {
		return posts(who, "ap-new", in.LeafHash, verdict(in))
	},
	"end of another approval": func(_ forger, _ string, in audit.Entry) audit.Draft {
		return ends("ap-new", in.LeafHash, verdict(in))
	},
	"outcome of another verdict": func(_ forger, _ string, in audit.Entry) audit.Draft {
		return posts("dee", approval(in), in.LeafHash, "abstain")
	},
	"end of another verdict": func(_ forger, _ string, in audit.Entry) audit.Draft {
		d := ends(approval(in), in.LeafHash, "abstain")
		d.Key += "/again"
		return d
	},
	"outcome of a record that is no intent": func(f forger, who string, _ audit.Entry) audit.Draft {
		return posts(who, "ap-new", f.log[1].LeafHash, "approve")
	},
	"key told twice": func(_ forger, who string, in audit.Entry) audit.Draft {
		return audit.Draft{Key: in.Record.Key, Type: audit.EventStray, Body: audit.Notice{}}
	},
	"decision made again": func(_ forger, who string, in audit.Entry) audit.Draft {
		d := intends(who, approval(in), "abstain")
		d.Key = in.Record.Key
		return d
	},
	"body that is no object": func(_ forger, _ string, _ audit.Entry) audit.Draft {
		return audit.Draft{Key: "odd", Type: audit.DecisionIntent, Body: "approve"}
	},
}

func TestVerifyFindsTampering(t *testing.T) {
	log := newTrail(t, 240)
	tries := 20
	if testing.Short() || raceEnabled { // a signature takes four times as long
		tries = 8
	}
	matrix := map[string]func(f forger) (trail, int){"outcome before its intent": outcomeFirst}
	for name, damage := range tampering {
		matrix[name] = damage
	}
	for name, draft := range insiders {
		matrix[name] = func(f forger) (trail, int) { return f.inside(draft) }
	}
	t.Logf("%d kinds at %d places of %d records", len(matrix), tries, len(log))
	for name, damage := range matrix {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := fnv.New64a()
			seed.Write([]byte(name))
			random := rand.New(rand.NewPCG(1, seed.Sum64())) //nolint:gosec // the same places in every run
			for try := range tries {
				bad, want := damage(forger{random, t, slices.Clone(log)})
				if want < 0 || want > len(log)+9 {
					t.Fatalf("try %d: damage expected at %d, which is no place", try, want)
				}
				if got := bad.verify(t); got.OK() || got.Faults[0].Index != int64(want) {
					t.Fatalf("try %d: first of faults %v, want one at %d", try, got.Faults, want)
				}
			}
		})
	}
}

// inside ends the log early with a record that draft's author should not have
// signed, and one more behind it.
func (f forger) inside(draft func(forger, string, audit.Entry) audit.Draft) (trail, int) {
	p := f.place(12, 0)
	f.log = f.log[:p]
	intent := f.log[slices.IndexFunc(f.log, func(e audit.Entry) bool { return e.Record.Type == audit.DecisionIntent })+4*f.IntN(p/4)]
	who := authors[f.IntN(3)]
	f.log.add(f.tb, who, draft(f, who, intent))
	f.log.add(f.tb, who, notices("after"))
	return f.log, p
}

// outcomeFirst lets two authors agree to tell an end before its decision.
func outcomeFirst(f forger) (trail, int) {
	p := f.place(1, 0)
	f.log = f.log[:p]
	h := f.log.head("bo")
	h.Index++
	intent := seal(f.tb, "bo", intends("bo", "ap-new", "approve"), h)
	f.log.add(f.tb, "ana", posts("bo", "ap-new", intent.LeafHash, "approve"))
	return append(f.log, intent), p
}
