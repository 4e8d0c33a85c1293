// Package registration lets a user who has no key yet register his first.
//
// A user of the organisation's is sent a code when he is made (package mail):
//
//	POST /auth/registration/init   the code → a challenge and a temporary token
//	POST /auth/registration        the new keys, with that token for a bearer
//
// An end user is no mail's business: a service account makes him by
// POST /auth/registration/delegated, which answers with his challenge. He may ask for wallets
// with his first keys, by POST /auth/registration/enduser, and is logged in with them.
package registration

import (
	"errors"
	"net/http"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/credential"
	"countersign/sandbox/custody"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/mail"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// purpose is that of the challenges.
const purpose = "registration"

// Desk registers users.
type Desk struct {
	DB    *store.DB
	Now   func() time.Time
	Auth  *auth.Auth
	Vault *custody.Custody // makes the wallets of end users
}

// Entry is the body of POST /auth/registration/init.
type Entry struct {
	OrgID            string `json:"orgId"`
	Username         string `json:"username"`
	RegistrationCode string `json:"registrationCode"`
}

// Init opens a registration for who has read the user's mail, and spends the code. Whoever
// is unknown is a 401, as is one who is registered; a wrong code is a 403, an expired one a
// 400.
func (d *Desk) Init(in Entry) (credential.Session, error) {
	var user identity.User
	err := d.DB.Update(func(tx *store.Tx) (err error) {
		if user, err = d.waiting(tx, in.OrgID, in.Username); err != nil {
			return err
		}
		err = mail.Enter(tx, d.Now(), user.UserID, mail.Registration, in.RegistrationCode)
		switch {
		case errors.Is(err, mail.ErrWrong):
			return dfns.Forbidden("Invalid code")
		case errors.Is(err, mail.ErrExpired):
			return dfns.BadRequest("Registration code expired")
		}
		return err
	})
	if err != nil {
		return credential.Session{}, err
	}
	return credential.Open(d.Auth, user, purpose)
}

// waiting returns a user who is to register.
func (d *Desk) waiting(tx *store.Tx, orgID, username string) (identity.User, error) {
	user, found, err := identity.Named(tx, username)
	switch {
	case err != nil:
		return user, err
	case !found || orgID != d.Auth.OrgID():
		return user, dfns.Errorf(http.StatusUnauthorized, "User not found")
	}
	return user, unregistered(user)
}

func unregistered(user identity.User) error {
	switch {
	case user.IsRegistered:
		return dfns.Errorf(http.StatusUnauthorized, "User already exists.")
	case !user.IsActive:
		return dfns.BadRequest("User account has been deactivated.")
	}
	return nil
}

// Addressee is the body of PUT /auth/registration/code.
type Addressee struct {
	Username string `json:"username"`
	OrgID    string `json:"orgId"`
}

// Resend sends a user of the organisation's another code, in place of the former.
func (d *Desk) Resend(in Addressee) error {
	return d.DB.Update(func(tx *store.Tx) error {
		user, err := d.waiting(tx, in.OrgID, in.Username)
		if err == nil && user.Kind == identity.EndUser {
			err = dfns.Errorf(http.StatusUnauthorized, "User not found") // nobody writes to him
		}
		if err != nil {
			return err
		}
		return mail.Send(tx, d.Now(), user.UserID, user.Username, mail.Registration)
	})
}

// NewEndUser is the body of POST /auth/registration/delegated.
type NewEndUser struct {
	Email      string `json:"email"` // the username: any text
	Kind       string `json:"kind"`  // EndUser
	ExternalID string `json:"externalId"`
}

// Delegate makes an end user, who may use what will be delegated to him, and opens his
// registration. A username that is taken is a 401,
// as DFNS has it.
func (d *Desk) Delegate(caller auth.Caller, in NewEndUser) (credential.Session, error) {
	if err := auth.Vouches(caller); err != nil {
		return credential.Session{}, err
	}
	if in.Email == "" {
		return credential.Session{}, dfns.BadRequest("email is required: any text that names the user")
	}
	if in.Kind != identity.EndUser {
		return credential.Session{}, dfns.BadRequest("kind must be EndUser")
	}
	var user identity.User
	err := caller.Update(d.DB, func(tx *store.Tx) (err error) {
		user, err = identity.AddUser(tx, in.Email, identity.EndUser, d.Auth.OrgID(), in.ExternalID)
		var taken *dfns.Error
		if errors.As(err, &taken) {
			return dfns.Errorf(http.StatusUnauthorized, "User already exists.")
		}
		if err != nil {
			return err
		}
		return role.Welcome(tx, user.UserID, dfns.At(d.Now()))
	})
	if err != nil {
		return credential.Session{}, err
	}
	return credential.Open(d.Auth, user, purpose)
}

// Complete gives the user his first keys. token is the temporary one; it is spent whether
// or not they are right.
func (d *Desk) Complete(token string, in credential.Factors) (credential.Outcome, error) {
	return d.complete(token, in, func(*store.Tx, identity.User, identity.Credential) error { return nil })
}

// complete is [Desk.Complete] with something more to do in the same transaction.
func (d *Desk) complete(token string, in credential.Factors, then func(*store.Tx, identity.User, identity.Credential) error) (credential.Outcome, error) {
	id, challenge, err := d.Auth.Spend(token, purpose)
	if err != nil {
		return credential.Outcome{}, dfns.Errorf(http.StatusUnauthorized, "Not Authorized.")
	}
	made, err := in.Proven(challenge, d.Now())
	if err != nil {
		return credential.Outcome{}, err
	}
	var user identity.User
	err = d.DB.Update(func(tx *store.Tx) (err error) {
		if user, err = identity.Under(tx, identity.Humans, id); err != nil {
			return err
		}
		if err := unregistered(user); err != nil {
			return err // meanwhile
		}
		user.CredentialUUID, user.IsRegistered = made[0].UUID, true
		err = identity.SaveUser(tx, identity.Humans, user)
		for _, c := range made {
			err = errors.Join(err, identity.AddCredential(tx, id, c))
		}
		if err != nil {
			return err
		}
		return then(tx, user, made[0])
	})
	return credential.OutcomeOf(user, made[0]), err
}
