package calltree_test

import (
	"cmp"
	"slices"
	"strings"

	"countersign/calldata/calltree"
)

// A made is one call that a wrapper is to make.
type made struct {
	operation calltree.Operation
	to        calltree.Address
	value     int
	data      []byte
}

// A form is one way to put calls into a wrapper: a wrapper with several layouts
// has several.
type form struct {
	name, signature, via string
	operations           []calltree.Operation // that its calls may have; nil for call alone
	one                  bool                 // it makes one call, the others up to three
	values               bool                 // each call has a value of its own
	data                 bool                 // a call without data is not made
	proxy                bool                 // it changes the code of its target, which is used up
	wrap                 func(to calltree.Address, calls []made) []byte
}

var (
	callOr       = []calltree.Operation{calltree.Call, calltree.Delegatecall}
	delegateOnly = []calltree.Operation{calltree.Delegatecall}
	selfOnly     = []calltree.Operation{calltree.Self}
	staticOnly   = []calltree.Operation{calltree.Staticcall}
)

// terminal are the wrappers that no form is of, because what they make is never a
// call that can be read and nested.
var terminal = map[string]string{
	sendTxToL1: "calls another chain", performCreate: "deploys code", performCreate2: "deploys code",
	accountUserOp: "is the account's own affair", routerPlain: "makes steps", routerDeadline: "makes steps",
	upgradeTo: "makes no call", upgrade: "makes no call", changeMasterCopy: "makes no call",
}

// columns are the calls as parallel arrays.
func columns(calls []made) (to, values, data list) {
	to, values, data = list{}, list{}, list{}
	for _, c := range calls {
		to, values, data = append(to, c.to), append(values, c.value), append(data, c.data)
	}
	return to, values, data
}

// tuples are the calls as an array of tuples.
func tuples(calls []made, of func(made) tuple) list {
	l := list{}
	for _, c := range calls {
		l = append(l, of(c))
	}
	return l
}

func operationOf(c made) int {
	if c.operation == calltree.Delegatecall {
		return 1
	}
	return 0
}

func valued(c made) tuple { return tuple{c.to, c.value, c.data} }

// forms are all of them, in an order that does not change from run to run.
var forms = slices.SortedFunc(slices.Values(slices.Concat(
	listForms(), singleForms(), safeForms(), operationForms(), executionForms(), proxyForms(), governanceForms(),
)), func(a, b form) int {
	return cmp.Or(strings.Compare(a.signature, b.signature), strings.Compare(a.name, b.name))
})

func listForms() (fs []form) {
	plain := func(signature string, of func(made) tuple, front ...any) {
		fs = append(fs, form{signature: signature, via: "multicall", wrap: func(_ calltree.Address, calls []made) []byte {
			return pack(signature, append(slices.Clone(front), tuples(calls, of))...)
		}})
	}
	pair := func(c made) tuple { return tuple{c.to, c.data} }
	plain(aggregate, pair)
	plain(blockAndAggregate, pair)
	plain(tryAggregate, pair, true)
	plain(tryBlockAndAggregate, pair, false)
	plain(aggregate3, func(c made) tuple { return tuple{c.to, true, c.data} })
	fs = append(fs, form{signature: aggregate3Value, via: "multicall", values: true, wrap: func(_ calltree.Address, calls []made) []byte {
		return pack(aggregate3Value, tuples(calls, func(c made) tuple { return tuple{c.to, false, c.value, c.data} }))
	}})
	for signature, via := range map[string]string{multicallTargets: "multicall", executeBatchPlain: "account"} {
		fs = append(fs, form{signature: signature, via: via, wrap: func(_ calltree.Address, calls []made) []byte {
			to, _, data := columns(calls)
			return pack(signature, to, data)
		}})
	}
	for signature, front := range map[string][]any{multicall: nil, multicallDeadline: {1_700_000_000}, multicallBlock: {word(77)}} {
		fs = append(fs, form{signature: signature, via: "self-multicall", operations: selfOnly, wrap: func(_ calltree.Address, calls []made) []byte {
			_, _, data := columns(calls)
			return pack(signature, append(slices.Clone(front), data)...)
		}})
	}
	return append(fs,
		form{name: "without values", signature: executeBatchValues, via: "account", wrap: func(_ calltree.Address, calls []made) []byte {
			to, _, data := columns(calls)
			return pack(executeBatchValues, to, list{}, data)
		}},
		form{signature: executeBatchTuples, via: "account", values: true, wrap: func(_ calltree.Address, calls []made) []byte {
			return pack(executeBatchTuples, tuples(calls, valued))
		}},
		form{signature: forwardBatch, via: "erc2771", values: true, wrap: func(_ calltree.Address, calls []made) []byte {
			return pack(forwardBatch, tuples(calls, requestOf), "bob")
		}})
}

