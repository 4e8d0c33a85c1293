package keyring_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"countersign/audit"
	"countersign/audit/keyring"
)

// write puts text into a file of the test and returns its path.
func write(tb testing.TB, name, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

func pkcs8(tb testing.TB, key any) string {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func newP256(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func newP384(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func unbase64(text string) ([]byte, error) { return base64.StdEncoding.DecodeString(text) }

func newEd25519(tb testing.TB) ed25519.PrivateKey {
	tb.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// open opens a key that must be there, and closes it with the test.
func open(tb testing.TB, uri string) *keyring.Key {
	tb.Helper()
	k, err := keyring.Open(context.Background(), uri)
	if err != nil {
		tb.Fatalf("Open(%s): %v", uri, err)
	}
	tb.Cleanup(func() {
		if err := k.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return k
}

// signs fails unless the key signs a message as its kind does, and as the trail asks.
func signs(tb testing.TB, k crypto.Signer, message []byte) {
	tb.Helper()
	switch pub := k.Public().(type) {
	case ed25519.PublicKey:
		sig, err := k.Sign(rand.Reader, message, crypto.Hash(0))
		if err != nil || !ed25519.Verify(pub, message, sig) {
			tb.Errorf("Ed25519 signature of %d bytes: %x, %v", len(message), sig, err)
		}
	case *ecdsa.PublicKey:
		digest := sha256.Sum256(message)
		sig, err := k.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil || !ecdsa.VerifyASN1(pub, digest[:], sig) {
			tb.Errorf("P-256 signature: %x, %v", sig, err)
		}
	default:
		tb.Errorf("key is %T", pub)
	}
	if _, err := audit.NewEnrolment("treasury.example", audit.RecordKey, "ana", 0, k); err != nil {
		tb.Errorf("NewEnrolment: %v", err)
	}
}

// atOnce signs with a key from many goroutines.
func atOnce(tb testing.TB, k crypto.Signer) {
	tb.Helper()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 8 {
				signs(tb, k, bytes.Repeat([]byte{byte(i), byte(j)}, 20))
			}
		})
	}
	wg.Wait()
}

func TestAFileHoldsAKey(t *testing.T) {
	for name, key := range map[string]crypto.Signer{"Ed25519": newEd25519(t), "P-256": newP256(t)} {
		path := write(t, "key.pem", pkcs8(t, key))
		for _, uri := range []string{path, "file:" + path, "file://" + path} {
			k := open(t, uri)
			if want := "file:" + path; k.String() != want || k.Limit() != 0 {
				t.Errorf("%s: String = %s, Limit = %d, want %s, 0", name, k, k.Limit(), want)
			}
			if audit.KeyID(k.Public()) != audit.KeyID(key.Public()) {
				t.Errorf("%s: Public is another key", name)
			}
			atOnce(t, k)
		}
	}
}

func TestAKeySignsWhatTheTrailSignsOnly(t *testing.T) {
	message := []byte("message")
	digest := sha256.Sum256(message)
	ed := open(t, write(t, "ed.pem", pkcs8(t, newEd25519(t))))
	ec := open(t, write(t, "ec.pem", pkcs8(t, newP256(t))))
	for name, sign := range map[string]func() ([]byte, error){
		"Ed25519 a digest":           func() ([]byte, error) { return ed.Sign(rand.Reader, digest[:], crypto.SHA256) },
		"Ed25519 prehashed":          func() ([]byte, error) { return ed.Sign(rand.Reader, message, crypto.SHA512) },
		"Ed25519 without options":    func() ([]byte, error) { return ed.Sign(rand.Reader, message, nil) },
		"P-256 a message":            func() ([]byte, error) { return ec.Sign(rand.Reader, message, crypto.Hash(0)) },
		"P-256 a digest of SHA-384":  func() ([]byte, error) { return ec.Sign(rand.Reader, make([]byte, 48), crypto.SHA384) },
		"P-256 a digest cut short":   func() ([]byte, error) { return ec.Sign(rand.Reader, digest[:20], crypto.SHA256) },
		"P-256 a message as digest":  func() ([]byte, error) { return ec.Sign(rand.Reader, message, crypto.SHA256) },
		"P-256 without any options":  func() ([]byte, error) { return ec.Sign(rand.Reader, digest[:], nil) },
		"P-256 nothing, as a digest": func() ([]byte, error) { return ec.Sign(rand.Reader, nil, crypto.SHA256) },
	} {
		if sig, err := sign(); !errors.Is(err, audit.ErrKey) {
			t.Errorf("%s: Sign = %x, %v, want ErrKey", name, sig, err)
		}
	}
}

func TestAClosedKeySignsNothing(t *testing.T) {
	k := open(t, write(t, "key.pem", pkcs8(t, newEd25519(t))))
	for range 2 {
		if err := k.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if _, err := k.Sign(rand.Reader, nil, crypto.Hash(0)); !errors.Is(err, keyring.ErrClosed) {
		t.Errorf("Sign = %v, want ErrClosed", err)
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := keyring.Open(ctx, write(t, "key.pem", pkcs8(t, newEd25519(t)))); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want canceled", err)
	}
}

// TestAWrongURIIsRefusedWithTheRemedy opens no connection: each URI is refused as it is read.
func TestAWrongURIIsRefusedWithTheRemedy(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pin := write(t, "pin", "1234\n")
	here := write(t, "module.so", "")
	const secret = "hunter2"
	for _, tt := range []struct{ name, uri, want string }{
		{"nothing", "", "empty"},
		{"a kind that is not known", "gpg:0xDEADBEEF", "want a path, file:, awskms:"},
		{"a file on another host", "file://host/key.pem", "names a host"},
		{"a file that is not there", "/nowhere/key.pem", "no such file"},
		{"a file with RSA", write(t, "rsa.pem", pkcs8(t, rsaKey)), "want Ed25519 or ECDSA on P-256"},
		{"a file with a public key", write(t, "pub.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), `want "PRIVATE KEY"`},

		{"AWS: no key", "awskms:region=eu-west-1", "key-id is missing"},
		{"AWS: an empty key", "awskms:key-id=;region=eu-west-1", "key-id must have one value"},
		{"AWS: two keys", "awskms:key-id=a;key-id=b", "key-id must have one value"},
		{"AWS: an alias", "awskms:key-id=alias/Log;region=eu-west-1", "name the key's ID or ARN"},
		{"AWS: an alias by ARN", "awskms:key-id=arn:aws:kms:eu-west-1:1:alias/log", "name the key's ID or ARN"},
		{"AWS: capitals", "awskms:key-id=ABC;region=eu-west-1", "capital letters"},
		{"AWS: an ARN of something else", "awskms:key-id=arn:aws:s3:eu-west-1:1:key/x", "not that of a KMS key"},
		{"AWS: an ARN of another region", "awskms:key-id=arn:aws:kms:eu-west-1:1:key/x;region=us-east-1", "the key of the ARN is in"},
		{"AWS: a mistyped attribute", "awskms:key-id=a;regoin=eu-west-1", "none of key-id, region"},
		{"AWS: nothing behind the colon", "awskms:", "cannot be read"},
		{"AWS: a path", "awskms:///key", "cannot be read"},

		{"Google: no version", "cloudkms:resource=projects/p/locations/l/keyRings/r/cryptoKeys/k", "one version of a key"},
		{"Google: no key", "cloudkms:credentials-file=/x.json", "resource is missing"},
		{"Google: version zero", "cloudkms:resource=projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/0", "one version of a key"},

		{"Azure: no version", "azurekms:vault=v;name=n", "version is missing"},
		{"Azure: no vault", "azurekms:name=n?version=1", "vault is missing"},
		{"Azure: a secret", "azurekms:vault=v;name=n?version=1&client-secret=" + secret, "AZURE_CLIENT_SECRET"},

		{"PKCS#11: no module", "pkcs11:token=t;object=o?pin-source=" + pin, "module-path is missing"},
		{"PKCS#11: no PIN", "pkcs11:module-path=" + here + ";token=t;object=o", "pin-source is missing"},
		{"PKCS#11: the PIN itself", "pkcs11:module-path=" + here + ";token=t;object=o?pin-value=" + secret, "pin-source=/path"},
		{"PKCS#11: a PIN that is asked for", "pkcs11:module-path=" + here + ";token=t;object=o?pin-prompt=PIN", "none of module-path"},
		{"PKCS#11: an empty PIN", "pkcs11:module-path=" + here + ";token=t;object=o?pin-source=" + write(t, "none", "\n"), "is empty"},
		{"PKCS#11: a PIN that is not there", "pkcs11:module-path=" + here + ";token=t;object=o?pin-source=/nowhere", "pin-source"},
		{"PKCS#11: a module that is not there", "pkcs11:module-path=/nowhere.so;token=t;object=o?pin-source=" + pin, "module-path"},
		{"PKCS#11: no token", "pkcs11:module-path=" + here + ";object=o?pin-source=" + pin, "one of token, serial and slot-id"},
		{"PKCS#11: two tokens", "pkcs11:module-path=" + here + ";token=t;slot-id=1;object=o?pin-source=" + pin, "one of token, serial and slot-id"},
		{"PKCS#11: no key", "pkcs11:module-path=" + here + ";token=t?pin-source=" + pin, "object, id or both"},
		{"PKCS#11: semicolons behind the ?", "pkcs11:module-path=" + here + ";token=t;object=o?pin-source=" + pin + ";x=y", "separated by &"},

		{"Vault: no address", "vault:transit/keys/log?version=1&token-file=/t", "no host"},
		{"Vault: another path", "vault:https://v/transit/sign/log?version=1&token-file=/t", "MOUNT/keys/NAME"},
		{"Vault: no mount", "vault:https://v/keys/log?version=1&token-file=/t", "MOUNT/keys/NAME"},
		{"Vault: a path that climbs", "vault:https://v/transit/../keys/log?version=1&token-file=/t", "MOUNT/keys/NAME"},
		{"Vault: in the clear", "vault:http://vault.example/transit/keys/log?version=1&token-file=/t", "use https"},
		{"Vault: another scheme", "vault:ftp://v/transit/keys/log?version=1&token-file=/t", "https://"},
		{"Vault: no version", "vault:https://v/transit/keys/log?token-file=/t", "pin the one that is enrolled"},
		{"Vault: version zero", "vault:https://v/transit/keys/log?version=0&token-file=/t", "no number from 1 on"},
		{"Vault: a version with a sign", "vault:https://v/transit/keys/log?version=%2B1&token-file=/t", "no number from 1 on"},
		{"Vault: no token", "vault:https://v/transit/keys/log?version=1", "token-file is missing"},
		{"Vault: the token itself", "vault:https://v/transit/keys/log?version=1&token=" + secret, "token-file=/path"},
		{"Vault: a password", "vault:https://u:" + secret + "@v/transit/keys/log?version=1&token-file=/t", "token-file=/path"},
		{"Vault: a mistyped attribute", "vault:https://v/transit/keys/log?version=1&tokenfile=" + secret, "none of version"},
		{"Vault: a token that is not there", "vault:https://v/transit/keys/log?version=1&token-file=/nowhere", "token-file"},
		{"Vault: two tokens", "vault:https://v/transit/keys/log?version=1&token-file=" + write(t, "two", "a\nb\n"), "one token and nothing else"},
		{"Vault: no certificate", "vault:https://v/transit/keys/log?version=1&token-file=" + pin + "&ca-file=" + pin, "no PEM certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k, err := keyring.Open(context.Background(), tt.uri)
			if err == nil {
				t.Fatalf("Open = %s, want an error", k)
			}
			if !errors.Is(err, audit.ErrKey) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open = %v, want ErrKey that says %q", err, tt.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error holds the secret: %v", err)
			}
		})
	}
}
