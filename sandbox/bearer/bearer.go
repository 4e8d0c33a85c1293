// Package bearer writes and reads the JWTs that name callers and challenges. They are
// signed with Ed25519, by the key of the one organisation.
package bearer

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// header is the first segment of every token: {"alg":"EdDSA","typ":"JWT"}.
var header = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","typ":"JWT"}`))

// Claims is the second segment. DFNS's own SDK reads orgId from the claim
// https://custom/app_metadata before it sends anything.
type Claims struct {
	Issuer  string      `json:"iss"`
	Subject string      `json:"sub"`
	ID      string      `json:"jti"`
	Issued  int64       `json:"iat"` // Unix seconds
	Expires int64       `json:"exp"` // Unix seconds
	App     AppMetadata `json:"https://custom/app_metadata"`
}

// AppMetadata says whose a token is.
type AppMetadata struct {
	OrgID   string `json:"orgId"`
	UserID  string `json:"userId"`
	TokenID string `json:"tokenId"`
}

// Sign returns a token for c.
func Sign(key ed25519.PrivateKey, c Claims) (string, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encoding token: %w", err)
	}
	text := header + "." + base64.RawURLEncoding.EncodeToString(body)
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(text))), nil
}

// Read returns the claims of a token of an organisation that key signed and that has not
// expired; any other is an error.
func Read(key ed25519.PrivateKey, org, token string, now time.Time) (Claims, error) {
	c, err := open(key.Public().(ed25519.PublicKey), token)
	if err != nil {
		return Claims{}, err
	}
	return c, c.valid(org, now)
}

// open returns what a token says that the key has signed.
func open(key ed25519.PublicKey, token string) (c Claims, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[0] != header {
		return c, errors.New("not a token of ours")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return c, fmt.Errorf("reading token signature: %w", err)
	}
	if !ed25519.Verify(key, []byte(parts[0]+"."+parts[1]), signature) {
		return c, errors.New("token signature is wrong")
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return c, fmt.Errorf("reading token: %w", err)
	}
	if err := json.Unmarshal(body, &c); err != nil {
		return c, fmt.Errorf("reading token: %w", err)
	}
	return c, nil
}

func (c Claims) valid(org string, now time.Time) error {
	if now.Unix() >= c.Expires || c.App.OrgID != org {
		return errors.New("token is expired or of another organisation")
	}
	return nil
}

// maxRemembered is how many tokens a [Reader] remembers before it begins anew.
const maxRemembered = 1000

// A Reader reads the tokens of an organisation that one key signs. It checks the signature of
// a token once, and remembers it: callers show the same one with every request.
type Reader struct {
	key ed25519.PublicKey
	org string

	mu         sync.Mutex
	remembered map[[sha256.Size]byte]Claims
}

// NewReader returns a reader of the tokens that key signs for an organisation.
func NewReader(key ed25519.PrivateKey, org string) *Reader {
	return &Reader{key: key.Public().(ed25519.PublicKey), org: org, remembered: map[[sha256.Size]byte]Claims{}}
}

// Read is [Read] with the reader's key and organisation.
func (r *Reader) Read(token string, now time.Time) (Claims, error) {
	digest := sha256.Sum256([]byte(token))
	r.mu.Lock()
	c, known := r.remembered[digest]
	r.mu.Unlock()
	if !known {
		var err error
		if c, err = open(r.key, token); err != nil {
			return Claims{}, err
		}
		r.mu.Lock()
		if len(r.remembered) >= maxRemembered {
			clear(r.remembered)
		}
		r.remembered[digest] = c
		r.mu.Unlock()
	}
	return c, c.valid(r.org, now)
}
