package auth

import (
	"net/http"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/store"
)

// sessionLife is how long a login lasts. DFNS does not publish its figure: a working day.
const sessionLife = 12 * time.Hour

// login is the purpose of a login's challenge.
const login = "login"

// LoginRequest is the body of POST /auth/login/init.
type LoginRequest struct {
	Username  string `json:"username"`
	OrgID     string `json:"orgId"`
	LoginCode string `json:"loginCode"`
}

// LoginInit opens a challenge for a human who says that he is username. Whoever is unknown,
// inactive or of another organisation is a 401.
func (a *Auth) LoginInit(in LoginRequest) (InitResponse, error) {
	switch {
	case in.LoginCode != "":
		return InitResponse{}, dfns.NotImplemented("loginCode, which is of password protected keys")
	case in.Username == "":
		return InitResponse{}, dfns.NotImplemented("logins without username, which are of passkeys")
	}
	var user identity.User
	err := a.db.View(func(tx *store.Tx) (err error) {
		var found bool
		if user, found, err = identity.Named(tx, in.Username); err == nil && (!found || !user.IsActive || in.OrgID != a.org) {
			err = dfns.Errorf(http.StatusUnauthorized, "User not found")
		}
		return err
	})
	if err != nil {
		return InitResponse{}, err
	}
	return a.open(intent{user: user.UserID, purpose: login})
}

// Login turns a signed challenge into the bearer token of a session.
func (a *Auth) Login(in ActionRequest) (string, error) {
	c, err := a.answered(in, func(c challenge) bool { return c.purpose == login })
	if err != nil {
		return "", err
	}
	token := identity.Token{TokenID: dfns.NewID("to"), UserID: c.user, CredID: in.FirstFactor.Assertion.CredID, IsActive: true,
		DateCreated: dfns.At(a.now()), Expires: dfns.At(a.now().Add(sessionLife))}
	if err := a.db.Update(func(tx *store.Tx) error { return identity.SaveToken(tx, token) }); err != nil {
		return "", err
	}
	return a.Bearer(token)
}

// LogoutRequest is the body of PUT /auth/logout, which may be absent.
type LogoutRequest struct {
	AllSessions bool `json:"allSessions"`
}

// Logout ends the caller's session or, when he says so, every session of his.
func (a *Auth) Logout(caller Caller, in LogoutRequest) error {
	if caller.ByPat() || caller.User.IsServiceAccount {
		return dfns.Forbidden("only a user's login can be logged out")
	}
	return a.db.Update(func(tx *store.Tx) error {
		tokens, err := identity.Tokens(tx, caller.User.UserID)
		if err != nil {
			return err
		}
		for _, t := range tokens {
			if t.TokenID != caller.TokenID && (!in.AllSessions || t.Kind == identity.Pat) {
				continue
			}
			t.IsActive = false
			if err := identity.SaveToken(tx, t); err != nil {
				return err
			}
		}
		return nil
	})
}
