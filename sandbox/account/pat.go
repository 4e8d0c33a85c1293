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

// NewPat is the body of POST /auth/pats.
type NewPat struct {
	Name         string `json:"name"`
	PublicKey    string `json:"publicKey"` // PEM
	PermissionID string `json:"permissionId"`
	ExternalID   string `json:"externalId"`
	DaysValid    *int   `json:"daysValid"`    // 1 to 730; absent means 730
	SecondsValid *int   `json:"secondsValid"` // in place of daysValid
}

func (in NewPat) validate() (time.Duration, error) {
	if in.SecondsValid == nil {
		return NewServiceAccount{Name: in.Name, PublicKey: in.PublicKey, DaysValid: in.DaysValid}.validate()
	}
	seconds, most := *in.SecondsValid, maxDaysValid*24*60*60
	switch {
	case in.Name == "":
		return 0, dfns.BadRequest("name is required")
	case in.DaysValid != nil:
		return 0, dfns.BadRequest("daysValid and secondsValid exclude each other")
	case seconds < 1 || seconds > most:
		return 0, dfns.BadRequest("secondsValid must be from 1 to %d", most)
	}
	_, err := pubkey.Parse(in.PublicKey)
	return time.Duration(seconds) * time.Second, err
}

// CreatePat makes a personal access token of the caller, who must be a human with a login.
func (d *Desk) CreatePat(caller auth.Caller, in NewPat) (AccessToken, error) {
	if caller.User.IsServiceAccount || caller.ByPat() {
		return AccessToken{}, dfns.Forbidden("only a user's login may create personal access tokens")
	}
	life, err := in.validate()
	if err != nil {
		return AccessToken{}, err
	}
	if err := d.mayGive(caller, in.PermissionID); err != nil {
		return AccessToken{}, err
	}
	now, id, cred := d.Now(), dfns.NewID("to"), dfns.NewID("cr")
	token := identity.Token{TokenID: id, UserID: caller.User.UserID, CredID: cred, IsActive: true, Kind: identity.Pat, Name: in.Name,
		ExternalID: in.ExternalID, DateCreated: dfns.At(now), Expires: dfns.At(now.Add(life))}
	var shown AccessToken
	err = caller.Update(d.DB, func(tx *store.Tx) (err error) {
		// The key is listed under the token: it signs for the token, not for its user's login.
		err = errors.Join(identity.SaveToken(tx, token), identity.AddCredential(tx, id, identity.Credential{CredID: cred, UUID: cred,
			Kind: identity.Key, Name: in.Name, PublicKey: in.PublicKey, IsActive: true, DateCreated: dfns.At(now)}),
			d.give(tx, caller, in.PermissionID, id))
		if err != nil {
			return err
		}
		shown, err = d.showPat(tx, token)
		return err
	})
	if err == nil {
		shown.AccessToken, err = d.Auth.Bearer(token)
	}
	return shown, err
}

// Pats returns the caller's personal access tokens; DFNS does not page them.
func (d *Desk) Pats(caller auth.Caller) ([]AccessToken, error) {
	found := []AccessToken{}
	err := d.DB.View(func(tx *store.Tx) error {
		tokens, err := identity.Tokens(tx, caller.User.UserID)
		if err != nil {
			return err
		}
		for _, t := range tokens {
			if t.Kind != identity.Pat {
				continue
			}
			shown, err := d.showPat(tx, t)
			if err != nil {
				return err
			}
			found = append(found, shown)
		}
		return nil
	})
	return found, err
}

// Pat returns one of the caller's personal access tokens; an unknown one is a 404.
func (d *Desk) Pat(caller auth.Caller, id string) (AccessToken, error) {
	var shown AccessToken
	err := d.DB.View(func(tx *store.Tx) error {
		token, err := identity.PatOf(tx, caller.User.UserID, id)
		if err == nil {
			shown, err = d.showPat(tx, token)
		}
		return err
	})
	return shown, err
}

// UpdatePat changes the name or the external ID of one of the caller's tokens.
func (d *Desk) UpdatePat(caller auth.Caller, id string, in Renaming) (AccessToken, error) {
	if err := in.validate(); err != nil {
		return AccessToken{}, err
	}
	return d.changePat(caller, id, func(tx *store.Tx, t *identity.Token) error {
		if in.Name != nil {
			t.Name = *in.Name
		}
		if in.ExternalID != nil {
			t.ExternalID = *in.ExternalID
		}
		return identity.SaveToken(tx, *t)
	})
}

// SwitchPat lets one of the caller's tokens act, or makes it a 401.
func (d *Desk) SwitchPat(caller auth.Caller, id string, on bool) (AccessToken, error) {
	return d.changePat(caller, id, func(tx *store.Tx, t *identity.Token) error {
		t.IsActive = on
		return identity.SaveToken(tx, *t)
	})
}

// DeletePat ends one of the caller's tokens and takes its permissions from it.
func (d *Desk) DeletePat(caller auth.Caller, id string) (AccessToken, error) {
	return d.changePat(caller, id, func(tx *store.Tx, t *identity.Token) error {
		t.IsActive = false
		return errors.Join(role.Forget(tx, id), identity.ArchiveToken(tx, *t))
	})
}

func (d *Desk) changePat(caller auth.Caller, id string, change func(*store.Tx, *identity.Token) error) (AccessToken, error) {
	var shown AccessToken
	err := caller.Update(d.DB, func(tx *store.Tx) error {
		token, err := identity.PatOf(tx, caller.User.UserID, id)
		if err != nil {
			return err
		}
		if err := change(tx, &token); err != nil {
			return err
		}
		shown, err = d.showPat(tx, token)
		return err
	})
	return shown, err
}

func (d *Desk) showPat(tx *store.Tx, t identity.Token) (AccessToken, error) {
	cred, err1 := identity.CredentialOf(tx, t.CredID)
	held, err2 := role.Of(tx, t.TokenID)
	return AccessToken{DateCreated: t.DateCreated, CredID: t.CredID, IsActive: t.IsActive, Kind: identity.Pat, LinkedUserID: t.UserID,
		Name: t.Name, OrgID: d.Auth.OrgID(), PermissionAssignments: held, PublicKey: cred.PublicKey, TokenID: t.TokenID}, errors.Join(err1, err2)
}
