// Package conformance holds no code of its own: its tests have the unmodified SDK of the
// custodian, in the oldest and the newest version that we answer, call a fresh sandbox
// through every route that it serves.
//
// Each group of calls in groups/ is run with each version in sdk/ and held against a golden
// file of what passed on the wire, refusals included. What was answered is held against the
// SDK's own types too, and a method of the SDK that no group calls must be refused by name.
//
// One group, held, needs a sandbox in the test's own process: sandbox/sdk_test.go runs it.
//
//	make vectors                              # npm ci, once
//	go test ./tests/conformance               # -update writes the golden files anew
package conformance
