package bundle_test

import (
	"crypto/ed25519"
	"crypto/sha256"
)

func testKey() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("ana"))
	return ed25519.NewKeyFromSeed(seed[:])
}
