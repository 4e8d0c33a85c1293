package credential

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/store"
)

// kindCode is a stored code, listed under its user.
const kindCode = "credential-code"

// codeLife is how long a code may be used at most (DFNS's guide on credentials).
const codeLife = time.Minute

// NewCode is the body of POST /auth/credentials/code.
type NewCode struct {
	Expiration json.RawMessage `json:"expiration"` // a date in ISO 8601, or Unix seconds
}

// Code is a code as the API shows it, and as it is stored.
type Code struct {
	Code       string    `json:"code"`
	Expiration dfns.Time `json:"expiration"`
}

// code is a stored code.
type code struct {
	Code
	UserID string
}

// CreateCode makes a code by which the caller may add a key from elsewhere, once. It
// expires when he says, and in a minute at the latest.
func (d *Desk) CreateCode(caller auth.Caller, in NewCode) (Code, error) {
	if caller.ByPat() || caller.User.IsServiceAccount {
		return Code{}, dfns.Forbidden("only a user's login may make credential codes")
	}
	now := d.Now()
	expires, err := in.expires()
	if err != nil {
		return Code{}, err
	}
	if !expires.After(now) {
		return Code{}, dfns.BadRequest("expiration has passed")
	}
	if latest := now.Add(codeLife); expires.After(latest) {
		expires = latest
	}
	made := Code{Code: dfns.NewID("cc"), Expiration: dfns.At(expires)}
	return made, caller.Update(d.DB, func(tx *store.Tx) error {
		return errors.Join(forgetExpired(tx, caller.User.UserID, now), store.Put(tx,
			store.Object{Kind: kindCode, ID: made.Code, Parent: caller.User.UserID}, code{made, caller.User.UserID}))
	})
}

func (in NewCode) expires() (time.Time, error) {
	var seconds float64
	if json.Unmarshal(in.Expiration, &seconds) == nil && !bytes.Equal(in.Expiration, []byte("null")) {
		return time.UnixMilli(int64(seconds * 1000)), nil
	}
	var text string
	err := json.Unmarshal(in.Expiration, &text)
	at, perr := time.Parse(time.RFC3339, text)
	if err != nil || perr != nil {
		return at, dfns.BadRequest("expiration must be a date such as 2026-01-02T03:04:05Z, or Unix seconds")
	}
	return at, nil
}

// forgetExpired keeps a user's codes few.
func forgetExpired(tx *store.Tx, user string, now time.Time) error {
	codes, err := store.All[code](tx, kindCode, user)
	for _, c := range codes {
		if !now.Before(c.Expiration.Time) {
			err = errors.Join(err, store.Delete(tx, kindCode, c.Code.Code))
		}
	}
	return err
}

// WantedByCode is the body of POST /auth/credentials/code/init.
type WantedByCode struct {
	Kind string `json:"credentialKind"`
	Code string `json:"code"`
}

// InitByCode opens a challenge for a new key of the user who made the code, and spends the
// code. One that is unknown, spent or expired, or whose user is switched off, is a 403.
func (d *Desk) InitByCode(in WantedByCode) (Challenge, error) {
	if err := served(in.Kind); err != nil {
		return Challenge{}, err
	}
	var user identity.User
	err := d.DB.Update(func(tx *store.Tx) error {
		c, err := store.Get[code](tx, kindCode, in.Code)
		if errors.Is(err, store.ErrNotFound) || err == nil && !d.Now().Before(c.Expiration.Time) {
			return dfns.Forbidden("Invalid code")
		}
		if err != nil {
			return err
		}
		if user, err = activeUser(tx, c.UserID); err != nil {
			return err
		}
		return store.Delete(tx, kindCode, in.Code)
	})
	if err != nil {
		return Challenge{}, err
	}
	return d.challenge(user, in.Kind, byCode)
}

// CreateByCode adds a key to those of the user who made the code.
func (d *Desk) CreateByCode(in New) (identity.Credential, error) {
	user, cred, err := d.proven(in, byCode)
	if err != nil {
		return cred, err
	}
	return shown(cred), d.DB.Update(func(tx *store.Tx) error {
		if _, err := activeUser(tx, user); err != nil {
			return err
		}
		return identity.AddCredential(tx, user, cred)
	})
}

// activeUser refuses whoever was switched off or deleted since he made a code.
func activeUser(tx *store.Tx, id string) (identity.User, error) {
	user, err := identity.Under(tx, identity.Humans, id)
	var refused *dfns.Error
	if errors.As(err, &refused) || err == nil && !user.IsActive {
		err = dfns.Forbidden("Invalid code")
	}
	return user, err
}
