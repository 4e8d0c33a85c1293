package calltree_test

// Wrappers that make a list of calls: Multicall3, a contract's calls of itself,
// the batches of accounts, forwarded requests.

var (
	targets = list{"usdc", "alice"}
	values  = list{0, 5}
	datas   = list{pay("bob", 1), []byte{}}

	// The calls of targets, values and datas.
	withoutValues = func(via string) []string {
		return []string{paid(via, "bob", 1), "  call alice transfer via=" + via + " {recipient}"}
	}
	withValues = func(via string) []string {
		return []string{paid(via, "bob", 1), "  call alice value=5 transfer via=" + via + " {value,recipient}"}
	}
)

// makes is the drawing of a root that makes some calls.
func makes(root string, calls ...string) []string { return append([]string{root}, calls...) }

var batchRows = []row{
	{"aggregate calls each target without value", "multicall3", 0,
		pack(aggregate, list{tuple{"usdc", pay("bob", 1)}, tuple{"alice", []byte{}}}),
		makes("call multicall3 "+aggregate, withoutValues("multicall")...)},
	{"blockAndAggregate does the same", "multicall3", 0,
		pack(blockAndAggregate, list{tuple{"usdc", pay("bob", 1)}, tuple{"alice", []byte{}}}),
		makes("call multicall3 "+blockAndAggregate, withoutValues("multicall")...)},
	{"tryAggregate has a flag in front", "multicall3", 0,
		pack(tryAggregate, false, list{tuple{"usdc", pay("bob", 1)}, tuple{"alice", []byte{}}}),
		makes("call multicall3 "+tryAggregate, withoutValues("multicall")...)},
	{"tryBlockAndAggregate too", "multicall3", 0,
		pack(tryBlockAndAggregate, true, list{tuple{"usdc", pay("bob", 1)}, tuple{"alice", []byte{}}}),
		makes("call multicall3 "+tryBlockAndAggregate, withoutValues("multicall")...)},
	{"aggregate3 has a flag per call", "multicall3", 0,
		pack(aggregate3, list{tuple{"usdc", true, pay("bob", 1)}, tuple{"alice", false, []byte{}}}),
		makes("call multicall3 "+aggregate3, withoutValues("multicall")...)},
	{"aggregate3Value has a value per call", "multicall3", 5,
		pack(aggregate3Value, list{tuple{"usdc", true, 0, pay("bob", 1)}, tuple{"alice", false, 5, []byte{}}}),
		makes("call multicall3 value=5 "+aggregate3Value+" {value,recipient}", withValues("multicall")...)},
	{"an empty aggregate makes no call", "multicall3", 0, pack(aggregate, list{}),
		[]string{"call multicall3 " + aggregate + " [[]]"}},
	{"multicall of targets has parallel arrays", "multicall3", 0, pack(multicallTargets, targets, datas),
		makes("call multicall3 "+multicallTargets, withoutValues("multicall")...)},

	{"multicall calls the contract itself, which sees the value of the whole", "vault", 9,
		pack(multicall, list{pay("bob", 1), pack(approve, "alice", 2)}), []string{
			"call vault value=9 " + multicall + " {value,recipient}",
			"  self vault value=9 " + transfer + " [bob 1] via=self-multicall {recipient}",
			"  self vault value=9 " + approve + " [alice 2] via=self-multicall {allowance}"}},
	{"multicall with a deadline", "vault", 0, pack(multicallDeadline, 1_700_000_000, list{pay("bob", 1)}), []string{
		"call vault " + multicallDeadline, "  self vault " + transfer + " [bob 1] via=self-multicall {recipient}"}},
	{"multicall after a block", "vault", 0, pack(multicallBlock, word(77), list{pay("bob", 1)}), []string{
		"call vault " + multicallBlock, "  self vault " + transfer + " [bob 1] via=self-multicall {recipient}"}},
	{"a multicall in a multicall", "vault", 0, pack(multicall, list{pack(multicall, list{pay("bob", 1)})}), []string{
		"call vault " + multicall, "  self vault " + multicall + " via=self-multicall",
		"    self vault " + transfer + " [bob 1] via=self-multicall {recipient}"}},

	{"an account's execute", "account", 0, pack(execute, "usdc", 0, pay("bob", 1)),
		makes("call account "+execute, paid("account", "bob", 1))},
	{"an account's execute of value alone", "account", 0, pack(execute, "alice", 5, []byte{}),
		[]string{"call account " + execute, "  call alice value=5 transfer via=account {value,recipient}"}},
	{"an account's execute with an operation, call", "account", 0, pack(executeOperation, "usdc", 0, pay("bob", 1), 0),
		makes("call account "+executeOperation, paid("account", "bob", 1))},
	{"an account's execute with an operation, delegatecall", "account", 0, pack(executeOperation, "usdc", 0, pay("bob", 1), 1),
		[]string{"call account " + executeOperation, "  delegatecall usdc " + transfer + " [bob 1] via=account {recipient,delegatecall}"}},
	{"an account's batch without values", "account", 0, pack(executeBatchPlain, targets, datas),
		makes("call account "+executeBatchPlain, withoutValues("account")...)},
	{"an account's batch with values", "account", 0, pack(executeBatchValues, targets, values, datas),
		makes("call account "+executeBatchValues, withValues("account")...)},
	{"an account's batch whose values are left out", "account", 0, pack(executeBatchValues, targets, list{}, datas),
		makes("call account "+executeBatchValues, withoutValues("account")...)},
	{"an account's batch of tuples", "account", 0,
		pack(executeBatchTuples, list{tuple{"usdc", 0, pay("bob", 1)}, tuple{"alice", 5, []byte{}}}),
		makes("call account "+executeBatchTuples, withValues("account")...)},

	{"a forwarded request calls in the name of its signer", "forwarder", 0, pack(forward, request("usdc", 0, pay("bob", 1))),
		makes("call forwarder "+forward, paid("erc2771", "bob", 1))},
	{"forwarded requests, with a refund receiver", "forwarder", 5,
		pack(forwardBatch, list{request("usdc", 0, pay("bob", 1)), request("alice", 5, []byte{})}, "bob"),
		makes("call forwarder value=5 "+forwardBatch+" {value,recipient}", withValues("erc2771")...)},
}

