package account

import (
	"errors"
	"net/http"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

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
func (d *Desk) UpdateServiceAccount(caller auth.Caller, id string, in Renaming) (ServiceAccount, error) {
	if err := in.validate(); err != nil {
		return ServiceAccount{}, err
	}
	return d.changeServiceAccount(caller, id, func(tx *store.Tx, user *identity.User) error {
		if in.Name != nil {
			user.Name, user.Username = *in.Name, *in.Name
		}
		if in.ExternalID != nil {
			user.ExternalID = *in.ExternalID
		}
		return identity.SaveUser(tx, identity.Services, *user)
	})
}

// ActivateServiceAccount lets a service account act again.
func (d *Desk) ActivateServiceAccount(caller auth.Caller, id string) (ServiceAccount, error) {
	return d.changeServiceAccount(caller, id, func(tx *store.Tx, user *identity.User) error {
		user.IsActive = true
		return errors.Join(identity.SaveUser(tx, identity.Services, *user), identity.SwitchTokens(tx, id, true))
	})
}

// DeactivateServiceAccount makes the account's token a 401. An approver of an active policy
// is a 422, unless forced.
func (d *Desk) DeactivateServiceAccount(caller auth.Caller, id string, in Forcing) (ServiceAccount, error) {
	return d.changeServiceAccount(caller, id, func(tx *store.Tx, user *identity.User) error {
		user.IsActive = false
		return errors.Join(d.spare(tx, id, in.Force), identity.SaveUser(tx, identity.Services, *user), identity.SwitchTokens(tx, id, false))
	})
}

// DeleteServiceAccount ends a service account and takes its permissions from it. An
// approver of an active policy is a 422, unless forced.
func (d *Desk) DeleteServiceAccount(caller auth.Caller, id string, force bool) (ServiceAccount, error) {
	return d.changeServiceAccount(caller, id, func(tx *store.Tx, user *identity.User) error {
		user.IsActive = false
		return errors.Join(d.spare(tx, id, force), identity.SaveUser(tx, identity.Archived, *user), identity.SwitchTokens(tx, id, false), role.Forget(tx, id))
	})
}

func (d *Desk) changeServiceAccount(caller auth.Caller, id string, change func(*store.Tx, *identity.User) error) (ServiceAccount, error) {
	var account ServiceAccount
	err := caller.Update(d.DB, func(tx *store.Tx) error {
		user, err := identity.Under(tx, identity.Services, id)
		if err != nil {
			return err
		}
		if err := change(tx, &user); err != nil {
			return err
		}
		account, err = d.load(tx, user)
		return err
	})
	return account, err
}

// spare refuses to silence an approver whom a policy counts on.
func (d *Desk) spare(tx *store.Tx, id string, force bool) error {
	if force || d.ApproverOf == nil {
		return nil
	}
	policy, err := d.ApproverOf(tx, id)
	if err == nil && policy != "" {
		err = dfns.Errorf(http.StatusUnprocessableEntity, "%s is an approver of the active policy %s; use force to go on", id, policy)
	}
	return err
}
