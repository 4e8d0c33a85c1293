package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// KeyID is the RFC 7638 thumbprint of a key: base64url of the SHA-256 of its JWK with
// the required members in lexical order (RFC 8037 §2 for Ed25519, RFC 7518 §6.2 for
// P-256). A key of another kind has none.
func KeyID(pub crypto.PublicKey) string {
	var jwk string
	switch k := pub.(type) {
	case ed25519.PublicKey:
		jwk = `{"crv":"Ed25519","kty":"OKP","x":"` + b64(k) + `"}`
	case *ecdsa.PublicKey:
		point, err := k.Bytes() // 4, x, y
		if err != nil || len(point) != 65 {
			return ""
		}
		jwk = `{"crv":"P-256","kty":"EC","x":"` + b64(point[1:33]) + `","y":"` + b64(point[33:]) + `"}`
	default:
		return ""
	}
	sum := sha256.Sum256([]byte(jwk))
	return b64(sum[:])
}

// A JWK is a public key as RFC 7517 writes it: OKP on Ed25519 (RFC 8037 §2) or EC on
// P-256 (RFC 7518 §6.2). X and Y are base64url.
type JWK struct {
	KeyType string `json:"kty"`
	Curve   string `json:"crv"`
	X       string `json:"x"`
	Y       string `json:"y,omitempty"`
}

// NewJWK is a public key as JWK.
func NewJWK(pub crypto.PublicKey) (JWK, error) {
	if _, err := Algorithm(pub); err != nil {
		return JWK{}, err
	}
	switch k := pub.(type) {
	case ed25519.PublicKey:
		return JWK{KeyType: "OKP", Curve: "Ed25519", X: b64(k)}, nil
	case *ecdsa.PublicKey:
		point, err := k.Bytes() // 4, x, y
		if err != nil {
			return JWK{}, fmt.Errorf("%w: %w", ErrKey, err)
		}
		return JWK{KeyType: "EC", Curve: "P-256", X: b64(point[1:33]), Y: b64(point[33:])}, nil
	}
	return JWK{}, fmt.Errorf("%w: %T", ErrKey, pub)
}

// Public is the key.
func (j JWK) Public() (crypto.PublicKey, error) {
	x, err1 := Decode(j.X)
	y, err2 := Decode(j.Y)
	switch {
	case err1 != nil || err2 != nil:
		return nil, fmt.Errorf("%w: JWK is not base64url", ErrKey)
	case j.KeyType == "OKP" && j.Curve == "Ed25519" && len(x) == ed25519.PublicKeySize && j.Y == "":
		if smallOrder(x) {
			return nil, fmt.Errorf("%w: JWK is a point of small order, under which anybody can sign", ErrKey)
		}
		return ed25519.PublicKey(x), nil
	case j.KeyType == "EC" && j.Curve == "P-256" && len(x) == 32 && len(y) == 32:
		pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
		if err != nil {
			return nil, fmt.Errorf("%w: JWK: %w", ErrKey, err)
		}
		return pub, nil
	}
	return nil, fmt.Errorf("%w: JWK of type %.20q on curve %.20q, want OKP on Ed25519 or EC on P-256", ErrKey, j.KeyType, j.Curve)
}

// smallOrder reports whether an Ed25519 key is a point of order 1, 2, 4 or 8, however it
// is spelled: a signature under it says nothing about who made it.
func smallOrder(key []byte) bool {
	y := [32]byte(key)
	y[31] &= 0x7f // the sign of x
	for _, low := range smallOrders {
		if y == low {
			return true
		}
	}
	return false
}

// smallOrders are the y of those points, little-endian; the last two are other spellings
// of 0 and 1.
var smallOrders = [...][32]byte{
	{},
	{1},
	mustHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
	mustHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
	mustHex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	mustHex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	mustHex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
}

func mustHex(s string) (out [32]byte) {
	if n, err := hex.Decode(out[:], []byte(s)); err != nil || n != len(out) {
		panic("not 32 bytes: " + s)
	}
	return out
}

// strict refuses non-zero trailing bits, so that a record has one spelling.
var strict = base64.RawURLEncoding.Strict()

// Decode reads base64url without padding in its one spelling.
func Decode(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") { // the decoder skips line breaks
		return nil, errors.New("line break")
	}
	return strict.DecodeString(s)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
