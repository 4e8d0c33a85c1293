package audit

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

// MediaType is the JWS "typ" of every record (audit-security.md §B).
const MediaType = "treasury-decision+jws"

// LoadKey reads a private key, Ed25519 or ECDSA on P-256: one PKCS#8 PEM block, as
// written by `openssl genpkey -algorithm ed25519`.
func LoadKey(path string) (crypto.Signer, error) {
	block, err := readPEM(path, "PRIVATE KEY")
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(block)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKey, path, err)
	}
	signer, ok := key.(crypto.Signer)
	if ok {
		_, err = Algorithm(signer.Public())
	}
	if !ok || err != nil {
		return nil, fmt.Errorf("%w: %s holds a %T, want Ed25519 or ECDSA on P-256 (openssl genpkey -algorithm ed25519)", ErrKey, path, key)
	}
	return signer, nil
}

// LoadPublicKey reads a public key, Ed25519 or ECDSA on P-256: one PKIX PEM block.
func LoadPublicKey(path string) (crypto.PublicKey, error) {
	block, err := readPEM(path, "PUBLIC KEY")
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(block)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKey, path, err)
	}
	if _, err := Algorithm(key); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// EncodePublicKey returns the PKIX PEM that [LoadPublicKey] reads.
func EncodePublicKey(pub crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// EncodePrivateKey returns the PKCS#8 PEM that [LoadKey] reads.
func EncodePrivateKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
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
