// Package chain reads EVM chains over JSON-RPC, and says when what was written
// down about a contract is no longer so.
//
// Call data means what the code at its address makes of it, and most tokens are
// proxies: one transaction of somebody else's gives the same address other code.
// A decision therefore rests on a [codepin.Pin]: which code was read by people, at which
// address, behind which kind of proxy. [codepin.Pin.Check] looks at the literal when the
// program starts, [Verify] compares pins with the chain before each decision, and
// [Observe] prints the pin that would hold now, for people to review.
//
// What Verify promises: every read is of one block, named by its hash (EIP-1898),
// so that an upgrade cannot slip in between two of them. Either each pinned fact
// was read and is as written, or the error says what is not: a [Mismatch], which
// wraps [codepin.ErrChanged], for what the chain says otherwise; [codepin.ErrUnknown] for what
// could not be learnt. No answer, half an answer and an answer that can be read in
// two ways are all unknown, never "fine".
//
// What it cannot promise: the block is the newest that the node knows, and an
// upgrade may stand in the next. A node that lies is believed; choose it as you
// choose a custodian.
package chain
