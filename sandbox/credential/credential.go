// Package credential lets users add keys to those that sign for them, and switch keys off
// and on.
//
// A new key proves that it is its holder's: it signs a challenge, and the public key with
// it (see [Info]). Who adds it proves who he is in one of two ways:
//
//	POST /auth/credentials/init        → a challenge
//	POST /auth/credentials             signed by a key that he has already
//
//	POST /auth/credentials/code        signed by a key that he has already → a code
//	POST /auth/credentials/code/init   the code → a challenge
//	POST /auth/credentials/code/verify from where he has no key, nor a bearer token
//
// Of DFNS's kinds of credentials there are three: Key, a key pair of the user's own making;
// PasswordProtectedKey, one whose private key he keeps with the platform, encrypted; and
// RecoveryKey, one that signs nothing but a recovery (package recovery).
package credential

import (
	"net/http"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/store"
)

// Desk answers for credentials.
type Desk struct {
	DB   *store.DB
	Now  func() time.Time
	Auth *auth.Auth
	// Machines lets service accounts change their credentials too, which DFNS's guide on
	// rotation shows and the reference of its API forbids.
	Machines bool
}

// The purposes of challenges, each with the kind of the credential behind it.
const (
	signedBy = "credential "           // of POST /auth/credentials
	byCode   = "credential with code " // of POST /auth/credentials/code/verify
)

// Wanted is the body of POST /auth/credentials/init.
type Wanted struct {
	Kind string `json:"kind"`
}

// Challenge is what a new key is to sign.
type Challenge struct {
	Kind                string `json:"kind"`
	User                Holder `json:"user"`
	ChallengeIdentifier string `json:"challengeIdentifier"`
	Challenge           string `json:"challenge"`
	Attestation         string `json:"attestation"`
	PubKeyCredParams    []Alg  `json:"pubKeyCredParams"`
	// TemporaryAuthenticationToken is the challengeIdentifier by its former name.
	TemporaryAuthenticationToken string `json:"temporaryAuthenticationToken"`
}

// Holder is the user whom the key is to sign for.
type Holder struct {
	ID          string `json:"id"` // us-…
	DisplayName string `json:"displayName"`
	Name        string `json:"name"`
}

// Alg is an algorithm of COSE.
type Alg struct {
	Type string `json:"type"` // public-key
	Alg  int    `json:"alg"`
}

// algorithms are those that DFNS's reference lists: ES256 and RS256. A Key may be of any
// that package pubkey verifies.
var algorithms = []Alg{{"public-key", -7}, {"public-key", -257}}

// Init opens a challenge for a new key of the caller's.
func (d *Desk) Init(caller auth.Caller, in Wanted) (Challenge, error) {
	if err := d.mayChange(caller); err != nil {
		return Challenge{}, err
	}
	return d.challenge(caller.User, in.Kind, signedBy)
}

// mayChange refuses personal access tokens, and service accounts unless they may.
func (d *Desk) mayChange(caller auth.Caller) error {
	if caller.ByPat() || caller.User.IsServiceAccount && !d.Machines {
		return dfns.Forbidden("only a user's login may change credentials")
	}
	return nil
}

func (d *Desk) challenge(user identity.User, kind, purpose string) (Challenge, error) {
	if err := served(kind); err != nil {
		return Challenge{}, err
	}
	text, id, err := d.Auth.Challenge(user.UserID, purpose+kind)
	return Challenge{Kind: kind, User: Holder{user.UserID, user.Username, user.Username}, ChallengeIdentifier: id, Challenge: text,
		Attestation: "direct", PubKeyCredParams: algorithms, TemporaryAuthenticationToken: id}, err
}

// served refuses the kinds of credentials that are not there.
func served(kind string) error {
	switch kind {
	case identity.Key, identity.ProtectedKey, identity.RecoveryKey:
		return nil
	case "Fido2", "Password", "Totp":
		return dfns.NotImplemented("credentials of kind %q; use Key", kind)
	}
	return dfns.BadRequest("kind must be Key, Fido2, PasswordProtectedKey, RecoveryKey, Password or Totp")
}

