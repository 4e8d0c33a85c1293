package identity

import (
	"errors"

	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// Token is what the sandbox keeps of a bearer token; the token itself is the
// JWT that names it.
type Token struct {
	TokenID     string    `json:"tokenId"` // to-…
	UserID      string    `json:"userId"`
	Kind        string    `json:"kind"` // Pat; for a login or a service account ""
	Name        string    `json:"name"` // of a Pat
	ExternalID  string    `json:"externalId"`
	CredID      string    `json:"credId"`
	IsActive    bool      `json:"isActive"`
	DateCreated dfns.Time `json:"dateCreated"`
	Expires     dfns.Time `json:"expires"`
}

// SaveToken stores t under its user.
func SaveToken(tx *store.Tx, t Token) error {
	return store.Put(tx, store.Object{Kind: kindToken, ID: t.TokenID, Parent: t.UserID}, t)
}

// ArchiveToken stores a personal access token that was deleted, where [PatOf] does not find it.
func ArchiveToken(tx *store.Tx, t Token) error {
	return store.Put(tx, store.Object{Kind: kindToken, ID: t.TokenID, Parent: Archived}, t)
}

// TokenOf returns a token, or [store.ErrNotFound].
func TokenOf(tx *store.Tx, id string) (Token, error) {
	return store.Get[Token](tx, kindToken, id)
}

// Tokens returns the tokens of a user, oldest first.
func Tokens(tx *store.Tx, user string) ([]Token, error) {
	return store.All[Token](tx, kindToken, user)
}

// PatOf returns a personal access token of a user; an unknown one is a 404.
func PatOf(tx *store.Tx, user, id string) (Token, error) {
	token, err := store.GetUnder[Token](tx, kindToken, user, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && token.Kind != Pat {
		err = dfns.NotFound("personal access token", id)
	}
	return token, err
}

// SwitchTokens switches all tokens of a user on or off.
func SwitchTokens(tx *store.Tx, user string, on bool) error {
	tokens, err := Tokens(tx, user)
	for _, t := range tokens {
		t.IsActive = on
		err = errors.Join(err, SaveToken(tx, t))
	}
	return err
}