func requestOf(c made) tuple {
	return tuple{"alice", c.to, c.value, 100_000, 1_700_000_000, c.data, make([]byte, 65)}
}

// singleForms make one call with a value.
func singleForms() (fs []form) {
	for signature, tt := range map[string]struct {
		via    string
		behind []any
	}{
		execute: {"account", nil}, relay: {"governor", nil}, submitTransaction: {"multisig", nil},
		schedule: {"timelock", []any{word(0), word(1), 60}}, timelockExecute: {"timelock", []any{word(0), word(1)}},
	} {
		fs = append(fs, form{signature: signature, via: tt.via, one: true, values: true, wrap: func(_ calltree.Address, calls []made) []byte {
			return pack(signature, append([]any{calls[0].to, calls[0].value, calls[0].data}, tt.behind...)...)
		}})
	}
	return append(fs, form{signature: forward, via: "erc2771", one: true, values: true, wrap: func(_ calltree.Address, calls []made) []byte {
		return pack(forward, requestOf(calls[0]))
	}})
}

// safeForms are MultiSend and everything with Safe's operation.
func safeForms() (fs []form) {
	for signature, tt := range map[string]struct {
		via    string
		behind []any
	}{
		execTransaction: {"safe", []any{0, 0, 0, "zero", "zero", make([]byte, 65)}},
		fromModule:      {"safe", nil}, fromModuleReturn: {"safe", nil}, safeUserOp: {"safe", nil}, safeUserOpError: {"safe", nil},
		executeOperation: {"account", nil},
		role1:            {"zodiac-roles", []any{7, true}}, role1Return: {"zodiac-roles", []any{7, true}},
		role2: {"zodiac-roles", []any{word(7), true}}, role2Return: {"zodiac-roles", []any{word(7), true}},
	} {
		fs = append(fs, form{signature: signature, via: tt.via, operations: callOr, one: true, values: true, wrap: func(_ calltree.Address, calls []made) []byte {
			c := calls[0]
			return pack(signature, append([]any{c.to, c.value, c.data, operationOf(c)}, tt.behind...)...)
		}})
	}
	for signature, behind := range map[string][]any{createProxy: nil, createProxyNonce: {1}, createProxyChain: {1}} {
		fs = append(fs, form{signature: signature, via: "safe", operations: delegateOnly, one: true, data: true, wrap: func(_ calltree.Address, calls []made) []byte {
			return pack(signature, append([]any{calls[0].to, calls[0].data}, behind...)...)
		}})
	}
	return append(fs,
		form{signature: safeSetup, via: "safe", operations: delegateOnly, one: true, wrap: func(_ calltree.Address, calls []made) []byte {
			return pack(safeSetup, list{"alice"}, 1, calls[0].to, calls[0].data, "zero", "zero", 0, "zero")
		}},
		form{signature: multiSend, via: "multisend", operations: callOr, values: true, wrap: func(_ calltree.Address, calls []made) []byte {
			var packed []byte
			for _, c := range calls {
				packed = append(packed, record(byte(operationOf(c)), c.to, wei(c.value).Amount().Big(), c.data)...)
			}
			return pack(multiSend, packed)
		}})
}

// operationForms are the entry points: the calls of operations, and the
// deployments before them.
func operationForms() (fs []form) {
	for _, v := range []struct {
		single, aggregated string
		of                 func(to calltree.Address, initCode, data []byte) tuple
	}{
		{handleOps06, handleAggregated06, func(to calltree.Address, initCode, data []byte) tuple {
			return tuple{to, 3, initCode, data, 1, 2, 3, 4, 5, make([]byte, 20), make([]byte, 65)}
		}},
		{handleOps07, handleAggregated07, func(to calltree.Address, initCode, data []byte) tuple {
			return tuple{to, 3, initCode, data, word(1), 2, word(3), make([]byte, 52), make([]byte, 65)}
		}},
	} {
		calls := func(c made) tuple { return v.of(c.to, nil, c.data) }
		deploys := func(c made) tuple { return v.of(at("bob"), append(c.to[:len(c.to):len(c.to)], c.data...), nil) }
		for name, of := range map[string]func(made) tuple{"call data": calls, "init code": deploys} {
			fs = append(fs,
				form{name: name, signature: v.single, via: "erc4337", data: true, wrap: func(_ calltree.Address, calls []made) []byte {
					return pack(v.single, tuples(calls, of), "alice")
				}},
				form{name: name, signature: v.aggregated, via: "erc4337", data: true, wrap: func(_ calltree.Address, calls []made) []byte {
					l := list{}
					for i := range calls { // one list each
						l = append(l, tuple{tuples(calls[i:i+1], of), "stranger", []byte{1}})
					}
					return pack(v.aggregated, l, "alice")
				}})
		}
	}
	return fs
}
