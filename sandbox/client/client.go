// Package client calls a custody platform that speaks the DFNS API, the sandbox or the real
// one, and signs what needs a user action as the official key signer does.
//
// It is small on purpose: it hands out answers as they came, refusals included, and every
// step of the signing by itself, so that a caller can also do it wrong.
package client

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// answerLimit bounds what is read of an answer: lists are pages, so none is large.
const answerLimit = 16 << 20

// Client is one caller. Its fields may be changed between calls, and a copy is another
// caller.
type Client struct {
	Base   string        // such as https://api.dfns.io; a path in it is not kept, as in the SDK
	Token  string        // bearer token; "" sends none
	CredID string        // of the key, as the challenge lists it
	Key    crypto.Signer // Ed25519, ECDSA or RSA
	Agent  string        // User-Agent, which DFNS requires; default "countersign-sandbox"
	HTTP   *http.Client  // default http.DefaultClient
}

// Answer is an HTTP answer, whatever its status.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Challenge is the part of the answer to POST /auth/action/init that a signer needs.
type Challenge struct {
	Challenge           string `json:"challenge"`
	ChallengeIdentifier string `json:"challengeIdentifier"`
}

// ParseKey reads a private key from PEM: PKCS#8, or the older forms of EC and RSA keys.
func ParseKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("private key is not PEM; give the text from -----BEGIN to the END line")
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if signer, ok := key.(crypto.Signer); ok {
			return signer, nil
		}
		return nil, fmt.Errorf("private key of type %T cannot sign", key)
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("private key %q is none of PKCS#8, SEC 1 and PKCS#1: %w", block.Type, err)
	}
	return key, nil
}

// Send makes one request. Body and action may be empty.
func (c Client) Send(ctx context.Context, method, path, action string, body []byte) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.Base, "/")+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	req.Header.Set("User-Agent", c.Agent)
	if c.Agent == "" {
		req.Header.Set("User-Agent", "countersign-sandbox")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if action != "" {
		req.Header.Set("X-DFNS-USERACTION", action)
	}
	caller := c.HTTP
	if caller == nil {
		caller = http.DefaultClient
	}
	resp, err := caller.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	return Answer{resp.StatusCode, resp.Header, text}, err
}

// Get reads.
func (c Client) Get(ctx context.Context, path string) (Answer, error) {
	return c.Send(ctx, http.MethodGet, path, "", nil)
}

// Call makes a request that changes something: it is signed first. A refusal of the
// signing itself is an error.
func (c Client) Call(ctx context.Context, method, path string, body []byte) (Answer, error) {
	action, err := c.Action(ctx, method, path, body)
	if err != nil {
		return Answer{}, fmt.Errorf("signing %s %s: %w", method, path, err)
	}
	return c.Send(ctx, method, path, action, body)
}

// Action returns a user action for one request: init, signature, exchange.
func (c Client) Action(ctx context.Context, method, path string, body []byte) (string, error) {
	ch, err := c.Init(ctx, method, path, body)
	if err != nil {
		return "", err
	}
	a, err := c.Exchange(ctx, ch, ClientData(ch))
	if err != nil {
		return "", err
	}
	var out struct{ UserAction string }
	if err := a.into(&out); err != nil || out.UserAction == "" {
		return "", errors.Join(fmt.Errorf("POST /auth/action gave no user action: %d %s", a.Status, a.Body), err)
	}
	return out.UserAction, nil
}

// Init asks for the challenge of a request.
func (c Client) Init(ctx context.Context, method, path string, body []byte) (Challenge, error) {
	a, err := c.Send(ctx, http.MethodPost, "/auth/action/init", "", InitBody(method, path, body))
	if err != nil {
		return Challenge{}, err
	}
	var ch Challenge
	if err := a.into(&ch); err != nil || ch.Challenge == "" {
		return ch, errors.Join(fmt.Errorf("POST /auth/action/init gave no challenge: %d %s", a.Status, a.Body), err)
	}
	return ch, nil
}

// InitBody is the body of POST /auth/action/init for a request. A query in path is signed
// as it is: the JS SDK leaves it out, the Go SDK does not.
func InitBody(method, path string, body []byte) []byte {
	text, _ := json.Marshal(map[string]string{ // a map of strings always encodes
		"userActionPayload": string(body), "userActionHttpMethod": method, "userActionHttpPath": path, "userActionServerKind": "Api",
	})
	return text
}

// ClientData is what the official key signer signs for a challenge.
func ClientData(ch Challenge) string {
	text, _ := json.Marshal(ch.Challenge) // a string always encodes
	return `{"type":"key.get","challenge":` + string(text) + `}`
}

// Exchange signs clientData, whatever it says, and offers it for a user action.
func (c Client) Exchange(ctx context.Context, ch Challenge, clientData string) (Answer, error) {
	signature, err := c.sign([]byte(clientData))
	if err != nil {
		return Answer{}, err
	}
	text, err := json.Marshal(map[string]any{
		"challengeIdentifier": ch.ChallengeIdentifier,
		"firstFactor": map[string]any{"kind": "Key", "credentialAssertion": map[string]string{
			"credId": c.CredID, "clientData": base64.RawURLEncoding.EncodeToString([]byte(clientData)),
			"signature": base64.RawURLEncoding.EncodeToString(signature),
		}},
	})
	if err != nil {
		return Answer{}, err
	}
	return c.Send(ctx, http.MethodPost, "/auth/action", "", text)
}

// sign is what Node's crypto.sign gives for each kind of key: pure Ed25519, and SHA-256 for
// the others, ECDSA in ASN.1 and RSA in PKCS#1 v1.5.
func (c Client) sign(message []byte) ([]byte, error) {
	if c.Key == nil {
		return nil, errors.New("no private key to sign with")
	}
	digest, hash := message, crypto.Hash(0)
	if _, edwards := c.Key.Public().(ed25519.PublicKey); !edwards {
		sum := sha256.Sum256(message)
		digest, hash = sum[:], crypto.SHA256
	}
	return c.Key.Sign(rand.Reader, digest, hash)
}

func (a Answer) into(v any) error {
	if a.Status != http.StatusOK {
		return nil // the caller shows the answer
	}
	return json.Unmarshal(a.Body, v)
}
