package auth

import (
	"errors"
	"net/http"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/mail"
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
// inactive or of another organisation is a 401. A password protected key is for who enters
// the code that was mailed to its holder; a wrong one is a 403.
func (a *Auth) LoginInit(in LoginRequest) (InitResponse, error) {
	if in.Username == "" {
		return InitResponse{}, dfns.NotImplemented("logins without username, which are of passkeys")
	}
	var user identity.User
	err := a.db.Update(func(tx *store.Tx) (err error) {
		if user, err = a.known(tx, in.Username, in.OrgID); err != nil || in.LoginCode == "" {
			return err
		}
		err = mail.Enter(tx, a.now(), user.UserID, mail.Login, in.LoginCode)
		if errors.Is(err, mail.ErrWrong) || errors.Is(err, mail.ErrExpired) {
			return dfns.Forbidden("Invalid code")
		}
		return err
	})
	if err != nil {
		return InitResponse{}, err
	}
	opened, err := a.open(intent{user: user.UserID, purpose: login}, in.LoginCode != "")
	if err == nil && len(opened.AllowCredentials.Key)+len(opened.AllowCredentials.ProtectedKey) == 0 {
		err = dfns.Errorf(http.StatusUnauthorized, "User does not have a credential that can be used for the application.")
	}
	return opened, err
}

// known returns the human user of a username, while he is active. One who must log in by
// single sign-on is a 403.
func (a *Auth) known(tx *store.Tx, username, orgID string) (identity.User, error) {
	user, found, err := identity.Named(tx, username)
	if err == nil && (!found || !user.IsActive || orgID != a.org) {
		err = dfns.Errorf(http.StatusUnauthorized, "User not found")
	}
	if err == nil && user.IsSSORequired != nil && *user.IsSSORequired {
		err = dfns.Forbidden("user %s has to log in by single sign-on, which the sandbox lacks; PUT /auth/users/%s with isSSORequired false", username, user.UserID)
	}
	return user, err
}

// Addressee is the body of POST /auth/login/code.
type Addressee struct {
	Username string `json:"username"`
	OrgID    string `json:"orgId"`
}

// SendLoginCode mails a human user a code for [Auth.LoginInit].
func (a *Auth) SendLoginCode(in Addressee) error {
	return a.db.Update(func(tx *store.Tx) error {
		user, err := a.known(tx, in.Username, in.OrgID)
		if err != nil {
			return err
		}
		return mail.Send(tx, a.now(), user.UserID, user.Username, mail.Login)
	})
}

// DelegatedLogin is the body of POST /auth/login/delegated.
type DelegatedLogin struct {
	Username string `json:"username"`
}

// LoginFor returns the bearer token of a session of an end user, whom a service account of
// the organisation vouches for. Whoever is unknown is a 401, whoever is switched off a 400.
func (a *Auth) LoginFor(caller Caller, in DelegatedLogin) (string, error) {
	if err := Vouches(caller); err != nil {
		return "", err
	}
	var token identity.Token
	err := caller.Update(a.db, func(tx *store.Tx) error {
		user, found, err := identity.Named(tx, in.Username)
		switch {
		case err != nil:
			return err
		case !found || user.Kind != identity.EndUser || !user.IsRegistered:
			return dfns.Errorf(http.StatusUnauthorized, "User not found")
		case !user.IsActive:
			return dfns.BadRequest("User account has been deactivated.")
		}
		token = a.session(user.UserID, "")
		return identity.SaveToken(tx, token)
	})
	if err != nil {
		return "", err
	}
	return a.Bearer(token)
}

// Vouches refuses whoever may not act for end users: all but service accounts.
func Vouches(caller Caller) error {
	if !caller.User.IsServiceAccount {
		return dfns.Forbidden("only a service account may act for end users")
	}
	return nil
}

// session is the token of a login, by a key unless credID is "".
func (a *Auth) session(userID, credID string) identity.Token {
	now := a.now()
	return identity.Token{TokenID: dfns.NewID("to"), UserID: userID, CredID: credID, IsActive: true,
		DateCreated: dfns.At(now), Expires: dfns.At(now.Add(sessionLife))}
}

// OpenSession returns the bearer token of a session of a user who has just proven a key.
func (a *Auth) OpenSession(tx *store.Tx, userID, credID string) (string, error) {
	token := a.session(userID, credID)
	if err := identity.SaveToken(tx, token); err != nil {
		return "", err
	}
	return a.Bearer(token)
}

// Login turns a signed challenge into the bearer token of a session.
func (a *Auth) Login(in ActionRequest) (string, error) {
	c, err := a.answered(in, func(c challenge) bool { return c.purpose == login })
	if err != nil {
		return "", err
	}
	token := a.session(c.user, in.FirstFactor.Assertion.CredID)
	err = a.db.Update(func(tx *store.Tx) error {
		user, err := identity.Lookup(tx, c.user)
		if err == nil {
			_, err = a.known(tx, user.Username, a.org) // meanwhile he may have to log in otherwise
		}
		return errors.Join(err, identity.SaveToken(tx, token))
	})
	if err != nil {
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
