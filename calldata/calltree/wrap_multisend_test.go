package calltree_test

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
)

// Safe's MultiSend, whose records are packed by hand here.

// multiRow is a MultiSend of some bytes, reached as it is in life: by a
// delegatecall of a Safe.
func multiRow(name, library string, packed []byte, want ...string) row {
	data := transactionOf(library, 0, pack(multiSend, packed), 1)
	root := "  delegatecall " + library + " " + multiSend + " via=safe {delegatecall}"
	for i := range want {
		want[i] = "  " + want[i]
	}
	if len(want) == 0 {
		root = "  delegatecall " + library + " malformed " + multiSend + " via=safe {delegatecall} !malformed_batch@0:multiSend.transactions"
	}
	return row{name, "safe", 0, data, makes("call safe "+execTransaction, append([]string{root}, want...)...)}
}

// patched is bytes with a word written over them.
func patched(b []byte, at int, w []byte) []byte {
	out := bytes.Clone(b)
	copy(out[at:], w)
	return out
}

// power is 2^n as a word.
func power(n uint) []byte { return new(big.Int).Lsh(big.NewInt(1), n).FillBytes(make([]byte, 32)) }

const lengthAt = 1 + 20 + 32 // where a record's length stands

var multiSendRows = slices.Concat([]row{
	multiRow("each record is a call, in order", "multisend", records(
		rec(0, "usdc", 0, pay("bob", 1)), rec(0, "alice", 5, nil), rec(1, "usdc", 0, pay("bob", 2))),
		paid("multisend", "bob", 1), "  call alice value=5 transfer via=multisend {value,recipient}",
		"  delegatecall usdc "+transfer+" [bob 2] via=multisend {recipient,delegatecall}"),
	multiRow("a MultiSend in a MultiSend", "multisend", rec(1, "multisend", 0, pack(multiSend, rec(0, "usdc", 0, pay("bob", 1)))),
		"  delegatecall multisend "+multiSend+" via=multisend {delegatecall}", "  "+paid("multisend", "bob", 1)),
	multiRow("calls only", "callonly", rec(0, "usdc", 0, pay("bob", 1)), paid("multisend", "bob", 1)),
	multiRow("calls only refuse a delegatecall", "callonly", records(rec(0, "usdc", 0, pay("bob", 1)), rec(1, "usdc", 0, pay("bob", 2))),
		paid("multisend", "bob", 1), "  call usdc malformed via=multisend !unknown_operation@0"),
	multiRow("operation 2 is none", "multisend", rec(2, "usdc", 0, pay("bob", 1)), "  call usdc malformed via=multisend !unknown_operation@0"),
	multiRow("operation 255 is none", "multisend15", rec(255, "usdc", 0, pay("bob", 1)), "  call usdc malformed via=multisend !unknown_operation@0"),
	multiRow("a delegatecall without data", "multisend", rec(1, "usdc", 0, nil), "  delegatecall usdc unknown via=multisend {delegatecall} !no_call_data@0"),
	multiRow("address zero may be the Safe", "multisend", rec(0, "zero", 5, nil),
		"  call zero value=5 malformed via=multisend {value,recipient} !zero_target@0"),
	multiRow("address zero is the Safe from 1.5 on", "multisend15", rec(0, "zero", 0, pay("bob", 1)), "  call zero malformed via=multisend !zero_target@0"),
	multiRow("address zero is nobody for the older calls only", "callonly", rec(0, "zero", 5, nil), "  call zero value=5 transfer via=multisend {value,recipient}"),
	multiRow("address zero with data is a contract that nobody knows", "callonly", rec(0, "zero", 0, pay("bob", 1)), "  call zero unknown via=multisend !unknown_contract@0"),

	multiRow("a head that is cut off before the length ends", "multisend", rec(0, "alice", 5, nil)[:84]),
	multiRow("a head of one byte", "multisend", []byte{0}),
	multiRow("a second head that is cut off", "multisend", records(rec(0, "usdc", 0, pay("bob", 1)), rec(0, "alice", 5, nil)[:53])),
	multiRow("a length one too long", "multisend", patched(rec(0, "usdc", 0, pay("bob", 1)), lengthAt, word(69))),
	multiRow("a length one too short", "multisend", patched(rec(0, "usdc", 0, pay("bob", 1)), lengthAt, word(67))),
	multiRow("a length that reaches into the next record", "multisend",
		records(patched(rec(0, "usdc", 0, pay("bob", 1)), lengthAt, word(68+85)), rec(0, "alice", 5, nil)),
		"  call usdc malformed via=multisend !trailing_bytes@68:transfer"),
}, garbageRows(), lengthRows())

// garbageRows are batches with bytes behind the last record: the contract ignores
// up to 31 of them where the length word of the argument counts them.
func garbageRows() (rows []row) {
	for n := 1; n <= 31; n++ {
		for _, garbage := range [][]byte{make([]byte, n), bytes.Repeat([]byte{0xff}, n)} {
			name := fmt.Sprintf("%d bytes of garbage (%x)", n, garbage[:1])
			rows = append(rows, multiRow(name, "multisend", records(rec(0, "usdc", 0, pay("bob", 1)), garbage)))
		}
	}
	return rows
}

// lengthRows are records whose length no call data has.
func lengthRows() (rows []row) {
	for name, w := range map[string][]byte{
		"2^32": power(32), "2^63": power(63), "2^64": power(64), "2^64 and the right one": add(power(64), 68), "2^128": power(128),
		"2^128 and the right one": add(power(128), 68), "2^192": power(192), "2^192 and the right one": add(power(192), 68),
		"2^255": power(255), "2^255 and the right one": add(power(255), 68), "2^256 - 1": bytes.Repeat([]byte{0xff}, 32), "2^64 - 85": add(power(64), -85), "2^63 - 1": add(power(63), -1),
	} {
		rows = append(rows, multiRow("a length of "+name, "multisend", patched(rec(0, "usdc", 0, pay("bob", 1)), lengthAt, w)))
	}
	return rows
}

func add(w []byte, n int64) []byte {
	return new(big.Int).Add(new(big.Int).SetBytes(w), big.NewInt(n)).FillBytes(make([]byte, 32))
}
