package calltree_test

import "bytes"

// Timelocks, governors and multisigs: calls that are made later, or by a signature
// in words.

const (
	transferText = "transfer(address,uint256)"
	approveText  = "approve(address,uint256)"
)

// later are withValues with what the children of every timelock have.
func queued(root string, calls ...string) []string { return makes(root+" {deferred}", calls...) }

var governanceRows = append([]row{
	{"a timelock schedules a call", "timelock", 0, pack(schedule, "usdc", 0, pay("bob", 1), word(0), word(1), 60),
		queued("call timelock "+schedule, paid("timelock", "bob", 1))},
	{"a timelock schedules a batch", "timelock", 0, pack(scheduleBatch, targets, values, datas, word(0), word(1), 60),
		queued("call timelock "+scheduleBatch, withValues("timelock")...)},
	{"a timelock executes now", "timelock", 0, pack(timelockExecute, "usdc", 0, pay("bob", 1), word(0), word(1)),
		makes("call timelock "+timelockExecute, paid("timelock", "bob", 1))},
	{"a timelock executes a batch", "timelock", 5, pack(timelockBatch, targets, values, datas, word(0), word(1)),
		makes("call timelock value=5 "+timelockBatch+" {value,recipient}", withValues("timelock")...)},
	{"a governor proposes", "governor", 0, pack(propose, targets, values, datas, "pay bob"),
		queued("call governor "+propose, withValues("governor")...)},
	{"a governor queues", "governor", 0, pack(governorQueue, targets, values, datas, word(1)),
		queued("call governor "+governorQueue, withValues("governor")...)},
	{"a governor executes", "governor", 0, pack(governorExecute, targets, values, datas, word(1)),
		makes("call governor "+governorExecute, withValues("governor")...)},
	{"a governor relays", "governor", 0, pack(relay, "alice", 5, []byte{}),
		[]string{"call governor " + relay, "  call alice value=5 transfer via=governor {value,recipient}"}},
	{"an empty proposal makes no call", "governor", 0, pack(propose, list{}, list{}, list{}, "nothing"),
		[]string{"call governor " + propose + " [[] [] [] nothing] {deferred}"}},
	{"a multisig submits", "multisig", 0, pack(submitTransaction, "usdc", 0, pay("bob", 1)),
		queued("call multisig "+submitTransaction, paid("multisig", "bob", 1))},

	{"value goes to the parent chain", "arbsys", 5, pack(sendTxToL1, "alice", []byte{}),
		[]string{"call arbsys value=5 " + sendTxToL1 + " {value,recipient,deferred}", "  call alice value=5 transfer via=arbsys {value,recipient}"}},
	{"a call on the parent chain is of contracts that are not pinned", "arbsys", 0, pack(sendTxToL1, "usdc", pay("bob", 1)),
		[]string{"call arbsys " + sendTxToL1 + " {deferred}", "  call usdc unknown via=arbsys !other_chain@0"}},

	{"Bravo's proposal takes each selector from a signature or from the data", "governor", 0,
		pack(proposeBravo, list{"usdc", "usdc", "alice"}, list{0, 0, 5}, list{transferText, "", ""}, list{pay("bob", 1)[4:], pay("bob", 2), []byte{}}, "pay"),
		queued("call governor "+proposeBravo, paid("governor", "bob", 1), paid("governor", "bob", 2),
			"  call alice value=5 transfer via=governor {value,recipient}")},
}, signatureRows()...)

// signatureRows are Compound's two rules for one call, in each of the functions
// that have them.
func signatureRows() (rows []row) {
	body := pay("bob", 1)[4:]
	for _, tt := range []struct {
		name, signature string
		data            []byte
		want            string
	}{
		{"an empty signature leaves the selector in the data", "", pay("bob", 1), transfer + " [bob 1] {recipient}"},
		{"a signature supplies the selector", transferText, body, transfer + " [bob 1] {recipient}"},
		{"a signature makes the data another call", approveText, body, approve + " [bob 1] {allowance}"},
		{"a signature in front of data with a selector of its own", transferText, pay("bob", 1), "malformed !out_of_range@4:transfer.0"},
		{"a signature with a space is another function", "transfer(address, uint256)", body, "unknown !unknown_selector@0"},
		{"a signature with names is another function", "transfer(address to,uint256 amount)", body, "unknown !unknown_selector@0"},
		{"a signature with an alias is another function", "transfer(address,uint)", body, "unknown !unknown_selector@0"},
		{"garbage is another function", "\x00garbage", body, "unknown !unknown_selector@0"},
		{"a space is not an empty signature", " ", pay("bob", 1), "unknown !unknown_selector@0"},
		{"a signature whose data is cut off", transferText, body[:63], "malformed !truncated@4:transfer"},
		{"a signature with a byte behind its data", transferText, append(bytes.Clone(body), 0), "malformed !trailing_bytes@68:transfer"},
		{"a signature without data", transferText, nil, "malformed !truncated@4:transfer"},
		{"neither signature nor data is a transfer", "", nil, "transfer {recipient}"},
	} {
		child := func(via string) string {
			kind, rest := "", tt.want
			for _, cut := range []string{" {", " !"} {
				if i := bytes.Index([]byte(rest), []byte(cut)); i >= 0 {
					kind, rest = rest[:i], rest[i:]
					break
				}
			}
			return "  call usdc " + kind + " via=" + via + rest
		}
		rows = append(rows,
			row{tt.name + ", queued", "compound", 0, pack(queueTransaction, "usdc", 0, tt.signature, tt.data, 60),
				queued("call compound "+queueTransaction, child("compound-timelock"))},
			row{tt.name + ", executed", "compound", 0, pack(executeTransaction, "usdc", 0, tt.signature, tt.data, 60),
				makes("call compound "+executeTransaction, child("compound-timelock"))},
			row{tt.name + ", proposed", "governor", 0, pack(proposeBravo, list{"usdc"}, list{0}, list{tt.signature}, list{tt.data}, "why"),
				queued("call governor "+proposeBravo, child("governor"))})
	}
	return append(rows, row{"a signature that is no UTF-8", "compound", 0,
		pack(queueTransaction, "usdc", 0, "\xff\xfe", body, 60), []string{"call compound malformed !invalid_text@196:queueTransaction.2"}})
}
