package pubkey_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"testing"

	gethcrypto "github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/dfns"
	"countersign/sandbox/pubkey"
)

// encoded is a key as its holder uploads it.
func encoded(t *testing.T, key any) string {
	t.Helper()
	var der []byte
	var err error
	if k, ok := key.(*ecdsa.PublicKey); ok && k.Curve == gethcrypto.S256() {
		der, err = asn1.Marshal(struct {
			Algorithm struct{ Kind, Curve asn1.ObjectIdentifier }
			Key       asn1.BitString
		}{struct{ Kind, Curve asn1.ObjectIdentifier }{asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}, asn1.ObjectIdentifier{1, 3, 132, 0, 10}},
			asn1.BitString{Bytes: gethcrypto.FromECDSAPub(k), BitLength: 8 * 65}})
	} else {
		der, err = x509.MarshalPKIXPublicKey(key)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// koblitz signs on secp256k1, in ASN.1.
func koblitz(key *ecdsa.PrivateKey, digest []byte) ([]byte, error) {
	raw, err := gethcrypto.Sign(digest[:32], key)
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:64])})
}

func TestSignaturesAreVerifiedByTheAlgorithmThatIsNamed(t *testing.T) {
	_, edwards, err1 := ed25519.GenerateKey(nil)
	p256, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p521, err3 := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	k1, err4 := gethcrypto.GenerateKey()
	rsa2048, err5 := rsa.GenerateKey(rand.Reader, 2048)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	message := []byte(`{"type":"key.get","challenge":"x"}`)
	sign := func(key crypto.Signer, hash crypto.Hash) []byte {
		digest := message
		if hash != 0 {
			h := hash.New()
			h.Write(message)
			digest = h.Sum(nil)
		}
		signature, err := key.Sign(rand.Reader, digest, hash)
		if k, ok := key.(*ecdsa.PrivateKey); ok && k.Curve == gethcrypto.S256() {
			signature, err = koblitz(k, digest)
		}
		if err != nil {
			t.Fatal(err)
		}
		return signature
	}
	for _, tt := range []struct {
		name, algorithm string
		key             crypto.Signer
		hash            crypto.Hash
		refused         int // 0 is taken
	}{
		{"Ed25519", "", edwards, 0, 0},
		{"Ed25519 by a digest", "SHA256", edwards, 0, 400},
		{"P-256", "", p256, crypto.SHA256, 0},
		{"P-256 by its default's name", "SHA256", p256, crypto.SHA256, 0},
		{"P-256 by SHA-512", "SHA512", p256, crypto.SHA512, 0},
		{"P-256 by another than it names", "SHA512", p256, crypto.SHA256, 403},
		{"P-256 by an algorithm of RSA", "RSA-SHA256", p256, crypto.SHA256, 400},
		{"P-521", "", p521, crypto.SHA256, 0},
		{"secp256k1", "", k1, crypto.SHA256, 0},
		{"secp256k1 by SHA-512", "SHA512", k1, crypto.SHA512, 0},
		{"RSA", "", rsa2048, crypto.SHA256, 0},
		{"RSA by its name", "RSA-SHA256", rsa2048, crypto.SHA256, 0},
		{"RSA by SHA-512", "SHA512", rsa2048, crypto.SHA512, 0},
		{"RSA by SHA-1", "RSA-SHA1", rsa2048, crypto.SHA256, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key, err := pubkey.Parse(encoded(t, tt.key.Public()))
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			var refused *dfns.Error
			if err := pubkey.Verify(key, tt.algorithm, message, sign(tt.key, tt.hash)); errors.As(err, &refused) {
				got = refused.Status
			} else if err != nil {
				t.Fatal(err)
			}
			if got != tt.refused {
				t.Errorf("refused with %d, want %d", got, tt.refused)
			}
			if err := pubkey.Verify(key, "", append([]byte("x"), message...), sign(tt.key, tt.hash)); err == nil {
				t.Error("a signature over another message was taken")
			}
		})
	}
}
