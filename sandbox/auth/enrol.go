package auth

import (
	"errors"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/pubkey"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// NewUser asks for a user with one key and one bearer token.
type NewUser struct {
	Name           string
	PublicKey      string // PEM
	ExternalID     string
	ServiceAccount bool
	Life           time.Duration // how long the token lives
}

// Enrolled is a user as [Auth.Enrol] made it, with its bearer token.
type Enrolled struct {
	User       identity.User
	Credential identity.Credential
	Token      identity.Token
	Bearer     string
}

// Enrol makes a user in tx. It fails with a 400 when the key is not one that
// the sandbox can verify with.
func (a *Auth) Enrol(tx *store.Tx, in NewUser) (Enrolled, error) {
	if _, err := pubkey.Parse(in.PublicKey); err != nil {
		return Enrolled{}, err
	}
	cred, now := dfns.NewID("cr"), a.now()
	e := Enrolled{
		User: identity.User{
			Username: in.Name, Name: in.Name, UserID: dfns.NewID("us"), Kind: identity.Employee,
			CredentialUUID: cred, OrgID: a.org, ExternalID: in.ExternalID, Permissions: []string{},
			IsActive: true, IsServiceAccount: in.ServiceAccount, IsRegistered: true,
			PermissionAssignments: []role.Held{},
		},
		Credential: identity.Credential{CredID: cred, UUID: cred, Kind: identity.Key, Name: in.Name,
			PublicKey: in.PublicKey, IsActive: true, DateCreated: dfns.At(now)},
	}
	e.Token = identity.Token{TokenID: dfns.NewID("to"), UserID: e.User.UserID, CredID: cred, IsActive: true,
		DateCreated: dfns.At(now), Expires: dfns.At(now.Add(in.Life))}
	parent := identity.Humans
	if in.ServiceAccount {
		parent = identity.Services
	}
	err := errors.Join(
		identity.SaveUser(tx, parent, e.User),
		identity.AddCredential(tx, e.User.UserID, e.Credential),
		identity.SaveToken(tx, e.Token),
	)
	if err != nil {
		return Enrolled{}, err
	}
	e.Bearer, err = a.Bearer(e.Token)
	return e, err
}
