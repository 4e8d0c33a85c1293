package auth

import (
	"cmp"
	"errors"
	"net/http"
	"net/mail"

	"countersign/sandbox/dfns"
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
func (a *Auth) CreateMember(caller Caller, in NewMember) (User, error) {
	switch at, err := mail.ParseAddress(in.Email); {
	case err != nil || at.Address != in.Email:
		return User{}, dfns.BadRequest("email must be an address such as jane@example.com")
	case in.Kind != "CustomerEmployee":
		return User{}, dfns.BadRequest("kind must be CustomerEmployee")
	case in.IsSSORequired:
		return User{}, dfns.NotImplemented("isSSORequired")
	case in.PublicKey == "":
		return User{}, dfns.NotImplemented("users without publicKey, who register by mail")
	}
	var e Enrolled
	err := caller.Update(a.db, func(tx *store.Tx) error {
		if _, found, err := named(tx, in.Email); err != nil || found {
			return cmp.Or(err, error(dfns.Errorf(http.StatusConflict, "user %s exists already", in.Email)))
		}
		var err error
		if e, err = a.Enrol(tx, NewUser{Name: in.Email, PublicKey: in.PublicKey, ExternalID: in.ExternalID}); err != nil {
			return err
		}
		return dress(tx, &e.User)
	})
	return e.User, err
}

// named returns the human user of a username, if there is one.
func named(tx *store.Tx, username string) (User, bool, error) {
	found, _, err := store.List(tx, kindUser, humans, store.Page{}, func(u User) bool { return u.Username == username })
	if err != nil || len(found) == 0 {
		return User{}, false, err
	}
	return found[0], true, nil
}

// SwitchMember lets a human user act, or makes every token of his a 401.
func (a *Auth) SwitchMember(caller Caller, id string, on bool) (User, error) {
	return a.changeMember(caller, id, humans, func(_ *store.Tx, u *User) error {
		u.IsActive = on
		return nil
	})
}

// DeleteMember ends a human user and takes the permissions from him and his tokens.
func (a *Auth) DeleteMember(caller Caller, id string) (User, error) {
	return a.changeMember(caller, id, archived, func(tx *store.Tx, u *User) error {
		u.IsActive = false
		tokens, err := store.All[Token](tx, kindToken, id)
		for _, t := range tokens {
			err = errors.Join(err, role.Forget(tx, t.TokenID))
		}
		return errors.Join(err, role.Forget(tx, id))
	})
}

func (a *Auth) changeMember(caller Caller, id, parent string, change func(*store.Tx, *User) error) (User, error) {
	var user User
	err := caller.Update(a.db, func(tx *store.Tx) (err error) {
		user, err = store.GetUnder[User](tx, kindUser, humans, id)
		if errors.Is(err, store.ErrNotFound) {
			return dfns.NotFound("user", id)
		}
		if err != nil {
			return err
		}
		if err := change(tx, &user); err != nil {
			return err
		}
		if err := saveUser(tx, parent, user); err != nil {
			return err
		}
		return dress(tx, &user)
	})
	return user, err
}
