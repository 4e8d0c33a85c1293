package calltree_test

import (
	"slices"
	"testing"

	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/risk"
)

// What the reader does not do yet. Each test names its source; it goes to the tests
// of its family when it passes.

// AggregationRouterV4.swap: `if (!srcETH) { _permit(address(srcToken), desc.permit); …`
// with `bytes permit` as the eighth member of SwapDescription. In v5 the permit is an
// argument of its own, and that one is classified.
func TestFindingThePermitOf1inchV4IsAnAllowance(t *testing.T) {
	router := at("1inch4")
	for permit, want := range map[string]risk.Set{
		"": risk.Recipient | risk.OpaqueData, "\x01": risk.Recipient | risk.OpaqueData | risk.Allowance | risk.UnlimitedAllowance,
	} {
		data := pack(oneInch4, "executor", append(slices.Clone(description), []byte(permit)), []byte{0xde, 0xad})
		if got := worldReader(t).Read(calltree.Transaction{To: &router, Data: data}).Risks(); got != want {
			t.Errorf("permit %q: risks %s, want %s", permit, got, want)
		}
	}
}

// Node.refuse: "makes the node an opaque leaf". An opaque root that has
// authorisations gets children.
func TestFindingAnOpaqueTransactionOfType4IsALeaf(t *testing.T) {
	stranger := at("stranger")
	for name, tx := range map[string]calltree.Transaction{
		"unknown contract": {To: &stranger, Data: pay("bob", 1)}, "creation": {Data: []byte{0x60}},
	} {
		tx.SetCode, tx.Delegates = true, []calltree.Address{at("delegate")}
		tree := worldReader(t).Read(tx)
		tree.Walk(func(path string, n *calltree.Node) {
			if n.Kind.Opaque() && len(n.Children) > 0 {
				t.Errorf("%s: node %q is %s and has %d children, want none", name, path, n.Kind, len(n.Children))
			}
		})
	}
}

// Tree.Opaque: "counts the leaves of which nobody can say what they do". The calls
// inside a refused root are not in the tree any more.
func TestFindingOpaqueCountsWhatIsInTheTree(t *testing.T) {
	safe := at("safe")
	for name, tx := range map[string]calltree.Transaction{
		"no authorisations":       {SetCode: true},
		"too many authorisations": {SetCode: true, Delegates: make([]calltree.Address, calltree.MaxNodes)},
	} {
		tx.To, tx.Data = &safe, transactionOf("stranger", 0, pay("bob", 1), 0)
		tree := worldReader(t).Read(tx)
		if ps := tree.Problems(); tree.Opaque != len(ps) {
			t.Errorf("%s: Opaque = %d, the tree has %d opaque nodes:\n%s", name, tree.Opaque, len(ps), drawn(tree))
		}
	}
}

// Code that is delegate-called changes the caller's storage (EIP-7; ERC-1967's slot
// is one of it): after an upgrade by delegatecall the caller's pins mean nothing.
func TestFindingAnUpgradeByDelegatecallChangesTheCaller(t *testing.T) {
	batch := records(rec(1, "proxy", 0, pack(upgradeTo, "implementation")), rec(0, "safe", 0, pack("changeThreshold(uint256)", 1)))
	r := multiRow("", "multisend", batch, "  delegatecall proxy "+upgradeTo+" [implementation] via=multisend {delegatecall,upgrade}",
		"  call safe unknown via=multisend !after_upgrade@0")
	sameLines(t, drawn(worldReader(t).Read(r.transaction())), r.want)
}

