package calltree_test

import (
	"bytes"
	"fmt"
	"slices"
)

// ERC-7579 and ERC-7821 execution modes, and ERC-7710, which uses them.

const (
	callsTypes   = "((address,uint256,bytes)[])"
	opDataTypes  = "((address,uint256,bytes)[],bytes)"
	batchesTypes = "(bytes[])"
)

// modeOf is an execution mode that starts with some bytes.
func modeOf(start ...byte) []byte { return append(bytes.Clone(start), make([]byte, 32-len(start))...) }

var (
	modeSingle   = modeOf(0)
	modeBatch    = modeOf(1)
	modeOpData   = modeOf(1, 0, 0, 0, 0, 0, 0x78, 0x21, 0, 1)
	modeBatches  = modeOf(1, 0, 0, 0, 0, 0, 0x78, 0x21, 0, 2)
	modeStatic   = modeOf(0xfe)
	modeDelegate = modeOf(0xff)

	// twoCalls are a payment and value alone.
	twoCalls = list{tuple{"usdc", 0, pay("bob", 1)}, tuple{"alice", 5, []byte{}}}
	toNobody = list{tuple{"zero", 5, []byte{}}, tuple{"zero", 0, pay("bob", 1)}}
)

// executes is a row of execute(mode, data) of an account.
func executes(name string, mode, data []byte, calls ...string) row {
	return row{name, "account", 0, pack(execute7579, mode, data), makes("call account "+execute7579, calls...)}
}

// executesNot is a row of an execute that is refused.
func executesNot(name string, mode, data []byte, problem string) row {
	return row{name, "account", 0, pack(execute7579, mode, data), []string{"call account malformed " + execute7579 + " !" + problem}}
}

const itsData = "execute.executionCalldata"

