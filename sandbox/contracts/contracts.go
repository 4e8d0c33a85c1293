// Package contracts holds the contracts that the sandbox deploys, as Solidity source, ABI
// and creation bytecode: its token TestUSD, and others that each show a peculiarity worth a
// test. build.sh makes ABI and bytecode from the sources; they are committed, so that
// building and testing the sandbox needs no compiler.
package contracts

import (
	"bytes"
	"embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
)

//go:embed *.abi.json *.bin
var built embed.FS

// TestUSDABI is the token's ABI in JSON, as solc 0.8.37 wrote it.
//
//go:embed TestUSD.abi.json
var TestUSDABI string

//go:embed TestUSD.bin
var testUSDBin string

// TestUSDBin returns the token's creation bytecode in hex, without 0x. The
// constructor takes one argument, the address that may mint and pause.
func TestUSDBin() string { return strings.TrimSpace(testUSDBin) }

// A Contract is one that can be deployed.
type Contract struct {
	Name     string // such as Vault
	ABIJSON  []byte // as solc 0.8.37 wrote it
	ABI      abi.ABI
	Creation []byte // bytecode, without constructor arguments
}

// Names returns the names of all contracts, sorted.
func Names() []string {
	entries, _ := built.ReadDir(".") // of an embedded directory, which is there
	var names []string
	for _, e := range entries {
		if name, code := strings.CutSuffix(e.Name(), ".bin"); code {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Find returns the contract of that name. It fails for a name that is not in [Names].
func Find(name string) (Contract, error) {
	if !slices.Contains(Names(), name) {
		return Contract{}, fmt.Errorf("contract %q is unknown; there are %s", name, strings.Join(Names(), ", "))
	}
	c := Contract{Name: name}
	code, err := built.ReadFile(name + ".bin")
	if err != nil {
		return c, fmt.Errorf("reading bytecode of %s: %w", name, err)
	}
	if c.Creation, err = hex.DecodeString(strings.TrimSpace(string(code))); err != nil {
		return c, fmt.Errorf("reading bytecode of %s: %w", name, err)
	}
	if c.ABIJSON, err = built.ReadFile(name + ".abi.json"); err != nil {
		return c, fmt.Errorf("reading ABI of %s: %w", name, err)
	}
	if c.ABI, err = abi.JSON(bytes.NewReader(c.ABIJSON)); err != nil {
		return c, fmt.Errorf("reading ABI of %s: %w", name, err)
	}
	return c, nil
}

// Data returns the data of the transaction that deploys c with those constructor arguments,
// in go-ethereum's types.
func (c Contract) Data(arguments ...any) ([]byte, error) {
	packed, err := c.ABI.Pack("", arguments...)
	if err != nil {
		return nil, fmt.Errorf("encoding constructor of %s: %w", c.Name, err)
	}
	return slices.Concat(c.Creation, packed), nil
}
