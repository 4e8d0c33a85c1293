package auth

import (
	"errors"
	"regexp"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/permission"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// maxDaysValid is DFNS's limit and default for a service account's token.
const maxDaysValid = 730

// publicKeyForm is the pattern of the OpenAPI for an uploaded public key.
var publicKeyForm = regexp.MustCompile(
	`^-----BEGIN (RSA )?PUBLIC KEY-----[A-Za-z0-9+/=\n\r\\]+-----END (RSA )?PUBLIC KEY-----\s?$`)

// ServiceAccount is a service account as the API shows it.
type ServiceAccount struct {
	UserInfo     User          `json:"userInfo"`
	AccessTokens []AccessToken `json:"accessTokens"`
}

// AccessToken describes a service account's bearer token. The token itself is
// there only in the answer to its creation.
type AccessToken struct {
	AccessToken           string      `json:"accessToken,omitempty"`
	DateCreated           dfns.Time   `json:"dateCreated"`
	CredID                string      `json:"credId"`
	IsActive              bool        `json:"isActive"`
	Kind                  string      `json:"kind"` // ServiceAccount
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

func (in NewServiceAccount) validate() error {
	switch {
	case in.Name == "":
		return dfns.BadRequest("name is required")
	case !publicKeyForm.MatchString(in.PublicKey):
		return dfns.BadRequest("publicKey must be a PEM public key (BEGIN PUBLIC KEY or BEGIN RSA PUBLIC KEY)")
	case in.DaysValid != nil && (*in.DaysValid < 1 || *in.DaysValid > maxDaysValid):
		return dfns.BadRequest("daysValid must be from 1 to %d", maxDaysValid)
	}
	return nil
}

// CreateServiceAccount makes a service account. Only a human may; as on DFNS a
// service account's token is refused. It may do nothing until a permission is assigned to
// it, which permissionId does for a caller who may assign.
func (a *Auth) CreateServiceAccount(caller Caller, in NewServiceAccount) (ServiceAccount, error) {
	if caller.User.IsServiceAccount {
		return ServiceAccount{}, dfns.Forbidden("a service account may not create service accounts")
	}
	if err := in.validate(); err != nil {
		return ServiceAccount{}, err
	}
	if in.PermissionID != "" {
		if err := a.Allowed(caller, permission.AssignPermission); err != nil {
			return ServiceAccount{}, err
		}
	}
	days := maxDaysValid
	if in.DaysValid != nil {
		days = *in.DaysValid
	}
	var e Enrolled
	err := caller.Update(a.db, func(tx *store.Tx) (err error) {
		e, err = a.Enrol(tx, NewUser{Name: in.Name, PublicKey: in.PublicKey, ExternalID: in.ExternalID,
			ServiceAccount: true, Life: time.Duration(days) * 24 * time.Hour})
		if err != nil || in.PermissionID == "" {
			return err
		}
		given, err := role.Propose(tx, in.PermissionID, e.User.UserID, dfns.At(a.now()))
		if err != nil {
			return err
		}
		return errors.Join(role.Grant(tx, given), dress(tx, &e.User))
	})
	if err != nil {
		return ServiceAccount{}, err
	}
	shown := show(e.User, e.Token, e.Credential)
	shown.AccessTokens[0].AccessToken = e.Bearer
	return shown, nil
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
		user, err := store.Get[User](tx, kindUser, id)
		if errors.Is(err, store.ErrNotFound) || err == nil && !user.IsServiceAccount {
			return dfns.NotFound("service account", id)
		}
		if err == nil {
			account, err = a.load(tx, user)
		}
		return err
	})
	return account, err
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
