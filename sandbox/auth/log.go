package auth

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/store"
)

// kindEntry is a stored entry of the log of signed actions, listed under its user.
const kindEntry = "signed-action"

// Entry is one signed action in the log, as GET /auth/action/logs/:id shows it: what
// was done, by whom, and the signature that allowed it.
type Entry struct {
	ID            string     `json:"id"`          // uj-…
	Action        string     `json:"action"`      // "POST /wallets"
	ActionToken   string     `json:"actionToken"` // the user action, spent
	UserID        string     `json:"userId"`
	Username      string     `json:"username"`
	DatePerformed dfns.Time  `json:"datePerformed"`
	FirstFactor   SignedWith `json:"firstFactorCredential"`
}

// SignedWith is the credential of an entry and what it signed.
type SignedWith struct {
	ID        string   `json:"id"`
	Kind      string   `json:"kind"`      // Key
	PublicKey string   `json:"publicKey"` // PEM
	Assertion Evidence `json:"assertion"`
}

// Evidence is the signature, in the texts that were sent.
type Evidence struct {
	AuthenticatorData *string `json:"authenticatorData"` // always null: a Key signs clientData itself
	ClientData        string  `json:"clientData"`
	Signature         string  `json:"signature"`
}

// Update runs f in one writing transaction that also writes the caller's signed action
// into the log: either both stand or neither. It is refused when the key that signed has
// been switched off since; f may switch it off.
func (c Caller) Update(db *store.DB, f func(*store.Tx) error) error {
	return db.Update(func(tx *store.Tx) error {
		entry, err := c.proven(tx)
		if err != nil {
			return err
		}
		if err := f(tx); err != nil {
			return err
		}
		return keep(tx, entry)
	})
}

// Log writes the caller's signed action into the log, in the transaction of its effect. It
// refuses as [Caller.Update] does.
func (c Caller) Log(tx *store.Tx) error {
	entry, err := c.proven(tx)
	if err != nil {
		return err
	}
	return keep(tx, entry)
}

// proven returns the entry of what the caller signed, while the key that signed is active.
func (c Caller) proven(tx *store.Tx) (Entry, error) {
	if c.signed == nil {
		return Entry{}, errors.New("logging a signed action: nothing was signed")
	}
	entry := *c.signed
	cred, err := active(tx, entry.FirstFactor.ID)
	entry.FirstFactor.Kind, entry.FirstFactor.PublicKey = cred.Kind, cred.PublicKey
	return entry, err
}

// active returns a credential that signed a user action. One that was switched off since is
// a 403: the action is as void as one that it would sign now.
func active(tx *store.Tx, credID string) (identity.Credential, error) {
	cred, err := identity.CredentialOf(tx, credID)
	if err != nil {
		return cred, fmt.Errorf("finding the key of a signed action: %w", err)
	}
	if !cred.IsActive {
		return cred, dfns.Forbidden("user action signature is missing or invalid: credential %s, which signed it, is not active", credID)
	}
	return cred, nil
}

func keep(tx *store.Tx, entry Entry) error {
	return store.Put(tx, store.Object{Kind: kindEntry, ID: entry.ID, Parent: entry.UserID}, entry)
}

// entry is what will be logged of a user action that its owner spends now.
func (a *Auth) entry(caller Caller, token string, act action) *Entry {
	return &Entry{
		ID: dfns.NewID("uj"), Action: act.method + " " + act.path, ActionToken: token,
		UserID: caller.User.UserID, Username: caller.User.Username, DatePerformed: dfns.At(a.now()),
		FirstFactor: SignedWith{ID: act.proof.CredID, Assertion: Evidence{
			ClientData: act.proof.ClientData, Signature: act.proof.Signature,
		}},
	}
}

// Entry returns an entry of the log; an unknown one is a 404.
func (a *Auth) Entry(id string) (Entry, error) {
	var entry Entry
	err := a.db.View(func(tx *store.Tx) (err error) {
		entry, err = store.Get[Entry](tx, kindEntry, id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = dfns.NotFound("audit log", id)
	}
	return entry, err
}

// Entries returns what was signed from start to end, both included, by one user or, when
// user is "", by all; oldest first.
func (a *Auth) Entries(start, end time.Time, user string) ([]Entry, error) {
	var found []Entry
	err := a.db.View(func(tx *store.Tx) error {
		people, _, err1 := identity.Users(tx, identity.Humans, store.Page{})
		machines, _, err2 := identity.Users(tx, identity.Services, store.Page{})
		gone, _, err3 := identity.Users(tx, identity.Archived, store.Page{})
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		for _, u := range slices.Concat(people, machines, gone) {
			if user != "" && u.UserID != user {
				continue
			}
			entries, _, err := store.List(tx, kindEntry, u.UserID, store.Page{}, func(e Entry) bool {
				return !e.DatePerformed.Before(start) && !e.DatePerformed.After(end)
			})
			if err != nil {
				return err
			}
			found = append(found, entries...)
		}
		return nil
	})
	slices.SortStableFunc(found, func(a, b Entry) int { return a.DatePerformed.Compare(b.DatePerformed.Time) })
	return found, err
}

// CSV writes entries as DFNS's list of the log has them: a header, and a row for each.
func CSV(entries []Entry) ([]byte, error) {
	rows := [][]string{{"Date Performed", "Audit Log ID", "User ID", "Username", "Primary Credential ID", "Action Path", "Summary"}}
	for _, e := range entries {
		_, path, _ := strings.Cut(e.Action, " ")
		rows = append(rows, []string{e.DatePerformed.String(), e.ID, e.UserID, e.Username, e.FirstFactor.ID, path, e.Action})
	}
	var text bytes.Buffer
	err := csv.NewWriter(&text).WriteAll(rows)
	return text.Bytes(), err
}
