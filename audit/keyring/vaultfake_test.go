package keyring_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// fakeVault is Vault with a Transit engine at teams/transit that keeps the real one's
// promises (HashiCorp Vault, builtin/logical/transit: path_keys.go, path_sign_verify.go).
type fakeVault struct {
	tb testing.TB

	mu        sync.Mutex
	tokens    map[string][]string // by token: the paths that its policy allows
	namespace string
	keys      map[string]*transitKey
	spoil     func(w http.ResponseWriter, r *http.Request) bool // takes the answer over
	forbidden int                                               // answers of 403
	asked     int
}

// A transitKey is a key with its versions, from 1 on.
type transitKey struct {
	kind          string
	derived       bool
	versions      []crypto.Signer
	minEncryption int
	answerVersion int // signs with this one whatever is asked, as a broken server would
}

func (f *fakeVault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if f.spoil != nil && f.spoil(w, r) {
		return
	}
	refuse := func(status int, words ...string) {
		if status == http.StatusForbidden {
			f.forbidden++
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": append([]string{}, words...)})
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/v1/")
	allowed := false
	for _, p := range f.tokens[r.Header.Get("X-Vault-Token")] {
		allowed = allowed || p == r.Method+" "+path
	}
	if !ok || !allowed || r.Header.Get("X-Vault-Namespace") != f.namespace {
		refuse(http.StatusForbidden, "1 error occurred:\n\t* permission denied\n\n")
		return
	}
	rest, _ := strings.CutPrefix(path, "teams/transit/")
	verb, name, _ := strings.Cut(rest, "/")
	key := f.keys[name]
	switch {
	case verb == "keys" && r.Method == http.MethodGet && key == nil:
		refuse(http.StatusNotFound)
	case verb == "keys" && r.Method == http.MethodGet:
		f.answer(w, key.shown(name))
	case verb == "sign" && r.Method == http.MethodPost && key == nil:
		refuse(http.StatusBadRequest, "signing key not found")
	case verb == "sign" && r.Method == http.MethodPost:
		sig, err := key.sign(r)
		if err != nil {
			refuse(http.StatusBadRequest, err.Error())
			return
		}
		f.answer(w, sig)
	default:
		refuse(http.StatusMethodNotAllowed, "unsupported operation")
	}
}

func (f *fakeVault) answer(w http.ResponseWriter, data map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(map[string]any{"request_id": "x", "lease_id": "", "renewable": false, "data": data}); err != nil {
		f.tb.Error(err)
	}
}

// shown is the key as GET keys/NAME tells it.
func (k *transitKey) shown(name string) map[string]any {
	keys := map[string]any{}
	for i, v := range k.versions {
		version := strconv.Itoa(i + 1)
		switch pub := v.(type) {
		case ed25519.PrivateKey:
			text := base64.StdEncoding.EncodeToString(pub.Public().(ed25519.PublicKey))
			if k.derived {
				text = ""
			}
			keys[version] = map[string]any{"name": "ed25519", "public_key": text, "creation_time": "2026-11-22T10:00:00Z"}
		case *ecdsa.PrivateKey, *rsa.PrivateKey:
			der, err := x509.MarshalPKIXPublicKey(v.Public())
			if err != nil {
				panic(err)
			}
			keys[version] = map[string]any{"name": k.kind, "public_key": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), "creation_time": "2026-11-22T10:00:00Z"}
		default: // symmetric keys show the time of each version, and nothing else
			keys[version] = 1795341600
		}
	}
	return map[string]any{"name": name, "type": k.kind, "derived": k.derived, "latest_version": len(k.versions), "min_encryption_version": k.minEncryption, "min_decryption_version": 1, "keys": keys, "supports_signing": k.kind != "aes256-gcm96"}
}

// sign is POST sign/NAME.
func (k *transitKey) sign(r *http.Request) (map[string]any, error) {
	var body struct {
		Input      string `json:"input"`
		KeyVersion int    `json:"key_version"`
		Prehashed  bool   `json:"prehashed"`
		Hash       string `json:"hash_algorithm"`
		Marshaling string `json:"marshaling_algorithm"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, fmt.Errorf("error parsing JSON")
	}
	input, err := base64.StdEncoding.DecodeString(body.Input)
	if err != nil {
		return nil, fmt.Errorf("unable to decode input as base64: %w", err)
	}
	if body.Hash != "" && body.Hash != "sha2-256" {
		return nil, fmt.Errorf("invalid hash algorithm %q", body.Hash)
	}
	version := body.KeyVersion
	if version == 0 {
		version = len(k.versions)
	}
	switch {
	case version < k.minEncryption:
		return nil, fmt.Errorf("requested version for signing is less than the minimum encryption key version")
	case version > len(k.versions):
		return nil, fmt.Errorf("requested version for signing is higher than the latest key version")
	}
	if k.answerVersion != 0 {
		version = k.answerVersion
	}
	sig, err := k.signWith(version, input, body.Prehashed, body.Marshaling)
	if err != nil {
		return nil, err
	}
	return map[string]any{"signature": fmt.Sprintf("vault:v%d:%s", version, base64.StdEncoding.EncodeToString(sig)), "key_version": version}, nil
}

func (k *transitKey) signWith(version int, input []byte, prehashed bool, marshaling string) ([]byte, error) {
	switch key := k.versions[version-1].(type) {
	case ed25519.PrivateKey:
		if prehashed { // Ed25519ph, in Vault Enterprise
			return nil, fmt.Errorf("prehashed is not supported for ed25519")
		}
		return ed25519.Sign(key, input), nil
	case *ecdsa.PrivateKey:
		if !prehashed {
			sum := sha256.Sum256(input)
			input = sum[:]
		}
		if marshaling != "" && marshaling != "asn1" {
			return nil, fmt.Errorf("this fake marshals asn1 only")
		}
		return ecdsa.SignASN1(rand.Reader, key, input)
	}
	return nil, fmt.Errorf("key type %v does not support signing", k.kind)
}

// A symmetricKey is a version of a key that signs nothing.
type symmetricKey struct{ crypto.Signer }
