package role

import (
	"errors"
	"strings"

	"countersign/sandbox/dfns"
	"countersign/sandbox/permission"
	"countersign/sandbox/store"
)

// The names of the managed permissions (DFNS's guide on roles and permissions).
const (
	FullAdmin = "ManagedFullAdminAccess"
	EndUser   = "ManagedDefaultEndUserAccess"
)

// endUserOperations are what an end user may do at first: DFNS's list of 2024, by its
// names of today.
var endUserOperations = strings.Fields(`Wallets:Read Keys:Signatures:Read Wallets:Transactions:Read
	Wallets:Transfers:Read Keys:Signatures:Create Wallets:Transactions:Create Wallets:Transfers:Create`)

// Establish makes the managed permissions, on the first call, and assigns full access to
// the given identities, which are those that there are then. Later calls only bring the
// operations of full access up to date.
func Establish(tx *store.Tx, identities []string, now dfns.Time) error {
	id, err := store.Get[string](tx, kindName, FullAdmin)
	if err == nil {
		p, err := Get(tx, id)
		p.Operations = permission.All()
		return errors.Join(err, Save(tx, p))
	}
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	full, err := Draft(tx, New{FullAdmin, permission.All()}, now)
	if err != nil {
		return err
	}
	full.IsImmutable = true
	user, err := Draft(tx, New{EndUser, endUserOperations}, now)
	if err := errors.Join(err, Save(tx, full), Save(tx, user)); err != nil {
		return err
	}
	for _, identity := range identities {
		a, err := Propose(tx, full.ID, identity, now)
		if err := errors.Join(err, Grant(tx, a)); err != nil {
			return err
		}
	}
	return nil
}

// Welcome assigns the managed permission of end users to a new one, as DFNS does. One that is
// archived, or was given another name, is nobody's by default.
func Welcome(tx *store.Tx, user string, now dfns.Time) error {
	id, err := store.Get[string](tx, kindName, EndUser)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p, err := Get(tx, id)
	if err != nil || p.IsArchived {
		return err
	}
	a, err := Propose(tx, id, user, now)
	return errors.Join(err, Grant(tx, a))
}