// request is one of OpenZeppelin's ERC2771Forwarder: from, to, value, gas,
// deadline, data, signature.
func request(to string, value int, data []byte) tuple {
	return tuple{"alice", to, value, 100_000, 1_700_000_000, data, make([]byte, 65)}
}

var unequalRows = func() (rows []row) {
	one, two := list{"usdc"}, list{"usdc", "alice"}
	v1, v2 := list{0}, list{0, 5}
	d1, d2 := list{pay("bob", 1)}, list{pay("bob", 1), []byte{}}
	s1, s2 := list{""}, list{"", ""}
	b32 := make([]byte, 32)
	refused := func(name, to, signature string, risks string, args ...any) {
		rows = append(rows, row{name, to, 0, pack(signature, args...),
			[]string{"call " + to + " malformed " + signature + risks + " !length_mismatch@0:" + nameOf(signature)}})
	}
	refused("more targets than data", "multicall3", multicallTargets, "", two, d1)
	refused("more data than targets", "multicall3", multicallTargets, "", one, d2)
	refused("no targets at all", "multicall3", multicallTargets, "", list{}, d1)
	refused("an account's targets", "account", executeBatchPlain, "", two, d1)
	refused("an account's data", "account", executeBatchPlain, "", one, d2)
	for _, tt := range []struct {
		at, signature, risks string
		behind               []any
	}{
		{"account", executeBatchValues, "", nil},
		{"timelock", scheduleBatch, " {deferred}", []any{b32, b32, 60}},
		{"timelock", timelockBatch, "", []any{b32, b32}},
		{"governor", propose, " {deferred}", []any{"why"}},
		{"governor", governorQueue, " {deferred}", []any{b32}},
		{"governor", governorExecute, "", []any{b32}},
	} {
		for name, arrays := range map[string][]any{
			"more targets": {two, v1, d1}, "fewer targets": {one, v2, d2}, "more values": {one, v2, d1},
			"fewer values": {two, v1, d2}, "more data": {one, v1, d2}, "less data": {two, v2, d1},
		} {
			refused(nameOf(tt.signature)+" with "+name, tt.at, tt.signature, tt.risks, append(arrays, tt.behind...)...)
		}
	}
	refused("no values where a timelock wants them", "timelock", timelockBatch, "", two, list{}, d2, b32, b32)
	for name, arrays := range map[string][]any{
		"more targets": {two, v1, s1, d1}, "more values": {one, v2, s1, d1}, "more signatures": {one, v1, s2, d1}, "more data": {one, v1, s1, d2},
		"fewer targets": {one, v2, s2, d2}, "fewer values": {two, v1, s2, d2}, "fewer signatures": {two, v2, s1, d2}, "less data": {two, v2, s2, d1},
		"no signatures": {two, v2, list{}, d2},
	} {
		refused("Bravo's propose with "+name, "governor", proposeBravo, " {deferred}", append(arrays, "why")...)
	}
	context, mode, execution := []byte("permission"), modeOf(0), joined("usdc", 0, pay("bob", 1))
	for name, arrays := range map[string][]any{
		"more contexts":   {list{context, context}, list{mode}, list{execution}},
		"more modes":      {list{context}, list{mode, mode}, list{execution}},
		"more executions": {list{context}, list{mode}, list{execution, execution}},
		"no contexts":     {list{}, list{mode}, list{execution}},
	} {
		refused("redeemDelegations with "+name, "delegations", redeemDelegations, "", arrays...)
	}
	return rows
}()