// AfterUpgrade: "a call of a contract whose code changes earlier in the tree". The
// classes of risk know more functions that change code than the wrappers do.
func TestFindingEveryUpgradeCounts(t *testing.T) {
	known := pins()
	for _, signature := range []string{
		"setImplementation(address)", "changeImplementation(address)", "_setImplementation(address,bool,bytes)", "setBeacon(address)", "upgradeBeaconTo(address)",
	} {
		known[at("proxy")] = calltree.Contract{ABI: calldata.MustABI(signature, transfer)}
		r, err := calltree.New(known)
		if err != nil {
			t.Fatal(err)
		}
		args := []any{"implementation", false, []byte{}}[:len(inputsOf(signature))]
		multi := at("multisend")
		batch := pack(multiSend, records(rec(0, "proxy", 0, pack(signature, args...)), rec(0, "proxy", 0, pay("bob", 1))))
		tree := r.Read(calltree.Transaction{To: &multi, Data: batch})
		if got := tree.Reasons(); !tree.Risks().Has(risk.Upgrade) || !slices.Equal(got, []calldata.Code{calltree.AfterUpgrade}) {
			t.Errorf("%s and then a call (risks %s): reasons %q, want %s", signature, tree.Risks(), got, calltree.AfterUpgrade)
		}
	}
}

// OpenZeppelin's Multicall: `Address.functionDelegateCall(address(this), data[i])`. In
// a delegatecall address(this) is the caller: its code runs, not that of the
// contract whose pins are used.
func TestFindingCallsOfItselfInADelegatecallAreTheCallers(t *testing.T) {
	safe := at("safe")
	data := transactionOf("vault", 0, pack(multicall, list{pay("bob", 1)}), 1)
	if tree := worldReader(t).Read(calltree.Transaction{To: &safe, Data: data}); tree.Opaque == 0 {
		t.Errorf("read in full, want an opaque node:\n%s", drawn(tree))
	}
}

// ERC-7821: "`to`: Replaced as `address(this)` if `address(0)`", which in a
// delegatecall is the caller.
func TestFindingZeroInADelegatecallIsTheCaller(t *testing.T) {
	safe := at("safe")
	data := transactionOf("account", 0, pack(execute7579, modeOpData, encode(callsTypes, toNobody)), 1)
	got := worldReader(t).Read(calltree.Transaction{To: &safe, Data: data}).Reasons()
	if want := []calldata.Code{calltree.ZeroTarget}; !slices.Equal(got, want) {
		t.Errorf("reasons %q, want %q", got, want)
	}
}

// Only the calls-only library of before 1.5 leaves address zero alone; a protocol
// that says nothing of MultiSend must not.
func TestFindingAddressZeroNeedsTheProtocolThatAllowsIt(t *testing.T) {
	multi, known := at("multisend"), pins()
	known[multi] = calltree.Contract{ABI: calldata.MustABI(multiSend), Protocol: calltree.UniswapUR2}
	r, err := calltree.New(known)
	if err != nil {
		t.Fatal(err)
	}
	got := r.Read(calltree.Transaction{To: &multi, Data: pack(multiSend, rec(0, "zero", 5, nil))}).Reasons()
	if want := []calldata.Code{calltree.ZeroTarget}; !slices.Equal(got, want) {
		t.Errorf("reasons %q, want %q", got, want)
	}
}

// doc.go: "at most MaxNodes calls, MaxDepth wrappers deep". The steps of a router
// start at one again.
func TestFindingStepsAreAsDeepAsTheirRouter(t *testing.T) {
	sweep := stepsOfAll[2].input()
	program, _ := routed("router12", []byte{0x21}, planned([]byte{4}, sweep))
	account := at("account")
	data := nested(deepest-1, pack(execute, "router12", 0, program), func(data []byte) []byte { return pack(execute, "account", 0, data) })
	got := worldReader(t).Read(calltree.Transaction{To: &account, Data: data}).Reasons() // the sweep is in 18 wrappers
	if want := []calldata.Code{calltree.TooDeep}; !slices.Equal(got, want) {
		t.Errorf("reasons %q, want %q", got, want)
	}
}

// ReadInto: "With a tree that is large enough, call data that is read in full
// allocates nothing."
func TestFindingASafesTransactionAllocatesNothing(t *testing.T) {
	r, safe := worldReader(t), at("safe")
	tx := calltree.Transaction{To: &safe, Data: transactionOf("usdc", 0, pay("bob", 1), 0)}
	var tree calltree.Tree
	r.ReadInto(&tree, tx)
	if n := testing.AllocsPerRun(10, func() { r.ReadInto(&tree, tx) }); n != 0 {
		t.Errorf("%.0f allocations, want none", n)
	}
}
