package keyring

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"countersign/audit"
)

const (
	// vaultTimeout bounds one request to Vault.
	vaultTimeout = 10 * time.Second
	// maxVaultAnswer bounds what is read of an answer: a key of a few hundred versions.
	maxVaultAnswer = 1 << 20
)

// ErrVault means that Vault did not do what it was asked. The message says what it
// answered and what to do; a later attempt may succeed.
var ErrVault = errors.New("vault did not do as asked")

// transit signs with one version of a key of Vault's Transit engine (HashiCorp Vault
// API, "Transit secrets engine"; OpenBao has the same).
type transit struct {
	vaultURI
	client *http.Client
	public crypto.PublicKey

	mu    sync.Mutex
	token string
}

func openVault(ctx context.Context, rest string) (*Key, error) {
	u, err := parseVault(rest)
	if err != nil {
		return nil, fmt.Errorf("%w: vault URI: %w, want %s", audit.ErrKey, err, vaultForm)
	}
	t := &transit{vaultURI: u}
	if t.client, err = u.client(); err != nil {
		return nil, fmt.Errorf("%w: vault URI: %w", audit.ErrKey, err)
	}
	if t.token, err = u.readToken(); err != nil {
		return nil, fmt.Errorf("%w: vault URI: %w", audit.ErrKey, err)
	}
	if t.public, err = t.read(ctx); err != nil {
		return nil, fmt.Errorf("key %s: %w", u, err)
	}
	return &Key{name: u.String(), signer: t, far: true, close: func() error { t.client.CloseIdleConnections(); return nil }}, nil
}

// Public is the public half of the pinned version.
func (t *transit) Public() crypto.PublicKey { return t.public }

// Sign asks Vault. P-256 keys get a digest and answer in ASN.1.
func (t *transit) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	body := map[string]any{"input": base64.StdEncoding.EncodeToString(digest), "key_version": t.version}
	if opts.HashFunc() == crypto.SHA256 {
		body["prehashed"], body["hash_algorithm"], body["marshaling_algorithm"] = true, "sha2-256", "asn1"
	}
	var answer struct {
		Signature string `json:"signature"`
	}
	if err := t.ask(context.Background(), http.MethodPost, "sign", body, &answer); err != nil {
		return nil, err
	}
	sig, ok := strings.CutPrefix(answer.Signature, "vault:v"+strconv.Itoa(t.version)+":")
	if !ok {
		return nil, fmt.Errorf("%w: it signed with another version than %d: it answered %.12q…", audit.ErrKey, t.version, answer.Signature)
	}
	return base64.StdEncoding.DecodeString(sig)
}

// read asks for the public half of the pinned version.
func (t *transit) read(ctx context.Context) (crypto.PublicKey, error) {
	var answer struct {
		Type    string `json:"type"`
		Derived bool   `json:"derived"`
		Latest  int    `json:"latest_version"`
		Keys    map[string]struct {
			PublicKey string `json:"public_key"`
		} `json:"keys"`
	}
	// A symmetric key's versions are numbers, so that decoding fails before its type is seen.
	var kind struct {
		Type string `json:"type"`
	}
	var data json.RawMessage
	if err := t.ask(ctx, http.MethodGet, "keys", nil, &data); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &kind); err != nil {
		return nil, fmt.Errorf("%w: its answer about the key cannot be read: %w", ErrVault, err)
	}
	if kind.Type != "ed25519" && kind.Type != "ecdsa-p256" {
		return nil, fmt.Errorf("%w: it is of type %.20q, want ed25519 or ecdsa-p256 (vault write -f transit/keys/NAME type=ed25519)", audit.ErrKey, kind.Type)
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, fmt.Errorf("%w: its answer about the key cannot be read: %w", ErrVault, err)
	}
	if answer.Derived {
		return nil, fmt.Errorf("%w: it is derived, so that each context has its own key: make one with derived=false", audit.ErrKey)
	}
	version, ok := answer.Keys[strconv.Itoa(t.version)]
	if !ok {
		return nil, fmt.Errorf("%w: it has no version %d, the latest is %d", audit.ErrKey, t.version, answer.Latest)
	}
	return vaultPublicKey(answer.Type, version.PublicKey)
}

