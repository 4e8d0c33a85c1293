package calltree_test

import (
	"maps"
	"slices"
	"testing"

	"countersign/calldata"
	"countersign/calldata/calltree"
)

// selectors are those of shared reference chain.md §2; the last ones, which are not
// there, are of the contracts as they are deployed (Safe 1.x, OpenZeppelin's
// Governor, Zodiac Roles). A letter that is wrong in a signature is another selector.
var selectors = map[string]string{
	aggregate: "0x252dba42", blockAndAggregate: "0xc3077fa9", tryAggregate: "0xbce38bd7", tryBlockAndAggregate: "0x399542e9",
	aggregate3: "0x82ad56cb", aggregate3Value: "0x174dea71", multicall: "0xac9650d8", multicallDeadline: "0x5ae401dc",
	multicallBlock: "0x1f0464d1", multicallTargets: "0x63fb0b96", execTransaction: "0x6a761202", fromModule: "0x468721a7",
	fromModuleReturn: "0x5229073f", multiSend: "0x8d80ff0a", safeSetup: "0xb63e800d", createProxyNonce: "0x1688f0b9",
	handleOps06: "0x1fad948c", handleOps07: "0x765e827f", handleAggregated06: "0x4b1d7cf5", handleAggregated07: "0xdbed18e0",
	accountUserOp: "0x8dd7712f", execute: "0xb61d27f6", executeBatchPlain: "0x18dfb3c7", executeBatchValues: "0x47e1da2a",
	executeBatchTuples: "0x34fcd5be", executeOperation: "0x51945447", safeUserOp: "0x7bb37428", safeUserOpError: "0x541d63c8",
	execute7579: "0xe9ae5c53", executeFromExecutor: "0xd691c964", redeemDelegations: "0xcef6d209", schedule: "0x01d5062a",
	scheduleBatch: "0x8f2a0bb0", timelockExecute: "0x134008d3", timelockBatch: "0xe38335e5", propose: "0x7d5e81e2",
	proposeBravo: "0xda95691a", queueTransaction: "0x3a66f901", executeTransaction: "0x0825f38f", routerDeadline: "0x3593564c",
	routerPlain: "0x24856bc3", upgradeToAndCall: "0x4f1ef286", upgradeAndCall: "0x9623609d", upgradeTo: "0x3659cfe6",
	upgrade: "0x99a88ec4", diamondCut: "0x1f931c1c", role1: "0x6928e74b", role2: "0xc6fe8747", forward: "0xdf905caf",
	forwardBatch: "0xccf96b4a", submitTransaction: "0xc6427474", relay: "0xc28bc2fa", sendTxToL1: "0x928c169a",

	createProxy: "0x61b69abd", createProxyChain: "0xec9e80bb", performCreate: "0x4c8c9ea1", performCreate2: "0x4847be6f",
	changeMasterCopy: "0x7de7edef", governorQueue: "0x160cbed7", governorExecute: "0x2656227d", role1Return: "0xb0c19912", role2Return: "0x2b99e506",
}

// leafSelectors are the leaves of the same table.
var leafSelectors = map[string]string{
	oneInch4: "0x7c025200", oneInch5: "0x12aa3caf", oneInch6: "0x07ed2379", permit2612: "0xd505accf", permitDAI: "0x8fcbaf0c",
	permit2Single: "0x2b67b570", permit2Batch: "0x2a2d80d1", permit2Spend: "0x30f28b7a", transfer: "0xa9059cbb", approve: "0x095ea7b3",
}

func TestSelectorsAreThoseOfTheContracts(t *testing.T) {
	for _, table := range []map[string]string{selectors, leafSelectors} {
		for signature, want := range table {
			if got := calldata.MustABI(signature).Functions()[0].Selector.String(); got != want {
				t.Errorf("%s has the selector %s, want %s", signature, got, want)
			}
		}
	}
	if got, want := calltree.Wrappers(), slices.Sorted(maps.Keys(selectors)); !slices.Equal(got, want) {
		t.Errorf("wrappers\n%q\nwant\n%q", got, want)
	}
}
