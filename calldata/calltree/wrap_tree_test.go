package calltree_test

import (
	"math/big"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/risk"
)

// What holds for trees of any wrapper: several roots, paths, names, memory.

func TestRootsAreReadInOrder(t *testing.T) {
	safe, usdc, proxy := at("safe"), at("usdc"), at("proxy")
	txs := []calltree.Transaction{
		{To: &usdc, Data: pay("bob", 1)},
		{To: &safe, Data: transactionOf("stranger", 0, pay("bob", 2), 0)},
		{To: &proxy, Data: pack(upgradeTo, "implementation")},
		{To: &proxy, Data: pay("bob", 3)},
		{Data: []byte{0x60}},
	}
	tree := read(t, worldReader(t), txs...)
	sameLines(t, drawn(tree), []string{
		"call usdc " + transfer + " [bob 1] {recipient}",
		"call safe " + execTransaction, "  call stranger unknown via=safe !unknown_contract@0",
		"call proxy " + upgradeTo + " [implementation] {upgrade}",
		"call proxy unknown !after_upgrade@0",
		"create zero create !contract_creation@0",
	})
	var paths []string
	for _, p := range tree.Problems() {
		paths = append(paths, p.Path)
	}
	if want := []string{"[1].execTransaction[0]", "[3]", "[4]"}; !slices.Equal(paths, want) {
		t.Errorf("problems at %q, want %q", paths, want)
	}
	if got, want := tree.Risks(), risk.Recipient|risk.Upgrade; got != want {
		t.Errorf("risks %s, want %s", got, want)
	}
	if got, want := tree.Reasons(), []calldata.Code{calltree.UnknownContract, calltree.AfterUpgrade, calltree.ContractCreation}; !slices.Equal(got, want) {
		t.Errorf("reasons %q, want %q", got, want)
	}
}

func TestNoTransactionIsNoTree(t *testing.T) {
	tree := worldReader(t).Read()
	if len(tree.Roots) != 0 || tree.Nodes != 0 || tree.Opaque != 0 || len(tree.Problems()) != 0 || len(tree.Reasons()) != 0 {
		t.Errorf("tree %+v of no transaction", tree)
	}
}

func TestPathsNameTheWay(t *testing.T) {
	stranger := transactionOf("stranger", 0, pay("bob", 1), 0)
	batch := pack(multiSend, records(rec(0, "usdc", 0, pay("bob", 1)), rec(0, "safe", 0, stranger)))
	safe := at("safe")
	ps := read(t, worldReader(t), calltree.Transaction{To: &safe, Data: transactionOf("multisend", 0, batch, 1)}).Problems()
	if len(ps) != 1 || ps[0].Path != "execTransaction[0].multiSend[1].execTransaction[0]" || ps[0].Node.To != at("stranger") {
		t.Errorf("problems %v, want one of the stranger in the second record", ps)
	}
}

func TestSelectors(t *testing.T) {
	router := at("router12")
	data, _ := routed("router12", []byte{4}, stepsOfAll[2].input())
	tree := worldReader(t).Read(calltree.Transaction{To: &router, Data: data}, calltree.Transaction{Data: make([]byte, 9)}, calltree.Transaction{To: &router, Data: []byte{1, 2, 3}})
	if s, ok := tree.Roots[0].Selector(); !ok || s.String() != "0x24856bc3" {
		t.Errorf("selector of the router's call = %s, %t", s, ok)
	}
	for name, n := range map[string]*calltree.Node{"a step": &tree.Roots[0].Children[0], "code": &tree.Roots[1], "three bytes": &tree.Roots[2]} {
		if s, ok := n.Selector(); ok {
			t.Errorf("%s has the selector %s", name, s)
		}
	}
}

