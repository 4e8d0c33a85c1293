package evm_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain makes fewer checks than rapid's default, for each starts a chain. An
// explicit -rapid.checks other than 100 is obeyed.
func TestMain(m *testing.M) {
	flag.Parse()
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		_ = checks.Value.Set("20")
	}
	os.Exit(m.Run())
}
