package signkey_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/custody/dfns/signkey"
)

func TestLoad(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	p256, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	rsaKey, _ := rsa.GenerateKey(rand.Reader, 2048)
	t.Setenv("GODEBUG", "rsa1024min=0")
	short, _ := rsa.GenerateKey(rand.Reader, 1024)
	pkcs8 := func(k any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(k)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	sec1, _ := x509.MarshalECPrivateKey(p256)
	public, _ := x509.MarshalPKIXPublicKey(key.Public())
	armor := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	for _, tt := range []struct{ name, text, want string }{
		{"Ed25519", armor("PRIVATE KEY", pkcs8(key)), ""},
		{"P-256 in PKCS #8", armor("PRIVATE KEY", pkcs8(p256)), ""},
		{"P-256 in SEC 1, as openssl writes it", armor("EC PARAMETERS", []byte{6, 0}) + armor("EC PRIVATE KEY", sec1), ""},
		{"RSA in PKCS #8", armor("PRIVATE KEY", pkcs8(rsaKey)), ""},
		{"RSA in PKCS #1", armor("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), ""},
		{"nothing", "", "no PEM private key"},
		{"not PEM", "MC4CAQAwBQYDK2VwBCIEIA", "no PEM private key"},
		{"the public key", armor("PUBLIC KEY", public), "give the private key"},
		{"encrypted", armor("ENCRYPTED PRIVATE KEY", []byte{1}), "it is encrypted"},
		{"OpenSSH", armor("OPENSSH PRIVATE KEY", []byte{1}), "OpenSSH"},
		{"another block", armor("PGP MESSAGE", []byte{1}), "PGP MESSAGE"},
		{"broken", armor("PRIVATE KEY", []byte{1}), "does not parse"},
		{"another curve", armor("PRIVATE KEY", pkcs8(p384)), "P-384 is not supported"},
		{"short RSA", armor("PRIVATE KEY", pkcs8(short)), "1024 bits is too short"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key.pem")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			k, err := signkey.Load(path)
			switch {
			case tt.want == "" && (err != nil || k == nil):
				t.Errorf("Load = %v, %v; want a key", k, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path)):
				t.Errorf("Load = %v, want the path and …%s…", err, tt.want)
			}
		})
	}
	if _, err := signkey.Load("/nowhere/key.pem"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load of no file = %v", err)
	}
}