// The words of a tree are wire format.
func TestNamesNeverChange(t *testing.T) {
	var got []string
	for o := calltree.Call; o <= calltree.Create; o++ {
		got = append(got, o.String())
	}
	for k := calltree.Decoded; k <= calltree.Malformed; k++ {
		got = append(got, k.String())
	}
	for _, c := range []calldata.Code{
		calltree.UnknownContract, calltree.ContractCreation, calltree.SetCode, calltree.TooDeep, calltree.TooManyCalls, calltree.LengthMismatch,
		calltree.UnknownOperation, calltree.MalformedBatch, calltree.UnknownMode, calltree.UnknownCommand, calltree.UnknownProtocol, calltree.ZeroTarget,
		calltree.NoCallData, calltree.AccountDefined, calltree.AfterUpgrade, calltree.OtherChain, calltree.IgnoredData,
	} {
		got = append(got, string(c))
	}
	for _, p := range []calltree.Protocol{calltree.UniswapUR12, calltree.UniswapUR2, calltree.UniswapUR211, calltree.SafeMultiSend15, calltree.SafeMultiSendCallOnly} {
		got = append(got, string(p))
	}
	want := `call delegatecall staticcall self create
		call transfer unknown create malformed
		unknown_contract contract_creation set_code too_deep too_many_calls length_mismatch
		unknown_operation malformed_batch unknown_mode unknown_command unknown_protocol zero_target
		no_call_data account_defined after_upgrade other_chain ignored_data
		uniswap-ur-v1.2 uniswap-ur-v2 uniswap-ur-v2.1.1 safe-multisend-v1.5 safe-multisend-call-only`
	if !slices.Equal(got, strings.Fields(want)) {
		t.Errorf("names\n%q\nwant\n%q", got, strings.Fields(want))
	}
}

func TestNewRefusesWhatItCannotUse(t *testing.T) {
	token := calldata.MustABI(transfer)
	for name, c := range map[string]calltree.Contract{
		"no ABI": {}, "an unknown protocol": {ABI: token, Protocol: "uniswap-ur-v3"}, "a protocol in capitals": {ABI: token, Protocol: "UNISWAP-UR-V2"},
	} {
		if _, err := calltree.New(map[calltree.Address]calltree.Contract{at("usdc"): c}); err == nil || !strings.Contains(err.Error(), at("usdc").String()) {
			t.Errorf("%s: error %v, want one that names the contract", name, err)
		}
	}
}

// A tree that is large enough is read into without new memory.
func TestReadIntoAllocatesNothing(t *testing.T) {
	r, safe := worldReader(t), at("safe")
	batch := pack(multiSend, slices.Repeat(rec(0, "usdc", 0, pay("bob", 1)), 100))
	tx := calltree.Transaction{To: &safe, Data: transactionOf("multisend", 0, batch, 1)}
	var tree calltree.Tree
	r.ReadInto(&tree, tx)
	r.ReadInto(&tree, tx) // the first time asked for memory in pieces
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 1000 {
		r.ReadInto(&tree, tx)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<10 || tree.Opaque != 0 || tree.Nodes != 102 {
		t.Errorf("1000 reads allocated %d bytes; %d nodes, %d of them opaque", used, tree.Nodes, tree.Opaque)
	}
}

// A pin is for one address and not for its neighbours, whatever was called before.
func TestAddressesAreComparedInFull(t *testing.T) {
	r, multi, usdc := worldReader(t), at("multisend"), at("usdc")
	for i := range usdc {
		other := usdc
		other[i] ^= 1
		batch := records(rec(0, "usdc", 0, pay("bob", 1)), record(0, other, big.NewInt(0), pay("bob", 1)), rec(0, "usdc", 0, pay("bob", 1)))
		tree := read(t, r, calltree.Transaction{To: &multi, Data: pack(multiSend, batch)})
		if ps := tree.Problems(); len(ps) != 1 || ps[0].Code != calltree.UnknownContract || ps[0].Node.To != other {
			t.Errorf("byte %d of the address is another: problems %v, want an unknown contract", i, ps)
		}
	}
}

// One reader serves many at once.
func TestReadersAreShared(t *testing.T) {
	r := worldReader(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			var tree calltree.Tree
			for _, rows := range tables {
				for _, tt := range rows {
					r.ReadInto(&tree, tt.transaction())
					if got := drawn(&tree); !slices.Equal(got, tt.want) {
						t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
					}
				}
			}
		})
	}
	all.Wait()
}
