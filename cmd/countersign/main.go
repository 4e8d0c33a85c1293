// Command countersign runs governed financial operations: it hears a custody
// platform's signed webhooks, decides what machines may decide, and leaves a
// signed trail. `countersign --help` lists its verbs.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"countersign/cmd/countersign/keyverbs"
)

// The exit codes, for scripts.
const (
	exitOK      = 0
	exitFailed  = 1 // something went wrong; the message says what
	exitUsage   = 2 // the command line is wrong
	exitRefused = 3 // the answer is no: call data refused, trail not verified, configuration wrong
)

// stamped is the revision, set by the Makefile: the build runs without VCS access.
var stamped string

func main() { os.Exit(run(os.Args[1:])) }

// run is main without exiting.
func run(args []string) int {
	// SIGHUP too: a terminal that closes must not leave the stack running.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	cmd := newRoot()
	cmd.SetArgs(keyverbs.Args(args))
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var e *exitError
	if !errors.As(err, &e) {
		e = &exitError{code: exitFailed, err: err}
	}
	if e.err != nil {
		fmt.Fprintln(os.Stderr, "countersign:", e.err)
	}
	return e.code
}

// exitError is an error with its exit code. A nil err was said already.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usage(err error) error   { return &exitError{exitUsage, err} }
func refused(err error) error { return &exitError{exitRefused, err} }
