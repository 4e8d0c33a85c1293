// Package pubkey reads the public keys that DFNS takes for credentials, and verifies their
// signatures in the encoding of DFNS's key signer.
//
// Keys are PEM: SubjectPublicKeyInfo ("PUBLIC KEY") or PKCS#1 ("RSA PUBLIC KEY"). They are
// Ed25519, RSA of 2048 bits or more, or ECDSA on P-256, P-384, P-521 and secp256k1.
package pubkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // for digests
	_ "crypto/sha512" // likewise
	"crypto/x509"
	"encoding/pem"
	"regexp"

	"countersign/sandbox/dfns"
)

// minRSABits is the shortest RSA key that DFNS takes.
const minRSABits = 2048

// form is the pattern of the OpenAPI for an uploaded public key.
var form = regexp.MustCompile(
	`^-----BEGIN (RSA )?PUBLIC KEY-----[A-Za-z0-9+/=\n\r\\]+-----END (RSA )?PUBLIC KEY-----\s?$`)

// Parse reads a public key. Anything else, OpenSSH's form too, is a 400.
func Parse(text string) (crypto.PublicKey, error) {
	if !form.MatchString(text) {
		return nil, dfns.BadRequest("publicKey must be a PEM public key (BEGIN PUBLIC KEY or BEGIN RSA PUBLIC KEY)")
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, dfns.BadRequest("publicKey is not PEM")
	}
	key, err := parseDER(block)
	if err != nil {
		return nil, dfns.BadRequest("publicKey cannot be read: %v", err)
	}
	switch k := key.(type) {
	case ed25519.PublicKey, secp256k1:
		return key, nil
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P224() {
			return nil, dfns.BadRequest("publicKey is on P-224; use P-256, P-384, P-521 or secp256k1")
		}
		return key, nil
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSABits {
			return nil, dfns.BadRequest("publicKey is RSA of %d bits, at least %d are needed", k.N.BitLen(), minRSABits)
		}
		return key, nil
	}
	return nil, dfns.NotImplemented("keys of type %T; use Ed25519, ECDSA or RSA", key)
}

func parseDER(block *pem.Block) (crypto.PublicKey, error) {
	if block.Type == "RSA PUBLIC KEY" {
		return x509.ParsePKCS1PublicKey(block.Bytes)
	}
	if key, found, err := parseSecp256k1(block.Bytes); found {
		return key, err
	}
	return x509.ParsePKIXPublicKey(block.Bytes)
}

// digests are the algorithms that a signer may name (DFNS's reference, "Credentials API
// data"), by the hash of each. Not to name one is SHA-256.
var digests = map[string]crypto.Hash{"": crypto.SHA256, "SHA256": crypto.SHA256, "RSA-SHA256": crypto.SHA256, "SHA512": crypto.SHA512}

// Verify refuses with a 403 a signature that is not key's over message, and with a 400 an
// algorithm that is none of key's. Signatures are 64 raw bytes for Ed25519, ASN.1 DER for
// every curve of ECDSA, PKCS#1 v1.5 for RSA.
func Verify(key crypto.PublicKey, algorithm string, message, signature []byte) error {
	hash, known := digests[algorithm]
	_, edwards := key.(ed25519.PublicKey)
	_, rsas := key.(*rsa.PublicKey)
	switch {
	case !known:
		return dfns.BadRequest("algorithm must be RSA-SHA256, SHA256 or SHA512, not %q", algorithm)
	case edwards && algorithm != "" || !rsas && algorithm == "RSA-SHA256":
		return dfns.BadRequest("algorithm %s is not one of this key; leave it out", algorithm)
	}
	h := hash.New()
	h.Write(message) // of a hash, which takes everything
	if !verify(key, hash, h.Sum(nil), message, signature) {
		return dfns.Forbidden("Unable to verify signature")
	}
	return nil
}

func verify(key crypto.PublicKey, hash crypto.Hash, digest, message, signature []byte) bool {
	switch k := key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(k, message, signature)
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, digest, signature)
	case secp256k1:
		return k.verify(digest[:32], signature) // the leftmost bits, as many as the curve has
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, hash, digest, signature) == nil
	}
	return false
}
