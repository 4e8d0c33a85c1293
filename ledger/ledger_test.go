package ledger_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/ledger"

	"pgregory.net/rapid"
)

var (
	usdc = ledger.Asset{Code: "USDC", Scale: 6}
	eth  = ledger.Asset{Code: "ETH", Scale: 18}
	noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
)

func step(id string, state ledger.State, postings ...ledger.Posting) ledger.Step {
	return ledger.Step{ID: id, State: state, Postings: postings, Lineage: "settlement/" + id, Record: "settlement/" + id + "/" + string(state), At: noon}
}

func posting(from, to ledger.Account, asset ledger.Asset, n uint64) ledger.Posting {
	return ledger.Posting{From: from, To: to, Asset: asset, Amount: countersign.NewAmount(n)}
}

func TestAccountsAndAssets(t *testing.T) {
	for _, good := range []string{"treasury", "treasury:hot:Ethereum", "a.b-c_1:2"} {
		if a, err := ledger.ParseAccount(good); err != nil || string(a) != good {
			t.Errorf("ParseAccount(%q) = %q, %v", good, a, err)
		}
	}
	for _, bad := range []string{"", ":", "a:", ":a", "a::b", "a b", "a/b", "ä", "a\n", strings.Repeat("a", 201), "1:2:3:4:5:6:7:8:9"} {
		if _, err := ledger.ParseAccount(bad); !errors.Is(err, ledger.ErrAccount) {
			t.Errorf("ParseAccount(%q) = %v, want ErrAccount", bad, err)
		}
	}
	for text, want := range map[string]ledger.Asset{"USDC/6": usdc, "ETH/18": eth, "NFT/0": {Code: "NFT"}} {
		if a, err := ledger.ParseAsset(text); err != nil || a != want || a.String() != text {
			t.Errorf("ParseAsset(%q) = %v, %v", text, a, err)
		}
	}
	for _, bad := range []string{"", "USDC", "USDC/", "/6", "USDC/06", "USDC/+6", "USDC/-1", "USDC/78", "US DC/6", "1INCH/18", "USDC/6/6", "USDC/six"} {
		if _, err := ledger.ParseAsset(bad); !errors.Is(err, ledger.ErrAsset) {
			t.Errorf("ParseAsset(%q) = %v, want ErrAsset", bad, err)
		}
	}
	if !ledger.Account("a:b").Under("a") || !ledger.Account("a").Under("a") || ledger.Account("ab").Under("a") {
		t.Error("Under is about segments, not letters")
	}
}

func TestWhichStepsFollow(t *testing.T) {
	states := []ledger.State{"", ledger.Pending, ledger.Posted, ledger.Reversed, "done"}
	allowed := map[[2]ledger.State]bool{
		{"", ledger.Pending}: true, {"", ledger.Posted}: true, {ledger.Pending, ledger.Posted}: true,
		{ledger.Pending, ledger.Reversed}: true, {ledger.Posted, ledger.Reversed}: true,
	}
	for _, before := range states {
		for _, next := range states[1:] {
			if err := next.Follows(before); (err == nil) != allowed[[2]ledger.State{before, next}] || err != nil && !errors.Is(err, ledger.ErrEntry) {
				t.Errorf("%q after %q: %v", next, before, err)
			}
		}
	}
}

func TestWhatIsNoStep(t *testing.T) {
	good := func() ledger.Step { return step("s1", ledger.Posted, posting("world", "treasury", usdc, 5)) }
	if err := good().Check(""); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*ledger.Step){
		"no ID":                 func(s *ledger.Step) { s.ID = "" },
		"an ID with a slash":    func(s *ledger.Step) { s.ID = "a/b" },
		"no state":              func(s *ledger.Step) { s.State = "" },
		"no postings":           func(s *ledger.Step) { s.Postings = nil },
		"a reversal that moves": func(s *ledger.Step) { s.State = ledger.Reversed },
		"too many postings":     func(s *ledger.Step) { s.Postings = make([]ledger.Posting, 101) },
		"to itself":             func(s *ledger.Step) { s.Postings[0].To = "world" },
		"nothing":               func(s *ledger.Step) { s.Postings[0].Amount = countersign.Amount{} },
		"from a bad account":    func(s *ledger.Step) { s.Postings[0].From = "a b" },
		"to a bad account":      func(s *ledger.Step) { s.Postings[0].To = "" },
		"a bad asset":           func(s *ledger.Step) { s.Postings[0].Asset.Code = "" },
		"no record":             func(s *ledger.Step) { s.Record = "" },
		"no lineage":            func(s *ledger.Step) { s.Lineage = "" },
		"no time":               func(s *ledger.Step) { s.At = time.Time{} },
		"a memo of two lines":   func(s *ledger.Step) { s.Memo = "a\nb" },
		"a long memo":           func(s *ledger.Step) { s.Memo = strings.Repeat("a", 501) },
	} {
		s := good()
		s.Postings = append([]ledger.Posting{}, s.Postings...)
		spoil(&s)
		totals := map[ledger.Key]ledger.Total{}
		if err := ledger.Apply(totals, nil, s); err == nil || len(totals) > 0 {
			t.Errorf("%s: Apply = %v, totals %v", name, err, totals)
		}
	}
}

