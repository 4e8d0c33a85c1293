package calltree_test

import "slices"

// Proxies and diamonds, whose code changes: what is called with the change runs in
// the new code, and from then on the pins of the proxy mean nothing.

// cut is a diamondCut that replaces transfer.
func cut(init string, data []byte) []byte {
	return pack(diamondCut, list{tuple{"implementation", 1, list{[]byte{0xa9, 0x05, 0x9c, 0xbb}}}}, init, data)
}

const (
	initialise  = "initialize(address)"
	initialised = "  delegatecall implementation initialize(address) [alice] via=proxy {delegatecall}"
	paysBob     = transfer + " [bob 1] via=multisend {recipient}"
)

// batchRow is a MultiSend that a Safe delegate-calls, with its calls drawn.
func batchRow(name string, rs [][]byte, calls ...string) row {
	return multiRow(name, "multisend", records(rs...), calls...)
}

var proxyRows = slices.Concat([]row{
	{"an upgrade", "proxy", 0, pack(upgradeTo, "implementation"), []string{"call proxy " + upgradeTo + " [implementation] {upgrade}"}},
	{"an upgrade with a call", "proxy", 0, pack(upgradeToAndCall, "implementation", pack(initialise, "alice")),
		makes("call proxy "+upgradeToAndCall+" {upgrade}", initialised)},
	{"an upgrade with an empty call", "proxy", 0, pack(upgradeToAndCall, "implementation", []byte{}),
		[]string{"call proxy " + upgradeToAndCall + " [implementation 0x] {upgrade}"}},
	{"an upgrade by an admin", "proxyadmin", 0, pack(upgrade, "proxy", "implementation"),
		[]string{"call proxyadmin " + upgrade + " [proxy implementation] {upgrade}"}},
	{"an upgrade by an admin with a call", "proxyadmin", 0, pack(upgradeAndCall, "proxy", "implementation", pack(initialise, "alice")),
		makes("call proxyadmin "+upgradeAndCall+" {upgrade}", initialised)},
	{"an upgrade by an admin with an empty call", "proxyadmin", 0, pack(upgradeAndCall, "proxy", "implementation", []byte{}),
		[]string{"call proxyadmin " + upgradeAndCall + " [proxy implementation 0x] {upgrade}"}},
	{"an upgrade to code that nobody knows, with a call", "proxy", 0, pack(upgradeToAndCall, "stranger", pack(initialise, "alice")),
		[]string{"call proxy " + upgradeToAndCall + " {upgrade}", "  delegatecall stranger unknown via=proxy {delegatecall} !unknown_contract@0"}},
	{"a Safe's master copy", "safe", 0, pack(changeMasterCopy, "singleton"), []string{"call safe " + changeMasterCopy + " [singleton] {upgrade}"}},

	{"a diamond's cut", "diamond", 0, cut("zero", nil),
		[]string{"call diamond " + diamondCut + " [[[implementation 1 [0xa9059cbb]]] zero 0x] {upgrade}"}},
	{"a diamond's cut with a call", "diamond", 0, cut("implementation", pack(initialise, "alice")),
		[]string{"call diamond " + diamondCut + " {upgrade}", "  delegatecall implementation initialize(address) [alice] via=diamond {delegatecall}"}},
	{"a diamond's cut with a call of no data", "diamond", 0, cut("implementation", nil),
		[]string{"call diamond " + diamondCut + " {upgrade}", "  delegatecall implementation unknown via=diamond {delegatecall} !no_call_data@0"}},
	{"a diamond's cut with data for nobody", "diamond", 0, cut("zero", pack(initialise, "alice")),
		[]string{"call diamond malformed " + diamondCut + " {upgrade} !ignored_data@0:diamondCut"}},
}, afterRows())

