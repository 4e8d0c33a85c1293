package calltree_test

import (
	"fmt"
	"math/big"
	"slices"
)

// Calls that make no other call that could be read: transfers, permits, swaps
// whose route is bytes, deployments, and calls of nobody knows what.

var (
	maxUint160 = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 160), big.NewInt(1))
	maxUint256 = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
)

// description is 1inch's SwapDescription of versions 5 and 6.
var description = tuple{"usdc", "dai", "executor", "bob", 1_000, 990, 4}

const described = "[usdc dai executor bob 1000 990 4]"

var leafRows = slices.Concat([]row{
	{"a transfer of value", "alice", 5, nil, []string{"call alice value=5 transfer {value,recipient}"}},
	{"a transfer of nothing", "alice", 0, nil, []string{"call alice transfer {recipient}"}},
	{"value for a contract that is pinned", "usdc", 5, nil, []string{"call usdc value=5 transfer {value,recipient}"}},
	{"a token's transfer", "usdc", 0, pay("bob", 1), []string{"call usdc " + transfer + " [bob 1] {recipient}"}},
	{"a call with value", "usdc", 5, pack("burn(uint256)", 1), []string{"call usdc value=5 burn(uint256) [1] {value,recipient}"}},

	{"a contract that nobody knows", "stranger", 0, pay("bob", 1), []string{"call stranger unknown !unknown_contract@0"}},
	{"one byte for a contract that nobody knows", "stranger", 0, []byte{0}, []string{"call stranger unknown !unknown_contract@0"}},
	{"a function that is not pinned", "dai", 0, pack(approve, "bob", 1), []string{"call dai unknown !unknown_selector@0"}},
	{"three bytes for a token", "usdc", 0, pay("bob", 1)[:3], []string{"call usdc malformed !no_selector@0"}},
	{"a transfer that is cut off", "usdc", 0, pay("bob", 1)[:67], []string{"call usdc malformed !truncated@4:transfer"}},
	{"a transfer with a byte behind it", "usdc", 0, append(pay("bob", 1), 0), []string{"call usdc malformed !trailing_bytes@68:transfer"}},
	{"a transfer to a dirty address", "usdc", 0, patched(pay("bob", 1), 4, []byte{1}), []string{"call usdc malformed !out_of_range@4:transfer.0"}},

	{"a deployment", "", 5, []byte{0x60, 0x80}, []string{"create zero value=5 create {value,recipient} !contract_creation@0"}},
	{"a deployment of no code", "", 0, nil, []string{"create zero create !contract_creation@0"}},
	{"a deployment by the CREATE2 factory", "create2", 0, joined(word(1), []byte{0x60, 0x80}), []string{"call create2 create !contract_creation@0"}},
	{"a salt without code for the CREATE2 factory", "create2", 0, word(1), []string{"call create2 create !contract_creation@0"}},
	{"value for the CREATE2 factory", "create2", 5, nil, []string{"call create2 value=5 transfer {value,recipient}"}},
	{"a Safe that deploys by the CREATE2 factory", "safe", 0, transactionOf("create2", 0, joined(word(1), []byte{0x60}), 0),
		[]string{"call safe " + execTransaction, "  call create2 create via=safe !contract_creation@0"}},

	{"1inch v4: the route is the executor's", "1inch4", 0, pack(oneInch4, "executor", append(slices.Clone(description), []byte{}), []byte{0xde, 0xad}),
		[]string{"call 1inch4 " + oneInch4 + " [executor [usdc dai executor bob 1000 990 4 0x] 0xdead] {recipient,opaque_data}"}},
	{"1inch v4 with a permit of the source token", "1inch4", 0, pack(oneInch4, "executor", append(slices.Clone(description), []byte{1}), []byte{0xde, 0xad}),
		[]string{"call 1inch4 " + oneInch4 + " [executor [usdc dai executor bob 1000 990 4 0x01] 0xdead] {recipient,allowance,unlimited_allowance,opaque_data}"}},
	{"1inch v5", "1inch5", 0, pack(oneInch5, "executor", description, []byte{}, []byte{0xde, 0xad}),
		[]string{"call 1inch5 " + oneInch5 + " [executor " + described + " 0x 0xdead] {recipient,opaque_data}"}},
	{"1inch v5 with a permit of the source token", "1inch5", 0, pack(oneInch5, "executor", description, []byte{1}, []byte{0xde, 0xad}),
		[]string{"call 1inch5 " + oneInch5 + " [executor " + described + " 0x01 0xdead] {recipient,allowance,unlimited_allowance,opaque_data}"}},
	{"1inch v6", "1inch6", 0, pack(oneInch6, "executor", description, []byte{0xde, 0xad}),
		[]string{"call 1inch6 " + oneInch6 + " [executor " + described + " 0xdead] {recipient,opaque_data}"}},
	{"1inch v6 with a referral behind it", "1inch6", 0, append(pack(oneInch6, "executor", description, []byte{0xde, 0xad}), 0xaa, 0xbb, 0xcc, 0xdd),
		[]string{"call 1inch6 malformed !trailing_bytes@356:swap"}},
}, permitRows(), valueRows())

