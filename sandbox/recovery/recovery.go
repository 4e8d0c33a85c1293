// Package recovery lets a user who has lost his keys come back by his recovery key.
//
//	POST /auth/recover/user/code        → a code, by mail
//	POST /auth/recover/user/init        the code → a challenge and a temporary token
//	POST /auth/recover/user/delegated   the same of an end user, by a service account
//	POST /auth/recover/user             the new keys, signed by the recovery key
//
// The new keys sign the challenge. The recovery key signs the new keys: its own challenge is
// the JSON of newCredentials, in base64url (DFNS's reference, "User Recovery"). With the
// recovery all that the user had is void: keys, recovery keys, sessions, personal access
// tokens.
package recovery

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/credential"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/mail"
	"countersign/sandbox/pubkey"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// purpose is that of the challenges.
const purpose = "recovery"

// Desk lets users back in.
type Desk struct {
	DB   *store.DB
	Now  func() time.Time
	Auth *auth.Auth
}

// Addressee is the body of POST /auth/recover/user/code.
type Addressee struct {
	Username string `json:"username"`
	OrgID    string `json:"orgId"`
}

// SendCode sends a user of the organisation's a code. Whoever is unknown is a 401.
func (d *Desk) SendCode(in Addressee) error {
	return d.DB.Update(func(tx *store.Tx) error {
		user, err := d.find(tx, in.Username, identity.Employee, in.OrgID)
		if err != nil {
			return err
		}
		return mail.Send(tx, d.Now(), user.UserID, user.Username, mail.Recovery)
	})
}

// find returns a registered user of a kind.
func (d *Desk) find(tx *store.Tx, username, kind, orgID string) (identity.User, error) {
	user, found, err := identity.Named(tx, username)
	switch {
	case err != nil:
		return user, err
	case !found || orgID != d.Auth.OrgID() || user.Kind != kind || !user.IsRegistered:
		return user, dfns.Errorf(http.StatusUnauthorized, "User not found")
	}
	return user, active(user)
}

func active(user identity.User) error {
	if !user.IsActive {
		return dfns.BadRequest("User account has been deactivated.")
	}
	return nil
}

// Session is the challenge of a recovery.
type Session struct {
	credential.Session
	// Allowed is the recovery key that was named.
	Allowed []allowed `json:"allowedRecoveryCredentials"`
}

type allowed struct {
	ID                   string `json:"id"` // its credId
	EncryptedRecoveryKey string `json:"encryptedRecoveryKey"`
}

// Entry is the body of POST /auth/recover/user/init.
type Entry struct {
	Username         string `json:"username"`
	VerificationCode string `json:"verificationCode"`
	OrgID            string `json:"orgId"`
	CredentialID     string `json:"credentialId"` // of the recovery key
}

// Init opens a recovery for who has read the user's mail, and spends the code. A wrong or
// expired one is a 403.
func (d *Desk) Init(in Entry) (Session, error) {
	var user identity.User
	var key identity.Credential
	err := d.DB.Update(func(tx *store.Tx) (err error) {
		if user, err = d.find(tx, in.Username, identity.Employee, in.OrgID); err != nil {
			return err
		}
		err = mail.Enter(tx, d.Now(), user.UserID, mail.Recovery, in.VerificationCode)
		if errors.Is(err, mail.ErrWrong) || errors.Is(err, mail.ErrExpired) {
			return dfns.Forbidden("Invalid code")
		}
		if err != nil {
			return err
		}
		key, err = recoveryKey(tx, user.UserID, in.CredentialID)
		return err
	})
	return d.open(user, key, err)
}

// Vouched is the body of POST /auth/recover/user/delegated.
type Vouched struct {
	Username     string `json:"username"`
	CredentialID string `json:"credentialId"` // of the recovery key
}

// Delegate opens a recovery for an end user, whom a service account vouches for.
func (d *Desk) Delegate(caller auth.Caller, in Vouched) (Session, error) {
	if err := auth.Vouches(caller); err != nil {
		return Session{}, err
	}
	var user identity.User
	var key identity.Credential
	err := caller.Update(d.DB, func(tx *store.Tx) (err error) {
		if user, err = d.find(tx, in.Username, identity.EndUser, d.Auth.OrgID()); err != nil {
			return err
		}
		key, err = recoveryKey(tx, user.UserID, in.CredentialID)
		return err
	})
	return d.open(user, key, err)
}

