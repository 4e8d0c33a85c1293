// Package words says in one line what a call does, for people who vote on it.
//
// The words are made of what was decoded and of what the operator has pinned:
// [Names] holds tokens, accounts and the chain's currency, and nothing else names
// anything. A standard function of a pinned token is told as what it is ("mint
// 1,000.00 TUSD to 0x1111…1111 (Treasury)"), so are changes of Safes, roles, owners
// and code, Permit2, and all that the tree unwraps. Any other function is told as it
// was called, with its arguments. What could not be read says so.
//
// A line never guesses and never hides: amounts are exact, a token that is not pinned
// has no symbol, value that is sent along is said, a delegatecall is called one, and
// what does not fit ends in "…" behind a whole amount or address. Addresses are
// shortened; [Names.Full] lists them in full.
//
// ERC-7730 descriptors may add what their authors say, in quotes and behind our own
// words. They can replace none of them.
package words
