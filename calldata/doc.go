// Package calldata reads the bytes that an EVM transaction sends to a contract,
// or refuses and says why.
//
// A checker that decides on what it cannot read is worse than none, and decoders
// disagree: go-ethereum, viem and ethers each accept bytes that the others or
// the EVM itself refuse (shared reference chain.md §1.3). This reader therefore
// accepts one encoding of a call and no other: the canonical one, which the
// Solidity ABI specification calls strict mode. Every byte is read exactly once;
// every offset is where a canonical encoder puts it; every integer is in its
// type's range; padding is zero; text is UTF-8; nothing follows the arguments.
// What passes re-encodes to the same bytes.
//
// An [ABI] is compiled once from JSON or from signatures such as
// "mint(address to,uint256 amount)". [ABI.Decode] then reads call data in one
// pass, without reflection and within a fixed budget. A refusal is a [Refusal]:
// a stable code, the byte offset and the path of the argument.
package calldata
