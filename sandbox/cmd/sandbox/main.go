// Command sandbox serves a DFNS-compatible custody platform on a local EVM
// chain, for development and tests only.
//
//	sandbox serve --data DIR
//	eval "$(sandbox env --data DIR)"
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := root().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		code := 1
		if e, ok := err.(exitError); ok {
			code = e.code
		}
		os.Exit(code)
	}
}
