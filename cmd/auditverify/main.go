// Command auditverify checks an export of a countersign trail, or a receipt, offline, with
// nothing but the log's public key. It is a program of its own so that an auditor can read
// and build all of it: `auditverify --help` says how it is used, docs/auditors.md why.
package main

import (
	"context"
	"io"
	"os"

	"countersign/audit/export/check"
)

// The exit codes, for scripts.
const (
	exitVerified = 0
	exitUnread   = 1 // something cannot be read
	exitUsage    = 2 // the command line is wrong
	exitFaults   = 3 // something is wrong with what was read
)

func main() {
	check.Passing()
	// It writes nothing, so that a signal may end it anywhere, also where it waits for a pipe.
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without exiting.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	c, code, done := parse(args, out, errs)
	if done {
		return code
	}
	return c.verify(ctx, out, errs)
}
