package keyring_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"countersign/audit"
	"countersign/audit/keyring"
)

const vaultToken = "hvs.CAESIJ-test-token"

// vault is a Vault with one key called log, whose token may read it and sign with it.
func vault(t *testing.T, key *transitKey) (f *fakeVault, base, tokenFile string) {
	t.Helper()
	f = &fakeVault{tb: t, keys: map[string]*transitKey{"log": key}, tokens: map[string][]string{
		vaultToken: {"GET teams/transit/keys/log", "POST teams/transit/sign/log"},
	}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server.URL, write(t, "token", vaultToken+"\n")
}

func vaultURI(base, tokenFile string, version int) string {
	return fmt.Sprintf("vault:%s/teams/transit/keys/log?token-file=%s&version=%d", base, tokenFile, version)
}

func TestVaultSignsWithThePinnedVersion(t *testing.T) {
	for name, key := range map[string]*transitKey{
		"Ed25519": {kind: "ed25519", versions: []crypto.Signer{newEd25519(t), newEd25519(t), newEd25519(t)}},
		"P-256":   {kind: "ecdsa-p256", versions: []crypto.Signer{newP256(t), newP256(t), newP256(t)}},
	} {
		t.Run(name, func(t *testing.T) {
			_, base, token := vault(t, key)
			k := open(t, vaultURI(base, token, 2))
			if audit.KeyID(k.Public()) != audit.KeyID(key.versions[1].Public()) {
				t.Error("Public is not that of version 2")
			}
			atOnce(t, k)
			if strings.Contains(k.String(), vaultToken) {
				t.Errorf("String holds the token: %s", k)
			}
			again := open(t, k.String())
			if again.String() != k.String() {
				t.Errorf("String opens as %s, want %s", again, k)
			}
		})
	}
}

func TestARenewedTokenIsReadAgain(t *testing.T) {
	f, base, token := vault(t, &transitKey{kind: "ed25519", versions: []crypto.Signer{newEd25519(t)}})
	k := open(t, vaultURI(base, token, 1))
	f.mu.Lock()
	f.tokens = map[string][]string{"hvs.renewed": {"POST teams/transit/sign/log"}}
	f.mu.Unlock()
	if _, err := k.Sign(rand.Reader, []byte("x"), crypto.Hash(0)); !errors.Is(err, keyring.ErrVault) || !strings.Contains(err.Error(), "update on teams/transit/sign/log") || strings.Contains(err.Error(), vaultToken) {
		t.Errorf("with a token that has expired: %v, want ErrVault that names the policy", err)
	}
	if err := os.WriteFile(token, []byte("hvs.renewed\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	atOnce(t, k)
	f.mu.Lock()
	forbidden := f.forbidden
	f.mu.Unlock()
	if forbidden < 2 {
		t.Errorf("%d answers of 403, want the one before and one after the renewal at least", forbidden)
	}
	if err := os.Remove(token); err != nil {
		t.Fatal(err)
	}
	signs(t, k, []byte("the token in memory is good still"))
}

func TestVaultsRefusalsSayWhatToDo(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ed := func() *transitKey {
		return &transitKey{kind: "ed25519", versions: []crypto.Signer{newEd25519(t), newEd25519(t)}}
	}
	answer := func(status int, header, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			if header != "" {
				w.Header().Set("Location", header)
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return true
		}
	}
	for _, tt := range []struct {
		name    string
		key     *transitKey
		version int
		spoil   func(http.ResponseWriter, *http.Request) bool
		tokens  map[string][]string
		err     error
		want    string
	}{
		{name: "no such key", key: nil, version: 1, err: keyring.ErrVault, want: "vault write -f teams/transit/keys/log"},
		{name: "no such version", key: ed(), version: 3, err: audit.ErrKey, want: "no version 3, the latest is 2"},
		{name: "a version below the minimum", key: &transitKey{kind: "ed25519", versions: ed().versions, minEncryption: 2}, version: 1, err: keyring.ErrVault, want: "min_encryption_version"},
		{name: "a symmetric key", key: &transitKey{kind: "aes256-gcm96", versions: []crypto.Signer{symmetricKey{}}}, version: 1, err: audit.ErrKey, want: `of type "aes256-gcm96"`},
		{name: "RSA", key: &transitKey{kind: "rsa-2048", versions: []crypto.Signer{rsaKey}}, version: 1, err: audit.ErrKey, want: `of type "rsa-2048"`},
		{name: "a derived key", key: &transitKey{kind: "ed25519", derived: true, versions: ed().versions}, version: 1, err: audit.ErrKey, want: "derived=false"},
		{name: "P-256 that is not", key: &transitKey{kind: "ecdsa-p256", versions: []crypto.Signer{rsaKey}}, version: 1, err: audit.ErrKey, want: "want Ed25519 or ECDSA on P-256"},
		{name: "another version signs", key: &transitKey{kind: "ed25519", versions: ed().versions, answerVersion: 2}, version: 1, err: audit.ErrKey, want: "another version than 1"},
		{name: "a token that may not read", key: ed(), version: 1, tokens: map[string][]string{}, err: keyring.ErrVault, want: "read on teams/transit/keys/log"},
		{name: "a token that may not sign", key: ed(), version: 1, tokens: map[string][]string{vaultToken: {"GET teams/transit/keys/log"}}, err: keyring.ErrVault, want: "update on teams/transit/sign/log"},
		{name: "sealed", key: ed(), version: 1, spoil: answer(503, "", `{"errors":["Vault is sealed"]}`), err: keyring.ErrVault, want: "try again later"},
		{name: "a standby that redirects", key: ed(), version: 1, spoil: answer(307, "http://127.0.0.1:1/v1/x", ""), err: keyring.ErrVault, want: "active node's address"},
		{name: "another server", key: ed(), version: 1, spoil: answer(200, "", "<html>"), err: keyring.ErrVault, want: "cannot be read"},
		{name: "an answer without end", key: ed(), version: 1, spoil: answer(200, "", strings.Repeat("x", 2<<20)), err: keyring.ErrVault, want: "longer than"},
		{name: "an answer of nothing", key: ed(), version: 1, spoil: answer(200, "", "{}"), err: keyring.ErrVault, want: "cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, base, token := vault(t, tt.key)
			if tt.key == nil {
				f.keys = nil
			}
			if tt.tokens != nil {
				f.tokens = tt.tokens
			}
			f.spoil = tt.spoil
			k, err := keyring.Open(context.Background(), vaultURI(base, token, tt.version))
			if err == nil {
				t.Fatalf("Open = %s, want an error", k)
			}
			if !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open = %v, want %v that says %q", err, tt.err, tt.want)
			}
			if strings.Contains(err.Error(), vaultToken) {
				t.Errorf("the error holds the token: %v", err)
			}
		})
	}
}

// A server that signs with another key under the right name is found out at each signature.
func TestASignatureOfAnotherKeyNeverComesOut(t *testing.T) {
	key := &transitKey{kind: "ed25519", versions: []crypto.Signer{newEd25519(t)}}
	f, base, token := vault(t, key)
	k := open(t, vaultURI(base, token, 1))
	f.mu.Lock()
	key.versions[0] = newEd25519(t)
	f.mu.Unlock()
	if sig, err := k.Sign(rand.Reader, []byte("x"), crypto.Hash(0)); !errors.Is(err, audit.ErrKey) {
		t.Errorf("Sign = %x, %v, want ErrKey", sig, err)
	}
}

func TestVaultIsAskedInItsNamespaceOverTLS(t *testing.T) {
	f := &fakeVault{tb: t, namespace: "treasury", tokens: map[string][]string{vaultToken: {"GET teams/transit/keys/log", "POST teams/transit/sign/log"}},
		keys: map[string]*transitKey{"log": {kind: "ed25519", versions: []crypto.Signer{newEd25519(t)}}}}
	server := httptest.NewTLSServer(f)
	t.Cleanup(server.Close)
	token := write(t, "token", vaultToken)
	uri := vaultURI(server.URL, token, 1) + "&namespace=treasury"
	if k, err := keyring.Open(context.Background(), uri); !errors.Is(err, keyring.ErrVault) || f.asked != 0 {
		t.Errorf("with a certificate that nobody knows: Open = %v, %v after %d requests, want ErrVault before any", k, err, f.asked)
	}
	ca := write(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	signs(t, open(t, uri+"&ca-file="+ca), []byte("message"))
	if k, err := keyring.Open(context.Background(), vaultURI(server.URL, token, 1)+"&ca-file="+ca); !errors.Is(err, keyring.ErrVault) {
		t.Errorf("in another namespace: Open = %v, %v, want ErrVault", k, err)
	}
}

func FuzzVaultAnswer(f *testing.F) {
	key := newEd25519(f)
	shown := `{"data":{"type":"ed25519","latest_version":1,"keys":{"1":{"public_key":"` + audit.KeyID(key.Public()) + `"}}}}`
	for _, seed := range []string{shown, `{"data":{"type":"ecdsa-p256","keys":{"1":{"public_key":"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----"}}}}`, `{"data":null}`, `[]`} {
		f.Add(200, seed, `{"data":{"signature":"vault:v1:AAAA"}}`)
	}
	f.Add(403, `{"errors":["permission denied"]}`, "")
	type answers struct {
		status       int
		read, signed string
	}
	var now atomic.Pointer[answers]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := now.Load()
		w.WriteHeader(a.status)
		if r.Method == http.MethodPost {
			_, _ = w.Write([]byte(a.signed))
			return
		}
		_, _ = w.Write([]byte(a.read))
	}))
	f.Cleanup(server.Close)
	token := write(f, "token", vaultToken)
	f.Fuzz(func(t *testing.T, status int, read, signed string) {
		now.Store(&answers{200 + (status&0x7fff)%400, read, signed})
		k, err := keyring.Open(context.Background(), vaultURI(server.URL, token, 1))
		if err == nil { // Vault may choose its key, and sign with it: what opens must sign
			if _, err := k.Sign(rand.Reader, []byte(tryAgain), crypto.Hash(0)); err != nil {
				t.Fatalf("a key that opens does not sign: %v", err)
			}
			return
		}
		if strings.Contains(err.Error(), vaultToken) {
			t.Fatalf("the error holds the token: %v", err)
		}
	})
}

// tryAgain is what a key signs when it is opened: a server that answers the same each
// time signs this one again, and nothing else.
const tryAgain = "countersign key trial v1\n"
