package calltree_test

import "bytes"

// ERC-4337: entry points of both layouts, aggregators, and the account's own
// executeUserOp. initCode and paymasterAndData are packed by hand.

// An op is a user operation; the fields that matter.
type op struct {
	sender                        string
	initCode, callData, paymaster []byte
}

func (o op) v06() tuple {
	return tuple{o.sender, 3, o.initCode, o.callData, 1, 2, 3, 4, 5, o.paymaster, make([]byte, 65)}
}

func (o op) v07() tuple {
	return tuple{o.sender, 3, o.initCode, o.callData, word(1), 2, word(3), o.paymaster, make([]byte, 65)}
}

func ops06(ops ...op) (l list) {
	for _, o := range ops {
		l = append(l, o.v06())
	}
	return append(list{}, l...)
}

func ops07(ops ...op) (l list) {
	for _, o := range ops {
		l = append(l, o.v07())
	}
	return append(list{}, l...)
}

// acts is an operation of the account that pays bob.
func acts(amount int) op {
	return op{sender: "account", callData: pack(execute, "usdc", 0, pay("bob", amount))}
}

// acted is what it is drawn as.
func acted(amount int) []string {
	return []string{"  call account " + execute + " via=erc4337", "  " + paid("account", "bob", amount)}
}

// born is an operation whose sender is deployed first.
func born(factory string, data []byte) op {
	o := acts(1)
	o.initCode = joined(factory, data)
	return o
}

func paidBy(paymaster []byte) op {
	o := acts(1)
	o.paymaster = paymaster
	return o
}

func called(data []byte) op { return op{sender: "account", callData: data} }

var userOpRows = func() (rows []row) {
	create := pack(createProxyNonce, "singleton", []byte{}, 1)
	created := "  call factory " + createProxyNonce + " [singleton 0x 1] via=erc4337"
	for _, v := range []struct {
		at, single, aggregated string
		ops                    func(...op) list
	}{{"entry06", handleOps06, handleAggregated06, ops06}, {"entry07", handleOps07, handleAggregated07, ops07}} {
		root := "call " + v.at + " " + v.single + " {recipient}"
		add := func(name string, want []string, ops ...op) {
			rows = append(rows, row{v.at + " " + name, v.at, 0, pack(v.single, v.ops(ops...), "alice"), want})
		}
		refused := func(name, code string, o op) {
			add(name, []string{"call " + v.at + " malformed " + v.single + " {recipient} !" + code + "@0:handleOps.ops[1]"}, acts(1), o)
		}
		add("calls each sender", makes(root, append(acted(1), acted(2)...)...), acts(1), acts(2))
		add("without call data makes no call", []string{"call " + v.at + " " + v.single + " [" + map[string]string{
			"entry06": "[[account 3 0x 0x 1 2 3 4 5 0x 0x" + zeros(65) + "]] alice]",
			"entry07": "[[account 3 0x 0x 0x" + zeros(31) + "01 2 0x" + zeros(31) + "03 0x 0x" + zeros(65) + "]] alice]"}[v.at] + " {recipient}"}, op{sender: "account"})
		add("deploys before anything is called", makes(root, append(append([]string{created}, acted(1)...), acted(1)...)...),
			acts(1), born("factory", create))
		add("deploys by a factory that nobody knows", makes(root, append([]string{"  call newfactory unknown via=erc4337 !unknown_contract@0"}, acted(1)...)...),
			born("newfactory", create))
		add("deploys by a factory without data", makes(root, append([]string{"  call factory unknown via=erc4337 !no_call_data@0"}, acted(1)...)...),
			born("factory", nil))
		add("calls an account that nobody knows", []string{root, "  call stranger unknown via=erc4337 !unknown_contract@0"},
			op{sender: "stranger", callData: pay("bob", 1)})
		refused("with 19 bytes of initCode", "truncated", op{sender: "account", initCode: make([]byte, 19)})
		refused("with one byte of initCode", "truncated", op{sender: "account", initCode: []byte{0x77}})

		aggregated := "call " + v.at + " " + v.aggregated + " {recipient}"
		rows = append(rows,
			row{v.at + " aggregated operations are a list of lists", v.at, 0, pack(v.aggregated, list{
				tuple{v.ops(acts(1), acts(2)), "stranger", []byte{1}}, tuple{v.ops(born("factory", create)), "zero", []byte{}}}, "alice"),
				makes(aggregated, append(append(append([]string{created}, acted(1)...), acted(2)...), acted(1)...)...)},
			row{v.at + " aggregated operations with 19 bytes of initCode in the second list", v.at, 0, pack(v.aggregated, list{
				tuple{v.ops(acts(1)), "zero", []byte{}}, tuple{v.ops(op{sender: "account", initCode: make([]byte, 19)}), "zero", []byte{}}}, "alice"),
				[]string{"call " + v.at + " malformed " + v.aggregated + " {recipient} !truncated@0:handleAggregatedOps.ops[1]"}})
	}
	return append(append(rows, paymasterRows()...), accountDefinedRows()...)
}()

