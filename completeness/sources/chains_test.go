package sources_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit/complete"
	"countersign/chain/chaintest"
	"countersign/chain/client"
	"countersign/chain/follow"
	"countersign/chain/network"
	"countersign/chain/rule"
	"countersign/chain/scan"
	"countersign/completeness"
	"countersign/completeness/sources"
	"countersign/store"
	"countersign/store/outbox"
	"countersign/store/tracks"

	"github.com/ethereum/go-ethereum/common"
)

var (
	wallet   = common.HexToAddress("0xa1")
	stranger = common.HexToAddress("0xb2")
	coin     = common.HexToAddress("0xc0ffee")
)

// watched is a chain of two nodes with a deposit in every block, by turns of a token and of the
// native asset, and what a watcher has kept of it.
type watched struct {
	t     *testing.T
	chain *chaintest.Chain
	nodes []*chaintest.Node
	net   network.Network
	db    *store.DB
	known map[string]bool // workflows
}

// Blocks 10 to 39 of the chain are of this window.
var blocks10to39 = completeness.Window{From: time.Unix(1_700_000_000+12*10, 0).UTC(), To: time.Unix(1_700_000_000+12*40, 0).UTC()}

func newWatched(t *testing.T, mined int, depth ...uint64) *watched {
	w := &watched{t: t, chain: chaintest.New(7, append(depth, 5)[0]), net: network.Network{ChainID: 7, HedgeAfter: "5s", Quorum: 2}, known: map[string]bool{}}
	for range 2 {
		n := w.chain.Serve(t)
		w.nodes, w.net.URLs = append(w.nodes, n), append(w.net.URLs, n.URL)
	}
	w.chain.Fund(stranger, 1<<40)
	w.chain.FundToken(coin, stranger, 1<<40)
	w.mine(mined)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w.db = db
	return w
}

func (w *watched) mine(n int) {
	for range n {
		tx := &chaintest.Tx{From: stranger, To: &wallet, Value: 5}
		if w.chain.Head().Number%2 == 0 {
			tx = &chaintest.Tx{From: stranger, To: &coin, Logs: []chaintest.Log{chaintest.TransferLog(coin, stranger, wallet, 7)}}
		}
		w.chain.Mine(tx)
	}
}

func ours() []string { return []string{strings.ToLower(wallet.Hex())} }

