package calltree_test

import (
	"bytes"
	"fmt"
	"slices"

	"countersign/calldata/calltree"
)

var routerRows = slices.Concat(versionRows(), meaningRows(), commandRows(), hostileRouterRows())

// versionRows are programs of every command and every action that a version has,
// with and without the deadline and the bit that lets a command fail.
func versionRows() (rows []row) {
	for _, v := range versions {
		codes, inputs := codesOf(v.steps)
		data, root := routed(v.at, codes, inputs...)
		rows = append(rows, row{"every command of " + v.at, v.at, 0, data, makes(root, drawnSteps("  ", v.at, v.via, v.steps)...)})

		l := list{}
		for i, in := range inputs {
			l, codes[i] = append(l, in), codes[i]|0x80
		}
		rows = append(rows, row{"every command of " + v.at + " with a deadline, each may fail", v.at, 5, pack(routerDeadline, codes, l, 1_700_000_000),
			makes("call "+v.at+" value=5 "+routerDeadline+" {value,recipient}", drawnSteps("  ", v.at, v.via, v.steps)...)})

		nested, nestedRoot := routed(v.at, []byte{0x21}, planned(codes, inputs...))
		rows = append(rows, row{"every command of " + v.at + " in a sub plan", v.at, 0, nested, append([]string{nestedRoot,
			fmt.Sprintf("  step %s EXECUTE_SUB_PLAN%s via=%s", v.at, plan, v.via)}, drawnSteps("    ", v.at, v.via, v.steps)...)})

		if v.actions != nil {
			codes, inputs := codesOf(v.actions)
			swap, root := routed(v.at, []byte{0x10}, planned(codes, inputs...))
			rows = append(rows, row{"every V4 action of " + v.at, v.at, 0, swap, append([]string{root,
				fmt.Sprintf("  step %s V4_SWAP%s via=%s", v.at, plan, v.via)}, drawnSteps("    ", v.at, v.via, v.actions)...)})
		}
	}
	return rows
}

// stepRow is a program of one command, whose only step is drawn without its
// router and version.
func stepRow(name, at string, via calltree.Protocol, code byte, input []byte, kind, rest string) row {
	data, root := routed(at, []byte{code}, input)
	return row{name, at, 0, data, []string{root, fmt.Sprintf("  step %s %s via=%s%s", at, kind, via, rest)}}
}

// meaningRows are the same bytes in another version.
func meaningRows() (rows []row) {
	for i, s := range swaps12 {
		rows = append(rows,
			stepRow(s.signature+" means something else from v2.1.1 on", "router211", calltree.UniswapUR211, s.code, s.input(),
				"malformed", " !non_canonical_offset@96:"+nameOf(s.signature)+".path"),
			stepRow(swaps211[i].signature+" means something else before v2.1.1", "router2", calltree.UniswapUR2, s.code, swaps211[i].input(),
				"malformed", " !non_canonical_offset@96:"+nameOf(s.signature)+".path"))
	}
	return append(rows,
		stepRow("V4_SWAP is no command of v1.2", "router12", calltree.UniswapUR12, 0x10, planned(nil), "unknown", " !unknown_command@0"),
		stepRow("V4_INITIALIZE_POOL is no command of v1.2", "router12", calltree.UniswapUR12, 0x13, pool.input(), "unknown", " !unknown_command@0"),
		stepRow("ACROSS is a swap where the mask is 0x3f", "router2", calltree.UniswapUR2, 0x40, across.input(), "malformed", " !truncated@96:V3_SWAP_EXACT_IN.path"),
		stepRow("the mask of v1.2 leaves 6 bits", "router12", calltree.UniswapUR12, 0x40|0x04, stepsOfAll[2].input(),
			"SWEEP(address,address,uint256) [usdc bob 1]", " {recipient}"),
		stepRow("the mask of v2 leaves 6 bits", "router2", calltree.UniswapUR2, 0xc0|0x04, stepsOfAll[2].input(),
			"SWEEP(address,address,uint256) [usdc bob 1]", " {recipient}"),
		stepRow("the mask of v2.1.1 leaves 7 bits", "router211", calltree.UniswapUR211, 0x40|0x04, stepsOfAll[2].input(), "unknown", " !unknown_command@0"),
		row{"a router whose version is not pinned", "router", 0, pack(routerPlain, []byte{0x04}, list{stepsOfAll[2].input()}),
			[]string{"call router malformed " + routerPlain + " !unknown_protocol@0:execute.commands"}},
		row{"a router whose version is not pinned, with a deadline", "router", 0, pack(routerDeadline, []byte{}, list{}, 1),
			[]string{"call router malformed " + routerDeadline + " !unknown_protocol@0:execute.commands"}},
		row{"a program of nothing", "router12", 0, pack(routerPlain, []byte{}, list{}), []string{"call router12 " + routerPlain + " [0x []]"}},
	)
}

