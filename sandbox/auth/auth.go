// Package auth says who is calling and whether he signed the call.
//
// A caller is a human or a service account, known by a bearer token: a JWT that
// the sandbox signs with a key of its own. Every call that changes something
// also needs a user action, DFNS's proof that the holder of the caller's
// private key agreed to this very request:
//
//	POST /auth/action/init   the payload, method and path → a challenge
//	POST /auth/action        the signed challenge         → a user action
//	the call itself          with X-DFNS-USERACTION       → done, once
//
// What was done so stands in a log, with the signature, from the transaction that
// did it ([Caller.Update]).
//
// Signatures are verified over the bytes received. Challenges and user actions
// live fifteen minutes, serve once, and are kept in memory: after a restart a
// caller starts over with a new challenge, and no old proof is accepted.
package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"countersign/sandbox/bearer"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/permission"
	"countersign/sandbox/role"
	"countersign/sandbox/store"
)

// Names of stored values.
const (
	metaOrg = "auth/org"
	metaKey = "auth/token-key"
)

// Auth knows the organisation's users. Make one with [New].
type Auth struct {
	db  *store.DB
	now func() time.Time
	org string
	key ed25519.PrivateKey

	tokens *bearer.Reader

	proofs ed25519.PrivateKey // signs challenges and user actions, for as long as the process lives

	mu         sync.Mutex
	challenges map[string]challenge
	actions    map[string]action
	sweepAt    int // forget the expired once there are this many
}

// New opens the users of db, making the organisation and the key that signs
// tokens on the first call.
func New(db *store.DB, now func() time.Time) (*Auth, error) {
	_, proofs, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("making the key of challenges: %w", err)
	}
	a := &Auth{db: db, now: now, proofs: proofs, challenges: map[string]challenge{}, actions: map[string]action{}}
	err = db.Update(func(tx *store.Tx) error {
		org, err := tx.Meta(metaOrg)
		if err != nil {
			return err
		}
		if org == "" {
			return a.found(tx)
		}
		seed, err := tx.Meta(metaKey)
		if err != nil {
			return err
		}
		raw, err := base64.StdEncoding.DecodeString(seed)
		if err != nil || len(raw) != ed25519.SeedSize {
			return errors.New("token key in the database is damaged")
		}
		a.org, a.key = org, ed25519.NewKeyFromSeed(raw)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("opening users: %w", err)
	}
	a.tokens = bearer.NewReader(a.key, a.org)
	return a, nil
}

// found makes the organisation and its token key.
func (a *Auth) found(tx *store.Tx) error {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return fmt.Errorf("making token key: %w", err)
	}
	a.org, a.key = dfns.NewID("or"), key
	if err := tx.SetMeta(metaKey, base64.StdEncoding.EncodeToString(key.Seed())); err != nil {
		return err
	}
	return tx.SetMeta(metaOrg, a.org)
}

// OrgID returns the one organisation, or-….
func (a *Auth) OrgID() string { return a.org }

// Caller is who makes a request: a user, the token he showed and, once
// [Auth.Consume] has let a signed request pass, what he signed.
type Caller struct {
	User    identity.User
	TokenID string

	kind   string // of the token: Pat, or any other
	rights permission.Set
	signed *Entry
}

// Identify returns the caller that a bearer token names. A token that is
// malformed, forged, expired or switched off is a 401.
func (a *Auth) Identify(token string) (Caller, error) {
	refused := dfns.Errorf(http.StatusUnauthorized, "Not Authorized.")
	claims, err := a.tokens.Read(token, a.now())
	if err != nil {
		return Caller{}, refused
	}
	var caller Caller
	err = a.db.View(func(tx *store.Tx) error {
		shown, err := identity.TokenOf(tx, claims.App.TokenID)
		if err != nil {
			return err
		}
		caller.TokenID, caller.kind = shown.TokenID, shown.Kind
		caller.User, err = identity.Lookup(tx, shown.UserID)
		if err != nil {
			return err
		}
		if !shown.IsActive || !caller.User.IsActive || !a.now().Before(shown.Expires.Time) {
			return refused
		}
		held, err := role.Of(tx, caller.Identity())
		caller.rights = role.Rights(held)
		if caller.User.Kind == identity.EndUser {
			caller.rights = caller.rights.OfEndUser()
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return Caller{}, refused
	}
	return caller, err
}
