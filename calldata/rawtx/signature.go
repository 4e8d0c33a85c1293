package rawtx

import "math/big"

// The numbers of a signature over secp256k1: r is less than the order of the
// curve, s at most half of it (EIP-2, and EIP-7702 for authorizations).
var (
	order, _ = new(big.Int).SetString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)
	maxR     = new(big.Int).Sub(order, big.NewInt(1))
	maxS     = new(big.Int).Rsh(order, 1)
)

// notHalf says why i is not the half of a signature, "r" or "s", that it should
// be; "" when it is. Some libraries write zeros where nobody has signed yet: that
// is neither the signed form nor the other.
func notHalf(name string, i *big.Int) string {
	most := maxR
	if name == "s" {
		most = maxS
	}
	switch {
	case i.Sign() == 0:
		return "zero is no half of a signature; what is not signed has none"
	case i.Cmp(most) > 0:
		return "more than 0x" + most.Text(16)
	}
	return ""
}

// legacyTail reads what may follow a legacy transaction's six fields. Zeros are
// no signature, so the two forms cannot be taken for one another.
func (r *reader) legacyTail(tx *Transaction) {
	v, atV := r.integer("v", 256)
	x, atR := r.integer("r", 256)
	y, atS := r.integer("s", 256)
	if x.Sign() == 0 && y.Sign() == 0 { // EIP-155: what is hashed for signing
		tx.ChainID = r.chain(v, atV)
		return
	}
	tx.Signed = true
	r.half("r", x, atR)
	r.half("s", y, atS)
	switch {
	case v.Cmp(big.NewInt(27)) == 0 || v.Cmp(big.NewInt(28)) == 0: // good on every chain
	case v.Cmp(big.NewInt(35)) < 0:
		r.refuse(BadMember, atV, "v", "%s is no recovery value", v)
	default: // EIP-155: 35 or 36 and twice the chain ID
		id := new(big.Int).Sub(v, big.NewInt(35))
		tx.ChainID = r.chain(id.Rsh(id, 1), atV)
	}
}

// signature reads yParity, r and s.
func (r *reader) signature() {
	if parity, at := r.integer("yParity", 256); parity.BitLen() > 1 {
		r.refuse(BadMember, at, "yParity", "neither 0 nor 1")
	}
	for _, name := range []string{"r", "s"} {
		i, at := r.integer(name, 256)
		r.half(name, i, at)
	}
}

func (r *reader) half(name string, i *big.Int, at int) {
	if why := notHalf(name, i); why != "" {
		r.refuse(BadMember, at, name, "%s", why)
	}
}
