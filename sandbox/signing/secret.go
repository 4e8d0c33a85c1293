// Package signing makes signatures: private keys of the schemes that the sandbox has, and
// what each kind of signature request asks them to sign. It is pure, except that new keys
// are random.
package signing

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/dfns"
)

// The schemes and their curves, by DFNS's names.
const (
	ECDSA     = "ECDSA"
	Secp256k1 = "secp256k1"
	EdDSA     = "EdDSA"
	Ed25519   = "ed25519"
	DH        = "DH" // derives values (package vrf) and signs nothing
)

// curves lists the curves that DFNS pairs with each scheme (OpenAPI 2.0.155, and for
// secp256k1 with DH its page on derivation); the sandbox has the first of ECDSA's, EdDSA's
// and DH's.
var curves = map[string][]string{
	ECDSA: {Secp256k1, "stark"}, EdDSA: {Ed25519}, "Schnorr": {Secp256k1}, DH: {Secp256k1, Ed25519},
}

// A Secret is a private key. It is stored as text; nothing but an export shows it.
type Secret struct {
	Scheme string // ECDSA or DH over secp256k1, or EdDSA over ed25519
	Hex    string // 32 bytes, 0x-hex: the scalar, or the seed
}

// New makes a private key. A pair of scheme and curve that DFNS lacks is a 400
// [dfns.Error], one that only the sandbox lacks a 501.
func New(scheme, curve string) (Secret, error) {
	known := false
	for _, c := range curves[scheme] {
		known = known || c == curve
	}
	switch {
	case curves[scheme] == nil:
		return Secret{}, dfns.BadRequest("scheme must be ECDSA, EdDSA, Schnorr or DH: %q is not", scheme)
	case !known:
		return Secret{}, dfns.BadRequest("curve %q is not one of scheme %s", curve, scheme)
	case scheme != "Schnorr" && curve == Secp256k1:
		key, err := crypto.GenerateKey()
		if err != nil {
			return Secret{}, fmt.Errorf("making key: %w", err)
		}
		return Secret{Scheme: scheme, Hex: hexutil.Encode(crypto.FromECDSA(key))}, nil
	case scheme == EdDSA:
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			return Secret{}, fmt.Errorf("making key: %w", err)
		}
		return Secret{Scheme: scheme, Hex: hexutil.Encode(key.Seed())}, nil
	}
	return Secret{}, dfns.NotImplemented("keys of scheme %s over %s", scheme, curve)
}

// ECDSA returns the key as Go has it. It fails for a key of another scheme.
func (s Secret) ECDSA() (*ecdsa.PrivateKey, error) { return s.secp256k1(ECDSA) }

// DH is [Secret.ECDSA] for a key of scheme DH.
func (s Secret) DH() (*ecdsa.PrivateKey, error) { return s.secp256k1(DH) }

func (s Secret) secp256k1(scheme string) (*ecdsa.PrivateKey, error) {
	raw, err := s.bytes(scheme)
	if err != nil {
		return nil, err
	}
	return crypto.ToECDSA(raw)
}

// Ed25519 returns the key as Go has it. It fails for a key of another scheme.
func (s Secret) Ed25519() (ed25519.PrivateKey, error) {
	raw, err := s.bytes(EdDSA)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(raw), nil
}

func (s Secret) bytes(scheme string) ([]byte, error) {
	if s.Scheme != scheme {
		return nil, fmt.Errorf("key is of scheme %s, not %s", s.Scheme, scheme)
	}
	raw, err := hexutil.Decode(s.Hex)
	if err != nil || len(raw) != 32 {
		return nil, fmt.Errorf("private key is damaged: %d bytes, %w", len(raw), err)
	}
	return raw, nil
}

// Public returns the public key in hex without 0x: 33 bytes compressed for ECDSA and DH, 32
// for EdDSA.
func (s Secret) Public() (string, error) {
	if s.Scheme == EdDSA {
		key, err := s.Ed25519()
		if err != nil {
			return "", err
		}
		return hex.EncodeToString(key[32:]), nil
	}
	key, err := s.secp256k1(s.Scheme)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(crypto.CompressPubkey(&key.PublicKey)), nil
}

// OfScalar returns the ECDSA key over secp256k1 that a scalar is, from 1 to below the order of
// the curve.
func OfScalar(scalar *big.Int) Secret {
	return Secret{Scheme: ECDSA, Hex: hexutil.Encode(scalar.FillBytes(make([]byte, 32)))}
}

// Scalar returns the number that the public key is the multiple of the generator by. For
// EdDSA that is what RFC 8032 makes of the seed, which cannot be had back.
func (s Secret) Scalar() (*big.Int, error) {
	raw, err := s.bytes(s.Scheme)
	if err != nil || s.Scheme != EdDSA {
		return new(big.Int).SetBytes(raw), err
	}
	h := sha512.Sum512(raw)
	h[0] &= 248
	h[31] = h[31]&127 | 64
	slices.Reverse(h[:32])
	return new(big.Int).SetBytes(h[:32]), nil
}

// CheckCurve refuses the name of a curve that is none of DFNS's with a 400.
func CheckCurve(curve string) error {
	for _, names := range curves {
		if slices.Contains(names, curve) {
			return nil
		}
	}
	return dfns.BadRequest("curve must be secp256k1, ed25519 or stark: %q is not", curve)
}
