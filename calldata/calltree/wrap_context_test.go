package calltree_test

import (
	"testing"

	"countersign/calldata"
	"countersign/calldata/calltree"
)

// Whose storage code runs on: a delegatecall is the caller's, so that what a
// contract does to itself is done to the caller (EIP-7).

// lent is a Safe that delegate-calls.
func lent(to string, data []byte) []byte { return transactionOf(to, 0, data, 1) }

var contextRows = []row{
	{"calls of itself in a delegatecall are the caller's", "safe", 0, lent("vault", pack(multicall, list{pack("changeThreshold(uint256)", 1)})), []string{
		"call safe " + execTransaction, "  delegatecall vault " + multicall + " via=safe {delegatecall}",
		"    self safe changeThreshold(uint256) [1] via=self-multicall {threshold}"}},
	{"what the caller does not have it cannot call", "safe", 0, lent("vault", pack(multicall, list{pay("bob", 1)})), []string{
		"call safe " + execTransaction, "  delegatecall vault " + multicall + " via=safe {delegatecall}",
		"    self safe unknown via=self-multicall !unknown_selector@0"}},
	{"calls of itself in calls of itself in a delegatecall", "safe", 0, lent("vault", pack(multicall, list{pack(multicall, list{})})), []string{
		"call safe " + execTransaction, "  delegatecall vault " + multicall + " via=safe {delegatecall}",
		"    self safe unknown via=self-multicall !unknown_selector@0"}},
	{"a call out of a delegatecall is the target's again", "safe", 0,
		lent("multisend", pack(multiSend, rec(0, "vault", 0, pack(multicall, list{pay("bob", 1)})))), []string{
			"call safe " + execTransaction, "  delegatecall multisend " + multiSend + " via=safe {delegatecall}",
			"    call vault " + multicall + " via=multisend", "      self vault " + transfer + " [bob 1] via=self-multicall {recipient}"}},
	{"a delegatecall in a delegatecall is the first caller's", "safe", 0,
		lent("multisend", pack(multiSend, rec(1, "vault", 0, pack(multicall, list{pack("changeThreshold(uint256)", 1)})))), []string{
			"call safe " + execTransaction, "  delegatecall multisend " + multiSend + " via=safe {delegatecall}",
			"    delegatecall vault " + multicall + " via=multisend {delegatecall}", "      self safe changeThreshold(uint256) [1] via=self-multicall {threshold}"}},
	{"address zero is not the contract that is delegate-called", "safe", 0, lent("account", pack(execute7579, modeOpData, encode(callsTypes, toNobody))), []string{
		"call safe " + execTransaction, "  delegatecall account " + execute7579 + " via=safe {delegatecall}",
		"    call zero value=5 malformed via=erc7579 {value,recipient} !zero_target@0", "    call zero malformed via=erc7579 !zero_target@0"}},
	{"a call to the implementation of an upgrade is the proxy's", "proxy", 0, pack(upgradeToAndCall, "vault", pack(multicall, list{pay("bob", 1)})), []string{
		"call proxy " + upgradeToAndCall + " {upgrade}", "  delegatecall vault " + multicall + " via=proxy {delegatecall}",
		"    self proxy unknown via=self-multicall !after_upgrade@0"}},

	multiRow("an upgrade by delegatecall changes the caller", "multisend", records(rec(1, "proxy", 0, pack(upgradeTo, "implementation")), rec(0, "safe", 0, pack("changeThreshold(uint256)", 1))),
		"  delegatecall proxy "+upgradeTo+" [implementation] via=multisend {delegatecall,upgrade}", "  call safe unknown via=multisend !after_upgrade@0"),
	multiRow("an upgrade by delegatecall leaves the proxy as it is", "multisend", records(rec(1, "proxy", 0, pack(upgradeTo, "implementation")), rec(0, "proxy", 0, pay("bob", 1))),
		"  delegatecall proxy "+upgradeTo+" [implementation] via=multisend {delegatecall,upgrade}", "  call proxy "+paysBob),
	multiRow("whatever changes code changes the caller's", "multisend", records(rec(1, "implementation", 0, pack("setImplementation(address)", "bob")),
		rec(0, "safe", 0, pack("changeThreshold(uint256)", 1)), rec(0, "implementation", 0, pack(initialise, "alice"))),
		"  delegatecall implementation setImplementation(address) [bob] via=multisend {delegatecall,upgrade}",
		"  call safe unknown via=multisend !after_upgrade@0", "  call implementation "+initialise+" [alice] via=multisend"),
	multiRow("a diamond's cut by delegatecall changes the caller", "multisend", records(rec(1, "diamond", 0, cut("zero", nil)), rec(0, "safe", 0, pack("changeThreshold(uint256)", 1))),
		"  delegatecall diamond "+diamondCut+" [[[implementation 1 [0xa9059cbb]]] zero 0x] via=multisend {delegatecall,upgrade}", "  call safe unknown via=multisend !after_upgrade@0"),
	multiRow("an account that delegate-calls an upgrade changes itself", "multisend", records(
		rec(0, "account", 0, pack(execute7579, modeDelegate, joined("proxy", pack(upgradeTo, "implementation")))), rec(0, "account", 0, pay("bob", 1))),
		"  call account "+execute7579+" via=multisend", "    delegatecall proxy "+upgradeTo+" [implementation] via=erc7579 {delegatecall,upgrade}",
		"  call account unknown via=multisend !after_upgrade@0"),
}

