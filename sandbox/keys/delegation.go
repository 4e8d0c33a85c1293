package keys

import (
	"errors"
	"net/http"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/store"
	"countersign/sandbox/webhook"
)

// kindDelegation is that of delegations, by key and listed under the end user. A key that is the organisation's for good
// has none.
const kindDelegation = "key-delegation"

// Delegation says whose a key is. What is delegated is an end user's for good: he alone signs
// with it, and no policy asks anybody else.
type Delegation struct {
	Delayed bool   // the key was made so that it may be delegated later
	To      string // the end user, us-…; "" while the key is the organisation's
	Key     string // which key this is about
}

// Wish is what the bodies that make keys and wallets say of delegation.
type Wish struct {
	DelegateTo      string `json:"delegateTo"`      // an end user, us-…
	DelayDelegation bool   `json:"delayDelegation"` // not now, but it may be delegated later
}

// Fulfil returns what a wish of the caller's comes to: an end user makes keys for himself and
// nobody else. An unknown user is a 404, one who is no end user a 400.
func (w Wish) Fulfil(tx *store.Tx, caller auth.Caller) (Delegation, error) {
	if caller.User.Kind == identity.EndUser {
		if w.DelayDelegation || w.DelegateTo != "" && w.DelegateTo != caller.User.UserID {
			return Delegation{}, dfns.Forbidden("an end user makes keys and wallets for himself only; leave out delegateTo and delayDelegation")
		}
		return Delegation{To: caller.User.UserID}, nil
	}
	switch {
	case w.DelegateTo == "":
		return Delegation{Delayed: w.DelayDelegation}, nil
	case w.DelayDelegation:
		return Delegation{}, dfns.BadRequest("delegateTo and delayDelegation exclude each other: now, or later by POST /keys/:keyId/delegate")
	}
	return Delegation{To: w.DelegateTo}, endUser(tx, "delegateTo", w.DelegateTo)
}

func endUser(tx *store.Tx, member, id string) error {
	user, err := identity.Under(tx, identity.Humans, id)
	if err == nil && user.Kind != identity.EndUser {
		err = dfns.BadRequest("%s must be an end user, and %s is a %s", member, id, user.Kind)
	}
	return err
}

// DelegationOf returns whose a key is.
func DelegationOf(tx *store.Tx, id string) (Delegation, error) {
	d, err := store.Get[Delegation](tx, kindDelegation, id)
	if errors.Is(err, store.ErrNotFound) {
		return Delegation{}, nil
	}
	return d, err
}

func (d Delegation) put(tx *store.Tx, id string) error {
	if d == (Delegation{}) {
		return nil
	}
	d.Key = id
	return store.Put(tx, store.Object{Kind: kindDelegation, ID: id, Parent: d.To}, d)
}

// Delegate gives a key to an end user within a transaction of the caller's, who delegates its
// wallets, and announces it. Only a key that was made with delayDelegation may be given, and
// only once; any other is a 422. member is what the body calls the user.
func Delegate(tx *store.Tx, now time.Time, id, member, to string) (Key, error) {
	key, err := GetUsable(tx, id)
	if err != nil {
		return key, err
	}
	if to == "" {
		return key, dfns.BadRequest("%s is required: the end user", member)
	}
	d, err := DelegationOf(tx, id)
	switch {
	case err != nil:
		return key, err
	case d.To != "":
		return key, dfns.Errorf(http.StatusUnprocessableEntity, "key %s is delegated to %s already, for good", id, d.To)
	case !d.Delayed:
		return key, dfns.Errorf(http.StatusUnprocessableEntity, "key %s was not made with delayDelegation: true; make another that is", id)
	}
	if err := endUser(tx, member, to); err != nil {
		return key, err
	}
	d.To, key.Custodial = to, false
	return key, errors.Join(d.put(tx, id), put(tx, key), announce(tx, now, "delegated", key))
}

// Admit refuses whoever may not sign with a key: all but the end user to whom it is
// delegated, and with the organisation's own keys every end user.
func (d Delegation) Admit(caller auth.Caller, id string) error {
	switch {
	case d.To == caller.User.UserID || d.To == "" && caller.User.Kind != identity.EndUser:
		return nil
	case d.To == "":
		return dfns.Forbidden("key %s is not delegated to %s", id, caller.User.UserID)
	}
	return dfns.Forbidden("key %s is delegated to the end user %s, who alone signs with it", id, d.To)
}

// Owner finds the end user whose ID or username an owner is, in lists that are narrowed to
// one owner. Nobody of that name has nothing: the ID is then one that no key has.
func Owner(tx *store.Tx, owner string) (id string, err error) {
	if owner == "" {
		return "", nil
	}
	user, found, err := identity.Named(tx, owner)
	if err != nil || !found {
		return owner, err
	}
	return user.UserID, nil
}

// announce sends key.created, key.delegated, key.exported or key.deleted. DFNS does not show the data of
// these events; the key stands in it as a wallet stands in wallet.created.
func announce(tx *store.Tx, now time.Time, what string, key Key) error {
	return webhook.Emit(tx, now, "key."+what, map[string]Key{"key": key})
}
