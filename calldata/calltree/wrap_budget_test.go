package calltree_test

import (
	"bytes"
	"runtime"
	"slices"
	"testing"

	"countersign/calldata"
	"countersign/calldata/calltree"

	"github.com/ethereum/go-ethereum/crypto"
)

// times is a list of n copies.
func times(n int, v any) (l list) {
	for range n {
		l = append(l, v)
	}
	return l
}

// nested wraps data n times in the same wrapper of the hub.
func nested(n int, data []byte, wrap func([]byte) []byte) []byte {
	for range n {
		data = wrap(data)
	}
	return data
}

// deepest are as many wrappers as there may be.
const deepest = calltree.MaxDepth

// heavy is call data that costs as much as a transaction may.
var heavy = []struct {
	name, to string
	data     func() []byte
}{
	{"a MultiSend of empty records", "multisend", func() []byte { return pack(multiSend, bytes.Repeat(rec(0, "alice", 0, nil), 1540)) }},
	{"a MultiSend of bad records", "multisend", func() []byte { return pack(multiSend, bytes.Repeat(rec(3, "zero", 0, nil), 1540)) }},
	{"a multicall of itself, empty", "vault", func() []byte { return pack(multicall, times(1999, []byte{})) }},
	{"a multicall of transfers", "vault", func() []byte { return pack(multicall, times(700, pay("bob", 1))) }},
	{"an aggregate of unknown contracts", "multicall3", func() []byte { return pack(aggregate, times(800, tuple{"stranger", []byte{1}})) }},
	{"an aggregate of cut-off calls", "multicall3", func() []byte { return pack(aggregate, times(800, tuple{"usdc", pay("bob", 1)[:30]})) }},
	{"an entry point of empty operations", "entry07", func() []byte { return pack(handleOps07, times(240, op{sender: "account"}.v07()), "alice") }},
	{"an entry point of lists of nothing", "entry06", func() []byte {
		return pack(handleAggregated06, times(600, tuple{list{}, "zero", []byte{}}), "alice")
	}},
	{"a router of empty inputs", "router211", func() []byte {
		data, _ := routed("router211", make([]byte, 1999), slices.Repeat([][]byte{{}}, 1999)...)
		return data
	}},
	{"a router of unknown commands", "router12", func() []byte {
		data, _ := routed("router12", bytes.Repeat([]byte{0x3f}, 1999), slices.Repeat([][]byte{{}}, 1999)...)
		return data
	}},
	{"sub plans in sub plans", "router2", func() []byte {
		data, _ := routed("router2", []byte{0x21}, nested(400, planned(nil), func(in []byte) []byte { return planned([]byte{0x21}, in) }))
		return data
	}},
	{"a batch of batches of nothing", "account", func() []byte {
		return pack(execute7579, modeBatches, encode(batchesTypes, times(900, encode(callsTypes, list{}))))
	}},
	{"batches of batches in one another", "hub", func() []byte {
		return nested(deepest, pack(multicall, times(1000, []byte{})), func(data []byte) []byte {
			return pack(execute7579, modeBatches, encode(batchesTypes, list{encode(callsTypes, list{tuple{"hub", 0, data}})}))
		})
	}},
	{"MultiSends in one another around many calls", "hub", func() []byte {
		return nested(deepest-1, pack(multicall, times(1500, []byte{})), func(data []byte) []byte { return pack(multiSend, rec(0, "hub", 0, data)) })
	}},
	{"delegations of empty batches", "delegations", func() []byte {
		return pack(redeemDelegations, times(300, []byte{}), times(300, modeBatch), times(300, encode(callsTypes, list{})))
	}},
	{"delegations of one call each", "delegations", func() []byte {
		return pack(redeemDelegations, times(300, []byte{}), times(300, modeSingle), times(300, joined("alice", 1)))
	}},
	{"a proposal of signatures", "governor", func() []byte {
		return pack(proposeBravo, times(330, "usdc"), times(330, 0), times(330, transferText), times(330, pay("bob", 1)[4:]), "")
	}},
	{"a cut of many facets", "diamond", func() []byte { return pack(diamondCut, times(700, tuple{"zero", 0, list{}}), "zero", []byte{}) }},
	{"upgrades of many proxies", "hub", func() []byte {
		return pack(multiSend, bytes.Repeat(rec(0, "proxyadmin", 0, pack(upgrade, "proxy", "implementation")), 800))
	}},
	{"a transaction full of zeros", "hub", func() []byte { return append(pack(multiSend, []byte{})[:4], make([]byte, calldata.MaxBytes-4)...) }},
	{"a transaction full of ones", "hub", func() []byte {
		return append(pack(multicall, list{})[:4], bytes.Repeat([]byte{0xff}, calldata.MaxBytes-4)...)
	}},
	{"lists that share their elements", "multicall3", func() []byte {
		return slices.Concat(crypto.Keccak256([]byte(aggregate))[:4], word(32), word(4000), bytes.Repeat(word(32), 4000))
	}},
}