// A transaction may be the delegatecall itself, as a Safe's signers are asked to
// sign it.
func TestTransactionsOfContracts(t *testing.T) {
	vault, threshold := at("vault"), pack("changeThreshold(uint256)", 1)
	for _, tt := range []struct {
		name      string
		operation calltree.Operation
		caller    calltree.Address
		data      []byte
		want      []string
	}{
		{"a delegatecall of a Safe", calltree.Delegatecall, at("safe"), pack(multicall, list{threshold}), []string{
			"delegatecall vault " + multicall + " {delegatecall}", "  self safe changeThreshold(uint256) [1] via=self-multicall {threshold}"}},
		{"a delegatecall of nobody knows whom", calltree.Delegatecall, calltree.Address{}, pack(multicall, list{threshold}), []string{
			"delegatecall vault " + multicall + " {delegatecall}", "  self zero unknown via=self-multicall !unknown_contract@0"}},
		{"a delegatecall without data", calltree.Delegatecall, at("safe"), nil, []string{"delegatecall vault unknown {delegatecall} !no_call_data@0"}},
		{"a call, whoever makes it", calltree.Call, at("safe"), pack(multicall, list{pay("bob", 1)}), []string{
			"call vault " + multicall, "  self vault " + transfer + " [bob 1] via=self-multicall {recipient}"}},
	} {
		tree := read(t, worldReader(t), calltree.Transaction{To: &vault, Operation: tt.operation, Caller: tt.caller, Data: tt.data})
		t.Run(tt.name, func(t *testing.T) { sameLines(t, drawn(tree), tt.want) })
	}
}

// The classes of risk know more functions that change code than the wrappers do:
// after each of them the pins mean nothing.
func TestEveryUpgradeCounts(t *testing.T) {
	known, multi := pins(), at("multisend")
	for _, signature := range []string{
		"setImplementation(address)", "changeImplementation(address)", "_setImplementation(address,bool,bytes)", "setBeacon(address)",
		"upgradeBeaconTo(address)", "upgradeTo(address,bytes)", "upgradeToAndCall(address,bytes,bool)", "UPGRADETO(address)", changeMasterCopy,
	} {
		known[at("proxy")] = calltree.Contract{ABI: calldata.MustABI(signature, transfer)}
		r, err := calltree.New(known)
		if err != nil {
			t.Fatal(err)
		}
		var args []any
		for _, in := range inputsOf(signature) {
			args = append(args, map[string]any{"address": "implementation", "bool": false, "bytes": []byte{}}[in.Type.String()])
		}
		batch := pack(multiSend, records(rec(0, "proxy", 0, pack(signature, args...)), rec(0, "proxy", 0, pay("bob", 1))))
		ps := read(t, r, calltree.Transaction{To: &multi, Data: batch}).Problems()
		if len(ps) != 1 || ps[0].Code != calltree.AfterUpgrade || ps[0].Path != "multiSend[1]" {
			t.Errorf("%s and then a call: problems %v, want one, after the upgrade", signature, ps)
		}
	}
}
