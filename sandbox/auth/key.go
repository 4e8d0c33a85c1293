package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"

	"countersign/sandbox/dfns"
)

// minRSABits is the shortest RSA key that DFNS takes.
const minRSABits = 2048

// parsePublicKey reads a PEM public key: Ed25519, P-256 or RSA of 2048 bits or
// more. Anything else is a 400 that says which key it was.
func parsePublicKey(text string) (crypto.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, dfns.BadRequest("publicKey is not a PEM public key")
	}
	var key crypto.PublicKey
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	default:
		return nil, dfns.BadRequest("publicKey is a PEM block of type %q", block.Type)
	}
	if err != nil {
		return nil, dfns.BadRequest("publicKey is not one the sandbox can read (Ed25519, P-256, RSA): %v", err)
	}
	switch k := key.(type) {
	case ed25519.PublicKey:
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return nil, dfns.NotImplemented("keys on the curve %s; use Ed25519, P-256 or RSA", k.Curve.Params().Name)
		}
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSABits {
			return nil, dfns.BadRequest("publicKey is RSA of %d bits, at least %d are needed", k.N.BitLen(), minRSABits)
		}
	default:
		return nil, dfns.NotImplemented("keys of type %T; use Ed25519, P-256 or RSA", key)
	}
	return key, nil
}

// verify tells whether signature is key's over message, in the encoding of
// DFNS's key signer: 64 raw bytes for Ed25519, ASN.1 DER for P-256 with
// SHA-256, PKCS#1 v1.5 with SHA-256 for RSA.
func verify(key crypto.PublicKey, message, signature []byte) bool {
	digest := sha256.Sum256(message)
	switch k := key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(k, message, signature)
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, digest[:], signature)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], signature) == nil
	}
	return false
}