var executionRows = slices.Concat([]row{
	executes("a single call is packed", modeSingle, joined("usdc", 0, pay("bob", 1)), paid("erc7579", "bob", 1)),
	executes("a single call that may fail", modeOf(0, 1), joined("usdc", 0, pay("bob", 1)), paid("erc7579", "bob", 1)),
	executes("a single call of value alone", modeSingle, joined("alice", 5), "  call alice value=5 transfer via=erc7579 {value,recipient}"),
	executes("a batch is encoded", modeBatch, encode(callsTypes, twoCalls), withValues("erc7579")...),
	executes("a batch that may fail", modeOf(1, 1), encode(callsTypes, twoCalls), withValues("erc7579")...),
	executes("a batch that may have opData and has none", modeOpData, encode(callsTypes, twoCalls), withValues("erc7579")...),
	executes("a batch with opData", modeOpData, encode(opDataTypes, twoCalls, []byte("signed")), withValues("erc7579")...),
	executes("a batch with empty opData", modeOpData, encode(opDataTypes, twoCalls, []byte{}), withValues("erc7579")...),
	executes("a batch with a payload behind the selector", append(bytes.Clone(modeOpData[:31]), 9), encode(callsTypes, twoCalls), withValues("erc7579")...),
	executes("a batch of batches, with opData and without", modeBatches,
		encode(batchesTypes, list{encode(callsTypes, twoCalls), encode(opDataTypes, twoCalls[:1], []byte("signed")), encode(callsTypes, list{})}),
		append(withValues("erc7579"), paid("erc7579", "bob", 1))...),
	executes("a static call", modeStatic, joined("usdc", pay("bob", 1)), "  staticcall usdc "+transfer+" [bob 1] via=erc7579 {recipient}"),
	executes("a delegatecall", modeDelegate, joined("usdc", pay("bob", 1)), delegated("erc7579")),
	executes("a delegatecall without data", modeDelegate, joined("usdc"), "  delegatecall usdc unknown via=erc7579 {delegatecall} !no_call_data@0"),
	{"an executor module executes the same way", "account", 0, pack(executeFromExecutor, modeBatch, encode(callsTypes, twoCalls)),
		makes("call account "+executeFromExecutor, withValues("erc7579")...)},

	executes("address zero is the account in a batch of ERC-7821", modeOpData, encode(callsTypes, toNobody),
		"  call account value=5 transfer via=erc7579 {value,recipient}", "  call account "+transfer+" [bob 1] via=erc7579 {recipient}"),
	executes("address zero is the account in a batch of batches", modeBatches, encode(batchesTypes, list{encode(opDataTypes, toNobody, []byte{1})}),
		"  call account value=5 transfer via=erc7579 {value,recipient}", "  call account "+transfer+" [bob 1] via=erc7579 {recipient}"),
	executes("address zero may be the account in a plain batch", modeBatch, encode(callsTypes, append(list{twoCalls[0]}, toNobody[0])),
		paid("erc7579", "bob", 1), "  call zero value=5 malformed via=erc7579 {value,recipient} !zero_target@0"),
	executes("address zero may be the account in a single call", modeSingle, joined("zero", 0, pay("bob", 1)), "  call zero malformed via=erc7579 !zero_target@0"),
	executes("address zero may be the account in a static call", modeStatic, joined("zero", pay("bob", 1)), "  staticcall zero malformed via=erc7579 !zero_target@0"),
	executes("address zero may be the account in a delegatecall", modeDelegate, joined("zero", pay("bob", 1)),
		"  delegatecall zero malformed via=erc7579 {delegatecall} !zero_target@0"),

	executesNot("a single call cut off in its value", modeSingle, joined("usdc", 0)[:51], "truncated@0:"+itsData),
	executesNot("a single call without data", modeSingle, nil, "truncated@0:"+itsData),
	executesNot("a static call cut off in its target", modeStatic, joined("usdc")[:19], "truncated@0:"+itsData),
	executesNot("a delegatecall cut off in its target", modeDelegate, joined("usdc")[:19], "truncated@0:"+itsData),
	executesNot("a batch of no bytes", modeBatch, nil, "truncated@0:"+itsData+":executions"),
	executesNot("a batch with a byte behind", modeBatch, append(encode(callsTypes, list{}), 0), "trailing_bytes@64:"+itsData+":executions"),
	executesNot("a batch with opData where none may be", modeBatch, encode(opDataTypes, list{}, []byte{}), "non_canonical_offset@0:"+itsData+":executions.calls"),
	executesNot("a batch that is cut off", modeBatch, encode(callsTypes, twoCalls)[:200], "truncated@128:"+itsData+":executions.calls[0]"),
	executesNot("a packed call where a batch should be", modeBatch, joined("usdc", 0, pay("bob", 1)), "truncated@0:"+itsData+":executions.calls"),
	executesNot("opData that is cut off", modeOpData, encode(opDataTypes, list{}, []byte("signed"))[:159], "truncated@128:"+itsData+":executions.opData"),
	executesNot("opData cut off in its length", modeOpData, encode(opDataTypes, list{}, []byte("signed"))[:127], "truncated@96:"+itsData+":executions.opData"),
	executesNot("opData with dirty padding", modeOpData, patched(encode(opDataTypes, list{}, []byte("signed")), 159, []byte{1}), "dirty_padding@134:"+itsData+":executions.opData"),
	executesNot("opData before the calls", modeOpData, slices.Concat(word(96), word(64), word(0), word(0)), "non_canonical_offset@0:"+itsData+":executions.calls"),
	executesNot("opData behind a gap", modeOpData, slices.Concat(word(64), word(128), word(0), word(0), word(0)), "non_canonical_offset@32:"+itsData+":executions.opData"),
	executesNot("a batch of batches of which one is cut off", modeBatches,
		encode(batchesTypes, list{encode(callsTypes, twoCalls), encode(callsTypes, list{})[:63]}), "truncated@32:"+itsData+"[1]:executions.calls"),
	executesNot("a batch of batches of batches", modeBatches, encode(batchesTypes, list{encode(batchesTypes, list{encode(callsTypes, twoCalls)})}),
		"non_canonical_offset@160:"+itsData+"[0]:executions.calls[0].callData"),
	executesNot("a batch where batches should be", modeBatches, encode(callsTypes, twoCalls), "truncated@128:"+itsData+":batches.batches[0]"),
}, modeRows(), delegationRows())

