package rules

import "countersign/eip55"

// ErrAddress means that a text is not an EVM address, or that its mixed case
// fails the EIP-55 checksum and so was mistyped.
var ErrAddress = eip55.ErrAddress

// ParseAddress returns 0x and 40 lower-case hex digits. All-lower and all-upper
// case are taken as they are; mixed case must be the EIP-55 checksum.
func ParseAddress(s string) (string, error) { return eip55.Lower(s) }

// Checksummed returns an EVM address in its EIP-55 form, for people. Anything else
// comes back as it is.
func Checksummed(address string) string { return eip55.Checksummed(address) }

// Addresses is a set of EVM addresses, compared by their 20 bytes.
type Addresses = eip55.Set

// NewAddresses returns the set of the given addresses, or an error that names
// every one that is wrong.
func NewAddresses(list ...string) (Addresses, error) { return eip55.NewSet(list...) }
