// Package typeddata reads EIP-712 typed data that is to be signed, bound to a
// chain and a contract, or refuses and says why.
//
// A signature over typed data moves money as surely as a transaction does: it
// grants an allowance, sells a token, approves a Safe's call. What is decided on
// must be what is signed, so [Parse] accepts typed data only where it has one
// digest, whichever of ethers, viem and go-ethereum makes it: every type defined
// and used, none recursive, every member there and no other, every value in the
// range of its type, the domain bound to one chain and one contract.
//
// [Data] holds the message as a tree of typed values, and the digest that is
// signed. [Classify] says what the well-known messages do: whom they let take
// what, until when.
//
// A refusal is a [calldata.Refusal]: a stable code, the byte and the path.
package typeddata
