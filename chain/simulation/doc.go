// Package simulation is what a transaction would do if it ran now: the assets that
// would move, the allowances that would stand, the logs, and why a call would revert.
//
// The package is pure: a rule reads a [Result] and says what may be in it. Package
// chain asks a node for one (chain.Nodes.Simulate), at one block.
//
// # How a rule uses it
//
// A rule demands that there are these effects and no others:
//
//	err := result.Only(
//		simulation.Out(wallet, usdc, countersign.MustAmount("1_000_000_000")),
//		simulation.AtLeast(simulation.In(wallet, weth, floor)),
//	)
//
// Before the decision is posted the same request is simulated again, at the newest
// block, and [Drift] says in words what has changed since. Drift, and no answer at
// all, are grounds to abstain.
//
// # What counts
//
// Deltas are differences of balances, read before and after the calls within the same
// simulated block, not sums of logs: a token that takes a fee, and one whose logs lie,
// show what they did. Where logs and balances differ, a [Disagreement] says so.
//
// Gas costs nothing in a simulation, so that no native delta holds a fee.
//
// Addresses in a result are 0x and 40 lower-case hex digits; hashes and data are
// lower-case hex with 0x.
package simulation

import "errors"

var (
	// ErrRequest means that a request cannot be used as it is written. Correct it.
	ErrRequest = errors.New("no usable request for a simulation")

	// ErrUnavailable means that there is no simulation: no answer, a refusal, or an
	// answer that cannot be relied on. Decide nothing; asking again later may help.
	ErrUnavailable = errors.New("no simulation to be had")

	// ErrUnsupported means that the node, as it is, will never simulate this: it has
	// none of the methods, or the request needs more than they give or than we read.
	ErrUnsupported = errors.New("simulation not supported")

	// ErrEffects means that a simulation shows other effects than those expected.
	ErrEffects = errors.New("simulated effects are not those expected")
)
