// Package erc7730 reads ERC-7730 clear-signing descriptors: files in which the
// author of a contract says in words what its functions do
// (eips.ethereum.org/EIPS/eip-7730).
//
// A descriptor is a claim by its author, not a fact. This package therefore never
// invents and never believes more than it must: names and decimals come from the
// caller's [Env] and from nowhere else; a message that stands for a large amount is
// followed by the amount, the label of an enumeration by its value; text that the
// descriptor or the call brings along cannot break a line or leave its quotes.
// Whoever shows the result shows what was decoded beside it.
//
// [Parse] compiles a file once: version 1 or 2 of the schema, bound to contracts by
// chain and address. [Descriptor.For] finds the format for a function at an address.
// [Format.Describe] fills it with a decoded call. What is not understood is an
// error, at the latest there: a format of which one field is not understood says
// nothing at all.
//
// Refused by name: includes (give the resolved file), EIP-712 messages, factories,
// encrypted fields, maps, tokens of other chains, ERC-7930 addresses, SI prefixes.
package erc7730
