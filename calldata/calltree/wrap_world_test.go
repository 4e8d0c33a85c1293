package calltree_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/calldata"
	"countersign/calldata/calltree"
)

// A pin is one contract of the world that the tests are played in.
type pin struct {
	name, address string // an empty address is made of the name
	protocol      calltree.Protocol
	signatures    []string
}

// tokenCalls are the leaves that the tests use most.
var tokenCalls = []string{transfer, approve, "mint(address,uint256)", "burn(uint256)", permit2612}

// world is every contract that is pinned. Addresses are the real ones where a
// contract has one. The hub pins every wrapper and the token's calls, so that any
// wrapper may be put into any other; the proxies may be upgraded, one each.
var world = slices.Concat([]pin{
	{"usdc", "a0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "", tokenCalls},
	{"dai", "6b175474e89094c44da98b954eedeac495271d0f", "", []string{transfer, permitDAI}},
	{"permit2", "000000000022d473030f116ddee9f6b43ac78ba3", "", []string{permit2Single, permit2Batch, permit2Spend}},
	{"1inch4", "1111111254fb6c44bac0bed2854e76f90643097d", "", []string{oneInch4}},
	{"1inch5", "1111111254eeb25477b68fb85ed929f73a960582", "", []string{oneInch5}},
	{"1inch6", "111111125421ca6dc452d289314280a0f8842a65", "", []string{oneInch6}},
	{"multicall3", "ca11bde05977b3631167028862be2a173976ca11", "", []string{
		aggregate, blockAndAggregate, tryAggregate, tryBlockAndAggregate, aggregate3, aggregate3Value, multicallTargets}},
	{"vault", "", "", []string{multicall, multicallDeadline, multicallBlock, transfer, approve}},
	{"safe", "", "", []string{execTransaction, fromModule, fromModuleReturn, "enableModule(address)", "changeThreshold(uint256)", changeMasterCopy}},
	{"safe4337", "75cf11467937ce3f2f357ce24ffc3dbf8fd5c226", "", []string{safeUserOp, safeUserOpError}},
	{"singleton", "d9db270c1b5e3bd161e8c8503c55ceabee709552", "", []string{safeSetup, "enableModules(address[])"}},
	{"factory", "a6b71e26c5e0845f74c812102ca7114b6a896ab2", "", []string{createProxy, createProxyNonce, createProxyChain}},
	{"createcall", "7cbb62eaa69f79e6873cd1ecb2392971036cfaa4", "", []string{performCreate, performCreate2}},
	{"multisend", "a238cbeb142c10ef7ad8442c6d1f9e89e07e7761", "", []string{multiSend}},
	{"multisend15", "218543288004cd07832472d464648173c77d7eb7", calltree.SafeMultiSend15, []string{multiSend}},
	{"callonly", "40a2accbd92bca938b02010e17a5b8929b49130d", calltree.SafeMultiSendCallOnly, []string{multiSend}},
	{"roles", "", "", []string{role1, role2, role1Return, role2Return}},
	{"entry06", "5ff137d4b0fdcd49dca30c7cf57e578a026d2789", "", []string{handleOps06, handleAggregated06}},
	{"entry07", "0000000071727de22e5e9d8baf0edac6f37da032", "", []string{handleOps07, handleAggregated07}},
	{"account", "", "", []string{execute, executeOperation, executeBatchPlain, executeBatchValues, executeBatchTuples, execute7579, executeFromExecutor, accountUserOp, transfer}},
	{"delegations", "", "", []string{redeemDelegations}},
	{"timelock", "", "", []string{schedule, scheduleBatch, timelockExecute, timelockBatch}},
	{"governor", "", "", []string{propose, governorQueue, governorExecute, proposeBravo, relay}},
	{"compound", "", "", []string{queueTransaction, executeTransaction}},
	{"multisig", "", "", []string{submitTransaction}},
	{"arbsys", "0000000000000000000000000000000000000064", "", []string{sendTxToL1}},
	{"proxy", "", "", []string{upgradeTo, upgradeToAndCall, transfer}},
	{"proxyadmin", "", "", []string{upgrade, upgradeAndCall}},
	{"implementation", "", "", []string{"initialize(address)", "setImplementation(address)"}},
	{"diamond", "", "", []string{diamondCut, transfer}},
	{"forwarder", "", "", []string{forward, forwardBatch}},
	{"router12", "3fc91a3afd70395cd496c647d5a6cc9d4b2b7fad", calltree.UniswapUR12, []string{routerDeadline, routerPlain}},
	{"router2", "66a9893cc07d91d95644aedd05d03f95e1dba8af", calltree.UniswapUR2, []string{routerDeadline, routerPlain}},
	{"router211", "", calltree.UniswapUR211, []string{routerDeadline, routerPlain}},
	{"router", "", "", []string{routerDeadline, routerPlain}},
	{"hub", "", "", slices.Concat(calltree.Wrappers(), tokenCalls)},
}, proxies)

// proxies are used up: each may be upgraded once in a tree.
var proxies = func() (ps []pin) {
	for i := range 40 {
		ps = append(ps, pin{name: fmt.Sprint("proxy", i), signatures: []string{upgradeToAndCall, diamondCut}})
	}
	return ps
}()

// strangers are addresses that nothing is pinned to.
var strangers = map[string]string{
	"zero": strings.Repeat("00", 20), "create2": "4e59b44847b379578588920ca78fbf26c0b4956c",
	"alice": "", "bob": "", "stranger": "", "newfactory": "", "delegate": "", "weth": "", "executor": "",
}

// places are all addresses by name, faces the names by address.
var places, faces = func() (map[string]calltree.Address, map[string]string) {
	places, faces := map[string]calltree.Address{}, map[string]string{}
	all := maps.Clone(strangers)
	for _, p := range world {
		all[p.name] = p.address
	}
	for name, hexAddress := range all {
		a := addr(hexAddress + strings.Repeat("00", 20-len(hexAddress)/2))
		if hexAddress == "" {
			sum := sha256.Sum256([]byte(name))
			copy(a[:], sum[:])
		}
		places[name], faces[a.String()] = a, name
	}
	return places, faces
}()

// at is the address of a name.
func at(name string) calltree.Address {
	a, ok := places[name]
	if !ok {
		panic("no address is called " + name)
	}
	return a
}

// pins are what a reader of the world knows.
func pins() map[calltree.Address]calltree.Contract {
	known := map[calltree.Address]calltree.Contract{}
	for _, p := range world {
		known[at(p.name)] = calltree.Contract{ABI: calldata.MustABI(p.signatures...), Protocol: p.protocol}
	}
	return known
}

func worldReader(t testing.TB) *calltree.Reader {
	t.Helper()
	r, err := calltree.New(pins())
	if err != nil {
		t.Fatalf("reader of the world: %v", err)
	}
	return r
}

var anAddress = regexp.MustCompile(`0x[0-9a-f]{40}\b`)

// named writes names in place of addresses.
func named(text string) string {
	return anAddress.ReplaceAllStringFunc(text, func(a string) string {
		if name, ok := faces[a]; ok {
			return name
		}
		return a
	})
}
