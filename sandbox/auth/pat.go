package auth

import (
	"errors"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/pubkey"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// kindPat is the kind of a personal access token. It acts for its user with permissions and
// a key of its own.
const kindPat = "Pat"

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
func (a *Auth) CreatePat(caller Caller, in NewPat) (AccessToken, error) {
	if caller.User.IsServiceAccount || caller.kind == kindPat {
		return AccessToken{}, dfns.Forbidden("only a user's login may create personal access tokens")
	}
	life, err := in.validate()
	if err != nil {
		return AccessToken{}, err
	}
	if err := a.mayGive(caller, in.PermissionID); err != nil {
		return AccessToken{}, err
	}
	now, id, cred := a.now(), dfns.NewID("to"), dfns.NewID("cr")
	token := Token{TokenID: id, UserID: caller.User.UserID, CredID: cred, IsActive: true, Kind: kindPat, Name: in.Name,
		ExternalID: in.ExternalID, DateCreated: dfns.At(now), Expires: dfns.At(now.Add(life))}
	var shown AccessToken
	err = caller.Update(a.db, func(tx *store.Tx) (err error) {
		// The key is listed under the token: it signs for the token, not for its user's login.
		err = errors.Join(saveToken(tx, token), store.Put(tx, store.Object{Kind: kindCredential, ID: cred, Parent: id},
			Credential{CredID: cred, UUID: cred, Kind: "Key", Name: in.Name, PublicKey: in.PublicKey, IsActive: true, DateCreated: dfns.At(now)}),
			a.give(tx, in.PermissionID, id))
		if err != nil {
			return err
		}
		shown, err = a.showPat(tx, token)
		return err
	})
	if err == nil {
		shown.AccessToken, err = a.bearerFor(token)
	}
	return shown, err
}

// Pats returns the caller's personal access tokens; DFNS does not page them.
func (a *Auth) Pats(caller Caller) ([]AccessToken, error) {
	found := []AccessToken{}
	err := a.db.View(func(tx *store.Tx) error {
		tokens, err := store.All[Token](tx, kindToken, caller.User.UserID)
		if err != nil {
			return err
		}
		for _, t := range tokens {
			if t.Kind != kindPat {
				continue
			}
			shown, err := a.showPat(tx, t)
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
func (a *Auth) Pat(caller Caller, id string) (AccessToken, error) {
	var shown AccessToken
	err := a.db.View(func(tx *store.Tx) error {
		token, err := pat(tx, caller.User.UserID, id)
		if err == nil {
			shown, err = a.showPat(tx, token)
		}
		return err
	})
	return shown, err
}

// UpdatePat changes the name or the external ID of one of the caller's tokens.
func (a *Auth) UpdatePat(caller Caller, id string, in Renaming) (AccessToken, error) {
	if err := in.validate(); err != nil {
		return AccessToken{}, err
	}
	return a.changePat(caller, id, func(tx *store.Tx, t *Token) error {
		if in.Name != nil {
			t.Name = *in.Name
		}
		if in.ExternalID != nil {
			t.ExternalID = *in.ExternalID
		}
		return saveToken(tx, *t)
	})
}

// SwitchPat lets one of the caller's tokens act, or makes it a 401.
func (a *Auth) SwitchPat(caller Caller, id string, on bool) (AccessToken, error) {
	return a.changePat(caller, id, func(tx *store.Tx, t *Token) error {
		t.IsActive = on
		return saveToken(tx, *t)
	})
}

// DeletePat ends one of the caller's tokens and takes its permissions from it.
func (a *Auth) DeletePat(caller Caller, id string) (AccessToken, error) {
	return a.changePat(caller, id, func(tx *store.Tx, t *Token) error {
		t.IsActive = false
		return errors.Join(role.Forget(tx, id), store.Put(tx, store.Object{Kind: kindToken, ID: id, Parent: archived}, *t))
	})
}

func (a *Auth) changePat(caller Caller, id string, change func(*store.Tx, *Token) error) (AccessToken, error) {
	var shown AccessToken
	err := caller.Update(a.db, func(tx *store.Tx) error {
		token, err := pat(tx, caller.User.UserID, id)
		if err != nil {
			return err
		}
		if err := change(tx, &token); err != nil {
			return err
		}
		shown, err = a.showPat(tx, token)
		return err
	})
	return shown, err
}

func pat(tx *store.Tx, user, id string) (Token, error) {
	token, err := store.GetUnder[Token](tx, kindToken, user, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && token.Kind != kindPat {
		err = dfns.NotFound("personal access token", id)
	}
	return token, err
}

func (a *Auth) showPat(tx *store.Tx, t Token) (AccessToken, error) {
	cred, err1 := store.Get[Credential](tx, kindCredential, t.CredID)
	held, err2 := role.Of(tx, t.TokenID)
	return AccessToken{DateCreated: t.DateCreated, CredID: t.CredID, IsActive: t.IsActive, Kind: kindPat, LinkedUserID: t.UserID,
		Name: t.Name, OrgID: a.org, PermissionAssignments: held, PublicKey: cred.PublicKey, TokenID: t.TokenID}, errors.Join(err1, err2)
}
