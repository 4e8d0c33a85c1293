package tests

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"countersign"
	"countersign/chain/simulation"

	"github.com/ethereum/go-ethereum/common"
)

// TestSimulationOnARealChain simulates on the sandbox's EVM by both methods, and
// demands exactly the effects that there are.
func TestSimulationOnARealChain(t *testing.T) {
	l := newLab(t)
	coins := map[string]string{}
	for i, manner := range []string{"honest", "fee", "liar", "silent"} {
		coins[manner] = l.makes("Coin", byte(i))
		l.does(coins[manner], l.data("mint(address,uint256)", l.wallet, big.NewInt(5000)))
	}
	actor, code, weth, things := l.makes("Actor"), l.makes("Actor"), l.makes("Wrapper"), l.makes("Collection")
	l.does(things, l.data("mint(address,uint256)", l.wallet, big.NewInt(1)))
	l.run(t, "effects", func() { l.effects(coins, actor, code, weth, things) })
	l.run(t, "reasons", func() { l.reasons(coins["honest"], actor) })
	l.run(t, "refusals", func() { l.refusals(coins["honest"], actor) })
	l.run(t, "calls in sequence", func() { l.sequence(coins["honest"]) })
	l.run(t, "a pinned block", func() { l.pinned(coins["honest"]) })
}