func zeros(n int) string { return hexOf(make([]byte, n)) }

func paymasterRows() (rows []row) {
	for n, ok := range map[int]bool{1: false, 19: false, 20: true, 51: true, 52: true, 100: true} {
		rows = append(rows, paymasterRow("entry06", handleOps06, n, ok, ops06(acts(2), paidBy(make([]byte, n)))))
	}
	for n, ok := range map[int]bool{1: false, 19: false, 20: false, 51: false, 52: true, 100: true} {
		rows = append(rows, paymasterRow("entry07", handleOps07, n, ok, ops07(acts(2), paidBy(make([]byte, n)))))
	}
	return rows
}

func paymasterRow(at, signature string, n int, ok bool, ops list) row {
	r := row{at + " with a paymaster of " + string(rune('0'+n/10)) + string(rune('0'+n%10)) + " bytes", at, 0, pack(signature, ops, "alice"),
		makes("call "+at+" "+signature+" {recipient}", append(acted(2), acted(1)...)...)}
	if !ok {
		r.want = []string{"call " + at + " malformed " + signature + " {recipient} !truncated@0:handleOps.ops[1]"}
	}
	return r
}

// accountDefinedRows are bytes that only the account or a delegate gives a meaning.
func accountDefinedRows() (rows []row) {
	marker, prefix := []byte{0x77, 0x02}, []byte{0x8d, 0xd7, 0x71, 0x2f}
	set := "  delegatecall account unknown via=erc4337 {delegatecall} !set_code@0"
	own := "  call account unknown via=erc4337 !account_defined@0"
	root06, root07 := "call entry06 "+handleOps06+" {recipient}", "call entry07 "+handleOps07+" {recipient}"
	for name, initCode := range map[string][]byte{
		"alone": marker, "with some zeros": append(bytes.Clone(marker), 0, 0, 0), "of 20 bytes": append(bytes.Clone(marker), make([]byte, 18)...),
		"with data behind": append(append(bytes.Clone(marker), make([]byte, 18)...), pay("bob", 1)...),
	} {
		o := acts(1)
		o.initCode = initCode
		rows = append(rows, row{"the marker of EIP-7702 " + name, "entry07", 0, pack(handleOps07, ops07(o), "alice"), makes(root07, append([]string{set}, acted(1)...)...)})
	}
	full := append(bytes.Clone(marker), make([]byte, 18)...)
	full[19] = 1 // an address that starts like the marker
	return append(rows,
		row{"a factory that starts like the marker is one", "entry07", 0, pack(handleOps07, ops07(op{sender: "account", initCode: append(full, 1)}), "alice"),
			[]string{root07, "  call 0x7702000000000000000000000000000000000001 unknown via=erc4337 !unknown_contract@0"}},
		row{"v0.6 does not know the marker", "entry06", 0, pack(handleOps06, ops06(op{sender: "account", initCode: marker}), "alice"),
			[]string{"call entry06 malformed " + handleOps06 + " {recipient} !truncated@0:handleOps.ops[0]"}},
		row{"v0.6 takes the marker and zeros for a factory", "entry06", 0,
			pack(handleOps06, ops06(op{sender: "account", initCode: append(append(bytes.Clone(marker), make([]byte, 18)...), 1)}), "alice"),
			[]string{root06, "  call 0x7702000000000000000000000000000000000000 unknown via=erc4337 !unknown_contract@0"}},

		row{"v0.7 hands the operation to an account by the prefix", "entry07", 0, pack(handleOps07, ops07(called(prefix)), "alice"), []string{root07, own}},
		row{"v0.7 does so whatever follows", "entry07", 0, pack(handleOps07, ops07(called(append(bytes.Clone(prefix), pay("bob", 1)...))), "alice"), []string{root07, own}},
		row{"v0.7 calls an account with less than the prefix", "entry07", 0, pack(handleOps07, ops07(called(prefix[:3])), "alice"),
			[]string{root07, "  call account malformed via=erc4337 !no_selector@0"}},
		row{"v0.6 calls the account's executeUserOp as any function", "entry06", 0,
			pack(handleOps06, ops06(called(pack(accountUserOp, acts(1).v07(), word(1)))), "alice"),
			[]string{root06, "  call account " + accountUserOp + " via=erc4337", "    self account unknown via=erc4337 !account_defined@0"}},
		row{"executeUserOp is the account's own affair", "account", 0, pack(accountUserOp, acts(1).v07(), word(1)),
			[]string{"call account " + accountUserOp, "  self account unknown via=erc4337 !account_defined@0"}},
		row{"executeUserOp without call data makes no call", "account", 0, pack(accountUserOp, op{sender: "alice"}.v07(), word(1)),
			[]string{"call account " + accountUserOp + " [[alice 3 0x 0x 0x" + zeros(31) + "01 2 0x" + zeros(31) + "03 0x 0x" + zeros(65) + "] 0x" + zeros(31) + "01]"}},
	)
}
