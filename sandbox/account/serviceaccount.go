package account

import (
	"errors"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/pubkey"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// maxDaysValid is DFNS's limit and default for the life of a token.
const maxDaysValid = 730

// ServiceAccount is a service account as the API shows it.
type ServiceAccount struct {
	UserInfo     identity.User `json:"userInfo"`
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
// assigned to it, which permissionId does for a caller who may assign; a policy on
// Permissions:Assign holds that up, and not the account.
func (d *Desk) CreateServiceAccount(caller auth.Caller, in NewServiceAccount) (ServiceAccount, error) {
	if !d.Bootstrap && (caller.User.IsServiceAccount || caller.ByPat()) {
		return ServiceAccount{}, dfns.Forbidden("service accounts and personal access tokens may not create service accounts")
	}
	life, err := in.validate()
	if err != nil {
		return ServiceAccount{}, err
	}
	if err := d.mayGive(caller, in.PermissionID); err != nil {
		return ServiceAccount{}, err
	}
	var e auth.Enrolled
	err = caller.Update(d.DB, func(tx *store.Tx) (err error) {
		e, err = d.Auth.Enrol(tx, auth.NewUser{Name: in.Name, PublicKey: in.PublicKey, ExternalID: in.ExternalID,
			ServiceAccount: true, Life: life})
		if err != nil {
			return err
		}
		return errors.Join(d.give(tx, caller, in.PermissionID, e.User.UserID), identity.Dress(tx, &e.User))
	})
	if err != nil {
		return ServiceAccount{}, err
	}
	shown := show(e.User, e.Token, e.Credential)
	shown.AccessTokens[0].AccessToken = e.Bearer
	return shown, nil
}

// ServiceAccounts returns all service accounts; DFNS does not page them.
func (d *Desk) ServiceAccounts() ([]ServiceAccount, error) {
	found := []ServiceAccount{}
	err := d.DB.View(func(tx *store.Tx) error {
		users, _, err := identity.Users(tx, identity.Services, store.Page{})
		if err != nil {
			return err
		}
		for _, user := range users {
			account, err := d.load(tx, user)
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
func (d *Desk) ServiceAccount(id string) (ServiceAccount, error) {
	var account ServiceAccount
	err := d.DB.View(func(tx *store.Tx) error {
		user, err := identity.Under(tx, identity.Services, id)
		if err == nil {
			account, err = d.load(tx, user)
		}
		return err
	})
	return account, err
}

func (d *Desk) load(tx *store.Tx, user identity.User) (ServiceAccount, error) {
	tokens, err := identity.Tokens(tx, user.UserID)
	if err != nil || len(tokens) == 0 {
		return ServiceAccount{}, errors.Join(err, errors.New("service account has no token"))
	}
	cred, err := identity.CredentialOf(tx, tokens[0].CredID)
	if err := errors.Join(err, identity.Dress(tx, &user)); err != nil {
		return ServiceAccount{}, err
	}
	return show(user, tokens[0], cred), err
}

func show(user identity.User, token identity.Token, cred identity.Credential) ServiceAccount {
	return ServiceAccount{UserInfo: user, AccessTokens: []AccessToken{{
		DateCreated: token.DateCreated, CredID: token.CredID, IsActive: token.IsActive, Kind: "ServiceAccount",
		LinkedUserID: user.UserID, Name: user.Name, OrgID: user.OrgID, PermissionAssignments: user.PermissionAssignments,
		PublicKey: cred.PublicKey, TokenID: token.TokenID,
	}}}
}