func (l *lab) effects(coins map[string]string, actor, code, weth, things string) {
	type deltas = []simulation.Delta
	n, native, erc20 := countersign.NewAmount, simulation.Native(), simulation.ERC20
	word := func(i int64) *big.Int { return big.NewInt(i) }
	send := func(coin string) simulation.Request {
		return l.calling(coin, 0, l.data("transfer(address,uint256)", bob, word(1000)))
	}
	seven := func(d simulation.Delta) deltas { return deltas{simulation.Out(l.wallet, native, n(7)), d} }
	batch := l.data("batch(address[],bytes[])", []common.Address{common.HexToAddress(coins["honest"]), common.HexToAddress(coins["fee"])},
		[][]byte{l.data("mint(address,uint256)", l.wallet, word(3)), l.data("mint(address,uint256)", bob, word(4))})
	for _, tt := range []struct {
		name string
		req  simulation.Request
		want deltas
		logs int
	}{
		{"plain transfer", l.calling(bob, 7, nil), seven(simulation.In(bob, native, n(7))), 0},
		{"inner transfer", l.calling(actor, 7, l.data("pay(address)", bob)), seven(simulation.In(bob, native, n(7))), 0},
		{"inner transfer by code that is delegated to", l.calling(actor, 7, l.data("delegated(address,bytes)", code, l.data("pay(address)", bob))),
			seven(simulation.In(bob, native, n(7))), 0},
		{"contract that destroys itself", l.calling(actor, 7, l.data("heir(address)", bob)), seven(simulation.In(bob, native, n(7))), 0},
		{"inner call that reverts and is caught", l.calling(actor, 7, l.data("caught(address,address)", coins["honest"], bob)),
			append(seven(simulation.In(actor, native, n(7))), simulation.Out(bob, native, n(0))), 1},
		{"ERC-20", send(coins["honest"]),
			deltas{simulation.Out(l.wallet, erc20(coins["honest"]), n(1000)), simulation.In(bob, erc20(coins["honest"]), n(1000))}, 1},
		{"ERC-20, all of it", l.calling(coins["honest"], 0, l.data("transfer(address,uint256)", bob, word(5000))),
			deltas{simulation.Out(l.wallet, erc20(coins["honest"]), n(5000)), simulation.In(bob, erc20(coins["honest"]), n(5000))}, 1},
		{"ERC-20 that takes a fee", send(coins["fee"]),
			deltas{simulation.Out(l.wallet, erc20(coins["fee"]), n(1000)), simulation.Measured(simulation.In(bob, erc20(coins["fee"]), n(990)))}, 1},
		{"ERC-20 whose logs lie", send(coins["liar"]),
			deltas{simulation.Measured(simulation.Out(l.wallet, erc20(coins["liar"]), n(1000))), simulation.Measured(simulation.In(bob, erc20(coins["liar"]), n(1000)))}, 1},
		{"ERC-20 that logs nothing", watching(send(coins["silent"]), bob),
			deltas{simulation.Measured(simulation.Out(l.wallet, erc20(coins["silent"]), n(1000))), simulation.Measured(simulation.In(bob, erc20(coins["silent"]), n(1000)))}, 0},
		{"approval", l.calling(coins["honest"], 0, l.data("approve(address,uint256)", bob, word(500))),
			deltas{simulation.Allow(l.wallet, bob, coins["honest"], n(500))}, 1},
		{"approval whose log lies", l.calling(coins["liar"], 0, l.data("approve(address,uint256)", bob, word(500))),
			deltas{simulation.Allow(l.wallet, bob, coins["liar"], n(500))}, 1},
		{"batch", l.calling(actor, 0, batch),
			deltas{simulation.In(l.wallet, erc20(coins["honest"]), n(3)), simulation.In(bob, erc20(coins["fee"]), n(4))}, 2},
		{"deposit that is no Transfer", l.calling(weth, 7, l.data("deposit()")), append(seven(simulation.In(l.wallet, erc20(weth), n(7))), simulation.In(weth, native, n(7))), 1},
		{"ERC-721", l.calling(things, 0, l.data("transferFrom(address,address,uint256)", l.wallet, bob, word(1))),
			deltas{simulation.Out(l.wallet, simulation.ERC721(things, n(1)), n(1)), simulation.In(bob, simulation.ERC721(things, n(1)), n(1))}, 1},
		{"ERC-721 minted", l.calling(things, 0, l.data("mint(address,uint256)", bob, word(0))), deltas{simulation.In(bob, simulation.ERC721(things, n(0)), n(1))}, 1},
		{"ERC-721 approved", l.calling(things, 0, l.data("approve(address,uint256)", bob, word(1))), deltas{simulation.AllowOne(l.wallet, bob, things, n(1))}, 1},
		{"everything approved", l.calling(things, 0, l.data("setApprovalForAll(address,bool)", bob, true)), deltas{simulation.AllowEverything(l.wallet, bob, things)}, 1},
		{"ERC-1155", l.calling(things, 0, l.data("mintOne(address,uint256,uint256)", bob, word(8), word(80))),
			deltas{simulation.In(bob, simulation.ERC1155(things, n(8)), n(80))}, 1},
		{"ERC-1155 batch", l.calling(things, 0, l.data("mintBatch(address,uint256[],uint256[])", bob, []*big.Int{word(8), word(9)}, []*big.Int{word(80), word(90)})),
			deltas{simulation.In(bob, simulation.ERC1155(things, n(8)), n(80)), simulation.In(bob, simulation.ERC1155(things, n(9)), n(90))}, 1},
		{"logs around an inner call", l.calling(actor, 0, l.data("around(address,address,uint256)", coins["honest"], bob, word(2))),
			deltas{simulation.In(bob, erc20(coins["honest"]), n(2))}, 3},
	} {
		r := l.both(tt.req)
		if err := r.Only(tt.want...); err != nil || len(r.Calls[0].Logs) != tt.logs {
			l.t.Errorf("%s: %v, %d logs, want %d\n%s", tt.name, err, len(r.Calls[0].Logs), tt.logs, jsonOf(l.t, r))
		}
		if strings.Contains(tt.name, "logs around") && (r.Calls[0].Logs[1].Address != coins["honest"] || r.Calls[0].Logs[0].Address != actor) {
			l.t.Errorf("%s: out of order: %s", tt.name, jsonOf(l.t, r.Calls))
		}
		for i := range tt.want {
			rest := append(append(deltas{}, tt.want[:i]...), tt.want[i+1:]...)
			// An account that neither is watched nor named is not compared, and what is
			// nothing is not missed.
			if err := watched(r, l.wallet, bob, actor, weth).Only(rest...); err == nil && !strings.Contains(tt.want[i].String(), "exactly 0 ") {
				l.t.Errorf("%s: nothing is missed without %v", tt.name, tt.want[i])
			}
		}
	}
}

func watching(r simulation.Request, accounts ...string) simulation.Request {
	r.Accounts = accounts
	return r
}

func watched(r simulation.Result, accounts ...string) simulation.Result {
	r.Watched = accounts
	return r
}