// afterRows call a contract around the change of its code.
func afterRows() []row {
	before, after := rec(0, "proxy", 0, pay("bob", 1)), "  call proxy unknown via=multisend !after_upgrade@0"
	upgraded := "  call proxy " + upgradeTo + " [implementation] via=multisend {upgrade}"
	byAdmin := "  call proxyadmin " + upgrade + " [proxy implementation] via=multisend {upgrade}"
	paidBefore := "  call proxy " + paysBob
	return []row{
		batchRow("calls before an upgrade are read, calls after it are not",
			[][]byte{before, rec(0, "proxy", 0, pack(upgradeTo, "implementation")), before}, paidBefore, upgraded, after),
		batchRow("value sent to a proxy after its upgrade runs the new code",
			[][]byte{rec(0, "proxy", 0, pack(upgradeTo, "implementation")), rec(0, "proxy", 5, nil)},
			upgraded, "  call proxy value=5 unknown via=multisend {value,recipient} !after_upgrade@0"),
		batchRow("a second upgrade is a call after the first",
			[][]byte{rec(0, "proxy", 0, pack(upgradeTo, "implementation")), rec(0, "proxy", 0, pack(upgradeTo, "implementation"))}, upgraded, after),
		batchRow("an upgrade by an admin changes the proxy and not the admin",
			[][]byte{rec(0, "proxyadmin", 0, pack(upgrade, "proxy", "implementation")), before, rec(0, "proxyadmin", 0, pack(upgrade, "proxy", "implementation"))},
			byAdmin, after, byAdmin),
		batchRow("every upgrade of several counts",
			[][]byte{rec(0, "diamond", 0, cut("zero", nil)), rec(0, "proxyadmin", 0, pack(upgrade, "proxy", "implementation")), before},
			"  call diamond "+diamondCut+" [[[implementation 1 [0xa9059cbb]]] zero 0x] via=multisend {upgrade}", byAdmin, after),
		batchRow("other contracts are called as before",
			[][]byte{rec(0, "proxy", 0, pack(upgradeTo, "implementation")), rec(0, "usdc", 0, pay("bob", 1))}, upgraded, "  call usdc "+paysBob),
		batchRow("a diamond after its cut", [][]byte{rec(0, "diamond", 0, pay("bob", 1)), rec(0, "diamond", 0, cut("zero", nil)), rec(0, "diamond", 0, pay("bob", 1))},
			"  call diamond "+paysBob, "  call diamond "+diamondCut+" [[[implementation 1 [0xa9059cbb]]] zero 0x] via=multisend {upgrade}",
			"  call diamond unknown via=multisend !after_upgrade@0"),
		batchRow("a Safe after its master copy changed",
			[][]byte{rec(0, "safe", 0, pack(changeMasterCopy, "singleton")), rec(0, "safe", 0, pack("changeThreshold(uint256)", 1))},
			"  call safe "+changeMasterCopy+" [singleton] via=multisend {upgrade}", "  call safe unknown via=multisend !after_upgrade@0"),
		batchRow("the call of an upgrade runs before what follows, and may not call the proxy either",
			[][]byte{rec(0, "proxyadmin", 0, pack(upgradeAndCall, "proxy", "account", pack(execute, "proxy", 0, pay("bob", 1)))), before},
			"  call proxyadmin "+upgradeAndCall+" via=multisend {upgrade}", "    delegatecall account "+execute+" via=proxy {delegatecall}",
			"      call proxy unknown via=account !after_upgrade@0", after),
		batchRow("an upgrade deep in a batch counts for what follows outside",
			[][]byte{rec(0, "account", 0, pack(execute, "proxy", 0, pack(upgradeTo, "implementation"))), before},
			"  call account "+execute+" via=multisend", "    call proxy "+upgradeTo+" [implementation] via=account {upgrade}", after),
		batchRow("an upgrade that is only scheduled counts all the same",
			[][]byte{rec(0, "timelock", 0, pack(schedule, "proxy", 0, pack(upgradeTo, "implementation"), word(0), word(1), 60)), before},
			"  call timelock "+schedule+" via=multisend {deferred}", "    call proxy "+upgradeTo+" [implementation] via=timelock {upgrade}", after),
	}
}
