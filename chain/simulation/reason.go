package simulation

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"strings"
)

// maxReason is how many bytes of a contract's own words are shown.
const maxReason = 200

// panics are what Solidity means by its codes (Solidity 0.8, "Panic via assert and
// Error via require").
var panics = map[uint64]string{
	0x00: "a panic of the compiler's own", 0x01: "an assertion failed", 0x11: "arithmetic overflow or underflow", 0x12: "division by zero",
	0x21: "a value that its enum does not have", 0x22: "a storage array that is wrongly encoded", 0x31: "pop of an empty array",
	0x32: "index out of bounds", 0x41: "too much memory", 0x51: "a call of an uninitialised function",
}

// Reason reads what a call reverted with, for people: Error(string) with its text
// quoted and cut, Panic(uint256) with its meaning, and the selector of any other
// error. Whatever is not exactly one of the first two counts as another.
func Reason(data []byte) string {
	if len(data) == 0 {
		return "reverted without data"
	}
	if len(data) < 4 {
		return fmt.Sprintf("reverted with 0x%x", data)
	}
	selector, args := data[:4], data[4:]
	switch fmt.Sprintf("%x", selector) {
	case "08c379a0": // Error(string)
		if text, ok := text(args); ok {
			return fmt.Sprintf("Error(%q)", text)
		}
	case "4e487b71": // Panic(uint256)
		if code := new(big.Int).SetBytes(args); len(args) == 32 && code.IsUint64() {
			if meaning := panics[code.Uint64()]; meaning != "" {
				return fmt.Sprintf("Panic(0x%02x): %s", code, meaning)
			}
			return fmt.Sprintf("Panic(0x%02x)", code)
		}
	}
	return fmt.Sprintf("custom error 0x%x", selector)
}

// text reads the one argument of type string, in its canonical place.
func text(args []byte) (string, bool) {
	number := func(at int) (uint64, bool) {
		if len(args) < at+32 || strings.Trim(string(args[at:at+24]), "\x00") != "" {
			return 0, false
		}
		return binary.BigEndian.Uint64(args[at+24:]), true
	}
	offset, ok := number(0)
	length, okay := number(32)
	if !ok || !okay || offset != 32 || length > uint64(len(args)-64) {
		return "", false
	}
	s := string(args[64 : 64+length])
	if len(s) > maxReason {
		s = s[:maxReason] + "…"
	}
	return s, true
}