func (d *Desk) open(user identity.User, key identity.Credential, err error) (Session, error) {
	if err != nil {
		return Session{}, err
	}
	opened, err := credential.Open(d.Auth, user, purpose)
	return Session{opened, []allowed{{key.CredID, key.EncryptedPrivateKey}}}, err
}

// recoveryKey returns a recovery key of a user's that is active; anything else is a 401.
func recoveryKey(tx *store.Tx, user, credID string) (identity.Credential, error) {
	creds, err := identity.Credentials(tx, user)
	for _, c := range creds {
		if c.CredID == credID && c.Kind == identity.RecoveryKey && c.IsActive {
			return c, err
		}
	}
	return identity.Credential{}, errors.Join(err, dfns.Errorf(http.StatusUnauthorized, "Credential cannot be used as a recovery factor."))
}

// Request is the body of POST /auth/recover/user.
type Request struct {
	Recovery       auth.Factor     `json:"recovery"` // kind RecoveryKey
	NewCredentials json.RawMessage `json:"newCredentials"`
}

// Recover gives the user new keys, and makes all that he had void. token is the temporary
// one; it is spent whether or not the rest is right.
func (d *Desk) Recover(token string, in Request) (credential.Outcome, error) {
	if in.Recovery.Kind != identity.RecoveryKey {
		return credential.Outcome{}, dfns.BadRequest("recovery.kind must be RecoveryKey")
	}
	id, challenge, err := d.Auth.Spend(token, purpose)
	if err != nil {
		return credential.Outcome{}, dfns.Errorf(http.StatusUnauthorized, "Not Authorized.")
	}
	var wanted credential.Factors
	if err := dfns.Decode(in.NewCredentials, &wanted); err != nil {
		return credential.Outcome{}, dfns.BadRequest("newCredentials: %v", err)
	}
	made, err := wanted.Proven(challenge, d.Now())
	if err != nil {
		return credential.Outcome{}, err
	}
	var user identity.User
	err = d.DB.Update(func(tx *store.Tx) (err error) {
		if user, err = identity.Under(tx, identity.Humans, id); err != nil {
			return err
		}
		key, err := recoveryKey(tx, id, in.Recovery.Assertion.CredID)
		if err := errors.Join(active(user), err); err != nil {
			return err
		}
		if err := signed(key, in.Recovery.Assertion, in.NewCredentials); err != nil {
			return err
		}
		return errors.Join(void(tx, id), renew(tx, &user, made))
	})
	return credential.OutcomeOf(user, made[0]), err
}

// signed refuses an assertion that is not the recovery key's over the new credentials.
func signed(key identity.Credential, as auth.Assertion, newCredentials json.RawMessage) error {
	clientData, err1 := auth.DecodeBase64URL(as.ClientData)
	signature, err2 := auth.DecodeBase64URL(as.Signature)
	if err1 != nil || err2 != nil {
		return dfns.BadRequest("clientData and signature must be base64url")
	}
	public, err := pubkey.Parse(key.PublicKey)
	if err != nil {
		return err
	}
	if err := pubkey.Verify(public, as.Algorithm, clientData, signature); err != nil {
		return err
	}
	// The text is that of the body: JSON.stringify of the same object gives the same bytes.
	return auth.CheckClientData(clientData, "key.get", base64.RawURLEncoding.EncodeToString(newCredentials))
}

// void ends all that a user could call and sign with.
func void(tx *store.Tx, user string) error {
	creds, err := identity.Credentials(tx, user)
	for _, c := range creds {
		c.IsActive = false
		err = errors.Join(err, identity.SaveCredential(tx, identity.Archived, c))
	}
	tokens, err2 := identity.Tokens(tx, user)
	err = errors.Join(err, err2)
	for _, t := range tokens {
		t.IsActive = false
		if t.Kind == identity.Pat {
			err = errors.Join(err, role.Forget(tx, t.TokenID), identity.ArchiveToken(tx, t))
			continue
		}
		err = errors.Join(err, identity.SaveToken(tx, t))
	}
	return err
}

// renew gives a user his new keys.
func renew(tx *store.Tx, user *identity.User, made []identity.Credential) error {
	user.CredentialUUID = made[0].UUID
	err := identity.SaveUser(tx, identity.Humans, *user)
	for _, c := range made {
		err = errors.Join(err, identity.AddCredential(tx, user.UserID, c))
	}
	return err
}
