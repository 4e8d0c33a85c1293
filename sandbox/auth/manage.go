package auth

import (
	"errors"
	"net/http"

	"countersign/sandbox/dfns"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// archived is the parent of users that were deleted: the log still names them.
const archived = "archived"

// Renaming is the body of PUT /auth/service-accounts/:id and of PUT /auth/pats/:id. What is
// absent stays.
type Renaming struct {
	Name       *string `json:"name"`
	ExternalID *string `json:"externalId"`
}

func (in Renaming) validate() error {
	if in.Name != nil && *in.Name == "" {
		return dfns.BadRequest("name must not be empty")
	}
	return nil
}

// Forcing is the body of PUT /auth/service-accounts/:id/deactivate.
type Forcing struct {
	Force bool `json:"force"`
}

// UpdateServiceAccount changes a service account's name or external ID.
func (a *Auth) UpdateServiceAccount(caller Caller, id string, in Renaming) (ServiceAccount, error) {
	if err := in.validate(); err != nil {
		return ServiceAccount{}, err
	}
	return a.changeServiceAccount(caller, id, func(tx *store.Tx, user *User) error {
		if in.Name != nil {
			user.Name, user.Username = *in.Name, *in.Name
		}
		if in.ExternalID != nil {
			user.ExternalID = *in.ExternalID
		}
		return saveUser(tx, services, *user)
	})
}

// ActivateServiceAccount lets a service account act again.
func (a *Auth) ActivateServiceAccount(caller Caller, id string) (ServiceAccount, error) {
	return a.changeServiceAccount(caller, id, func(tx *store.Tx, user *User) error {
		user.IsActive = true
		return errors.Join(saveUser(tx, services, *user), switchTokens(tx, id, true))
	})
}

// DeactivateServiceAccount makes the account's token a 401. An approver of an active policy
// is a 422, unless forced.
func (a *Auth) DeactivateServiceAccount(caller Caller, id string, in Forcing) (ServiceAccount, error) {
	return a.changeServiceAccount(caller, id, func(tx *store.Tx, user *User) error {
		user.IsActive = false
		return errors.Join(a.spare(tx, id, in.Force), saveUser(tx, services, *user), switchTokens(tx, id, false))
	})
}

// DeleteServiceAccount ends a service account and takes its permissions from it. An
// approver of an active policy is a 422, unless forced.
func (a *Auth) DeleteServiceAccount(caller Caller, id string, force bool) (ServiceAccount, error) {
	return a.changeServiceAccount(caller, id, func(tx *store.Tx, user *User) error {
		user.IsActive = false
		return errors.Join(a.spare(tx, id, force), saveUser(tx, archived, *user), switchTokens(tx, id, false), role.Forget(tx, id))
	})
}

func (a *Auth) changeServiceAccount(caller Caller, id string, change func(*store.Tx, *User) error) (ServiceAccount, error) {
	var account ServiceAccount
	err := caller.Update(a.db, func(tx *store.Tx) error {
		user, err := serviceAccount(tx, id)
		if err != nil {
			return err
		}
		if err := change(tx, &user); err != nil {
			return err
		}
		account, err = a.load(tx, user)
		return err
	})
	return account, err
}

// spare refuses to silence an approver whom a policy counts on.
func (a *Auth) spare(tx *store.Tx, id string, force bool) error {
	if force || a.ApproverOf == nil {
		return nil
	}
	policy, err := a.ApproverOf(tx, id)
	if err == nil && policy != "" {
		err = dfns.Errorf(http.StatusUnprocessableEntity, "%s is an approver of the active policy %s; use force to go on", id, policy)
	}
	return err
}

func saveUser(tx *store.Tx, parent string, u User) error {
	return store.Put(tx, store.Object{Kind: kindUser, ID: u.UserID, Parent: parent}, u)
}

// switchTokens switches all tokens of a user on or off.
func switchTokens(tx *store.Tx, user string, on bool) error {
	tokens, err := store.All[Token](tx, kindToken, user)
	for _, t := range tokens {
		t.IsActive = on
		err = errors.Join(err, saveToken(tx, t))
	}
	return err
}

func saveToken(tx *store.Tx, t Token) error {
	return store.Put(tx, store.Object{Kind: kindToken, ID: t.TokenID, Parent: t.UserID}, t)
}
