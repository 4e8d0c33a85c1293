// Package bearer writes and reads the JWTs that name callers and challenges. They are
// signed with Ed25519, by the key of the one organisation.
package bearer

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
	var c Claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[0] != header {
		return c, errors.New("not a token of ours")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return c, fmt.Errorf("reading token signature: %w", err)
	}
	public := key.Public().(ed25519.PublicKey)
	if !ed25519.Verify(public, []byte(parts[0]+"."+parts[1]), signature) {
		return c, errors.New("token signature is wrong")
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return c, fmt.Errorf("reading token: %w", err)
	}
	if err := json.Unmarshal(body, &c); err != nil {
		return c, fmt.Errorf("reading token: %w", err)
	}
	if now.Unix() >= c.Expires || c.App.OrgID != org {
		return c, errors.New("token is expired or of another organisation")
	}
	return c, nil
}
