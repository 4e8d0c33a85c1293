package auth

import (
	"time"

	"countersign/sandbox/bearer"
	"countersign/sandbox/identity"
)

// Bearer returns the JWT of a stored token.
func (a *Auth) Bearer(t identity.Token) (string, error) {
	return bearer.Sign(a.key, bearer.Claims{
		Issuer: "countersign-sandbox", Subject: t.UserID, ID: t.TokenID,
		Issued: t.DateCreated.Unix(), Expires: t.Expires.Unix(),
		App: bearer.AppMetadata{OrgID: a.org, UserID: t.UserID, TokenID: t.TokenID},
	})
}

// challengeJWT returns a challengeIdentifier: JWT-shaped, as DFNS's are, and
// opaque to the caller. The sandbox looks it up; it does not read it back.
func (a *Auth) challengeJWT(id, user string, now time.Time) (string, error) {
	return bearer.Sign(a.key, bearer.Claims{
		Issuer: "countersign-sandbox", Subject: user, ID: id,
		Issued: now.Unix(), Expires: now.Add(challengeLife).Unix(),
		App: bearer.AppMetadata{OrgID: a.org, UserID: user},
	})
}
