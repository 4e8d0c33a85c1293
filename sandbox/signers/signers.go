// Package signers is the cluster that a key's shares are held by, as exports and imports show
// it. DFNS splits its keys for good; the sandbox keeps each whole, and splits one only for
// whoever exports it.
package signers

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"countersign/sandbox/dealer"
	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// The cluster has as many signers as DFNS's own, and as many of them make a signature.
const (
	size      = 5
	Threshold = 3
)

// metaSeed keeps the secret of which the signers' sealing keys are made.
const metaSeed = "sandbox/signers-seed"

// Signer is a signer as the API shows it, with the key that shares are sealed for it with.
type Signer struct {
	SignerID      string `json:"signerId"`      // base64
	EncryptionKey string `json:"encryptionKey"` // base64
}

// Shown is a cluster as the API shows it.
type Shown struct {
	ClusterID string   `json:"clusterId"`
	Signers   []Signer `json:"signers"`
}

// Sealed is a share that its recipient alone can open: an imported one the signer, an
// exported one whoever exports the key.
type Sealed struct {
	SignerID          string `json:"signerId"`          // base64
	EncryptedKeyShare string `json:"encryptedKeyShare"` // base64
}

// A Cluster is the signers with their secrets, in the order of their IDs.
type Cluster struct{ keys []dealer.SealingKey }

// Of returns the cluster, which is made on the first call.
func Of(tx *store.Tx) (Cluster, error) {
	text, err := tx.Meta(metaSeed)
	if err == nil && text == "" {
		seed := make([]byte, 32)
		if _, err := rand.Read(seed); err != nil {
			return Cluster{}, fmt.Errorf("making signers: %w", err)
		}
		text = hex.EncodeToString(seed)
		err = tx.SetMeta(metaSeed, text)
	}
	var c Cluster
	for i := range size {
		key, failed := dealer.NewSealingKey(fmt.Appendf(nil, "signer %d of %s", i, text))
		err = errors.Join(err, failed)
		c.keys = append(c.keys, key)
	}
	slices.SortFunc(c.keys, func(a, b dealer.SealingKey) int { return bytes.Compare(a.ID(), b.ID()) })
	return c, err
}

// Show returns the cluster as the API shows it.
func (c Cluster) Show() Shown {
	shown := Shown{ClusterID: "local"}
	for _, key := range c.keys {
		shown.Signers = append(shown.Signers, Signer{id(key), key.Public()})
	}
	return shown
}

func id(key dealer.SealingKey) string { return base64.StdEncoding.EncodeToString(key.ID()) }

// Export splits a private key and seals each signer's share for the owner of a public sealing
// key. One that is none is a 400.
func (c Cluster) Export(of dealer.Curve, key *big.Int, public string) ([]Sealed, error) {
	shares, err := of.Split(key, Threshold, size)
	if err != nil {
		return nil, err
	}
	var out []Sealed
	for i, share := range shares {
		sealed, err := dealer.Seal(public, share)
		if err != nil {
			return nil, dfns.BadRequest("encryptionKey is no key to encrypt with: %v", err)
		}
		out = append(out, Sealed{id(c.keys[i]), base64.StdEncoding.EncodeToString(sealed)})
	}
	return out, nil
}

// Import puts together the private key of secp256k1 whose shares were sealed for the signers.
// Shares that do not make one are a 400, those of a master key a 501.
func (c Cluster) Import(threshold int, shares []Sealed) (*big.Int, error) {
	switch {
	case len(shares) != size:
		return nil, dfns.BadRequest("encryptedKeyShares must be %d, one for each signer, not %d", size, len(shares))
	case threshold < 2 || threshold > size:
		return nil, dfns.BadRequest("minSigners must be from 2 to %d, not %d", size, threshold)
	}
	opened := make([][]byte, size)
	for i, share := range shares {
		at := slices.IndexFunc(c.keys, func(k dealer.SealingKey) bool { return id(k) == share.SignerID })
		if at < 0 || opened[at] != nil {
			return nil, dfns.BadRequest("encryptedKeyShares[%d].signerId must be that of a signer of GET /signers, and of each once", i)
		}
		raw, err := base64.StdEncoding.DecodeString(share.EncryptedKeyShare)
		if err == nil {
			opened[at], err = c.keys[at].Open(raw)
		}
		if err != nil {
			return nil, dfns.BadRequest("encryptedKeyShares[%d].encryptedKeyShare cannot be opened: %v", i, err)
		}
	}
	key, err := dealer.Join(threshold, opened)
	switch {
	case errors.Is(err, dealer.ErrMaster):
		return nil, dfns.NotImplemented("master keys")
	case err != nil:
		return nil, dfns.BadRequest("encryptedKeyShares make no key: %v", err)
	}
	return key, nil
}
