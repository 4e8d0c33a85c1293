package audit_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"countersign/audit"
)

// rfc8037 is the key of RFC 8037 A.1.
func rfc8037(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	seed, err := base64.RawURLEncoding.DecodeString("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
	if err != nil {
		t.Fatal(err)
	}
	return ed25519.NewKeyFromSeed(seed)
}

func TestKeyIDIsTheThumbprintOfRFC8037(t *testing.T) {
	pub := public(rfc8037(t))
	if got, want := b64(pub), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"; got != want {
		t.Fatalf("public key of A.1 = %s, want %s", got, want)
	}
	if got, want := audit.KeyID(pub), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want {
		t.Errorf("KeyID = %s, want %s (RFC 8037 A.3)", got, want)
	}
	for _, who := range authors {
		sum, err := (&jose.JSONWebKey{Key: public(key(who))}).Thumbprint(crypto.SHA256)
		if got := audit.KeyID(public(key(who))); err != nil || got != b64(sum) {
			t.Errorf("KeyID = %s, go-jose says %s, %v", got, b64(sum), err)
		}
	}
}

// The vector of RFC 8037 A.4 is good EdDSA, and still not one of our records.
func TestTheSignatureOfRFC8037(t *testing.T) {
	const vector = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc." +
		"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
	k := rfc8037(t)
	if got := jws(k, `{"alg":"EdDSA"}`, "Example of Ed25519 signing"); got != vector {
		t.Fatalf("jws = %s, want %s", got, vector)
	}
	if _, err := audit.Open(vector, audit.NewKeys(public(k))); !errors.Is(err, audit.ErrForged) {
		t.Errorf("Open of a bare JWS = %v, want ErrForged", err)
	}
	s := signer("ana")
	s.Key = k
	e, err := s.Seal(notices("ev"), audit.Head{})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(e.JWS, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	header := `{"alg":"EdDSA","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","typ":"treasury-decision+jws"}`
	if want := jws(k, header, string(payload)); e.JWS != want {
		t.Errorf("Seal = %s, want %s", e.JWS, want)
	}
}

func TestKeysSurviveTheirFiles(t *testing.T) {
	private, err := audit.EncodePrivateKey(key("ana"))
	if err != nil {
		t.Fatal(err)
	}
	pub, err := audit.EncodePublicKey(public(key("ana")))
	if err != nil {
		t.Fatal(err)
	}
	k, err := audit.LoadKey(file(t, private))
	if err != nil || !key("ana").Equal(k) {
		t.Errorf("LoadKey = %v, %v, want the key", k, err)
	}
	p, err := audit.LoadPublicKey(file(t, pub))
	if err != nil || !public(key("ana")).Equal(p) {
		t.Errorf("LoadPublicKey = %v, %v, want the key", p, err)
	}
}

func TestEachMistakeWithAKeyHasItsName(t *testing.T) {
	private, _ := audit.EncodePrivateKey(key("ana"))
	pub, _ := audit.EncodePublicKey(public(key("ana")))
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	loadKey := func(path string) error { _, err := audit.LoadKey(path); return err }
	loadPublic := func(path string) error { _, err := audit.LoadPublicKey(path); return err }
	for _, tt := range []struct {
		name string
		load func(string) error
		path string
		want string
	}{
		{"no such file", loadKey, filepath.Join(t.TempDir(), "absent.pem"), "absent.pem: no such file"},
		{"no such public file", loadPublic, filepath.Join(t.TempDir(), "absent.pem"), "absent.pem: no such file"},
		{"a directory", loadKey, t.TempDir(), "is a directory"},
		{"empty", loadKey, file(t, nil), "holds no PEM block"},
		{"DER, not PEM", loadKey, file(t, pkcs8(t, key("ana"))), "holds no PEM block"},
		{"the public key for the private", loadKey, file(t, pub), `holds a "PUBLIC KEY" block, want "PRIVATE KEY"`},
		{"the private key for the public", loadPublic, file(t, private), `holds a "PRIVATE KEY" block, want "PUBLIC KEY"`},
		{"an old RSA file", loadKey, file(t, block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey))), `holds a "RSA PRIVATE KEY" block`},
		{"an encrypted key", loadKey, file(t, block("ENCRYPTED PRIVATE KEY", []byte{1})), `holds a "ENCRYPTED PRIVATE KEY" block`},
		{"RSA", loadKey, file(t, block("PRIVATE KEY", pkcs8(t, rsaKey))), "holds a *rsa.PrivateKey, want Ed25519"},
		{"P-384", loadKey, file(t, block("PRIVATE KEY", pkcs8(t, ec))), "holds a *ecdsa.PrivateKey, want Ed25519"},
		{"X25519", loadKey, file(t, block("PRIVATE KEY", pkcs8(t, x25519))), "holds a *ecdh.PrivateKey, want Ed25519"},
		{"public RSA", loadPublic, file(t, block("PUBLIC KEY", pkix(t, rsaKey.Public()))), "signing key is *rsa.PublicKey, want Ed25519"},
		{"two keys", loadKey, file(t, append(private, private...)), "more than one PEM block"},
		{"two public keys", loadPublic, file(t, append(pub, pub...)), "more than one PEM block"},
		{"broken DER", loadKey, file(t, block("PRIVATE KEY", []byte("nonsense"))), "asn1"},
		{"broken public DER", loadPublic, file(t, block("PUBLIC KEY", []byte("nonsense"))), "asn1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.load(tt.path)
			if !errors.Is(err, audit.ErrKey) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.path) {
				t.Errorf("load = %v, want ErrKey with the path and %q", err, tt.want)
			}
		})
	}
}

func TestASignerOfAnotherCurveSignsNothing(t *testing.T) {
	s := signer("ana")
	var err error
	if s.Key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if e, err := s.Seal(notices("ev"), audit.Head{}); !errors.Is(err, audit.ErrKey) || e.JWS != "" {
		t.Errorf("Seal with P-384 = %q, %v, want ErrKey", e.JWS, err)
	}
}

// go-jose is another program's reading of RFC 7515: what it takes for our key, we take,
// and its signatures are ours.
func TestP256SignsAsRFC7518Says(t *testing.T) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := signer("ana")
	s.Key = k
	e, err := s.Seal(notices("ev"), audit.Head{})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := audit.Open(e.JWS, audit.NewKeys(k.Public()))
	if err != nil || rec.Key != e.Record.Key {
		t.Errorf("Open = %v, %v", rec, err)
	}
	parsed, err := jose.ParseSignedCompact(e.JWS, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parsed.Verify(k.Public()); err != nil {
		t.Errorf("go-jose does not verify it: %v", err)
	}
	sum, err := (&jose.JSONWebKey{Key: k.Public()}).Thumbprint(crypto.SHA256)
	if got := audit.KeyID(k.Public()); err != nil || got != b64(sum) {
		t.Errorf("KeyID = %s, go-jose says %s, %v", got, b64(sum), err)
	}
	if _, err := audit.Open(e.JWS, audit.NewKeys(public(key("ana")))); !errors.Is(err, audit.ErrForged) {
		t.Errorf("under another key: %v, want ErrForged", err)
	}
}

func file(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func pkcs8(t *testing.T, k any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func pkix(t *testing.T, k any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
