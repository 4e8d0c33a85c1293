package simulation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"countersign"
	"countersign/chain/simulation"
)

const (
	wallet = "0x00000000000000000000000000000000000000a1"
	friend = "0x00000000000000000000000000000000000000b2"
	other  = "0x00000000000000000000000000000000000000c3"
	usdc   = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
	things = "0x00000000000000000000000000000000000000d4"
)

var (
	n      = countersign.NewAmount
	dollar = simulation.ERC20(strings.ToLower(usdc))
	native = simulation.Native()
)

func change(s string) simulation.Change {
	c, err := simulation.ParseChange(s)
	if err != nil {
		panic(err)
	}
	return c
}

// result is one call that succeeds, of the wallet, with deltas.
func result(deltas ...simulation.AssetDelta) simulation.Result {
	return simulation.Result{Network: "Lab", ChainID: 1, Calls: []simulation.CallResult{{}}, Watched: []string{wallet}, Assets: deltas}.Canonical()
}

func delta(account string, asset simulation.Asset, by string) simulation.AssetDelta {
	return simulation.AssetDelta{Account: account, Asset: asset, Delta: change(by)}
}

func with(r simulation.Result, alter func(*simulation.Result)) simulation.Result {
	alter(&r)
	return r
}

func allowing(r simulation.Result, a ...simulation.AllowanceDelta) simulation.Result {
	r.Allowances = a
	return r.Canonical()
}

func allowance(spender string, amount uint64) simulation.AllowanceDelta {
	return simulation.AllowanceDelta{Owner: wallet, Spender: spender, Contract: dollar.Contract, Kind: simulation.AllowAmount, Amount: n(amount)}
}