func (w *watched) client() *client.Client {
	w.t.Helper()
	c, err := client.New(map[string]network.Network{"Net": w.net}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// watch follows the chain to its head as our watchers do.
func (w *watched) watch() {
	w.t.Helper()
	set, err := rule.Compile(rule.Rules{Deposits: []rule.Deposit{{Name: "deposit", Addresses: ours, Native: true, Taken: true}}})
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := w.client().Chain("Net")
	if err != nil {
		w.t.Fatal(err)
	}
	nothing := func(follow.Occurrence, time.Time, int) (outbox.Message, bool) { return outbox.Message{}, false }
	keeper := &tracks.Keeper{DB: w.db.SQL(), Network: "Net", Tell: nothing, Now: time.Now}
	f := &follow.Follower{Source: &scan.Source{Chain: c, Rules: set}, Keeper: keeper, Start: 1}
	if err := f.Step(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) tamper(query string) {
	w.t.Helper()
	if _, err := w.db.SQL().ExecContext(w.t.Context(), query); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watched) Known(_ context.Context, id string) (bool, bool, error) {
	return w.known[id], false, nil
}

// Start is for many at once, each of an ID of its own; here they come one after the other.
type starts struct {
	*watched
	started chan string
}

func (s starts) Start(_ context.Context, e countersign.Event) error {
	s.started <- string(e.Kind) + " " + e.Subject
	return nil
}

func (w *watched) source() sources.Chains {
	return sources.Chains{
		Nodes: w.client(), Record: tracks.Reader{DB: w.db.SQL()},
		Ours: func(context.Context) (map[string][]string, error) { return map[string][]string{"Net": ours()}, nil },
	}
}

// certify makes a certificate of the chain alone.
func (w *watched) certify(s sources.Chains) (complete.Count, bool) {
	w.t.Helper()
	cases := starts{w, make(chan string, 1000)}
	got, err := completeness.Certify(w.t.Context(), blocks10to39, []completeness.Source{s}, cases, completeness.Progress{}, func(completeness.Progress) {})
	if err != nil {
		w.t.Fatal(err)
	}
	close(cases.started)
	n := 0
	for id := range cases.started {
		if !strings.HasPrefix(id, "chain.deposit.confirmed ") {
			w.t.Errorf("started by %s", id)
		}
		n++
	}
	if c := got.Sources[0]; n != c.Repaired {
		w.t.Errorf("%d were started, %d say so", n, c.Repaired)
	}
	return got.Sources[0], got.Complete
}

// What is expected comes from the chain, whatever our watchers have kept of it.
func TestTheChainIsReadAgain(t *testing.T) {
	for _, tt := range []struct {
		name   string
		tamper []string
		watch  bool
		change func(*sources.Chains)
		want   string
	}{
		{name: "all was watched", watch: true, want: "true: 30 = 0+30+0, 0 unwatched, 0 unfounded"},
		{name: "nobody watched", want: "true: 30 = 0+30+0, 30 unwatched, 0 unfounded"},
		{name: "a gap", watch: true, tamper: []string{"DELETE FROM chain_events WHERE number BETWEEN 20 AND 25"}, want: "true: 30 = 0+30+0, 6 unwatched, 0 unfounded"},
		{name: "a gap outside the window", watch: true, tamper: []string{"DELETE FROM chain_events WHERE number < 10 OR number > 39"}, want: "true: 30 = 0+30+0, 0 unwatched, 0 unfounded"},
		{name: "retracted by another hand", watch: true, tamper: []string{"UPDATE chain_events SET state = 'retracted' WHERE number = 12"}, want: "true: 30 = 0+30+0, 1 unwatched, 0 unfounded"},
		{name: "another transaction", watch: true, tamper: []string{"UPDATE chain_events SET tx = '0x" + strings.Repeat("ab", 32) + "' WHERE number = 12"},
			want: "false: 30 = 0+30+0, 1 unwatched, 1 unfounded"},
		{name: "one too many, with data that nobody can read", watch: true,
			tamper: []string{"INSERT INTO chain_events SELECT network, number, block, '0x" + strings.Repeat("cd", 32) + "', idx, rule, state, 'x', at FROM chain_events WHERE number = 13"},
			want:   "false: 30 = 0+30+0, 0 unwatched, 1 unfounded"},
		{name: "more blocks than are read in full", watch: true, change: func(s *sources.Chains) { s.FullBlocks = 29 }, want: "true: 30 = 0+30+0, 0 unwatched, 0 unfounded"},
		{name: "a gap among those, tokens alone are missed", watch: true, change: func(s *sources.Chains) { s.FullBlocks = 29 },
			tamper: []string{"DELETE FROM chain_events WHERE number BETWEEN 20 AND 25"}, want: "true: 27 = 0+27+0, 3 unwatched, 0 unfounded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWatched(t, 60)
			if tt.watch {
				w.watch()
			}
			for _, query := range tt.tamper {
				w.tamper(query)
			}
			s := w.source()
			if tt.change != nil {
				tt.change(&s)
			}
			c, ok := w.certify(s)
			if got := fmt.Sprintf("%t: %d = %d+%d+%d, %d unwatched, %d unfounded", ok, c.Expected, c.Seen, c.Repaired, c.Missing, c.Unwatched, c.Unfounded); got != tt.want {
				t.Errorf("%s %s, want %s", got, c.Unknown, tt.want)
			}
			if len(c.UnwatchedWorkflows) != c.Unwatched || len(c.UnfoundedEvents) != c.Unfounded {
				t.Errorf("names %q, %q", c.UnwatchedWorkflows, c.UnfoundedEvents)
			}
			last := follow.Hash(w.chain.Blocks[39].Hash).String()
			if want := (complete.Range{Network: "Net", Blocks: 30, From: 10, To: 39, LastHash: last, LogsOnly: tt.change != nil}); !slices.Equal(c.Ranges, []complete.Range{want}) {
				t.Errorf("ranges %+v, want %+v", c.Ranges, want)
			}
			if !strings.Contains(c.Query, "eth_getLogs") || !strings.Contains(c.Query, "Net") || !strings.Contains(c.Query, "timestamp") {
				t.Errorf("query %s", c.Query)
			}
		})
	}
}

// What has its workflow by another's word is seen, though no watcher has told of it.
func TestWhatTheWatchersMissedMayBeSeenAllTheSame(t *testing.T) {
	w := newWatched(t, 60)
	w.known["deposit/Net/"+w.chain.Blocks[15].Txs[0].Hash.Hex()] = true
	if c, ok := w.certify(w.source()); !ok || c.Seen != 1 || c.Repaired != 29 || c.Unwatched != 30 {
		t.Errorf("%t %+v", ok, c)
	}
}

// A window is not certified before its last block is final, nor by nodes that stand still, nor
// where two nodes say different things.
func TestAChainThatCannotBeBelievedYet(t *testing.T) {
	w := newWatched(t, 42) // block 37 is final
	err := completeness.Ready(t.Context(), blocks10to39, []completeness.Source{w.source()})
	if c, ok := w.certify(w.source()); !errors.Is(err, completeness.ErrNotYet) || ok || c.Unknown == "" || c.Expected != 0 {
		t.Errorf("%v, %+v", err, c)
	}
	w.mine(2) // 39 is
	if c, ok := w.certify(w.source()); !ok || c.Expected != 30 {
		t.Errorf("%+v", c)
	}
	w.nodes[1].Lag.Store(20)
	if c, ok := w.certify(w.source()); ok || c.Unknown == "" {
		t.Errorf("one of two nodes is behind: %+v", c)
	}
	w.nodes[1].Lag.Store(0)
	w.chain.Drop(44)
	w.net.MaxAge = "1m"
	w.mine(20)
	if err := completeness.Ready(t.Context(), blocks10to39, []completeness.Source{w.source()}); !errors.Is(err, completeness.ErrNotYet) {
		t.Errorf("nodes that stand still: %v", err)
	}
}

// A chain without blocks in the window has nothing to expect, and the certificate says that it
// was looked.
func TestAWindowWithoutBlocks(t *testing.T) {
	for name, years := range map[string]int{"before the first block": -1, "after the last, which is final": 1} {
		w := newWatched(t, 60, 0)
		window := completeness.Window{From: blocks10to39.From.AddDate(years, 0, 0), To: blocks10to39.To.AddDate(years, 0, 0)}
		got, err := completeness.Certify(t.Context(), window, []completeness.Source{w.source()}, starts{w, nil}, completeness.Progress{}, func(completeness.Progress) {})
		if err != nil || !got.Complete || !slices.Equal(got.Sources[0].Ranges, []complete.Range{{Network: "Net"}}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Networks that have no node any more are taken from our record alone.
func TestWhatOurWatchersTellOfOtherNetworks(t *testing.T) {
	w := newWatched(t, 60)
	w.watch()
	w.tamper("UPDATE chain_events SET network = 'Old'")
	now := time.Now().UTC().Truncate(time.Second)
	got, err := completeness.Certify(t.Context(), completeness.Window{From: now.Add(-time.Hour), To: now.Add(time.Hour)},
		[]completeness.Source{sources.Chains{Nodes: &client.Client{}, Record: tracks.Reader{DB: w.db.SQL()}, Ours: w.source().Ours}}, starts{w, make(chan string, 100)}, completeness.Progress{}, func(completeness.Progress) {})
	if err != nil || !got.Complete || got.Sources[0].Repaired != 55 || !strings.HasPrefix(got.Sources[0].Query, "no network has a node") {
		t.Errorf("%+v, %v", got, err)
	}
}
