package sandbox_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"testing"
	"time"

	"countersign/sandbox"
)

// client is a DFNS client of the tests' own: it signs as the official key
// signer does, and shares no code with the sandbox.
type client struct {
	t                    *testing.T
	dir                  string
	base, bearer, credID string
	userID, walletID     string
	key                  crypto.Signer
}

// answer is an HTTP answer.
type answer struct {
	Status int
	Body   []byte
}

// as returns a client that acts as a seeded human.
func as(t *testing.T, dir, name string) client {
	t.Helper()
	e, err := sandbox.ReadEnv(dir, name)
	if err != nil {
		t.Fatalf("ReadEnv: %v", err)
	}
	block, _ := pem.Decode([]byte(e.PrivateKey))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatalf("reading key of %s: %v", name, err)
	}
	return client{t: t, dir: dir, base: e.BaseURL, bearer: e.AuthToken, credID: e.CredID, userID: e.UserID,
		walletID: e.WalletID, key: key.(crypto.Signer)}
}

// send makes one request, with a user action unless it is "".
func (c client) send(method, path, action string, body []byte) answer {
	c.t.Helper()
	a, err := c.try(method, path, action, body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (c client) try(method, path, action string, body []byte) (answer, error) {
	req, err := http.NewRequest(method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+c.bearer)
	req.Header.Set("Content-Type", "application/json")
	if action != "" {
		req.Header.Set("X-DFNS-USERACTION", action)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, text}, err
}

// get reads.
func (c client) get(path string) answer { c.t.Helper(); return c.send("GET", path, "", nil) }

// call signs and makes a request that changes something.
func (c client) call(method, path string, body any) answer {
	c.t.Helper()
	text := encode(c.t, body)
	return c.send(method, path, c.action(method, path, text), text)
}

// post is call with POST.
func (c client) post(path string, body any) answer { c.t.Helper(); return c.call("POST", path, body) }

// challenge is the part of an init answer that a signer needs.
type challenge struct {
	Challenge           string
	ChallengeIdentifier string
}

// challenge asks for one.
func (c client) challenge(method, path string, body []byte) challenge {
	c.t.Helper()
	a := c.send("POST", "/auth/action/init", "", encode(c.t, map[string]string{
		"userActionPayload": string(body), "userActionHttpMethod": method,
		"userActionHttpPath": path, "userActionServerKind": "Api",
	}))
	return into[challenge](c.t, a, 200)
}

// exchange signs clientData and asks for a user action.
func (c client) exchange(ch challenge, clientData string, sign func([]byte) []byte) answer {
	c.t.Helper()
	return c.send("POST", "/auth/action", "", c.assertion(ch, clientData, sign))
}

// assertion is the body of POST /auth/action.
func (c client) assertion(ch challenge, clientData string, sign func([]byte) []byte) []byte {
	return encode(c.t, map[string]any{
		"challengeIdentifier": ch.ChallengeIdentifier,
		"firstFactor": map[string]any{"kind": "Key", "credentialAssertion": map[string]string{
			"credId": c.credID, "clientData": base64.RawURLEncoding.EncodeToString([]byte(clientData)),
			"signature": base64.RawURLEncoding.EncodeToString(sign([]byte(clientData))),
		}},
	})
}

// action goes through init and exchange.
func (c client) action(method, path string, body []byte) string {
	c.t.Helper()
	ch := c.challenge(method, path, body)
	a := c.exchange(ch, `{"type":"key.get","challenge":"`+ch.Challenge+`"}`, c.sign)
	return into[struct{ UserAction string }](c.t, a, 200).UserAction
}

// sign is what Node's crypto.sign gives for each kind of key.
func (c client) sign(message []byte) []byte {
	digest, hash := message, crypto.Hash(0)
	if _, edwards := c.key.(ed25519.PrivateKey); !edwards {
		sum := sha256.Sum256(message)
		digest, hash = sum[:], crypto.SHA256
	}
	signature, err := c.key.Sign(rand.Reader, digest, hash)
	if err != nil {
		c.t.Fatalf("signing: %v", err)
	}
	return signature
}

// into checks the status and decodes the body.
func into[T any](t *testing.T, a answer, status int) T {
	t.Helper()
	var v T
	if a.Status != status {
		t.Fatalf("status = %d, want %d: %s", a.Status, status, a.Body)
	}
	if err := json.Unmarshal(a.Body, &v); err != nil {
		t.Fatalf("decoding %s: %v", a.Body, err)
	}
	return v
}

// refused checks that a is a refusal in DFNS's shape, and returns its message.
func refused(t *testing.T, a answer, status int) string {
	t.Helper()
	e := into[struct {
		Error struct {
			ID      string
			Status  int
			Message string
		}
	}](t, a, status).Error
	if e.ID == "" || e.Status != status || e.Message == "" {
		t.Fatalf("not DFNS's error shape: %s", a.Body)
	}
	return e.Message
}

// encode encodes a body; bytes and strings are bodies already.
func encode(t *testing.T, body any) []byte {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return nil
	case []byte:
		return b
	case string:
		return []byte(b)
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatalf("encoding body: %v", err)
	}
	return text
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}
