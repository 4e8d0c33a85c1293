package audit

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
)

// vouches reports whether the credential has signed the statement.
func (c Credential) vouches(statement []byte) bool { return c.Verify(statement, c.Signature) }

// Verify reports whether signature, base64url, is the credential's over message, as a
// custodian verifies it: see [Credential].
func (c Credential) Verify(message []byte, signature string) bool {
	return c.Verifier()(message, signature)
}

// Verifier is Verify for many messages: the key is read once.
func (c Credential) Verifier() func(message []byte, signature string) bool {
	block, _ := pem.Decode([]byte(c.PublicKey))
	if block == nil {
		return func([]byte, string) bool { return false }
	}
	pub, err := x509.ParsePKIXPublicKey(block.Bytes)
	return func(message []byte, signature string) bool {
		sig, spelled := unb64(signature)
		return err == nil && spelled == nil && verifies(pub, message, sig)
	}
}

func verifies(pub any, message, sig []byte) bool {
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
