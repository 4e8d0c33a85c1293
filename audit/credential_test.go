package audit_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"testing"

	"countersign/audit"
)

// What a point of small order signs, anybody can sign.
func TestAKeyOfSmallOrderIsNone(t *testing.T) {
	forged := 0
	for _, y := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000", "0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		for _, sign := range []byte{0, 0x80} {
			point, err := hex.DecodeString(y)
			if err != nil {
				t.Fatal(err)
			}
			point[31] |= sign
			// R is the neutral element and S nought: no private key has part in that.
			sig := append([]byte{1}, make([]byte, 63)...)
			for i := range 200 {
				if ed25519.Verify(point, fmt.Append(nil, "pay ", i), sig) {
					forged++
					break
				}
			}
			if pub, err := (audit.JWK{KeyType: "OKP", Curve: "Ed25519", X: b64(point)}).Public(); !errors.Is(err, audit.ErrKey) {
				t.Errorf("Public of %x = %v, %v, want ErrKey", point, pub, err)
			}
		}
	}
	if forged < 7 {
		t.Errorf("%d of 14 keys take a signature that nobody made: the list is not what it says", forged)
	}
}

func TestACredentialVerifiesAsItsCustodianDoes(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	message := audit.EnrolmentStatement("treasury", audit.RecordKey, "ana", idOf("ana"))
	for name, signer := range map[string]crypto.Signer{"Ed25519": key("credential"), "P-256": ecKey, "RSA": rsaKey} {
		signs := func(m []byte) string {
			digest, opts := sha256.Sum256(m), crypto.SignerOpts(crypto.SHA256)
			input := digest[:]
			if name == "Ed25519" {
				input, opts = m, crypto.Hash(0)
			}
			sig, err := signer.Sign(rand.Reader, input, opts)
			if err != nil {
				t.Fatal(err)
			}
			return b64(sig)
		}
		c := audit.Credential{Custodian: "dfns", ID: "cr", PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix(t, signer.Public())}))}
		c.Signature = signs(message)
		if !c.Verify(message, c.Signature) {
			t.Errorf("%s: the credential's signature does not verify", name)
		}
		for what, bad := range map[string]string{"of another message": signs([]byte("other")), "empty": "", "padded": c.Signature + "=", "cut": c.Signature[:20]} {
			if c.Verify(message, bad) {
				t.Errorf("%s: a signature %s verifies", name, what)
			}
		}
		e := enrols(t, audit.RecordKey, "ana", "ana", 0)
		e.Credential = &c
		var r audit.Registry
		if err := r.Apply(about(t, "ana", 0, audit.KeyEnrolled, e)); err != nil {
			t.Errorf("%s: an enrolment that it vouches for = %v", name, err)
		}
	}
	for name, text := range map[string]string{"no PEM": "key", "no key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"} {
		if (audit.Credential{PublicKey: text}).Verify(message, b64(make([]byte, 64))) {
			t.Errorf("%s: verifies", name)
		}
	}
}
