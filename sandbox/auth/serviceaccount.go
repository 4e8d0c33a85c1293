package auth

import (
	"errors"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/permission"
	"countersign/sandbox/pubkey"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// maxDaysValid is DFNS's limit and default for the life of a token.
const maxDaysValid = 730

// ServiceAccount is a service account as the API shows it.
type ServiceAccount struct {
	UserInfo     User          `json:"userInfo"`
	AccessTokens []AccessToken `json:"accessTokens"`
}

// AccessToken describes a bearer token. The token itself is there only in the answer to
// its creation.
type AccessToken struct {
	AccessToken           string      `json:"accessToken,omitempty"`
	DateCreated           dfns.Time   `json:"dateCreated"`
	CredID                string      `json:"credId"`
	IsActive              bool        `json:"isActive"`
	Kind                  string      `json:"kind"` // ServiceAccount or Pat
	LinkedUserID          string      `json:"linkedUserId"`
	LinkedAppID           string      `json:"linkedAppId"` // always ""
	Name                  string      `json:"name"`
	OrgID                 string      `json:"orgId"`
	PermissionAssignments []role.Held `json:"permissionAssignments"`
	PublicKey             string      `json:"publicKey"`
	TokenID               string      `json:"tokenId"`
}

// NewServiceAccount is the body of POST /auth/service-accounts.
type NewServiceAccount struct {
	Name         string `json:"name"`
	PublicKey    string `json:"publicKey"`
	PermissionID string `json:"permissionId"`
	ExternalID   string `json:"externalId"`
	DaysValid    *int   `json:"daysValid"` // 1 to 730; absent means 730
}

// validate returns how long the token is to live.
func (in NewServiceAccount) validate() (time.Duration, error) {
	days := maxDaysValid
	if in.DaysValid != nil {
		days = *in.DaysValid
	}
	switch {
	case in.Name == "":
		return 0, dfns.BadRequest("name is required")
	case days < 1 || days > maxDaysValid:
		return 0, dfns.BadRequest("daysValid must be from 1 to %d", maxDaysValid)
	}
	_, err := pubkey.Parse(in.PublicKey)
	return time.Duration(days) * 24 * time.Hour, err
}

// CreateServiceAccount makes a service account. As on DFNS only a human's login may, unless
// the sandbox is one for bootstrapping. The account may do nothing until a permission is
// assigned to it, which permissionId does for a caller who may assign.
func (a *Auth) CreateServiceAccount(caller Caller, in NewServiceAccount) (ServiceAccount, error) {
	if !a.Bootstrap && (caller.User.IsServiceAccount || caller.kind == kindPat) {
		return ServiceAccount{}, dfns.Forbidden("service accounts and personal access tokens may not create service accounts")
	}
	life, err := in.validate()
	if err != nil {
		return ServiceAccount{}, err
	}
	if err := a.mayGive(caller, in.PermissionID); err != nil {
		return ServiceAccount{}, err
	}
	var e Enrolled
	err = caller.Update(a.db, func(tx *store.Tx) (err error) {
		e, err = a.Enrol(tx, NewUser{Name: in.Name, PublicKey: in.PublicKey, ExternalID: in.ExternalID,
			ServiceAccount: true, Life: life})
		if err != nil {
			return err
		}
		return errors.Join(a.give(tx, in.PermissionID, e.User.UserID), dress(tx, &e.User))
	})
	if err != nil {
		return ServiceAccount{}, err
	}
	shown := show(e.User, e.Token, e.Credential)
	shown.AccessTokens[0].AccessToken = e.Bearer
	return shown, nil
}

// mayGive refuses a caller who may not assign the permission that a new identity is to have.
func (a *Auth) mayGive(caller Caller, permissionID string) error {
	if permissionID == "" {
		return nil
	}
	return a.Allowed(caller, permission.AssignPermission)
}

// give assigns a permission, unless its ID is "", to a new identity.
func (a *Auth) give(tx *store.Tx, permissionID, identity string) error {
	if permissionID == "" {
		return nil
	}
	given, err := role.Propose(tx, permissionID, identity, dfns.At(a.now()))
	if err != nil {
		return err
	}
	return role.Grant(tx, given)
}

// ServiceAccounts returns all service accounts; DFNS does not page them.
func (a *Auth) ServiceAccounts() ([]ServiceAccount, error) {
	found := []ServiceAccount{}
	err := a.db.View(func(tx *store.Tx) error {
		users, err := store.All[User](tx, kindUser, services)
		if err != nil {
			return err
		}
		for _, user := range users {
			account, err := a.load(tx, user)
			if err != nil {
				return err
			}
			found = append(found, account)
		}
		return nil
	})
	return found, err
}

// ServiceAccount returns one by its user ID; an unknown one is a 404.
func (a *Auth) ServiceAccount(id string) (ServiceAccount, error) {
	var account ServiceAccount
	err := a.db.View(func(tx *store.Tx) error {
		user, err := serviceAccount(tx, id)
		if err == nil {
			account, err = a.load(tx, user)
		}
		return err
	})
	return account, err
}

// serviceAccount returns the user of one that was not deleted.
func serviceAccount(tx *store.Tx, id string) (User, error) {
	user, err := store.GetUnder[User](tx, kindUser, services, id)
	if errors.Is(err, store.ErrNotFound) {
		err = dfns.NotFound("service account", id)
	}
	return user, err
}

func (a *Auth) load(tx *store.Tx, user User) (ServiceAccount, error) {
	tokens, err := store.All[Token](tx, kindToken, user.UserID)
	if err != nil || len(tokens) == 0 {
		return ServiceAccount{}, errors.Join(err, errors.New("service account has no token"))
	}
	cred, err := store.Get[Credential](tx, kindCredential, tokens[0].CredID)
	if err := errors.Join(err, dress(tx, &user)); err != nil {
		return ServiceAccount{}, err
	}
	return show(user, tokens[0], cred), err
}

func show(user User, token Token, cred Credential) ServiceAccount {
	return ServiceAccount{UserInfo: user, AccessTokens: []AccessToken{{
		DateCreated: token.DateCreated, CredID: token.CredID, IsActive: token.IsActive, Kind: "ServiceAccount",
		LinkedUserID: user.UserID, Name: user.Name, OrgID: user.OrgID, PermissionAssignments: user.PermissionAssignments,
		PublicKey: cred.PublicKey, TokenID: token.TokenID,
	}}}
}
