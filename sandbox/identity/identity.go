// Package identity keeps who there is: the users of the organisation, human or not, the
// keys that sign for them, and the bearer tokens by which they call.
//
// A token acts for its user. A personal access token does so with permissions and a key of
// its own, and is an identity like a user: permissions are assigned to it, and keys are
// listed under it. Every function takes the transaction of its caller and checks nothing but
// what it says.
package identity

import (
	"cmp"
	"errors"
	"net/http"

	"countersign/sandbox/dfns"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// Kinds of stored objects.
const (
	kindUser       = "user"
	kindCredential = "credential"
	kindToken      = "token"
)

// The lists of users.
const (
	Humans   = "humans"
	Services = "service-accounts"
	Archived = "archived" // those that were deleted: the log still names them
)

// Pat is the kind of a personal access token.
const Pat = "Pat"

// The kinds of users. An end user is somebody outside of the organisation, for whom it holds
// wallets that are delegated to him. He may use those, and nothing else of the organisation's,
// whatever is assigned to him.
const (
	Employee = "CustomerEmployee"
	EndUser  = "EndUser"
)

// User is a human or a service account, in the form of DFNS's userInfo. What is
// assigned to it is filled in when it is shown, and empty as it is stored.
type User struct {
	Username              string      `json:"username"`
	Name                  string      `json:"name"`
	UserID                string      `json:"userId"` // us-…
	Kind                  string      `json:"kind"`   // CustomerEmployee or EndUser
	CredentialUUID        string      `json:"credentialUuid"`
	OrgID                 string      `json:"orgId"`
	ExternalID            string      `json:"externalId,omitempty"`
	Permissions           []string    `json:"permissions"` // deprecated by DFNS, always empty
	IsActive              bool        `json:"isActive"`
	IsServiceAccount      bool        `json:"isServiceAccount"`
	IsRegistered          bool        `json:"isRegistered"`            // he has a key
	IsSSORequired         *bool       `json:"isSSORequired,omitempty"` // of humans only
	PermissionAssignments []role.Held `json:"permissionAssignments"`
}

// AddUser stores a new human user, who has no key yet. A username that is taken is a 409.
func AddUser(tx *store.Tx, username, kind, orgID, externalID string) (User, error) {
	if _, found, err := Named(tx, username); err != nil || found {
		return User{}, cmp.Or(err, error(dfns.Errorf(http.StatusConflict, "user %s exists already", username)))
	}
	u := User{Username: username, Name: username, UserID: dfns.NewID("us"), Kind: kind, OrgID: orgID, ExternalID: externalID,
		Permissions: []string{}, IsActive: true, PermissionAssignments: []role.Held{}}
	return u, SaveUser(tx, Humans, u)
}

// SaveUser stores u in the list that parent names.
func SaveUser(tx *store.Tx, parent string, u User) error {
	return store.Put(tx, store.Object{Kind: kindUser, ID: u.UserID, Parent: parent}, u)
}

// Lookup returns a user, human or not; an unknown one is a 404.
func Lookup(tx *store.Tx, id string) (User, error) {
	user, err := store.Get[User](tx, kindUser, id)
	if errors.Is(err, store.ErrNotFound) {
		return user, dfns.NotFound("user", id)
	}
	return user, err
}

// Under is [Lookup] for a user of one list.
func Under(tx *store.Tx, parent, id string) (User, error) {
	user, err := store.GetUnder[User](tx, kindUser, parent, id)
	if errors.Is(err, store.ErrNotFound) {
		what := map[string]string{Humans: "user", Services: "service account"}[parent]
		return user, dfns.NotFound(what, id)
	}
	return user, err
}

// Users returns a page of a list.
func Users(tx *store.Tx, parent string, page store.Page) ([]User, string, error) {
	return store.List[User](tx, kindUser, parent, page, nil)
}

// Named returns the human user of a username, if there is one.
func Named(tx *store.Tx, username string) (User, bool, error) {
	found, _, err := store.List(tx, kindUser, Humans, store.Page{}, func(u User) bool { return u.Username == username })
	if err != nil || len(found) == 0 {
		return User{}, false, err
	}
	return found[0], true, nil
}

// IDs returns the users and service accounts that there are.
func IDs(tx *store.Tx) ([]string, error) {
	var ids []string
	for _, parent := range []string{Humans, Services} {
		users, err := store.All[User](tx, kindUser, parent)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			ids = append(ids, u.UserID)
		}
	}
	return ids, nil
}

// Check refuses with 404 what no permission can be assigned to.
func Check(tx *store.Tx, id string) error {
	for _, parent := range []string{Humans, Services} {
		if _, err := store.GetUnder[User](tx, kindUser, parent, id); !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	token, err := TokenOf(tx, id)
	if err == nil && token.Kind == Pat {
		_, err = PatOf(tx, token.UserID, id)
		return err
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return dfns.NotFound("identity", id)
}

// Dress makes users as they are shown: with what is assigned to them, without what is not
// shown.
func Dress(tx *store.Tx, users ...*User) error {
	for _, u := range users {
		held, err := role.Of(tx, u.UserID)
		if err != nil {
			return err
		}
		u.PermissionAssignments, u.ExternalID = held, ""
		if !u.IsServiceAccount && u.IsSSORequired == nil {
			u.IsSSORequired = new(bool)
		}
	}
	return nil
}
