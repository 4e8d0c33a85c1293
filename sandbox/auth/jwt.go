package auth

import (
	"strings"
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

// kindAction begins the identifiers of user actions.
const kindAction = "ua"

// challengeJWT returns a challengeIdentifier, or a user action: JWT-shaped, as DFNS's are,
// and opaque to the caller. The key that signs it is gone with the process.
func (a *Auth) challengeJWT(id, user string, now time.Time) (string, error) {
	return bearer.Sign(a.proofs, bearer.Claims{
		Issuer: "countersign-sandbox", Subject: user, ID: id,
		Issued: now.Unix(), Expires: now.Add(challengeLife).Unix(),
		App: bearer.AppMetadata{OrgID: a.org, UserID: user},
	})
}

// gave tells whether token is a user action that this process gave to user and that has not
// expired. One that is not kept any more was used: so the used ones need no room.
func (a *Auth) gave(token, user string) bool {
	claims, err := bearer.Read(a.proofs, a.org, token, a.now())
	return err == nil && claims.Subject == user && strings.HasPrefix(claims.ID, kindAction+"-")
}
