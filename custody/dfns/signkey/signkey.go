// Package signkey reads the private key with which an account at DFNS signs, and signs with it.
//
// It takes the kinds of key alone that DFNS verifies and whose signatures we know to the byte
// (dfns.md §1.4). Neither the key nor the text it came from shows in an error.
package signkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// MinRSABits is the size of the smallest RSA key that signs (dfns.md §1.4).
const MinRSABits = 2048

// Load reads a service account's private key from a PEM file; see [Parse].
func Load(path string) (crypto.Signer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the signing key: %w", err)
	}
	key, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", path, err)
	}
	return key, nil
}

// Parse reads the first private key in a PEM text: Ed25519, ECDSA over P-256,
// or RSA of at least [MinRSABits], in PKCS #8 ("PRIVATE KEY"), SEC 1 ("EC PRIVATE
// KEY") or PKCS #1 ("RSA PRIVATE KEY"). Its errors say what is wrong and never
// show the text.
func Parse(text []byte) (crypto.Signer, error) {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil, errors.New("no PEM private key in it: make one with openssl genpkey -algorithm ed25519")
		}
		text = rest
		if block.Type == "EC PARAMETERS" {
			continue // openssl ecparam writes them before the key
		}
		key, err := parseBlock(block)
		if err != nil {
			return nil, err
		}
		if err := Supported(key.Public()); err != nil {
			return nil, err
		}
		return key, nil
	}
}

func parseBlock(block *pem.Block) (crypto.Signer, error) {
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		if block.Headers["DEK-Info"] != "" {
			return nil, errors.New("it is encrypted: decrypt it with openssl pkey, or keep it in a vault")
		}
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("it is encrypted: decrypt it with openssl pkey, or keep it in a vault")
	case "OPENSSH PRIVATE KEY":
		return nil, errors.New("it is an OpenSSH key, which DFNS refuses: make one with openssl genpkey -algorithm ed25519")
	case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE":
		return nil, fmt.Errorf("it holds a %q: give the private key", block.Type)
	default:
		return nil, fmt.Errorf("it holds a %q: give a PRIVATE KEY", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("%s does not parse: %w", block.Type, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a %T cannot sign: give an Ed25519, P-256 or RSA key", key)
	}
	return signer, nil
}

// Supported returns an error unless DFNS verifies signatures of this kind of key
// and we know their bytes.
func Supported(public crypto.PublicKey) error {
	switch k := public.(type) {
	case ed25519.PublicKey:
		return nil
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return nil
		}
		return fmt.Errorf("ECDSA over %s is not supported: give an Ed25519, P-256 or RSA key", k.Curve.Params().Name)
	case *rsa.PublicKey:
		if k.N.BitLen() >= MinRSABits {
			return nil
		}
		return fmt.Errorf("RSA of %d bits is too short: at least %d are needed", k.N.BitLen(), MinRSABits)
	}
	return fmt.Errorf("keys of type %T are not supported: give an Ed25519, P-256 or RSA key", public)
}

// Sign returns the bytes that DFNS verifies for each kind of key, over the whole
// message (dfns.md §1.4): Ed25519 raw, R and S; ECDSA with SHA-256, in ASN.1 DER;
// RSA PKCS #1 v1.5 with SHA-256.
func Sign(key crypto.Signer, message []byte) ([]byte, error) {
	if _, ok := key.Public().(ed25519.PublicKey); ok {
		return key.Sign(rand.Reader, message, crypto.Hash(0))
	}
	sum := sha256.Sum256(message)
	return key.Sign(rand.Reader, sum[:], crypto.SHA256)
}