// The name of a step's digest is on the wire: it must never change.
func TestDigest(t *testing.T) {
	s := step("s1", ledger.Posted, posting("world", "treasury", usdc, 5))
	const want = "4c85bf24d60b957f9bfaaad4ccbf49cc5ac87825b7f9aa5a276b360f7d3535ec"
	later := s
	later.At, later.Record = s.At.Add(time.Hour), "x"
	if got := s.Digest(); got != want || later.Digest() != want {
		t.Errorf("Digest = %s, want %s", got, want)
	}
	for _, other := range []ledger.Step{
		step("s2", ledger.Posted, s.Postings...), step("s1", ledger.Pending, s.Postings...), step("s1", ledger.Posted, posting("world", "treasury", usdc, 6)),
	} {
		if other.Digest() == want {
			t.Errorf("%+v has the digest of another", other)
		}
	}
	text, err := json.Marshal(s)
	if err != nil || !strings.Contains(string(text), `{"from":"world","to":"treasury","asset":"USDC/6","amount":"5"}`) {
		t.Errorf("%s, %v", text, err)
	}
}

// drawStep is a next step of a random entry, well formed or not in its place.
func drawStep(rt *rapid.T) ledger.Step {
	accounts := rapid.SampledFrom([]ledger.Account{"world", "treasury:hot", "treasury:cold", "fees", "desk"})
	s := step(fmt.Sprint("e", rapid.IntRange(0, 6).Draw(rt, "entry")), rapid.SampledFrom([]ledger.State{ledger.Pending, ledger.Posted, ledger.Reversed}).Draw(rt, "state"))
	if s.State != ledger.Reversed {
		for range rapid.IntRange(1, 4).Draw(rt, "postings") {
			from := accounts.Draw(rt, "from")
			to := accounts.Filter(func(a ledger.Account) bool { return a != from }).Draw(rt, "to")
			s.Postings = append(s.Postings, posting(from, to, rapid.SampledFrom([]ledger.Asset{usdc, eth}).Draw(rt, "asset"), rapid.Uint64Range(1, 1<<40).Draw(rt, "amount")))
		}
	}
	return s
}

// Whatever is booked, in any order: the balances of all accounts sum to nothing, only what
// is posted moves them, only what is pending is held, and a reversal restores what was.
func TestTheBooksBalance(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		totals := map[ledger.Key]ledger.Total{}
		last := map[string]ledger.Step{}
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			s := drawStep(rt)
			var before *ledger.Step
			if b, ok := last[s.ID]; ok {
				before = &b
			}
			was := maps.Clone(totals)
			if err := ledger.Apply(totals, before, s); err != nil {
				if !maps.Equal(text(was), text(totals)) {
					rt.Fatalf("a refused step changed the books: %v", err)
				}
				continue
			}
			last[s.ID] = s
			compare(rt, totals, last)
		}
	})
}

func text(totals map[ledger.Key]ledger.Total) map[ledger.Key]string {
	out := map[ledger.Key]string{}
	for k, t := range totals {
		out[k] = fmt.Sprint(t.In, t.Out, t.HeldIn, t.HeldOut)
	}
	return out
}

// compare adds up the last steps from nothing, and expects the totals.
func compare(rt *rapid.T, totals map[ledger.Key]ledger.Total, last map[string]ledger.Step) {
	want := map[ledger.Key][4]*big.Int{}
	add := func(k ledger.Key, side int, n countersign.Amount) {
		sums, ok := want[k]
		if !ok {
			sums = [4]*big.Int{{}, {}, {}, {}}
			for i := range sums {
				sums[i] = new(big.Int)
			}
		}
		sums[side].Add(sums[side], n.Big())
		want[k] = sums
	}
	for _, s := range last {
		for _, p := range s.Postings { // a reversal has none
			held := 0
			if s.State == ledger.Pending {
				held = 2
			}
			add(ledger.Key{Account: p.To, Asset: p.Asset}, held, p.Amount)
			add(ledger.Key{Account: p.From, Asset: p.Asset}, held+1, p.Amount)
		}
	}
	sums := map[ledger.Asset]*big.Int{usdc: new(big.Int), eth: new(big.Int)}
	for k, got := range totals {
		w, ok := want[k]
		if !ok {
			w = [4]*big.Int{new(big.Int), new(big.Int), new(big.Int), new(big.Int)}
		}
		for i, side := range []countersign.Amount{got.In, got.Out, got.HeldIn, got.HeldOut} {
			if side.Big().Cmp(w[i]) != 0 {
				rt.Fatalf("%v: side %d is %s, want %s", k, i, side, w[i])
			}
		}
		sums[k.Asset].Add(sums[k.Asset], got.Balance())
		if free := new(big.Int).Sub(got.Balance(), w[3]); got.Free().Cmp(free) != 0 {
			rt.Fatalf("%v: free %s, want %s", k, got.Free(), free)
		}
	}
	for asset, sum := range sums {
		if sum.Sign() != 0 {
			rt.Fatalf("the balances in %s sum to %s", asset, sum)
		}
	}
}
