package calltree

import (
	"fmt"
	"slices"

	"countersign/calldata"
)

// A Contract is what is known of one address.
type Contract struct {
	// ABI holds the functions that are pinned to the address. A wrapper's signature
	// in it is unwrapped.
	ABI *calldata.ABI
	// Protocol says which of several meanings a signature has; see [Protocol].
	Protocol Protocol
}

// A Protocol tells apart contracts that share signatures. Wire format.
type Protocol string

// The protocols.
const (
	// UniswapUR12, UniswapUR2 and UniswapUR211 are the versions of Uniswap's
	// Universal Router, each with commands of its own.
	UniswapUR12  Protocol = "uniswap-ur-v1.2"
	UniswapUR2   Protocol = "uniswap-ur-v2"
	UniswapUR211 Protocol = "uniswap-ur-v2.1.1"
	// SafeMultiSend15 is the MultiSend of Safe 1.5, where address zero stands for
	// the Safe itself. SafeMultiSendCallOnly refuses delegatecalls, of any version
	// before 1.5.
	SafeMultiSend15       Protocol = "safe-multisend-v1.5"
	SafeMultiSendCallOnly Protocol = "safe-multisend-call-only"
)

var protocols = []Protocol{UniswapUR12, UniswapUR2, UniswapUR211, SafeMultiSend15, SafeMultiSendCallOnly}

// Check returns an error unless p is empty or one of the protocols.
func (p Protocol) Check() error {
	if p != "" && !slices.Contains(protocols, p) {
		return fmt.Errorf("protocol %q is not known, want one of %q", p, protocols)
	}
	return nil
}