// A read costs what the bytes cost, whatever they are.
func TestReadKeepsTheBudget(t *testing.T) {
	r := worldReader(t)
	for _, tt := range heavy {
		t.Run(tt.name, func(t *testing.T) {
			to, data := at(tt.to), tt.data()
			if len(data) > calldata.MaxBytes {
				t.Fatalf("the test's call data has %d bytes", len(data))
			}
			tx := calltree.Transaction{To: &to, Data: data}
			if tree := read(t, r, tx); tree.Nodes > calltree.MaxNodes {
				t.Errorf("%d nodes, want at most %d", tree.Nodes, calltree.MaxNodes)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r.Read(tx)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
				t.Errorf("reading %d bytes allocated %d", len(data), used)
			}
		})
	}
}

// Exactly MaxNodes calls are read, the wrapper with the first too many is refused.
func TestMaxNodes(t *testing.T) {
	r := worldReader(t)
	const room = calltree.MaxNodes - 1
	plan := func(n int) []byte { return planned(make([]byte, n), slices.Repeat([][]byte{{}}, n)...) }
	router := func(n int) []byte {
		data, _ := routed("router12", make([]byte, n), slices.Repeat([][]byte{{}}, n)...)
		return data
	}
	sub := func(n int) []byte {
		data, _ := routed("router12", []byte{0x21}, plan(n))
		return data
	}
	// 1,000 calls and, in the last of them, n more.
	inner := func(n int) []byte {
		return pack(multicall, append(times(999, []byte{}), pack(multicall, times(n, []byte{}))))
	}
	for _, tt := range []struct {
		name, to string
		data     []byte
		path     string // of the wrapper that is refused; - for none
	}{
		{"as many calls of itself as may be", "vault", pack(multicall, times(room, []byte{})), "-"},
		{"one call of itself too many", "vault", pack(multicall, times(room+1, []byte{})), ""},
		{"as many steps as may be", "router12", router(room), "-"},
		{"one step too many", "router12", router(room + 1), ""},
		{"as many steps of a sub plan as may be", "router12", sub(room - 1), "-"},
		{"one step of a sub plan too many", "router12", sub(room), "execute[0]"},
		{"as many calls inside as may be", "vault", inner(room - 1000), "-"},
		{"one call inside too many", "vault", inner(room - 999), "multicall[999]"},
		{"two batches of delegated calls", "delegations", pack(redeemDelegations, list{[]byte{}, []byte{}}, list{modeBatch, modeBatch},
			list{encode(callsTypes, times(400, tuple{"alice", 0, []byte{}})), encode(callsTypes, times(300, tuple{"alice", 0, []byte{}}))}), "-"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			to := at(tt.to)
			tree, got := read(t, r, calltree.Transaction{To: &to, Data: tt.data}), "-"
			for _, p := range tree.Problems() {
				if p.Code == calltree.TooManyCalls {
					got = p.Path
				}
			}
			if got != tt.path || tree.Nodes > calltree.MaxNodes {
				t.Errorf("%d nodes, refused at %q, want %q", tree.Nodes, got, tt.path)
			}
		})
	}
}

// Call data of more than the largest transaction is not read, whoever it is for.
func TestMaxBytes(t *testing.T) {
	r := worldReader(t)
	for size, want := range map[int]string{
		calldata.MaxBytes:     "call usdc malformed !trailing_bytes@68:transfer",
		calldata.MaxBytes + 1: "call usdc malformed !too_large@0",
	} {
		to := at("usdc")
		data := append(pay("bob", 1), make([]byte, size-68)...)
		sameLines(t, drawn(read(t, r, calltree.Transaction{To: &to, Data: data})), []string{want})
	}
}

// A step is in as many wrappers as its router and one for every program.
func TestSubPlansAreAsDeepAsWrappers(t *testing.T) {
	r, account := worldReader(t), at("account")
	for wrappers := range deepest + 1 {
		for _, plans := range []int{deepest - wrappers - 1, deepest - wrappers} { // in the router's own program
			if plans < 0 {
				continue
			}
			sweep := stepsOfAll[2].input()
			program, _ := routed("router12", []byte{4}, sweep)
			if plans > 0 {
				program, _ = routed("router12", []byte{0x21}, nested(plans-1, planned([]byte{4}, sweep), func(in []byte) []byte { return planned([]byte{0x21}, in) }))
			}
			to, data := at("router12"), program
			if wrappers > 0 {
				to, data = account, nested(wrappers-1, pack(execute, "router12", 0, program), func(data []byte) []byte { return pack(execute, "account", 0, data) })
			}
			want := []calldata.Code{}
			if wrappers+1+plans > calltree.MaxDepth {
				want = append(want, calltree.TooDeep)
			}
			if got := read(t, r, calltree.Transaction{To: &to, Data: data}).Reasons(); !slices.Equal(got, want) {
				t.Errorf("%d sub plans of a router in %d wrappers: reasons %q, want %q", plans, wrappers, got, want)
			}
		}
	}
}