func TestOnly(t *testing.T) {
	pays := result(delta(wallet, dollar, "-100"), delta(friend, dollar, "100"))
	out, in := simulation.Out(wallet, dollar, n(100)), simulation.In(friend, dollar, n(100))
	lies := with(pays, func(r *simulation.Result) {
		r.Disagreements = []simulation.Disagreement{{Account: wallet, Asset: dollar, Logged: change("-1"), Actual: change("-100")}}
	})
	all := simulation.AllowanceDelta{Owner: wallet, Spender: friend, Contract: things, Kind: simulation.AllowAll, Approved: true}
	thing := simulation.AllowanceDelta{Owner: wallet, Spender: friend, Contract: things, Kind: simulation.AllowToken, TokenID: "7", Approved: true}
	revoked := with(result(), func(r *simulation.Result) {
		all := all
		all.Approved = false
		r.Allowances = []simulation.AllowanceDelta{all}
	})
	type deltas = []simulation.Delta
	for _, tt := range []struct {
		name string
		r    simulation.Result
		want deltas
		says string // of the error; empty for none
	}{
		{"nothing happens and nothing is expected", result(), nil, ""},
		{"nothing simulated is never fine", simulation.Result{}, nil, "nothing was simulated"},
		{"exactly what is expected", pays, deltas{out, in}, ""},
		{"case of an address does not matter", pays, deltas{simulation.Out("0x"+strings.ToUpper(wallet[2:]), dollar, n(100))}, ""},
		{"accounts that nobody names are not compared", pays, deltas{out}, ""},
		{"the wallet's are compared without being named", pays, deltas{in}, "unexpected: " + wallet + " loses 100 of " + dollar.String()},
		{"missing", result(), deltas{out}, "missing: " + wallet + " loses exactly 100"},
		{"another amount", pays, deltas{simulation.Out(wallet, dollar, n(99))}, "loses 100 of " + dollar.String() + ", want " + wallet + " loses exactly 99"},
		{"another direction", pays, deltas{simulation.In(wallet, dollar, n(100))}, "want " + wallet + " gains exactly 100"},
		{"another asset", pays, deltas{simulation.Out(wallet, native, n(100))}, "missing"},
		{"a named account gains nothing else", result(delta(friend, dollar, "1"), delta(friend, native, "2")), deltas{simulation.In(friend, dollar, n(1))}, "unexpected: " + friend + " gains 2 of native wei"},
		{"at most", pays, deltas{simulation.AtMost(simulation.Out(wallet, dollar, n(100)))}, ""},
		{"more than at most", pays, deltas{simulation.AtMost(simulation.Out(wallet, dollar, n(99)))}, "loses at most 99"},
		{"at most is met by nothing", result(), deltas{simulation.AtMost(out)}, ""},
		{"at most is not met by the other direction", result(delta(wallet, dollar, "1")), deltas{simulation.AtMost(out)}, "want"},
		{"at least", pays, deltas{out, simulation.AtLeast(simulation.In(friend, dollar, n(99)))}, ""},
		{"less than at least", pays, deltas{out, simulation.AtLeast(simulation.In(friend, dollar, n(101)))}, "gains at least 101"},
		{"at least is not met by nothing", result(), deltas{simulation.AtLeast(simulation.In(wallet, dollar, n(1)))}, "missing"},
		{"expected twice", pays, deltas{out, out}, "expected twice"},
		{"mistyped address", pays, deltas{out, simulation.In("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB4", dollar, n(1))}, "cannot be used"},
		{"mistyped checksum", pays, deltas{out, simulation.In(friend, simulation.ERC20("0xa0B86991c6218b36c1d19D4a2e9Eb0cE3606eB48"), n(0))}, "checksum"},
		{"revert", with(result(), func(r *simulation.Result) { r.Calls[0].Reverted, r.Calls[0].Reason = true, "closed" }), nil, "call 1 reverts: closed"},
		{"logs that lie", lies, deltas{out, in}, "logs of " + dollar.String()},
		{"balances are accepted where logs lie", lies, deltas{simulation.Measured(out), in}, ""},
		{"unread", with(pays, func(r *simulation.Result) { r.Unread = []string{"a word"} }), deltas{out, in}, "unread: a word"},
		{"allowance", allowing(result(), allowance(friend, 5)), deltas{simulation.Allow(wallet, friend, usdc, n(5))}, ""},
		{"allowance that nobody expects", allowing(result(), allowance(friend, 5)), nil, "unexpected: " + wallet + " lets " + friend + " take 5 of " + dollar.String()},
		{"allowance for another", allowing(result(), allowance(other, 5)), deltas{simulation.Allow(wallet, friend, usdc, n(5))}, "missing"},
		{"allowance that is too much", allowing(result(), allowance(friend, 5)), deltas{simulation.AtMost(simulation.Allow(wallet, friend, usdc, n(4)))}, "take at most 4"},
		{"allowance of an ERC-20 is none of its amounts", allowing(pays, allowance(friend, 100)), deltas{out}, "unexpected"},
		{"revocation", allowing(result(), allowance(friend, 0)), deltas{simulation.Allow(wallet, friend, usdc, n(0))}, ""},
		{"everything", allowing(result(), all), deltas{simulation.AllowEverything(wallet, friend, things)}, ""},
		{"everything, where one was expected", allowing(result(), all), deltas{simulation.AllowOne(wallet, friend, things, n(7))}, "unexpected"},
		{"everything is no amount of 1", allowing(result(), all), deltas{simulation.Allow(wallet, friend, things, n(1))}, "unexpected"},
		{"one token", allowing(result(), thing), deltas{simulation.AllowOne(wallet, friend, things, n(7))}, ""},
		{"another token", allowing(result(), thing), deltas{simulation.AllowOne(wallet, friend, things, n(8))}, "unexpected"},
		{"everything revoked", revoked, deltas{simulation.RevokeEverything(wallet, friend, things)}, ""},
		{"everything revoked, where it was to be allowed", revoked, deltas{simulation.AllowEverything(wallet, friend, things)}, "want"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.r.Only(tt.want...)
			if tt.says == "" && err != nil {
				t.Errorf("Only = %v, want none", err)
			}
			if tt.says != "" && (!errors.Is(err, simulation.ErrEffects) || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("Only = %v, want %q", err, tt.says)
			}
		})
	}
}

