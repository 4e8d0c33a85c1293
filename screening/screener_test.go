package screening_test

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/screening"
)

// A fake is a source that does what a test says.
type fake struct {
	name   string
	screen func(context.Context, []screening.Query) ([]screening.Finding, error)
}

func (f fake) Name() string { return f.name }

func (f fake) Screen(ctx context.Context, qs []screening.Query) ([]screening.Finding, error) {
	return f.screen(ctx, qs)
}

// always answers every query alike.
func always(v screening.Verdict) fake {
	return fake{string(v), func(_ context.Context, qs []screening.Query) (found []screening.Finding, err error) {
		for _, q := range qs {
			found = append(found, screening.Finding{Network: q.Network, Address: q.Address, Verdict: v})
		}
		return found, nil
	}}
}

func TestScreen(t *testing.T) {
	type answer func(context.Context, []screening.Query) ([]screening.Finding, error)
	broken := func(a answer) fake { return fake{"broken", a} }
	clear := always(screening.Clear)
	for _, tt := range []struct {
		name    string
		sources []screening.Source
		want    screening.Verdict
	}{
		{"no sources", nil, screening.Unknown},
		{"clear", []screening.Source{clear, clear}, screening.Clear},
		{"a hit beside a panic", []screening.Source{broken(func(context.Context, []screening.Query) ([]screening.Finding, error) { panic("secret") }), always(screening.Hit)}, screening.Hit},
		{"a panic", []screening.Source{clear, broken(func(context.Context, []screening.Query) ([]screening.Finding, error) { panic("secret") })}, screening.Unknown},
		{"a goroutine that ends", []screening.Source{clear, broken(func(context.Context, []screening.Query) ([]screening.Finding, error) {
			runtime.Goexit()
			return nil, nil
		})}, screening.Unknown},
		{"an error", []screening.Source{clear, broken(func(context.Context, []screening.Query) ([]screening.Finding, error) { return nil, errors.New("no") })}, screening.Unknown},
		{"nothing", []screening.Source{clear, broken(func(context.Context, []screening.Query) ([]screening.Finding, error) { return nil, nil })}, screening.Unknown},
		{"a nil source", []screening.Source{clear, nil}, screening.Unknown},
		{"a source that cannot say its name", []screening.Source{clear, (*fake)(nil)}, screening.Unknown},
		{"a source that heeds its context", []screening.Source{clear, broken(func(ctx context.Context, _ []screening.Query) ([]screening.Finding, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})}, screening.Unknown},
		{"a source that alters its queries alters nobody else's", []screening.Source{broken(func(ctx context.Context, qs []screening.Query) ([]screening.Finding, error) {
			found, err := clear.screen(ctx, qs)
			for i := range qs {
				qs[i] = screening.Query{}
			}
			return found, err
		}), clear}, screening.Clear},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := screening.Screener{Sources: tt.sources, Timeout: 50 * time.Millisecond, Now: func() time.Time { return noon }}
			if tt.want == screening.Clear {
				s.Timeout = time.Minute
			}
			r := s.Screen(t.Context(), ask(evm, bitcoin))
			if r.Verdict != tt.want {
				t.Errorf("verdict %q, want %q: %+v", r.Verdict, tt.want, r.Findings)
			}
			if text, _ := json.Marshal(r); strings.Contains(string(text), "secret") {
				t.Errorf("a panic's text is told: %s", text)
			}
		})
	}
}

// A source that never returns is left behind, and what it says later reaches nobody.
func TestASourceThatHangsIsUnknown(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	hung := fake{"hung", func(context.Context, []screening.Query) ([]screening.Finding, error) {
		<-release
		return nil, nil
	}}
	s := screening.Screener{Sources: []screening.Source{hung, always(screening.Hit)}, Timeout: 20 * time.Millisecond}
	if r := s.Screen(t.Context(), ask(evm)); r.Verdict != screening.Hit {
		t.Errorf("verdict %q, want the hit of the source that answered", r.Verdict)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s = screening.Screener{Sources: []screening.Source{hung}}
	if r := s.Screen(ended, ask(evm)); r.Verdict != screening.Unknown || r.Findings[0].Source != "hung" {
		t.Errorf("%+v, want unknown of the source that hung", r)
	}
}

// Sources wait for each other here: they can only end when all were asked at once.
func TestSourcesAreAskedAtOnce(t *testing.T) {
	meet := make(chan struct{})
	meets := func(give bool) fake {
		return fake{"meets", func(ctx context.Context, qs []screening.Query) ([]screening.Finding, error) {
			if give {
				meet <- struct{}{}
			} else {
				<-meet
			}
			return always(screening.Clear).screen(ctx, qs)
		}}
	}
	s := screening.Screener{Sources: []screening.Source{meets(true), meets(false)}, Timeout: time.Minute}
	if r := s.Screen(t.Context(), ask(evm)); r.Verdict != screening.Clear {
		t.Errorf("verdict %q, want clear", r.Verdict)
	}
}

func TestMalformedAddressesAreShownToNoSource(t *testing.T) {
	var shown []screening.Query
	s := screening.Screener{Timeout: time.Minute, Sources: []screening.Source{fake{"curious", func(ctx context.Context, qs []screening.Query) ([]screening.Finding, error) {
		shown = qs
		return always(screening.Clear).screen(ctx, qs)
	}}}}
	r := s.Screen(t.Context(), ask("https://evil.example/", evm))
	if r.Verdict != screening.Unknown || !slices.Equal(shown, ask(evm)) {
		t.Errorf("verdict %q, shown %v", r.Verdict, shown)
	}
}

// The names outlive releases: they stand in records.
func TestAReportOnTheWire(t *testing.T) {
	s := screening.Screener{Timeout: time.Minute, Now: func() time.Time { return noon }}
	text, err := json.Marshal(s.Screen(t.Context(), ask(evm)))
	const want = `{"verdict":"unknown","findings":[{"source":"screening","address":"","verdict":"unknown","checked":"2026-11-24T12:00:00Z","detail":"there are no sources"}]}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v\nwant %s", text, err, want)
	}
}

// A listing is a source with a list.
type listing struct {
	fake
	changed bool
	err     error
}

func (l listing) Lists() []screening.ListInfo           { return []screening.ListInfo{{Name: l.name}} }
func (l listing) Refresh(context.Context) (bool, error) { return l.changed, l.err }

func TestRefreshReadsEveryListAndJoinsErrors(t *testing.T) {
	gone := errors.New("gone")
	s := screening.Screener{Sources: []screening.Source{
		listing{fake{name: "a"}, true, nil}, always(screening.Clear), listing{fake{name: "b"}, false, gone}, listing{fake{name: "c"}, true, nil},
	}}
	changed, err := s.Refresh(t.Context())
	if !slices.Equal(changed, []string{"a", "c"}) || !errors.Is(err, gone) || !strings.Contains(err.Error(), "b: gone") {
		t.Errorf("changed %v, error %v", changed, err)
	}
	if got := s.Lists(); len(got) != 3 || got[1].Name != "b" {
		t.Errorf("lists %+v", got)
	}
}
