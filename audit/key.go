package audit

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// MediaType is the JWS "typ" of every record (audit-security.md §B).
const MediaType = "treasury-decision+jws"

// ErrKey means that a key cannot be used. The message says what was found and
// what is wanted.
var ErrKey = errors.New("unusable key")

// LoadKey reads an Ed25519 private key: one PKCS#8 PEM block, as written by
// `openssl genpkey -algorithm ed25519`.
func LoadKey(path string) (crypto.Signer, error) {
	block, err := readPEM(path, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(block)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKey, path, err)
	}
	ed, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%w: %s holds a %T, want Ed25519 (openssl genpkey -algorithm ed25519)", ErrKey, path, key)
	}
	return ed, nil
}

// LoadPublicKey reads an Ed25519 public key: one PKIX PEM block.
func LoadPublicKey(path string) (ed25519.PublicKey, error) {
	block, err := readPEM(path, "PUBLIC KEY")
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(block)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKey, path, err)
	}
	ed, ok := key.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: %s holds a %T, want Ed25519", ErrKey, path, key)
	}
	return ed, nil
}

// EncodePublicKey returns the PKIX PEM that [LoadPublicKey] reads.
func EncodePublicKey(pub ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// EncodePrivateKey returns the PKCS#8 PEM that [LoadKey] reads.
func EncodePrivateKey(key ed25519.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// KeyID is the RFC 7638 thumbprint of an Ed25519 key: base64url of the SHA-256 of
// its JWK with the required members in lexical order (RFC 8037 §2).
func KeyID(pub ed25519.PublicKey) string {
	x, _ := json.Marshal(b64(pub)) // a base64url string always marshals
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":` + string(x) + `}`))
	return b64(sum[:])
}

func readPEM(path, want string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	block, rest := pem.Decode(text)
	switch {
	case block == nil:
		return nil, fmt.Errorf("%w: %s holds no PEM block", ErrKey, path)
	case block.Type != want:
		return nil, fmt.Errorf("%w: %s holds a %q block, want %q", ErrKey, path, block.Type, want)
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, fmt.Errorf("%w: %s holds more than one PEM block", ErrKey, path)
	}
	return block.Bytes, nil
}
