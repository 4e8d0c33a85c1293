package api

import (
	"github.com/labstack/echo/v4"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/keys"
	"countersign/sandbox/store"
)

// owned hides from an end user every wallet and key that is not delegated to him: it is a 404.
// Once he has one he keeps it, so that what is found here still holds when the handler runs.
func (a *API) owned(c echo.Context, caller auth.Caller) error {
	wallet, key := c.Param("walletId"), c.Param("keyId")
	if caller.User.Kind != identity.EndUser || wallet == "" && key == "" {
		return nil
	}
	what, id := "key", key
	if wallet != "" {
		w, err := a.Custody.Wallet(wallet)
		if err != nil {
			return err
		}
		what, id, key = "wallet", wallet, w.SigningKey.ID
	}
	return a.Custody.DB.View(func(tx *store.Tx) error {
		whose, err := keys.DelegationOf(tx, key)
		if err == nil && whose.To != caller.User.UserID {
			err = dfns.NotFound(what, id)
		}
		return err
	})
}

// owner is the owner that a list is narrowed to, by any of the names of the query; "" is none.
// An end user's list is always narrowed to him.
func owner(c call, names ...string) (string, error) {
	asked := ""
	for _, name := range names {
		if asked == "" {
			asked = c.QueryParam(name)
		}
	}
	self := c.caller.User
	if self.Kind != identity.EndUser {
		return asked, nil
	}
	if asked != "" && asked != self.UserID && asked != self.Username {
		return "", dfns.Forbidden("an end user lists what is delegated to him, not to %s", asked)
	}
	return self.UserID, nil
}
