package audit

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

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
	x, err1 := unb64(j.X)
	y, err2 := unb64(j.Y)
	switch {
	case err1 != nil || err2 != nil:
		return nil, fmt.Errorf("%w: JWK is not base64url", ErrKey)
	case j.KeyType == "OKP" && j.Curve == "Ed25519" && len(x) == ed25519.PublicKeySize && j.Y == "":
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

// vouches reports whether the credential has signed the statement.
func (c Credential) vouches(statement []byte) bool { return c.Verify(statement, c.Signature) }

// Verify reports whether signature, base64url, is the credential's over message, as a
// custodian verifies it: see [Credential].
func (c Credential) Verify(message []byte, signature string) bool {
	sig, err := unb64(signature)
	if err != nil {
		return false
	}
	block, _ := pem.Decode([]byte(c.PublicKey))
	if block == nil {
		return false
	}
	pub, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return false
	}
	digest := sha256.Sum256(message)
	switch k := pub.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(k, message, sig)
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, digest[:], sig)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], sig) == nil
	}
	return false
}
