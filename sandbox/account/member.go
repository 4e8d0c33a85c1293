package account

import (
	"errors"
	"net/mail"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	post "countersign/sandbox/mail"
	"countersign/sandbox/pubkey"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// NewMember is the body of POST /auth/users. A user with a publicKey has it as a key from
// the start, and logs in with it; one without is sent a code by which he registers a key.
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
	case in.Kind != identity.Employee:
		return identity.User{}, dfns.BadRequest("kind must be CustomerEmployee")
	}
	var user identity.User
	err := caller.Update(d.DB, func(tx *store.Tx) (err error) {
		if user, err = identity.AddUser(tx, in.Email, identity.Employee, d.Auth.OrgID(), in.ExternalID); err != nil {
			return err
		}
		user.IsSSORequired = &in.IsSSORequired
		if err := identity.SaveUser(tx, identity.Humans, user); err != nil {
			return err
		}
		if in.PublicKey == "" {
			err = post.Send(tx, d.Now(), user.UserID, user.Username, post.Registration)
		} else {
			err = d.equip(tx, &user, in.PublicKey)
		}
		return errors.Join(err, identity.Dress(tx, &user))
	})
	return user, err
}

// equip gives a new user his first key.
func (d *Desk) equip(tx *store.Tx, user *identity.User, publicKey string) error {
	if _, err := pubkey.Parse(publicKey); err != nil {
		return err
	}
	cred := dfns.NewID("cr")
	user.CredentialUUID, user.IsRegistered = cred, true
	return errors.Join(identity.SaveUser(tx, identity.Humans, *user), identity.AddCredential(tx, user.UserID, identity.Credential{
		CredID: cred, UUID: cred, Kind: identity.Key, Name: user.Name, PublicKey: publicKey, IsActive: true, DateCreated: dfns.At(d.Now())}))
}

// MemberChange is the body of PUT /auth/users/:id.
type MemberChange struct {
	IsSSORequired *bool `json:"isSSORequired"`
}

// UpdateMember says whether a human user of the organisation's may log in by single sign-on
// only. The sandbox has none, so one who must is refused at the login by a key or a code, as
// he is by DFNS; the sessions that he has stay. An end user is a 400: he does not log in
// himself.
func (d *Desk) UpdateMember(caller auth.Caller, id string, in MemberChange) (identity.User, error) {
	if in.IsSSORequired == nil {
		return identity.User{}, dfns.BadRequest("isSSORequired is required: true or false")
	}
	return d.changeMember(caller, id, identity.Humans, func(_ *store.Tx, u *identity.User) error {
		if u.Kind == identity.EndUser {
			return dfns.BadRequest("isSSORequired is only of a CustomerEmployee, and user %s is an EndUser", id)
		}
		u.IsSSORequired = in.IsSSORequired
		return nil
	})
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
