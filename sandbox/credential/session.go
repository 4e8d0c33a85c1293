package credential

import (
	"bytes"
	"encoding/json"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
)

// Session is the challenge of a registration or a recovery. Every key that it makes signs
// the one challenge.
type Session struct {
	User Holder `json:"user"`
	// TemporaryAuthenticationToken is the bearer token of the call that completes it, once.
	TemporaryAuthenticationToken string       `json:"temporaryAuthenticationToken"`
	Challenge                    string       `json:"challenge"`
	SupportedCredentialKinds     factorKinds  `json:"supportedCredentialKinds"`
	AuthenticatorSelection       selection    `json:"authenticatorSelection"`
	Attestation                  string       `json:"attestation"`
	PubKeyCredParams             []Alg        `json:"pubKeyCredParams"`
	ExcludeCredentials           []descriptor `json:"excludeCredentials"` // of kind Fido2: none
	OTPURL                       string       `json:"otpUrl"`             // of kind Totp: ""
}

type factorKinds struct {
	FirstFactor  []string `json:"firstFactor"`
	SecondFactor []string `json:"secondFactor"`
}

// selection is what a passkey would have to be, by DFNS's example.
type selection struct {
	ResidentKey        string `json:"residentKey"`
	RequireResidentKey bool   `json:"requireResidentKey"`
	UserVerification   string `json:"userVerification"`
}

type descriptor struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// Open starts a session for purpose, which ends with its challenge.
func Open(a *auth.Auth, user identity.User, purpose string) (Session, error) {
	text, token, err := a.Challenge(user.UserID, purpose)
	return Session{User: Holder{user.UserID, user.Username, user.Username}, TemporaryAuthenticationToken: token, Challenge: text,
		SupportedCredentialKinds: factorKinds{[]string{identity.Key, identity.ProtectedKey}, []string{}},
		AuthenticatorSelection:   selection{"required", true, "required"},
		Attestation:              "direct", PubKeyCredParams: algorithms, ExcludeCredentials: []descriptor{}}, err
}

// Offer is a new key with what is known of it.
type Offer struct {
	Kind                string `json:"credentialKind"`
	Info                Info   `json:"credentialInfo"`
	Name                string `json:"credentialName"`
	EncryptedPrivateKey string `json:"encryptedPrivateKey"` // opaque; not of kind Key
}

// Factors are the keys that a session makes: one to sign with and, if he wishes, one to
// recover with.
type Factors struct {
	First    *Offer          `json:"firstFactorCredential"`
	Second   json.RawMessage `json:"secondFactorCredential"`
	Recovery *Offer          `json:"recoveryCredential"`
}

// Proven returns the keys, once each has proven itself by the challenge: that of the first
// factor first.
func (f Factors) Proven(challenge string, now time.Time) ([]identity.Credential, error) {
	if f.First == nil {
		return nil, dfns.BadRequest("firstFactorCredential is required")
	}
	if len(f.Second) > 0 && !bytes.Equal(f.Second, []byte("null")) {
		return nil, dfns.NotImplemented("second factors")
	}
	var made []identity.Credential
	for _, offer := range []*Offer{f.First, f.Recovery} {
		if offer == nil {
			continue
		}
		if err := served(offer.Kind); err != nil {
			return nil, err
		}
		if (offer.Kind == identity.RecoveryKey) != (offer == f.Recovery) {
			return nil, dfns.BadRequest("credentialKind %s is not one of this credential: RecoveryKey is that of recoveryCredential alone", offer.Kind)
		}
		cred, err := offer.proven(challenge, now)
		if err != nil {
			return nil, err
		}
		made = append(made, cred)
	}
	return made, nil
}

// defaultName is DFNS's for a key without one.
const defaultName = "Default Credential"

// proven returns the credential, once its key has signed the challenge.
func (o Offer) proven(challenge string, now time.Time) (identity.Credential, error) {
	switch {
	case o.Kind == identity.Key && o.EncryptedPrivateKey != "":
		return identity.Credential{}, dfns.BadRequest("encryptedPrivateKey is not of kind Key; leave it out")
	case o.Kind == identity.ProtectedKey && o.EncryptedPrivateKey == "":
		return identity.Credential{}, dfns.BadRequest("encryptedPrivateKey is required of kind PasswordProtectedKey")
	}
	public, err := o.Info.proven(challenge)
	c := identity.Credential{CredID: o.Info.CredID, UUID: dfns.NewID("cr"), Kind: o.Kind, Name: o.Name, PublicKey: public,
		IsActive: true, DateCreated: dfns.At(now), EncryptedPrivateKey: o.EncryptedPrivateKey}
	if c.Name == "" {
		c.Name = defaultName
	}
	return c, err
}

// Outcome is how a session ended: with a key of a user's.
type Outcome struct {
	Credential outcomeKey  `json:"credential"`
	User       outcomeUser `json:"user"`
}

type outcomeKey struct {
	UUID string `json:"uuid"`
	Kind string `json:"kind"`
	Name string `json:"name"`
}

type outcomeUser struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	OrgID    string `json:"orgId"`
}

// OutcomeOf shows how a session ended.
func OutcomeOf(u identity.User, c identity.Credential) Outcome {
	return Outcome{outcomeKey{c.UUID, c.Kind, c.Name}, outcomeUser{u.UserID, u.Username, u.OrgID}}
}