// valueRows move native value of every size: one bit of it is enough.
func valueRows() (rows []row) {
	for _, bit := range []uint{0, 63, 64, 127, 128, 191, 192, 255} {
		value := new(big.Int).Lsh(big.NewInt(1), bit)
		rows = append(rows, row{fmt.Sprintf("2^%d of value", bit), "account", 0, pack(execute, "usdc", value, pack("burn(uint256)", 1)), []string{
			"call account " + execute, fmt.Sprintf("  call usdc value=%s burn(uint256) [1] via=account {value,recipient}", value)}})
	}
	return rows
}

// permitRows are allowances by signature.
func permitRows() []row {
	r, s := word(2), word(3)
	rs := "27 0x" + hexOf(r) + " 0x" + hexOf(s)
	details := func(amount any) tuple { return tuple{"usdc", amount, 1_700_000_000, 0} }
	detailed := func(amount string) string { return "[usdc " + amount + " 1700000000 0]" }
	max160, max256 := maxUint160.String(), maxUint256.String()
	return []row{
		{"a permit of ERC-2612", "usdc", 0, pack(permit2612, "alice", "bob", 7, 1_700_000_000, 27, r, s),
			[]string{"call usdc " + permit2612 + " [alice bob 7 1700000000 " + rs + "] {allowance}"}},
		{"a permit of ERC-2612 without a bound", "usdc", 0, pack(permit2612, "alice", "bob", maxUint256, 1_700_000_000, 27, r, s),
			[]string{"call usdc " + permit2612 + " [alice bob " + max256 + " 1700000000 " + rs + "] {allowance,unlimited_allowance}"}},
		{"DAI's permit has no bound", "dai", 0, pack(permitDAI, "alice", "bob", 0, 1_700_000_000, true, 27, r, s),
			[]string{"call dai " + permitDAI + " [alice bob 0 1700000000 true " + rs + "] {allowance,unlimited_allowance}"}},
		{"DAI's permit taken back", "dai", 0, pack(permitDAI, "alice", "bob", 0, 0, false, 27, r, s),
			[]string{"call dai " + permitDAI + " [alice bob 0 0 false " + rs + "] {allowance}"}},
		{"Permit2 for one token", "permit2", 0, pack(permit2Single, "alice", tuple{details(7), "bob", 1_700_000_000}, []byte{1}),
			[]string{"call permit2 " + permit2Single + " [alice [" + detailed("7") + " bob 1700000000] 0x01] {allowance}"}},
		{"Permit2 without a bound", "permit2", 0, pack(permit2Single, "alice", tuple{details(maxUint160), "bob", 1_700_000_000}, []byte{1}),
			[]string{"call permit2 " + permit2Single + " [alice [" + detailed(max160) + " bob 1700000000] 0x01] {allowance,unlimited_allowance}"}},
		{"Permit2 for several tokens, one without a bound", "permit2", 0,
			pack(permit2Batch, "alice", tuple{list{details(7), details(maxUint160)}, "bob", 1_700_000_000}, []byte{1}),
			[]string{"call permit2 " + permit2Batch + " [alice [[" + detailed("7") + " " + detailed(max160) + "] bob 1700000000] 0x01] {allowance,unlimited_allowance}"}},
		{"Permit2 that is spent at once", "permit2", 0,
			pack(permit2Spend, tuple{tuple{"usdc", 7}, 0, 1_700_000_000}, tuple{"bob", 7}, "alice", []byte{1}),
			[]string{"call permit2 " + permit2Spend + " [[[usdc 7] 0 1700000000] [bob 7] alice 0x01] {recipient,allowance}"}},
		{"Permit2's amount has 160 bits", "permit2", 0,
			patched(pack(permit2Single, "alice", tuple{details(7), "bob", 1_700_000_000}, []byte{1}), 4+2*32, []byte{1}),
			[]string{"call permit2 malformed !out_of_range@68:permit.1.0.1"}},
	}
}
