// Package calltree reads a transaction as the tree of calls that it makes, or
// says which part of it cannot be read.
//
// Wallets rarely call one function of one contract. A Safe executes a MultiSend
// that is delegate-called and calls four tokens; a bundler hands operations to an
// entry point, which hands them to accounts, which execute batches. A checker
// must see the calls at the end, and every wrapper on the way, because a wrapper
// decides whose storage and whose money are at stake.
//
// A [Reader] knows contracts: per address the ABI that is pinned to it, and
// nothing else. [Reader.Read] decodes the outermost call and unwraps it when its
// (address, signature) pair is that of a known wrapper; see [Wrappers]. What is
// not pinned, cannot be decoded exactly or creates code is an opaque leaf:
// [Tree.Opaque] counts them, and nobody but people may approve a tree that has
// one. Every [Node] also says what class of [risk.Set] it carries.
//
// Not in the tree are calls that the call data does not hold: what a paymaster, an
// aggregator or an account's own validation does before a user operation runs.
//
// The reader costs what the bytes cost: at most [MaxNodes] calls, [MaxDepth]
// wrappers deep, of [calldata.MaxBytes] each.
package calltree
