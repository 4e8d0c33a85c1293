package screening_test

import (
	"errors"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"countersign/screening"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func ask(addresses ...string) (queries []screening.Query) {
	for _, a := range addresses {
		queries = append(queries, screening.Query{Network: "Ethereum", Address: a})
	}
	return queries
}

func says(v screening.Verdict, addresses ...string) (a screening.Answer) {
	for _, address := range addresses {
		a.Findings = append(a.Findings, screening.Finding{Network: "Ethereum", Address: address, Verdict: v})
	}
	return a
}

func fails(a screening.Answer) screening.Answer {
	a.Err = errors.New("broken")
	return a
}

func both(a, b screening.Answer) screening.Answer {
	a.Findings = append(slices.Clone(a.Findings), b.Findings...)
	return a
}

func TestCombine(t *testing.T) {
	const clear, hit, review, unknown, notCovered = screening.Clear, screening.Hit, screening.Review, screening.Unknown, screening.NotCovered
	two := ask(evm, bitcoin)
	for _, tt := range []struct {
		name    string
		queries []screening.Query
		answers []screening.Answer
		want    screening.Verdict
	}{
		{"all clear", two, []screening.Answer{says(clear, evm, bitcoin), says(clear, evm, bitcoin)}, clear},
		{"a hit outweighs clear", two, []screening.Answer{says(clear, evm, bitcoin), both(says(clear, evm), says(hit, bitcoin))}, hit},
		{"a hit outweighs unknown, review and errors", two, []screening.Answer{fails(says(clear)), says(unknown, evm, bitcoin), both(says(review, evm), says(hit, bitcoin))}, hit},
		{"a hit beside an error is a hit", two, []screening.Answer{fails(says(hit, evm))}, hit},
		{"unknown outweighs review", two, []screening.Answer{says(review, evm, bitcoin), says(unknown, evm, bitcoin)}, unknown},
		{"review outweighs clear", two, []screening.Answer{says(clear, evm, bitcoin), says(review, evm, bitcoin)}, review},
		{"an error is unknown", two, []screening.Answer{says(clear, evm, bitcoin), fails(says(clear))}, unknown},
		{"an error beside clear findings is unknown", two, []screening.Answer{fails(says(clear, evm, bitcoin))}, unknown},
		{"half an answer is unknown", two, []screening.Answer{says(clear, evm, bitcoin), says(clear, evm)}, unknown},
		{"no answer is unknown", two, []screening.Answer{says(clear, evm, bitcoin), says(clear)}, unknown},
		{"an answer about another network is none", ask(evm), []screening.Answer{{Findings: []screening.Finding{{Network: "Base", Address: evm, Verdict: clear}}}}, unknown},
		{"an answer about another address is none", ask(evm), []screening.Answer{says(clear, bitcoin)}, unknown},
		{"an answer in another case is none", ask(evm), []screening.Answer{says(clear, strings.ToLower(evm))}, unknown},
		{"a hit that nobody asked for is a hit", ask(evm), []screening.Answer{both(says(clear, evm), says(hit, bitcoin))}, hit},
		{"not covered leaves it to others", two, []screening.Answer{both(says(clear, evm), says(notCovered, bitcoin)), says(clear, evm, bitcoin)}, clear},
		{"covered by nobody is unknown", two, []screening.Answer{both(says(clear, evm), says(notCovered, bitcoin))}, unknown},
		{"covered and not covered by one source is covered", ask(evm), []screening.Answer{both(says(notCovered, evm), says(clear, evm))}, clear},
		{"no sources", two, nil, unknown},
		{"no queries", nil, []screening.Answer{says(clear)}, unknown},
		{"neither", nil, nil, unknown},
		{"a verdict that is none", ask(evm), []screening.Answer{says("fine", evm)}, unknown},
		{"an empty verdict", ask(evm), []screening.Answer{says("", evm)}, unknown},
		{"a verdict in another case", ask(evm), []screening.Answer{says("Clear", evm)}, unknown},
		{"a malformed address, which every source calls clear", ask(evm, "0x1"), []screening.Answer{says(clear, evm, "0x1")}, unknown},
		{"the same query twice", ask(evm, evm), []screening.Answer{says(clear, evm)}, clear},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := screening.Combine(tt.queries, tt.answers, noon)
			if r.Verdict != tt.want {
				t.Errorf("verdict %q, want %q: %+v", r.Verdict, tt.want, r.Findings)
			}
			if len(r.Findings) == 0 {
				t.Error("no finding says why")
			}
		})
	}
}

// answers draws sources with any behaviour.
func answers(queries []screening.Query) *rapid.Generator[[]screening.Answer] {
	verdict := rapid.SampledFrom([]screening.Verdict{screening.Hit, screening.Unknown, screening.Review, screening.Clear, screening.Clear, screening.Clear, screening.NotCovered, "odd"})
	answer := rapid.Custom(func(t *rapid.T) (a screening.Answer) {
		for _, q := range queries {
			if rapid.IntRange(0, 9).Draw(t, "silent") > 0 {
				a = both(a, says(verdict.Draw(t, "verdict"), q.Address))
			}
		}
		if rapid.IntRange(0, 9).Draw(t, "fails") == 0 {
			a.Err = errors.New("broken")
		}
		return a
	})
	return rapid.SliceOfN(answer, 0, 4)
}

