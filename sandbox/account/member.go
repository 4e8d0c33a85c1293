package account

import (
	"cmp"
	"errors"
	"net/http"
	"net/mail"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// NewMember is the body of POST /auth/users. Nobody is sent a registration code here, so
// that publicKey is required: the user has it as a key from the start, and logs in with it.
type NewMember struct {
	Email         string `json:"email"` // the username
	Kind          string `json:"kind"`  // CustomerEmployee
	PublicKey     string `json:"publicKey"`
	ExternalID    string `json:"externalId"`
	IsSSORequired bool   `json:"isSSORequired"`
}

// CreateMember makes a human user, who may do nothing until a permission is assigned to
// him. A username that is taken is a 409.
func (d *Desk) CreateMember(caller auth.Caller, in NewMember) (identity.User, error) {
	switch at, err := mail.ParseAddress(in.Email); {
	case err != nil || at.Address != in.Email:
		return identity.User{}, dfns.BadRequest("email must be an address such as jane@example.com")
	case in.Kind != "CustomerEmployee":
		return identity.User{}, dfns.BadRequest("kind must be CustomerEmployee")
	case in.IsSSORequired:
		return identity.User{}, dfns.NotImplemented("isSSORequired")
	case in.PublicKey == "":
		return identity.User{}, dfns.NotImplemented("users without publicKey, who register by mail")
	}
	var e auth.Enrolled
	err := caller.Update(d.DB, func(tx *store.Tx) error {
		if _, found, err := identity.Named(tx, in.Email); err != nil || found {
			return cmp.Or(err, error(dfns.Errorf(http.StatusConflict, "user %s exists already", in.Email)))
		}
		var err error
		if e, err = d.Auth.Enrol(tx, auth.NewUser{Name: in.Email, PublicKey: in.PublicKey, ExternalID: in.ExternalID}); err != nil {
			return err
		}
		return identity.Dress(tx, &e.User)
	})
	return e.User, err
}

// SwitchMember lets a human user act, or makes every token of his a 401.
func (d *Desk) SwitchMember(caller auth.Caller, id string, on bool) (identity.User, error) {
	return d.changeMember(caller, id, identity.Humans, func(_ *store.Tx, u *identity.User) error {
		u.IsActive = on
		return nil
	})
}

// DeleteMember ends a human user and takes the permissions from him and his tokens.
func (d *Desk) DeleteMember(caller auth.Caller, id string) (identity.User, error) {
	return d.changeMember(caller, id, identity.Archived, func(tx *store.Tx, u *identity.User) error {
		u.IsActive = false
		tokens, err := identity.Tokens(tx, id)
		for _, t := range tokens {
			err = errors.Join(err, role.Forget(tx, t.TokenID))
		}
		return errors.Join(err, role.Forget(tx, id))
	})
}

func (d *Desk) changeMember(caller auth.Caller, id, parent string, change func(*store.Tx, *identity.User) error) (identity.User, error) {
	var user identity.User
	err := caller.Update(d.DB, func(tx *store.Tx) (err error) {
		if user, err = identity.Under(tx, identity.Humans, id); err != nil {
			return err
		}
		if err := change(tx, &user); err != nil {
			return err
		}
		if err := identity.SaveUser(tx, parent, user); err != nil {
			return err
		}
		return identity.Dress(tx, &user)
	})
	return user, err
}

// Users returns a page of the human users.
func (d *Desk) Users(page store.Page) ([]identity.User, string, error) {
	var users []identity.User
	var next string
	err := d.DB.View(func(tx *store.Tx) (err error) {
		users, next, err = identity.Users(tx, identity.Humans, page)
		for i := range users {
			err = errors.Join(err, identity.Dress(tx, &users[i]))
		}
		return err
	})
	return users, next, err
}

// User returns a user, human or not; an unknown one is a 404.
func (d *Desk) User(id string) (identity.User, error) {
	var user identity.User
	err := d.DB.View(func(tx *store.Tx) (err error) {
		if user, err = identity.Lookup(tx, id); err != nil {
			return err
		}
		return identity.Dress(tx, &user)
	})
	return user, err
}
