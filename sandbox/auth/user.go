package auth

import (
	"errors"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/pubkey"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// User is a human or a service account, in the form of DFNS's userInfo. What is
// assigned to it is filled in when it is shown, and empty as it is stored.
type User struct {
	Username              string      `json:"username"`
	Name                  string      `json:"name"`
	UserID                string      `json:"userId"` // us-…
	Kind                  string      `json:"kind"`   // CustomerEmployee
	CredentialUUID        string      `json:"credentialUuid"`
	OrgID                 string      `json:"orgId"`
	ExternalID            string      `json:"externalId,omitempty"`
	Permissions           []string    `json:"permissions"` // deprecated by DFNS, always empty
	IsActive              bool        `json:"isActive"`
	IsServiceAccount      bool        `json:"isServiceAccount"`
	IsRegistered          bool        `json:"isRegistered"`
	IsSSORequired         *bool       `json:"isSSORequired,omitempty"` // of humans only
	PermissionAssignments []role.Held `json:"permissionAssignments"`
}

// Credential is a public key that signs for a user.
type Credential struct {
	CredID      string    `json:"credentialId"` // cr-…, the credId of assertions
	UUID        string    `json:"credentialUuid"`
	Kind        string    `json:"kind"` // Key
	Name        string    `json:"name"`
	PublicKey   string    `json:"publicKey"` // PEM
	IsActive    bool      `json:"isActive"`
	DateCreated dfns.Time `json:"dateCreated"`

	// A key of the sandbox has neither; the SDK's type demands them.
	RelyingPartyID string `json:"relyingPartyId"`
	Origin         string `json:"origin"`
}

// Token is what the sandbox keeps of a bearer token; the token itself is the
// JWT that names it.
type Token struct {
	TokenID     string    `json:"tokenId"` // to-…
	UserID      string    `json:"userId"`
	Kind        string    `json:"kind"` // Pat; for a login or a service account ""
	Name        string    `json:"name"` // of a Pat
	ExternalID  string    `json:"externalId"`
	CredID      string    `json:"credId"`
	IsActive    bool      `json:"isActive"`
	DateCreated dfns.Time `json:"dateCreated"`
	Expires     dfns.Time `json:"expires"`
}

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
	User       User
	Credential Credential
	Token      Token
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
		User: User{
			Username: in.Name, Name: in.Name, UserID: dfns.NewID("us"), Kind: "CustomerEmployee",
			CredentialUUID: cred, OrgID: a.org, ExternalID: in.ExternalID, Permissions: []string{},
			IsActive: true, IsServiceAccount: in.ServiceAccount, IsRegistered: true,
			PermissionAssignments: []role.Held{},
		},
		Credential: Credential{CredID: cred, UUID: cred, Kind: "Key", Name: in.Name,
			PublicKey: in.PublicKey, IsActive: true, DateCreated: dfns.At(now)},
	}
	e.Token = Token{TokenID: dfns.NewID("to"), UserID: e.User.UserID, CredID: cred, IsActive: true,
		DateCreated: dfns.At(now), Expires: dfns.At(now.Add(in.Life))}
	parent := humans
	if in.ServiceAccount {
		parent = services
	}
	err := errors.Join(
		store.Put(tx, store.Object{Kind: kindUser, ID: e.User.UserID, Parent: parent}, e.User),
		store.Put(tx, store.Object{Kind: kindCredential, ID: cred, Parent: e.User.UserID}, e.Credential),
		store.Put(tx, store.Object{Kind: kindToken, ID: e.Token.TokenID, Parent: e.User.UserID}, e.Token),
	)
	if err != nil {
		return Enrolled{}, err
	}
	e.Bearer, err = a.bearerFor(e.Token)
	return e, err
}

// Users returns a page of the human users.
func (a *Auth) Users(page store.Page) ([]User, string, error) {
	var users []User
	var next string
	err := a.db.View(func(tx *store.Tx) (err error) {
		users, next, err = store.List[User](tx, kindUser, humans, page, nil)
		for i := range users {
			err = errors.Join(err, dress(tx, &users[i]))
		}
		return err
	})
	return users, next, err
}

// Lookup returns a user, human or not, within tx; an unknown one is a 404.
func Lookup(tx *store.Tx, id string) (User, error) {
	user, err := store.Get[User](tx, kindUser, id)
	if errors.Is(err, store.ErrNotFound) {
		return user, dfns.NotFound("user", id)
	}
	return user, err
}

// User returns a user, human or not; an unknown one is a 404.
func (a *Auth) User(id string) (User, error) {
	var user User
	err := a.db.View(func(tx *store.Tx) (err error) {
		if user, err = Lookup(tx, id); err != nil {
			return err
		}
		return dress(tx, &user)
	})
	return user, err
}

// Credentials returns the keys of a user.
func (a *Auth) Credentials(user string) ([]Credential, error) {
	var found []Credential
	err := a.db.View(func(tx *store.Tx) (err error) {
		found, err = store.All[Credential](tx, kindCredential, user)
		return err
	})
	return found, err
}
