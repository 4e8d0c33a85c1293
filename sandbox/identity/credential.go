package identity

import (
	"errors"
	"net/http"

	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// The kinds of credentials.
const (
	Key          = "Key"                  // a key pair of its holder's
	ProtectedKey = "PasswordProtectedKey" // one whose private key lies here too, encrypted
	RecoveryKey  = "RecoveryKey"          // one that signs nothing but a recovery
)

// Credential is a public key that signs for a user or a personal access token.
type Credential struct {
	CredID      string    `json:"credentialId"`   // the credId of assertions; unique in the organisation
	UUID        string    `json:"credentialUuid"` // cr-…
	Kind        string    `json:"kind"`           // Key, PasswordProtectedKey or RecoveryKey
	Name        string    `json:"name"`
	PublicKey   string    `json:"publicKey"` // PEM
	IsActive    bool      `json:"isActive"`
	DateCreated dfns.Time `json:"dateCreated"`

	// EncryptedPrivateKey is what the holder of a PasswordProtectedKey or RecoveryKey keeps
	// here, readable to him alone. It is shown where he signs or recovers.
	EncryptedPrivateKey string `json:"encryptedPrivateKey,omitempty"`

	// A key of the sandbox has neither; the SDK's type demands them.
	RelyingPartyID string `json:"relyingPartyId"`
	Origin         string `json:"origin"`
}

// AddCredential stores a new credential of owner: a user or a personal access token. A
// CredID that anybody has is a 409.
func AddCredential(tx *store.Tx, owner string, c Credential) error {
	_, err := CredentialOf(tx, c.CredID)
	switch {
	case err == nil:
		return dfns.Errorf(http.StatusConflict, "credId %s is taken; choose another", c.CredID)
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	return SaveCredential(tx, owner, c)
}

// Signs tells whether c may sign for its holder.
func (c Credential) Signs() bool { return c.Kind != RecoveryKey && c.IsActive }

// SaveCredential stores a credential of owner as it is now.
func SaveCredential(tx *store.Tx, owner string, c Credential) error {
	return store.Put(tx, store.Object{Kind: kindCredential, ID: c.CredID, Parent: owner}, c)
}

// CredentialOf returns the credential of a credId, or [store.ErrNotFound].
func CredentialOf(tx *store.Tx, credID string) (Credential, error) {
	return store.Get[Credential](tx, kindCredential, credID)
}

// Credentials returns the credentials of a user or a personal access token, oldest first.
func Credentials(tx *store.Tx, owner string) ([]Credential, error) {
	return store.All[Credential](tx, kindCredential, owner)
}
