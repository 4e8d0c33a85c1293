package rawtx

import (
	"math/big"
	"regexp"
	"strings"
)

// The members of JSON that hold lists.

func (o *object) accessList() (contracts []string) {
	for i, v := range o.array("accessList") {
		entry := open(v, join(o.path, "accessList"+index(i)), []string{"address", "storageKeys"}, o.fail)
		entry.require("address", "storageKeys")
		contracts = append(contracts, entry.address("address"))
		entry.fixed("storageKeys", 32)
	}
	return contracts
}

func (o *object) blobHashes() []string {
	hashes := o.fixed("blobVersionedHashes", 32)
	for i, h := range hashes {
		if !strings.HasPrefix(h, kzg) {
			o.refuse(BadMember, o.members["blobVersionedHashes"].At, "blobVersionedHashes"+index(i), "hash %s begins with another version than %s", h, kzg)
		}
	}
	return hashes
}

// authorizations reads what viem's signAuthorization and JSON-RPC give: the
// signature as yParity, r and s, and perhaps v, which is 27 more than yParity.
func (o *object) authorizations() (auths []Authorization) {
	known := []string{"chainId", "address", "nonce", "yParity", "v", "r", "s"}
	for i, v := range o.array("authorizationList") {
		entry := open(v, join(o.path, "authorizationList"+index(i)), known, o.fail)
		entry.require("chainId", "address", "nonce", "yParity", "r", "s")
		if o.fail.first != nil {
			return nil
		}
		auths = append(auths, Authorization{
			ChainID: orZero(entry.uint64("chainId")),
			Address: entry.address("address"),
			Nonce:   orZero(entry.uint64("nonce")),
		})
		entry.signature()
	}
	return auths
}

// orZero is for a number that was refused.
func orZero(n *uint64) uint64 {
	if n == nil {
		return 0
	}
	return *n
}

// half is r or s: a quantity, or padded to 32 bytes.
var half = regexp.MustCompile(`^0x[0-9a-fA-F]{1,64}$`)

func (o *object) signature() {
	parity := orZero(o.uint64("yParity"))
	if parity > 1 {
		o.refuse(BadMember, o.members["yParity"].At, "yParity", "neither 0 nor 1")
	}
	if v := o.uint64("v"); v != nil && *v != 27+parity {
		o.refuse(Contradiction, o.members["v"].At, "v", "is not 27 more than yParity")
	}
	for _, name := range []string{"r", "s"} {
		v, i := o.members[name], new(big.Int)
		if s := v.Text(); !v.Is('"') || !half.MatchString(s) {
			o.refuse(BadMember, v.At, name, "not 0x and 1 to 64 hex digits")
		} else if i.SetString(s[2:], 16); notHalf(name, i) != "" {
			o.refuse(BadMember, v.At, name, "%s", notHalf(name, i))
		}
	}
}
