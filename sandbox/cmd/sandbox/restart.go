package main

import (
	"log/slog"
	"os"
	"slices"
	"syscall"

	"countersign/sandbox"
)

// startAnew replaces this process by the same program with the same flags. The system drops
// all that the process had in memory, its locks and its connections; only the process ID
// stays, so that whoever started it need not know. It returns only when that fails.
func startAnew(r sandbox.Restart) {
	program, err := os.Executable()
	if err == nil {
		err = syscall.Exec(program, arguments(os.Args, r), os.Environ())
	}
	slog.Error("starting anew failed", "error", err)
}

// arguments are args with the addresses of r. The last of two equal flags counts.
func arguments(args []string, r sandbox.Restart) []string {
	at := []string{"--listen=" + r.Listen, "--rpc-listen=" + r.RPCListen}
	if r.ControlListen != "" {
		at = append(at, "--control-listen="+r.ControlListen)
	}
	same := func(arg string) bool { return slices.Contains(at, arg) } // of an earlier time
	return append(slices.DeleteFunc(slices.Clone(args), same), at...)
}
