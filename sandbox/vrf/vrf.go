// Package vrf derives values from a private key, as DFNS's keys of scheme DH do: whoever has
// the key gets the same value for the same domain and seed, and whoever lacks it can neither
// foresee the value nor learn another one from it.
//
// DFNS documents the first half of its construction: the protocol of Galindo, Liu, Ordean and
// Wong (https://eprint.iacr.org/2020/096) over secp256k1, where the seed is hashed to a point
// by the suite secp256k1_XMD:SHA-256_SSWU_RO_ of RFC 9380 under the domain. That point times
// the private key is what the protocol hashes into its output; which hash DFNS takes is not
// documented. Here it is SHA-256 of the point, compressed to 33 bytes.
//
// The package is pure. Its arithmetic takes a time that depends on the key, which only a
// sandbox may do.
package vrf

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/crypto"
)

// Derive returns the 32 bytes that belong to a seed under a domain, which must not be empty.
func Derive(key *ecdsa.PrivateKey, domain, seed []byte) ([]byte, error) {
	x, y, err := HashToCurve(domain, seed)
	if err != nil {
		return nil, err
	}
	out := sha256.Sum256(compressed(crypto.S256().ScalarMult(x, y, crypto.FromECDSA(key))))
	return out[:], nil
}

// compressed is a point in SEC 1's short form: the parity of y, and x.
func compressed(x, y *big.Int) []byte {
	return append([]byte{byte(2 + y.Bit(0))}, x.FillBytes(make([]byte, 32))...)
}

// HashToCurve returns the point of secp256k1 that a message is hashed to under a domain
// separation tag: hash_to_curve of RFC 9380, section 3. It fails for an empty tag.
func HashToCurve(domain, message []byte) (x, y *big.Int, err error) {
	if len(domain) == 0 {
		return nil, nil, fmt.Errorf("the domain is empty")
	}
	u := expand(domain, message, 2*wide)
	x0, y0 := mapToCurve(new(big.Int).SetBytes(u[:wide]))
	x1, y1 := mapToCurve(new(big.Int).SetBytes(u[wide:]))
	x, y = crypto.S256().Add(x0, y0, x1, y1)
	return x, y, nil
}

// wide is how many bytes are reduced to one element of the field (RFC 9380, section 5.1).
const wide = 48

// expand is expand_message_xmd with SHA-256 (RFC 9380, section 5.3.1).
func expand(domain, message []byte, n int) []byte {
	if len(domain) > 255 {
		short := sha256.Sum256(append([]byte("H2C-OVERSIZE-DST-"), domain...))
		domain = short[:]
	}
	tag := append(append([]byte{}, domain...), byte(len(domain)))
	first := append(append(make([]byte, sha256.BlockSize), message...), byte(n>>8), byte(n), 0)
	b0 := sha256.Sum256(append(first, tag...))
	var out, last []byte
	last = make([]byte, sha256.Size)
	for i := byte(1); len(out) < n; i++ {
		mixed := make([]byte, sha256.Size)
		for j := range mixed {
			mixed[j] = b0[j] ^ last[j]
		}
		next := sha256.Sum256(append(append(mixed, i), tag...))
		last = next[:]
		out = append(out, last...)
	}
	return out[:n]
}
