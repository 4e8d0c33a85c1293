// Package contracts holds the sandbox's token: TestUSD, a mintable and
// pausable ERC-20 with six decimals, as Solidity source, ABI and creation
// bytecode. build.sh makes the last two from the first; they are committed, so
// that building and testing the sandbox needs no compiler.
package contracts

import (
	_ "embed"
	"strings"
)

// TestUSDABI is the token's ABI in JSON, as solc 0.8.37 wrote it.
//
//go:embed TestUSD.abi.json
var TestUSDABI string

//go:embed TestUSD.bin
var testUSDBin string

// TestUSDBin returns the token's creation bytecode in hex, without 0x. The
// constructor takes one argument, the address that may mint and pause.
func TestUSDBin() string { return strings.TrimSpace(testUSDBin) }