// reasons has calls revert in every way.
func (l *lab) reasons(coin, actor string) {
	for function, want := range map[string]string{
		"says()": `Error("closed")`, "silent()": "reverted without data", "custom()": "custom error 0x", "halts()": `halted: "invalid opcode: INVALID"`,
		"panics(uint256)": "Panic(0x12): division by zero",
	} {
		var args []any
		if strings.Contains(function, "uint256") {
			args = []any{new(big.Int)}
		}
		r := l.both(l.calling(actor, 0, l.data(function, args...)))
		if c := r.Calls[0]; !c.Reverted || !strings.HasPrefix(c.Reason, want) || len(r.Assets) > 0 {
			l.t.Errorf("%s: %s, want %s", function, jsonOf(l.t, c), want)
		}
		if err := r.Only(); !errors.Is(err, simulation.ErrEffects) || !strings.Contains(err.Error(), want) {
			l.t.Errorf("%s: Only = %v", function, err)
		}
	}
	r := l.both(l.calling(coin, 0, l.data("transfer(address,uint256)", bob, big.NewInt(1e9))))
	if r.Calls[0].Reason != `Error("not that much")` {
		l.t.Errorf("reason %s", r.Calls[0].Reason)
	}
}

// refusals are what no method simulates.
func (l *lab) refusals(coin, actor string) {
	pair := l.calling(coin, 0, nil)
	pair.Calls = append(pair.Calls, pair.Calls...)
	rich := l.calling(bob, 1e19, nil)
	unknown := l.calling(bob, 1, nil)
	unknown.Block = "0x" + strings.Repeat("17", 32)
	for _, tt := range []struct {
		name  string
		req   simulation.Request
		want  error
		whole bool
	}{
		{"value that the sender has not", rich, simulation.ErrUnavailable, true},
		{"a block that nobody knows", unknown, simulation.ErrUnavailable, true},
		{"too many logs", l.calling(actor, 0, l.data("loops(uint256)", big.NewInt(1001))), simulation.ErrUnsupported, true},
		{"two calls without eth_simulateV1", pair, simulation.ErrUnsupported, false},
	} {
		if _, err := l.old.Simulate(l.t.Context(), tt.req); !errors.Is(err, tt.want) {
			l.t.Errorf("%s, by %s: %v", tt.name, simulation.TraceCall, err)
		}
		if _, err := l.whole.Simulate(l.t.Context(), tt.req); tt.whole && !errors.Is(err, tt.want) {
			l.t.Errorf("%s, by %s: %v", tt.name, simulation.SimulateV1, err)
		}
	}
	neither := l.front(string(simulation.SimulateV1), string(simulation.TraceCall))
	if _, err := neither.Simulate(l.t.Context(), l.calling(bob, 1, nil)); !errors.Is(err, simulation.ErrUnsupported) {
		l.t.Errorf("a node with neither method: %v", err)
	}
}

// sequence has one call run on what the one before has left.
func (l *lab) sequence(coin string) {
	req := l.calling(coin, 0, l.data("approve(address,uint256)", bob, big.NewInt(500)))
	req.Calls = append(req.Calls, simulation.Call{From: bob, To: coin, Data: l.data("transferFrom(address,address,uint256)", l.wallet, bob, big.NewInt(400))})
	r, err := l.whole.Simulate(l.t.Context(), req)
	l.ok(err)
	n := countersign.NewAmount
	l.ok(r.Only(simulation.Out(l.wallet, simulation.ERC20(coin), n(400)), simulation.In(bob, simulation.ERC20(coin), n(400)), simulation.Allow(l.wallet, bob, coin, n(100))))
}

// pinned moves the chain on: at the block that was pinned nothing changes, at the
// newest what was simulated can no longer be.
func (l *lab) pinned(coin string) {
	req := l.calling(coin, 0, l.data("transfer(address,uint256)", bob, big.NewInt(4000)))
	before := l.both(req)
	l.does(coin, l.data("transfer(address,uint256)", bob, big.NewInt(4999)))
	l.after(before.Block.Number)
	req.Block = before.Block.Hash
	if again := l.both(req); jsonOf(l.t, again) != jsonOf(l.t, before) {
		l.t.Errorf("at one block %s\nand then %s", jsonOf(l.t, before), jsonOf(l.t, again))
	}
	req.Block = ""
	after := l.both(req)
	drift := simulation.Drift(before, after)
	if after.Block.Number <= before.Block.Number || !strings.Contains(drift, `call 1 reverts: Error("not that much")`) || !strings.Contains(drift, "no longer: "+l.wallet+" loses 4000") {
		l.t.Errorf("drift %q from block %d to %d", drift, before.Block.Number, after.Block.Number)
	}
}