// effects draws a result, and the expectations that are exactly its deltas.
func effects(t *rapid.T) (simulation.Result, []simulation.Delta) {
	var expected []simulation.Delta
	r := result()
	r.Watched = []string{wallet, friend, other}
	assets := []simulation.Asset{native, dollar, simulation.ERC1155(things, n(1)), simulation.ERC1155(things, n(2)), simulation.ERC721(things, n(3))}
	for i, account := range r.Watched {
		for _, asset := range assets {
			size := rapid.Uint64().Draw(t, "size")
			switch rapid.IntRange(0, 2).Draw(t, "direction") {
			case 1:
				r.Assets = append(r.Assets, delta(account, asset, fmt.Sprint(size+1>>1|1)))
				expected = append(expected, simulation.In(account, asset, n(size+1>>1|1)))
			case 2:
				r.Assets = append(r.Assets, delta(account, asset, fmt.Sprintf("-%d", size+1>>1|1)))
				expected = append(expected, simulation.Out(account, asset, n(size+1>>1|1)))
			}
		}
		if spender := r.Watched[(i+1)%3]; rapid.Bool().Draw(t, "allows") {
			size := rapid.Uint64Range(1, 1e9).Draw(t, "allowance")
			r.Allowances = append(r.Allowances, simulation.AllowanceDelta{Owner: account, Spender: spender, Contract: dollar.Contract, Kind: simulation.AllowAmount, Amount: n(size)})
			expected = append(expected, simulation.Allow(account, spender, usdc, n(size)))
		}
	}
	return r.Canonical(), expected
}

// TestOnlyIsExact holds that nothing but exactly its own deltas satisfies a result:
// no subset, no superset, no other amount, in no order.
func TestOnlyIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, expected := effects(t)
		expected = rapid.Permutation(expected).Draw(t, "order")
		if err := r.Only(expected...); err != nil {
			t.Fatalf("its own deltas: %v", err)
		}
		if err := r.Only(append(expected, simulation.In(wallet, simulation.ERC20(other), n(1)))...); err == nil {
			t.Fatal("more than its own deltas")
		}
		for i := range expected {
			rest := append(append([]simulation.Delta{}, expected[:i]...), expected[i+1:]...)
			if r.Only(rest...) == nil {
				t.Fatalf("without %v", expected[i])
			}
		}
		if len(r.Assets) > 0 {
			i := rapid.IntRange(0, len(r.Assets)-1).Draw(t, "changed")
			changed := r
			changed.Assets = append([]simulation.AssetDelta{}, r.Assets...)
			changed.Assets[i].Delta = simulation.ChangeOf(n(rapid.Uint64Range(1, 9).Draw(t, "by")), amountOf(r.Assets[i].Delta))
			if changed.Assets[i].Delta.Cmp(r.Assets[i].Delta) != 0 && changed.Only(expected...) == nil {
				t.Fatal("another amount")
			}
		}
	})
}

// amountOf is the size of a change.
func amountOf(c simulation.Change) countersign.Amount {
	return countersign.MustAmount(strings.TrimPrefix(c.String(), "-"))
}

func TestDriftIsEmptyForTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, _ := effects(t)
		text, err := json.Marshal(r)
		var again simulation.Result
		if err != nil || json.Unmarshal(text, &again) != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if two, err := json.Marshal(again.Canonical()); err != nil || string(two) != string(text) {
			t.Fatalf("%s\nis read as\n%s", text, two)
		}
		if d := simulation.Drift(r, again); d != "" {
			t.Fatalf("drift from itself: %s", d)
		}
		next, _ := effects(t)
		one, _ := json.Marshal(r)
		two, _ := json.Marshal(next)
		if same, drift := string(one) == string(two), simulation.Drift(r, next); same != (drift == "") {
			t.Fatalf("%s\nand\n%s\ndrift %q", one, two, drift)
		}
	})
}
