// Package jws is the keys and signatures of records: Ed25519 and ECDSA on P-256, as JSON
// Web Signature uses them. The algorithm follows from the key and never from what is
// signed. It knows nothing of what a record says.
package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// ErrKey means that a key cannot be used. The message says what was found and
// what is wanted.
var ErrKey = errors.New("unusable key")

// SignatureSize is the length of a signature of either algorithm: R and S of Ed25519
// (RFC 8032 §5.1.6), r and s of P-256 as fixed 32 bytes each (RFC 7518 §3.4).
const SignatureSize = 64

// Algorithm is the JWS algorithm that a key signs with: EdDSA for Ed25519, ES256 for
// ECDSA on P-256. It follows from the key and never from what a record says.
func Algorithm(pub crypto.PublicKey) (string, error) {
	switch k := pub.(type) {
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize { // a shorter key would panic
			return "EdDSA", nil
		}
		return "", fmt.Errorf("%w: an Ed25519 key of %d bytes, want %d", ErrKey, len(k), ed25519.PublicKeySize)
	case *ecdsa.PublicKey:
		if k != nil && k.Curve == elliptic.P256() {
			return "ES256", nil
		}
	}
	return "", fmt.Errorf("%w: signing key is %T, want Ed25519 or ECDSA on P-256", ErrKey, pub)
}

// Header is the only JWS header that we write or accept for a key, with a media type.
func Header(pub crypto.PublicKey, typ string) ([]byte, error) {
	alg, err := Algorithm(pub)
	if err != nil {
		return nil, err
	}
	return []byte(`{"alg":"` + alg + `","kid":"` + KeyID(pub) + `","typ":"` + typ + `"}`), nil
}

// Sign signs an input with a key that may be far away: 64 bytes.
func Sign(key crypto.Signer, input []byte) ([]byte, error) {
	alg, err := Algorithm(key.Public())
	if err != nil {
		return nil, err
	}
	if alg == "EdDSA" {
		sig, err := key.Sign(rand.Reader, input, crypto.Hash(0))
		if err == nil && len(sig) != SignatureSize {
			err = fmt.Errorf("%w: it signs with %d bytes, want %d", ErrKey, len(sig), SignatureSize)
		}
		return sig, err
	}
	digest := sha256.Sum256(input)
	der, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	// crypto.Signer answers in ASN.1, JWS wants the bare numbers (RFC 7518 §3.4).
	var rs struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &rs); err != nil || len(rest) > 0 || rs.R.Sign() <= 0 || rs.S.Sign() <= 0 || rs.R.BitLen() > 256 || rs.S.BitLen() > 256 {
		return nil, fmt.Errorf("%w: its signature is no ECDSA signature of P-256", ErrKey)
	}
	sig := make([]byte, SignatureSize)
	rs.R.FillBytes(sig[:32])
	rs.S.FillBytes(sig[32:])
	return sig, nil
}

// Verify reports whether sig is the key's over input.
func Verify(pub crypto.PublicKey, input, sig []byte) bool {
	if len(sig) != SignatureSize {
		return false
	}
	switch k := pub.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(k, input, sig)
	case *ecdsa.PublicKey:
		digest := sha256.Sum256(input)
		return ecdsa.Verify(k, digest[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
	}
	return false
}