// commandRows are every command byte and action that a version does not have.
func commandRows() (rows []row) {
	for _, v := range versions {
		known := map[byte]bool{0x21: true, 0x10: v.actions != nil}
		mask := byte(0x3f)
		if v.at == "router211" {
			mask = 0x7f
		}
		for _, s := range v.steps {
			known[s.code] = true
		}
		for code := 0; code <= 0xff; code++ {
			if !known[byte(code)&mask] {
				rows = append(rows, stepRow(fmt.Sprintf("command %02x of %s", code, v.at), v.at, v.via, byte(code), word(1), "unknown", " !unknown_command@0"))
			}
		}
		if v.actions == nil {
			continue
		}
		actions := map[byte]bool{}
		for _, s := range v.actions {
			actions[s.code] = true
		}
		for code := 0; code <= 0xff; code++ {
			if actions[byte(code)] {
				continue
			}
			data, root := routed(v.at, []byte{0x10}, planned([]byte{byte(code)}, word(1)))
			rows = append(rows, row{fmt.Sprintf("action %02x of %s", code, v.at), v.at, 0, data, []string{root,
				fmt.Sprintf("  step %s V4_SWAP%s via=%s", v.at, plan, v.via), fmt.Sprintf("    step %s unknown via=%s !unknown_command@0", v.at, v.via)}})
		}
	}
	return rows
}

// hostileRouterRows break programs.
func hostileRouterRows() (rows []row) {
	sweep := stepsOfAll[2].input()
	for _, v := range versions {
		for i, s := range v.steps {
			data, root := routed(v.at, []byte{0x04, s.code, 0x04}, sweep, append(s.input(), 0), sweep)
			good := drawnSteps("  ", v.at, v.via, stepsOfAll[2:3])[0]
			broken := fmt.Sprintf("  step %s malformed via=%s !trailing_bytes@%d:%s", v.at, v.via, len(s.input()), nameOf(s.signature))
			rows = append(rows, row{fmt.Sprintf("a byte behind input %d of %s", i, v.at), v.at, 0, data, []string{root, good, broken, good}})
		}
		mismatch := " !length_mismatch@0:"
		for _, tt := range []struct {
			name   string
			codes  []byte
			inputs [][]byte
		}{{"more commands than inputs", []byte{4, 4}, [][]byte{sweep}}, {"more inputs than commands", []byte{4}, [][]byte{sweep, sweep}}, {"inputs without commands", nil, [][]byte{sweep}}} {
			data, _ := routed(v.at, tt.codes, tt.inputs...)
			rows = append(rows, row{tt.name + " of " + v.at, v.at, 0, data, []string{"call " + v.at + " malformed " + routerPlain + mismatch + "execute"}},
				stepRow(tt.name+" in a sub plan of "+v.at, v.at, v.via, 0x21, planned(tt.codes, tt.inputs...), "malformed EXECUTE_SUB_PLAN"+plan, mismatch+"EXECUTE_SUB_PLAN"))
			if v.actions != nil {
				rows = append(rows, stepRow(tt.name+" in V4 actions of "+v.at, v.at, v.via, 0x10, planned(tt.codes, tt.inputs...), "malformed V4_SWAP"+plan, mismatch+"V4_SWAP"))
			}
		}
		rows = append(rows,
			stepRow("a sub plan that is cut off in "+v.at, v.at, v.via, 0x21, planned([]byte{4}, sweep)[:200], "malformed", " !truncated@192:EXECUTE_SUB_PLAN.inputs[0]"),
			stepRow("a sub plan with a byte behind it in "+v.at, v.at, v.via, 0x21, append(bytes.Clone(planned(nil)), 0), "malformed", " !trailing_bytes@128:EXECUTE_SUB_PLAN"),
		)
	}
	return rows
}
