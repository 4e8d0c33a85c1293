package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// jwtHeader is the first segment of every token: {"alg":"EdDSA","typ":"JWT"}.
var jwtHeader = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","typ":"JWT"}`))

// claims is the second segment. DFNS's own SDK reads orgId from the claim
// https://custom/app_metadata before it sends anything.
type claims struct {
	Issuer  string      `json:"iss"`
	Subject string      `json:"sub"`
	ID      string      `json:"jti"`
	Issued  int64       `json:"iat"` // Unix seconds
	Expires int64       `json:"exp"` // Unix seconds
	App     appMetadata `json:"https://custom/app_metadata"`
}

type appMetadata struct {
	OrgID   string `json:"orgId"`
	UserID  string `json:"userId"`
	TokenID string `json:"tokenId"`
}

// signJWT returns a token for c, signed with the organisation's key.
func (a *Auth) signJWT(c claims) (string, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encoding token: %w", err)
	}
	text := jwtHeader + "." + base64.RawURLEncoding.EncodeToString(body)
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(a.key, []byte(text))), nil
}

// readJWT returns the claims of a token that this organisation signed and that
// has not expired.
func (a *Auth) readJWT(token string) (claims, error) {
	var c claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 || parts[0] != jwtHeader {
		return c, errors.New("not a token of ours")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return c, fmt.Errorf("reading token signature: %w", err)
	}
	public := a.key.Public().(ed25519.PublicKey)
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
	if a.now().Unix() >= c.Expires || c.App.OrgID != a.org {
		return c, errors.New("token is expired or of another organisation")
	}
	return c, nil
}

// bearerFor returns the JWT of a stored token.
func (a *Auth) bearerFor(t Token) (string, error) {
	return a.signJWT(claims{
		Issuer: "countersign-sandbox", Subject: t.UserID, ID: t.TokenID,
		Issued: t.DateCreated.Unix(), Expires: t.Expires.Unix(),
		App: appMetadata{OrgID: a.org, UserID: t.UserID, TokenID: t.TokenID},
	})
}

// challengeJWT returns a challengeIdentifier: JWT-shaped, as DFNS's are, and
// opaque to the caller. The sandbox looks it up; it does not read it back.
func (a *Auth) challengeJWT(id, user string, now time.Time) (string, error) {
	return a.signJWT(claims{
		Issuer: "countersign-sandbox", Subject: user, ID: id,
		Issued: now.Unix(), Expires: now.Add(challengeLife).Unix(),
		App: appMetadata{OrgID: a.org, UserID: user},
	})
}