var queriesOfAnyForm = rapid.Custom(func(t *rapid.T) []screening.Query {
	return ask(rapid.SliceOfN(rapid.SampledFrom([]string{evm, bitcoin, segwit, taproot, "0x1"}), 0, 4).Draw(t, "addresses")...)
})

// The ranks, said another way than the code says them.
func TestCombineRanks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		queries := queriesOfAnyForm.Draw(t, "queries")
		all := answers(queries).Draw(t, "answers")
		heard := func(v screening.Verdict) bool {
			return slices.ContainsFunc(all, func(a screening.Answer) bool {
				return slices.ContainsFunc(a.Findings, func(f screening.Finding) bool { return f.Verdict == v })
			})
		}
		sure := len(queries) > 0 && len(all) > 0 && !heard(screening.Unknown) && !heard("odd")
		for _, q := range queries {
			covered := false
			for _, a := range all {
				at := slices.IndexFunc(a.Findings, func(f screening.Finding) bool { return f.Address == q.Address })
				sure = sure && a.Err == nil && at >= 0
				covered = covered || slices.ContainsFunc(a.Findings, func(f screening.Finding) bool {
					return f.Address == q.Address && f.Verdict != screening.NotCovered
				})
			}
			sure = sure && covered && q.Address != "0x1"
		}
		want := screening.Clear
		switch {
		case heard(screening.Hit):
			want = screening.Hit
		case !sure:
			want = screening.Unknown
		case heard(screening.Review):
			want = screening.Review
		}
		if r := screening.Combine(queries, all, noon); r.Verdict != want {
			t.Fatalf("verdict %q, want %q", r.Verdict, want)
		}
	})
}

func TestCombineDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		queries := queriesOfAnyForm.Draw(t, "queries")
		all := answers(queries).Draw(t, "answers")
		want := screening.Combine(queries, all, noon)
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed"))) //nolint:gosec // a shuffle
		r.Shuffle(len(queries), func(i, j int) { queries[i], queries[j] = queries[j], queries[i] })
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, a := range all {
			r.Shuffle(len(a.Findings), func(i, j int) { a.Findings[i], a.Findings[j] = a.Findings[j], a.Findings[i] })
		}
		if got := screening.Combine(queries, all, noon); got.Verdict != want.Verdict || len(got.Findings) != len(want.Findings) {
			t.Fatalf("%q with %d findings in another order, want %q with %d", got.Verdict, len(got.Findings), want.Verdict, len(want.Findings))
		}
	})
}

// Adding a source that failed or kept silent never clears anything, and a hit stays one
// whatever is added.
func TestNothingBecomesClearBySilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		queries := queriesOfAnyForm.Draw(t, "queries")
		all := answers(queries).Draw(t, "answers")
		before := screening.Combine(queries, all, noon).Verdict
		silent := rapid.SampledFrom([]screening.Answer{{}, fails(screening.Answer{}), fails(says(screening.Clear, evm, bitcoin, segwit, taproot))}).Draw(t, "silent")
		after := screening.Combine(queries, append(slices.Clone(all), silent), noon).Verdict
		if after == screening.Clear || after == screening.Review {
			t.Fatalf("%q after a source that did not answer, %q before", after, before)
		}
		more := append(slices.Clone(all), answers(queries).Draw(t, "more")...)
		if after := screening.Combine(queries, more, noon).Verdict; before == screening.Hit && after != screening.Hit {
			t.Fatalf("a hit became %q", after)
		}
	})
}

func TestFindingsAreFitForARecord(t *testing.T) {
	long := strings.Repeat("x\n\x1b[2J\u202e\xff", 100_000)
	a := screening.Answer{Source: long, Findings: []screening.Finding{{
		Source: "another's name", Network: "Ethereum", Address: evm, Verdict: screening.Hit,
		Entry: long, Category: long, Score: long, ListVersion: long, ListDigest: long, Detail: long,
	}}}
	for _, f := range screening.Combine(ask(evm, long), []screening.Answer{a, fails(screening.Answer{Source: "b"})}, noon).Findings {
		for name, s := range map[string]string{"source": f.Source, "entry": f.Entry, "category": f.Category, "score": f.Score, "version": f.ListVersion, "digest": f.ListDigest, "address": f.Address, "detail": f.Detail} {
			if n := utf8.RuneCountInString(s); n > 300 || name != "detail" && n > 128 || strings.ContainsAny(s, "\n\x1b\u202e") || !utf8.ValidString(s) {
				t.Errorf("%s of %d characters, or with control characters: %.40q", name, n, s)
			}
		}
		if f.Source == "another's name" {
			t.Error("a source speaks under another's name")
		}
	}
}