// modeRows change a mode at each of its bytes.
func modeRows() (rows []row) {
	single, batch := joined("usdc", 0, pay("bob", 1)), encode(callsTypes, twoCalls)
	for i := range 32 {
		for _, tt := range []struct {
			name         string
			mode, data   []byte
			from, before int // the bytes from..before may hold anything
		}{
			{"single", modeSingle, single, 0, 0}, {"batch", modeBatch, batch, 0, 0}, {"static", modeStatic, single, 0, 0},
			{"delegate", modeDelegate, single, 0, 0}, {"opData", modeOpData, batch, 10, 32}, {"batches", modeBatches, batch, 10, 32},
		} {
			if i >= tt.from && i < tt.before {
				continue
			}
			mode := bytes.Clone(tt.mode)
			mode[i] ^= 0x42 // no byte of a known mode becomes another known one
			rows = append(rows, executesNot(fmt.Sprintf("a mode %s with byte %d changed", tt.name, i), mode, tt.data, "unknown_mode@0:"+itsData))
		}
	}
	for _, kind := range []byte{0x00, 0xfe, 0xff} { // ERC-7821's selectors are for batches
		for _, last := range []byte{1, 2} {
			mode := modeOf(kind, 0, 0, 0, 0, 0, 0x78, 0x21, 0, last)
			rows = append(rows, executesNot(fmt.Sprintf("call type %02x with selector %d of ERC-7821", kind, last), mode, single, "unknown_mode@0:"+itsData))
		}
	}
	for _, start := range [][]byte{{2}, {1, 2}, {0, 255}, {1, 0, 1}, {1, 0, 0, 0, 0, 0, 0x78, 0x21, 0, 0}, {1, 0, 0, 0, 0, 0, 0x78, 0x21, 0, 3}, {1, 0, 0, 0, 0, 0, 0, 0, 0, 1}} {
		rows = append(rows, executesNot(fmt.Sprintf("mode %x", start), modeOf(start...), batch, "unknown_mode@0:"+itsData))
	}
	return rows
}

// delegationRows are ERC-7710's redeemDelegations.
func delegationRows() []row {
	context := []byte("permission")
	single, batch := joined("usdc", 0, pay("bob", 1)), encode(callsTypes, twoCalls)
	root := "call delegations " + redeemDelegations + " {executor}"
	refused := "call delegations malformed " + redeemDelegations + " {executor} !"
	redeem := func(name string, want []string, modes, executions list) row {
		contexts := list{}
		for range modes {
			contexts = append(contexts, context)
		}
		return row{name, "delegations", 0, pack(redeemDelegations, contexts, modes, executions), want}
	}
	return []row{
		redeem("delegations are redeemed in order", makes(root, slices.Concat([]string{paid("erc7710", "bob", 1)}, withValues("erc7710"), []string{delegated("erc7710")})...),
			list{modeSingle, modeBatch, modeDelegate}, list{single, batch, joined("usdc", pay("bob", 1))}),
		redeem("no delegation makes no call", []string{"call delegations " + redeemDelegations + " [[] [] []] {executor}"}, list{}, list{}),
		redeem("a delegation of no calls", makes(root, paid("erc7710", "bob", 1)), list{modeBatch, modeSingle}, list{encode(callsTypes, list{}), single}),
		redeem("address zero is a delegator that nobody knows", makes(root, paid("erc7710", "bob", 1), "  call zero value=5 malformed via=erc7710 {value,recipient} !zero_target@0",
			"  call zero malformed via=erc7710 !zero_target@0"), list{modeSingle, modeOpData}, list{single, encode(callsTypes, toNobody)}),
		redeem("an unknown mode refuses all of them", []string{refused + "unknown_mode@0:redeemDelegations.executionCallDatas[1]"}, list{modeSingle, modeOf(7)}, list{single, batch}),
		redeem("an execution that is cut off refuses all of them", []string{refused + "truncated@0:redeemDelegations.executionCallDatas[1]"}, list{modeSingle, modeSingle}, list{single, single[:51]}),
	}
}