// vaultPublicKey reads a key as Vault shows it: base64 of Ed25519, PEM of P-256.
func vaultPublicKey(kind, text string) (crypto.PublicKey, error) {
	if kind == "ed25519" {
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("%w: its public half is no base64 of 32 bytes", audit.ErrKey)
		}
		return ed25519.PublicKey(key), nil
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("%w: its public half is no PEM", audit.ErrKey)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: its public half: %w", audit.ErrKey, err)
	}
	return key, nil
}

// ask sends one request about the key and reads the answer's data. When Vault refuses
// the token, the file may hold a newer one: it is read again, once.
func (t *transit) ask(ctx context.Context, method, verb string, body, data any) error {
	t.mu.Lock()
	token := t.token
	t.mu.Unlock()
	status, answer, err := t.send(ctx, method, verb, token, body)
	if status == http.StatusForbidden {
		fresh, readErr := t.readToken()
		if readErr != nil {
			return fmt.Errorf("%w: it refuses the token, and there is no newer one: %w", ErrVault, readErr)
		}
		if fresh != token {
			t.mu.Lock()
			t.token = fresh
			t.mu.Unlock()
			status, answer, err = t.send(ctx, method, verb, fresh, body)
		}
	}
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return t.refusal(status, verb, answer)
	}
	var envelope struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(answer, &envelope); err != nil {
		return fmt.Errorf("%w: its answer cannot be read: %w", ErrVault, err)
	}
	if err := json.Unmarshal(envelope.Data, data); err != nil {
		return fmt.Errorf("%w: its answer cannot be read: %w", ErrVault, err)
	}
	return nil
}

func (t *transit) send(ctx context.Context, method, verb, token string, body any) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, vaultTimeout)
	defer cancel()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, t.base+"/v1/"+t.mount+"/"+verb+"/"+t.key, content)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("X-Vault-Token", token)
	req.Header.Set("X-Vault-Request", "true") // a Vault agent that listens may ask for it
	if t.namespace != "" {
		req.Header.Set("X-Vault-Namespace", t.namespace)
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w: is the address right, and Vault up and reachable?", ErrVault, err)
	}
	defer resp.Body.Close()
	if answer, err = io.ReadAll(io.LimitReader(resp.Body, maxVaultAnswer+1)); err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrVault, err)
	}
	if len(answer) > maxVaultAnswer {
		return 0, nil, fmt.Errorf("%w: its answer is longer than %d bytes: is it Vault?", ErrVault, maxVaultAnswer)
	}
	return resp.StatusCode, answer, nil
}

// refusal says what a status means for an operator, with the words of Vault.
func (t *transit) refusal(status int, verb string, answer []byte) error {
	var said struct {
		Errors []string `json:"errors"`
	}
	_ = json.Unmarshal(answer, &said) // another server's answer has no words for us
	words := strings.Join(said.Errors, "; ")
	if len(words) > 200 {
		words = words[:200] + "…"
	}
	remedy := "see Vault's log"
	switch {
	case status == http.StatusForbidden && verb == "keys":
		remedy = "give the token's policy read on " + t.mount + "/keys/" + t.key + ", and see that the token has not expired"
	case status == http.StatusForbidden:
		remedy = "give the token's policy update on " + t.mount + "/sign/" + t.key + ", and see that the token has not expired"
	case status == http.StatusNotFound:
		remedy = "there is no key " + t.key + " at " + t.mount + ": make it (vault write -f " + t.mount + "/keys/" + t.key + " type=ed25519) or mend the URI"
	case status == http.StatusBadRequest:
		remedy = "is the key's min_encryption_version above the pinned version?"
	case status >= 300 && status < 400:
		remedy = "it points elsewhere: name the active node's address"
	case status == http.StatusTooManyRequests || status >= 500:
		remedy = "it is sealed, busy or down: try again later"
	}
	return fmt.Errorf("%w: status %d %q: %s", ErrVault, status, words, remedy)
}

// readToken reads the token's file, which an agent may renew.
func (u vaultURI) readToken() (string, error) {
	text, err := os.ReadFile(u.tokenFile)
	if err != nil {
		return "", fmt.Errorf("token-file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" || strings.ContainsAny(token, "\r\n \t") {
		return "", fmt.Errorf("token-file: %s must hold one token and nothing else", u.tokenFile)
	}
	return token, nil
}
