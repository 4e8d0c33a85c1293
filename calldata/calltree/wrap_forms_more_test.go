package calltree_test

import (
	"slices"

	"countersign/calldata/calltree"

	"github.com/ethereum/go-ethereum/crypto"
)

// executionForms are the modes of ERC-7579, in each function that has them.
func executionForms() (fs []form) {
	packed := func(c made) []byte { return joined(c.to[:], c.value, c.data) }
	short := func(c made) []byte { return joined(c.to[:], c.data) }
	batch := func(calls []made) []byte { return encode(callsTypes, tuples(calls, valued)) }
	for _, v := range []struct {
		name string
		form form
		mode []byte
		of   func(calls []made) []byte
	}{
		{"single", form{one: true, values: true}, modeSingle, func(calls []made) []byte { return packed(calls[0]) }},
		{"single, may fail", form{one: true, values: true}, modeOf(0, 1), func(calls []made) []byte { return packed(calls[0]) }},
		{"static", form{one: true, operations: staticOnly}, modeStatic, func(calls []made) []byte { return short(calls[0]) }},
		{"delegate", form{one: true, operations: delegateOnly}, modeDelegate, func(calls []made) []byte { return short(calls[0]) }},
		{"batch", form{values: true}, modeBatch, batch},
		{"batch without opData", form{values: true}, modeOpData, batch},
		{"batch with opData", form{values: true}, modeOpData, func(calls []made) []byte {
			return encode(opDataTypes, tuples(calls, valued), []byte("signed"))
		}},
		{"batch of batches", form{values: true}, modeBatches, func(calls []made) []byte {
			l := list{}
			for i := range calls { // one batch each
				l = append(l, batch(calls[i:i+1]))
			}
			return encode(batchesTypes, l)
		}},
	} {
		f := v.form
		f.name = v.name
		for signature, via := range map[string]string{execute7579: "erc7579", executeFromExecutor: "erc7579", redeemDelegations: "erc7710"} {
			f.signature, f.via = signature, via
			f.wrap = func(_ calltree.Address, calls []made) []byte { return pack(signature, v.mode, v.of(calls)) }
			if signature == redeemDelegations {
				f.wrap = func(_ calltree.Address, calls []made) []byte {
					return pack(signature, list{[]byte{1}, []byte{}}, list{v.mode, modeBatch}, list{v.of(calls), batch(nil)})
				}
			}
			fs = append(fs, f)
		}
	}
	return fs
}

// proxyForms change code and run some in it.
func proxyForms() []form {
	return []form{
		{signature: upgradeToAndCall, via: "proxy", operations: delegateOnly, one: true, data: true, proxy: true, wrap: func(_ calltree.Address, calls []made) []byte {
			return pack(upgradeToAndCall, calls[0].to, calls[0].data)
		}},
		{signature: upgradeAndCall, via: "proxy", operations: delegateOnly, one: true, data: true, wrap: func(_ calltree.Address, calls []made) []byte {
			return pack(upgradeAndCall, "newfactory", calls[0].to, calls[0].data)
		}},
		{signature: diamondCut, via: "diamond", operations: delegateOnly, one: true, proxy: true, wrap: func(_ calltree.Address, calls []made) []byte {
			return pack(diamondCut, list{}, calls[0].to, calls[0].data)
		}},
	}
}

// texts are the functions that may be called by a signature in words.
var texts = func() map[string]string {
	all := map[string]string{}
	for _, signature := range slices.Concat(calltree.Wrappers(), tokenCalls) {
		all[string(crypto.Keccak256([]byte(signature))[:4])] = signature
	}
	return all
}()

// inWords splits call data into a signature and the rest, for every second call
// that allows it.
func inWords(i int, data []byte) (signature string, rest []byte) {
	if i%2 == 0 && len(data) >= 4 {
		if text, ok := texts[string(data[:4])]; ok {
			return text, data[4:]
		}
	}
	return "", data
}

// governanceForms are parallel arrays, and calls by signature.
func governanceForms() (fs []form) {
	for signature, tt := range map[string]struct {
		via    string
		behind []any
	}{
		executeBatchValues: {"account", nil}, propose: {"governor", []any{"why"}},
		governorQueue: {"governor", []any{word(1)}}, governorExecute: {"governor", []any{word(1)}},
		scheduleBatch: {"timelock", []any{word(0), word(1), 60}}, timelockBatch: {"timelock", []any{word(0), word(1)}},
	} {
		fs = append(fs, form{signature: signature, via: tt.via, values: true, wrap: func(_ calltree.Address, calls []made) []byte {
			to, values, data := columns(calls)
			return pack(signature, append([]any{to, values, data}, tt.behind...)...)
		}})
	}
	for _, signature := range []string{queueTransaction, executeTransaction} {
		fs = append(fs, form{signature: signature, via: "compound-timelock", one: true, values: true, wrap: func(_ calltree.Address, calls []made) []byte {
			text, rest := inWords(0, calls[0].data)
			return pack(signature, calls[0].to, calls[0].value, text, rest, 60)
		}})
	}
	return append(fs, form{signature: proposeBravo, via: "governor", values: true, wrap: func(_ calltree.Address, calls []made) []byte {
		to, values, _ := columns(calls)
		signatures, data := list{}, list{}
		for i, c := range calls {
			text, rest := inWords(i, c.data)
			signatures, data = append(signatures, text), append(data, rest)
		}
		return pack(proposeBravo, to, values, signatures, data, "why")
	}})
}
