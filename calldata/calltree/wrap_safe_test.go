package calltree_test

// Safes and what stands around them: modules, roles, factories, CreateCall.

// transactionOf is a Safe's execTransaction without a refund.
func transactionOf(to string, value int, data []byte, operation int) []byte {
	return pack(execTransaction, to, value, data, operation, 0, 0, 0, "zero", "zero", make([]byte, 65))
}

// setupOf is a Safe's initialiser with one owner.
func setupOf(to string, data []byte, payment int) []byte {
	return pack(safeSetup, list{"alice"}, 1, to, data, "zero", "zero", payment, "zero")
}

// delegated is the line of a transfer that a wrapper runs by delegatecall.
func delegated(via string) string {
	return "  delegatecall usdc " + transfer + " [bob 1] via=" + via + " {recipient,delegatecall}"
}

const founding = "{ownership,threshold,guard}"

var safeRows = append([]row{
	{"a Safe calls", "safe", 0, transactionOf("usdc", 0, pay("bob", 1), 0),
		makes("call safe "+execTransaction, paid("safe", "bob", 1))},
	{"a Safe sends its own money", "safe", 0, transactionOf("alice", 5, nil, 0),
		[]string{"call safe " + execTransaction, "  call alice value=5 transfer via=safe {value,recipient}"}},
	{"a Safe delegate-calls", "safe", 0, transactionOf("usdc", 0, pay("bob", 1), 1),
		makes("call safe "+execTransaction, delegated("safe"))},
	{"a Safe that pays a refund has a recipient more", "safe", 0,
		pack(execTransaction, "usdc", 0, pay("bob", 1), 0, 0, 50_000, 3, "dai", "alice", make([]byte, 65)),
		makes("call safe "+execTransaction+" {value,recipient}", paid("safe", "bob", 1))},
	{"a Safe that names a refund and pays none for it", "safe", 0,
		pack(execTransaction, "usdc", 0, pay("bob", 1), 0, 50_000, 50_000, 0, "dai", "alice", make([]byte, 65)),
		makes("call safe "+execTransaction, paid("safe", "bob", 1))},
	{"a Safe changes itself", "safe", 0, transactionOf("safe", 0, pack("enableModule(address)", "alice"), 0),
		[]string{"call safe " + execTransaction, "  call safe enableModule(address) [alice] via=safe {module}"}},
	{"a Safe in a Safe", "safe", 0, transactionOf("safe", 0, transactionOf("usdc", 0, pay("bob", 1), 0), 0),
		[]string{"call safe " + execTransaction, "  call safe " + execTransaction + " via=safe", "  " + paid("safe", "bob", 1)}},
	{"operation 2 is none", "safe", 0, transactionOf("usdc", 0, pay("bob", 1), 2),
		[]string{"call safe malformed " + execTransaction + " !unknown_operation@0:execTransaction"}},
	{"operation 255 is none", "safe", 0, transactionOf("usdc", 0, pay("bob", 1), 255),
		[]string{"call safe malformed " + execTransaction + " !unknown_operation@0:execTransaction"}},
	{"a delegatecall without data", "safe", 0, transactionOf("usdc", 0, nil, 1),
		[]string{"call safe " + execTransaction, "  delegatecall usdc unknown via=safe {delegatecall} !no_call_data@0"}},

	{"a setup without a call", "singleton", 0, setupOf("zero", nil, 0),
		[]string{"call singleton " + safeSetup + " [[alice] 1 zero 0x zero zero 0 zero] " + founding}},
	{"a setup delegate-calls its target", "singleton", 0, setupOf("usdc", pay("bob", 1), 0),
		makes("call singleton "+safeSetup+" "+founding, delegated("safe"))},
	{"a setup with a payment", "singleton", 0, setupOf("usdc", pay("bob", 1), 9),
		makes("call singleton "+safeSetup+" {value,recipient,ownership,threshold,guard}", delegated("safe"))},
	{"a setup with data for no target", "singleton", 0, setupOf("zero", pay("bob", 1), 0),
		[]string{"call singleton malformed " + safeSetup + " " + founding + " !ignored_data@0:setup"}},
	{"a setup with a target and no data", "singleton", 0, setupOf("usdc", nil, 0),
		[]string{"call singleton " + safeSetup + " " + founding, "  delegatecall usdc unknown via=safe {delegatecall} !no_call_data@0"}},
	{"a proxy without initialiser", "factory", 0, pack(createProxyNonce, "singleton", []byte{}, 1),
		[]string{"call factory " + createProxyNonce + " [singleton 0x 1]"}},
	{"a proxy of a singleton that nobody knows", "factory", 0, pack(createProxyNonce, "stranger", setupOf("zero", nil, 0), 1),
		[]string{"call factory " + createProxyNonce, "  delegatecall stranger unknown via=safe {delegatecall} !unknown_contract@0"}},

	{"CreateCall deploys code with value", "createcall", 0, pack(performCreate, 5, []byte{0x60, 0x80}),
		[]string{"call createcall " + performCreate, "  create zero value=5 create via=safe {value,recipient} !contract_creation@0"}},
	{"CreateCall deploys code at an address that can be known", "createcall", 0, pack(performCreate2, 0, []byte{0x60, 0x80}, word(1)),
		[]string{"call createcall " + performCreate2, "  create zero create via=safe !contract_creation@0"}},
}, operationRows...)

// operationRows are those that all (to, value, data, operation, …) share.
var operationRows = func() (rows []row) {
	for _, tt := range []struct {
		at, signature, via string
		behind             []any
	}{
		{"safe", fromModule, "safe", nil},
		{"safe", fromModuleReturn, "safe", nil},
		{"safe4337", safeUserOp, "safe", nil},
		{"safe4337", safeUserOpError, "safe", nil},
		{"account", executeOperation, "account", nil},
		{"roles", role1, "zodiac-roles", []any{7, true}},
		{"roles", role2, "zodiac-roles", []any{word(7), true}},
		{"roles", role1Return, "zodiac-roles", []any{7, true}},
		{"roles", role2Return, "zodiac-roles", []any{word(7), true}},
	} {
		root, refused := "call "+tt.at+" "+tt.signature, "call "+tt.at+" malformed "+tt.signature+" !unknown_operation@0:"+nameOf(tt.signature)
		data := func(operation int) []byte {
			return pack(tt.signature, append([]any{"usdc", 0, pay("bob", 1), operation}, tt.behind...)...)
		}
		name := tt.signature
		rows = append(rows,
			row{name + " calls", tt.at, 0, data(0), makes(root, paid(tt.via, "bob", 1))},
			row{name + " delegate-calls", tt.at, 0, data(1), makes(root, delegated(tt.via))},
			row{name + " does nothing else", tt.at, 0, data(2), []string{refused}},
			row{name + " does nothing else, whatever the byte", tt.at, 0, data(255), []string{refused}})
	}
	for _, tt := range []struct {
		signature string
		behind    []any
	}{{createProxy, nil}, {createProxyNonce, []any{1}}, {createProxyChain, []any{1}}} {
		rows = append(rows, row{tt.signature + " initialises the proxy", "factory", 0,
			pack(tt.signature, append([]any{"singleton", setupOf("usdc", pay("bob", 1), 0)}, tt.behind...)...), []string{
				"call factory " + tt.signature, "  delegatecall singleton " + safeSetup + " via=safe {delegatecall,ownership,threshold,guard}",
				"  " + delegated("safe")}})
	}
	return rows
}()
