package audit

import (
	"crypto"

	"countersign/audit/jws"
)

// ErrKey means that a key cannot be used. The message says what was found and
// what is wanted.
var ErrKey = jws.ErrKey

// A JWK is a public key as RFC 7517 writes it.
type JWK = jws.JWK

// NewJWK is a public key as JWK.
func NewJWK(pub crypto.PublicKey) (JWK, error) { return jws.NewJWK(pub) }

// KeyID is the RFC 7638 thumbprint of a key. A key of another kind has none.
func KeyID(pub crypto.PublicKey) string { return jws.KeyID(pub) }

// Algorithm is the JWS algorithm that a key signs with: EdDSA for Ed25519, ES256 for
// ECDSA on P-256. It follows from the key and never from what a record says.
func Algorithm(pub crypto.PublicKey) (string, error) { return jws.Algorithm(pub) }

// ProtectedHeader is the first part of every record that a key signs, base64url. No
// record of the key begins otherwise, so that a verifier need not read a header.
func ProtectedHeader(pub crypto.PublicKey) (string, error) {
	h, err := header(pub)
	return b64(h), err
}

// Signed reports whether sig, 64 bytes, is a JWS signature of the key's own algorithm
// over a signing input: that of [Algorithm], whatever the input says of itself.
func Signed(pub crypto.PublicKey, input, sig []byte) bool { return jws.Verify(pub, input, sig) }

const signatureSize = jws.SignatureSize

func header(pub crypto.PublicKey) ([]byte, error) { return jws.Header(pub, MediaType) }

func sign(key crypto.Signer, input []byte) ([]byte, error) { return jws.Sign(key, input) }

func unb64(s string) ([]byte, error) { return jws.Decode(s) }