// New is the body of POST /auth/credentials and of POST /auth/credentials/code/verify: an
// [Offer] with the challenge that it answers.
type New struct {
	Kind                string `json:"credentialKind"`
	Info                Info   `json:"credentialInfo"`
	Name                string `json:"credentialName"`
	EncryptedPrivateKey string `json:"encryptedPrivateKey"`
	ChallengeIdentifier string `json:"challengeIdentifier"`
}

// Create adds a key to those of the caller, who signed the call with another.
func (d *Desk) Create(caller auth.Caller, in New) (identity.Credential, error) {
	if err := d.mayChange(caller); err != nil {
		return identity.Credential{}, err
	}
	user, cred, err := d.proven(in, signedBy)
	if err == nil && user != caller.User.UserID {
		err = dfns.BadRequest("Challenge token is not valid.")
	}
	if err != nil {
		return identity.Credential{}, err
	}
	return shown(cred), caller.Update(d.DB, func(tx *store.Tx) error { return identity.AddCredential(tx, user, cred) })
}

// proven spends the challenge that in answers, and returns whose it was and the key that in
// has proven.
func (d *Desk) proven(in New, purpose string) (user string, cred identity.Credential, err error) {
	if err := served(in.Kind); err != nil {
		return "", cred, err
	}
	if in.Name == "" {
		return "", cred, dfns.BadRequest("credentialName is required")
	}
	user, text, err := d.Auth.Spend(in.ChallengeIdentifier, purpose+in.Kind)
	if err != nil {
		return "", cred, err
	}
	cred, err = Offer{in.Kind, in.Info, in.Name, in.EncryptedPrivateKey}.proven(text, d.Now())
	return user, cred, err
}

// shown is a credential as lists have it.
func shown(c identity.Credential) identity.Credential {
	c.EncryptedPrivateKey = ""
	return c
}

// Credentials returns the keys of the caller.
func (d *Desk) Credentials(caller auth.Caller) (found []identity.Credential, err error) {
	err = d.DB.View(func(tx *store.Tx) (err error) {
		found, err = identity.Credentials(tx, caller.Identity())
		return err
	})
	for i, c := range found {
		found[i] = shown(c)
	}
	return found, err
}

// Named is the body of the calls that switch a credential.
type Named struct {
	UUID string `json:"credentialUuid"`
}

// Activate lets one of the caller's keys sign again. One that may is left as it is.
func (d *Desk) Activate(caller auth.Caller, in Named) error { return d.change(caller, in.UUID, true) }

// Deactivate makes whatever one of the caller's keys signs, or has signed and not used yet,
// void. The last key that may sign is a 422: nobody could let its holder in again.
func (d *Desk) Deactivate(caller auth.Caller, in Named) error {
	return d.change(caller, in.UUID, false)
}

func (d *Desk) change(caller auth.Caller, uuid string, on bool) error {
	if err := d.mayChange(caller); err != nil {
		return err
	}
	if uuid == "" {
		return dfns.BadRequest("credentialUuid is required")
	}
	return caller.Update(d.DB, func(tx *store.Tx) error {
		creds, err := identity.Credentials(tx, caller.Identity())
		if err != nil {
			return err
		}
		var named *identity.Credential
		others := 0 // that may sign
		for i, c := range creds {
			if c.UUID == uuid {
				named = &creds[i]
			} else if c.Signs() {
				others++
			}
		}
		if named == nil {
			return dfns.NotFound("credential", uuid)
		}
		if !on && others == 0 && named.Signs() {
			return dfns.Errorf(http.StatusUnprocessableEntity, "credential %s is the last active one; add another first", uuid)
		}
		named.IsActive = on
		return identity.SaveCredential(tx, caller.Identity(), *named)
	})
}
