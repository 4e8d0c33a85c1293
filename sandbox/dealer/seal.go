// Package dealer splits private keys into shares, seals them for those who hold them, and
// puts them together again: what DFNS's tools for the export and import of keys do on the
// caller's side, and its signers on theirs.
//
// The formats are those of DFNS's public library, https://github.com/dfns/trusted-dealer,
// and of the elliptic curves beneath it, https://github.com/LFDT-Lockness/generic-ec. Shares
// are Shamir's: values of a polynomial over the order of the key's curve, at 1, 2, 3 …
//
// Its arithmetic takes a time that depends on the keys, which only a sandbox may do.
package dealer

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/crypto"
)

// The constants of the sealing, which is ECIES over secp256k1: HKDF-SHA-256 and AES-256-GCM
// with a nonce of zeros, since every message has a key of its own.
const (
	version  = 1 // of sealing keys
	salt     = "DFNS_KEY_IMPORT"
	label    = "ENCRYPTION_KEY"
	pointLen = 33 // a compressed point
)

// A SealingKey opens what was sealed for it.
type SealingKey struct{ scalar []byte } // 32 bytes, big-endian

// NewSealingKey makes the key whose scalar is SHA-256 of a seed, so that whoever keeps the
// seed keeps the key.
func NewSealingKey(seed []byte) (SealingKey, error) {
	scalar := sha256.Sum256(seed)
	_, err := crypto.ToECDSA(scalar[:])
	return SealingKey{scalar[:]}, err
}

// Public returns what others seal with: base64 of a version and the compressed point.
func (k SealingKey) Public() string {
	return base64.StdEncoding.EncodeToString(append([]byte{version}, k.ID()...))
}

// ID returns the compressed point alone, by which a holder is known.
func (k SealingKey) ID() []byte { return compressed(crypto.S256().ScalarBaseMult(k.scalar)) }

// Seal encrypts a text for the owner of a public sealing key. It fails for a key that is none.
func Seal(public string, text []byte) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(public)
	if err != nil || len(raw) != 1+pointLen || raw[0] != version {
		return nil, fmt.Errorf("it must be base64 of %d bytes, the first of them %d", 1+pointLen, version)
	}
	once, err := crypto.GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("making key: %w", err)
	}
	scalar := crypto.FromECDSA(once)
	box, err := between(scalar, raw[1:])
	if err != nil {
		return nil, err
	}
	sealed := box.Seal(nil, make([]byte, box.NonceSize()), text, nil)
	return append(sealed, compressed(crypto.S256().ScalarBaseMult(scalar))...), nil
}

// Open decrypts what was sealed for k.
func (k SealingKey) Open(sealed []byte) ([]byte, error) {
	if len(sealed) < pointLen {
		return nil, errors.New("it is too short to have been sealed")
	}
	at := len(sealed) - pointLen
	box, err := between(k.scalar, sealed[at:])
	if err != nil {
		return nil, err
	}
	text, err := box.Open(nil, make([]byte, box.NonceSize()), sealed[:at], nil)
	if err != nil {
		return nil, errors.New("it was not sealed for this key, or was changed since")
	}
	return text, nil
}

// between is the cipher that two keys share.
func between(scalar, point []byte) (cipher.AEAD, error) {
	x, y, err := expanded(point)
	if err != nil {
		return nil, err
	}
	shared := compressed(crypto.S256().ScalarMult(x, y, scalar))
	key, err := hkdf.Key(sha256.New, shared, []byte(salt), label, 32)
	if err != nil {
		return nil, fmt.Errorf("deriving key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("making cipher: %w", err)
	}
	return cipher.NewGCM(block)
}

// compressed is a point in SEC 1's short form: the parity of y, and x.
func compressed(x, y *big.Int) []byte {
	return append([]byte{byte(2 + y.Bit(0))}, x.FillBytes(make([]byte, 32))...)
}

// expanded reads a compressed point.
func expanded(point []byte) (x, y *big.Int, err error) {
	public, err := crypto.DecompressPubkey(point)
	if err != nil {
		return nil, nil, errors.New("it has no point of secp256k1")
	}
	raw := crypto.FromECDSAPub(public)
	return new(big.Int).SetBytes(raw[1:33]), new(big.Int).SetBytes(raw[33:]), nil
}
