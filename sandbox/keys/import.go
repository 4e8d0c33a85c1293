package keys

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/signers"
	"countersign/sandbox/signing"
	"countersign/sandbox/store"
)

// Importing is what the bodies of POST /keys/import and POST /wallets/import say of the key.
type Importing struct {
	Curve              string           `json:"curve"`
	Protocol           string           `json:"protocol"`
	MinSigners         int              `json:"minSigners"`
	EncryptedKeyShares []signers.Sealed `json:"encryptedKeyShares"`
}

func (in Importing) validate() error {
	if err := signing.CheckCurve(in.Curve); err != nil {
		return err
	}
	switch {
	case in.Protocol == "":
		return dfns.BadRequest("protocol is required")
	case in.Curve != signing.Secp256k1 || !slices.Contains(protocols[signing.ECDSA], in.Protocol):
		return dfns.NotImplemented("importing keys of %s over %s; only those of CGGMP24 over secp256k1", in.Protocol, in.Curve)
	}
	return nil
}

// NewImport is the body of POST /keys/import.
type NewImport struct {
	Name               string           `json:"name"`
	Curve              string           `json:"curve"`
	Protocol           string           `json:"protocol"`
	MinSigners         int              `json:"minSigners"`
	EncryptedKeyShares []signers.Sealed `json:"encryptedKeyShares"`
	MasterKey          bool             `json:"masterKey"`
}

// Import takes in a key that was made elsewhere.
func (r *Ring) Import(caller auth.Caller, in NewImport) (Key, error) {
	if in.MasterKey {
		return Key{}, dfns.NotImplemented("masterKey")
	}
	var key Key
	err := caller.Update(r.DB, func(tx *store.Tx) (err error) {
		key, err = AddImported(tx, r.Now(), in.Name, Importing{in.Curve, in.Protocol, in.MinSigners, in.EncryptedKeyShares})
		return err
	})
	return key, err
}

// AddImported is [Ring.Import] within a transaction of the caller's. A key that is here
// already, and not deleted, is a 409.
func AddImported(tx *store.Tx, now time.Time, name string, in Importing) (Key, error) {
	if err := in.validate(); err != nil {
		return Key{}, err
	}
	cluster, err := signers.Of(tx)
	if err != nil {
		return Key{}, err
	}
	scalar, err := cluster.Import(in.MinSigners, in.EncryptedKeyShares)
	if err != nil {
		return Key{}, err
	}
	secret := signing.OfScalar(scalar)
	public, err := secret.Public()
	if err != nil {
		return Key{}, err
	}
	same, _, err := store.List(tx, kindKey, all, store.Page{}, func(k Key) bool { return k.PublicKey == public && k.Status == Active })
	if err == nil && len(same) > 0 {
		err = dfns.Errorf(http.StatusConflict, "key %s has this private key; delete it first", same[0].ID)
	}
	if err != nil {
		return Key{}, err
	}
	key := Key{ID: dfns.NewID("key"), Scheme: signing.ECDSA, Curve: in.Curve, PublicKey: public, Name: name, Status: Active,
		Custodial: true, Imported: true, DateCreated: dfns.At(now)}
	return key, errors.Join(put(tx, key), store.Put(tx, store.Object{Kind: kindSecret, ID: key.ID}, secret), announce(tx, now, "created", key))
}

// Signers returns the clusters that keys are shared among: one.
func (r *Ring) Signers() (map[string][]signers.Shown, error) {
	var shown signers.Shown
	err := r.DB.Update(func(tx *store.Tx) error {
		cluster, err := signers.Of(tx)
		shown = cluster.Show()
		return err
	})
	return map[string][]signers.Shown{"clusters": {shown}}, err
}
