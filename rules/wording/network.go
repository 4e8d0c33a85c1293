package wording

import "countersign/calldata/erc7730"

// A Network is what the words for people need of a chain.
type Network struct {
	// ChainID is its EIP-155 number; descriptors are bound to it.
	ChainID uint64
	// Accounts are names of addresses: "Treasury". Contracts have theirs already.
	Accounts map[string]string
	// Descriptors are ERC-7730 files, parsed. They add to the words and replace none.
	Descriptors []*erc7730.Descriptor
}
