package custody

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/keys"
	"countersign/sandbox/network"
	"countersign/sandbox/signing"
	"countersign/sandbox/stellar"
	"countersign/sandbox/store"
)

// SigningKey is the public side of a wallet's key.
type SigningKey struct {
	ID        string `json:"id"` // key-…
	Scheme    string `json:"scheme"`
	Curve     string `json:"curve"`
	PublicKey string `json:"publicKey"` // hex without 0x; compressed for ECDSA

	DelegatedTo string `json:"delegatedTo,omitempty"` // the end user whose it is, us-…
}

func signingKey(k keys.Key, whose keys.Delegation) SigningKey {
	return SigningKey{ID: k.ID, Scheme: k.Scheme, Curve: k.Curve, PublicKey: k.PublicKey, DelegatedTo: whose.To}
}

// ChosenKey says which key a new wallet gets: one that is there, or a new one of the scheme
// and curve. Empty members are the network's to choose.
type ChosenKey struct {
	ID     string `json:"id"`
	Scheme string `json:"scheme"`
	Curve  string `json:"curve"`

	StoreID    any `json:"storeId"`
	DeriveFrom any `json:"deriveFrom"`
}

func (k *ChosenKey) validate() error {
	switch {
	case k == nil:
		return nil
	case k.StoreID != nil:
		return dfns.NotImplemented("a chosen key store")
	case k.DeriveFrom != nil:
		return dfns.NotImplemented("keys derived from a master key")
	case k.ID != "" && (k.Scheme != "" || k.Curve != ""):
		return dfns.BadRequest("signingKey takes an id, or a scheme and curve, not both")
	}
	return nil
}

// keyFor makes the key of a new wallet, or finds the one that it reuses. A key has one
// wallet on a network.
func (c *Custody) keyFor(tx *store.Tx, caller auth.Caller, in NewWallet, on network.Network) (keys.Key, keys.Delegation, error) {
	if in.SigningKey != nil && in.SigningKey.ID != "" {
		return reused(tx, caller, in, on)
	}
	chosen := ChosenKey{}
	chosen.Scheme, chosen.Curve = keyOf(on.Family)
	if in.SigningKey != nil && (in.SigningKey.Scheme != "" || in.SigningKey.Curve != "") {
		chosen.Scheme, chosen.Curve = in.SigningKey.Scheme, in.SigningKey.Curve
	}
	if err := fits(on, chosen.Scheme, chosen.Curve); err != nil {
		return keys.Key{}, keys.Delegation{}, err
	}
	whose, err := in.wish().Fulfil(tx, caller)
	if err != nil {
		return keys.Key{}, whose, err
	}
	key, err := keys.Add(tx, c.Now(), whose, chosen.Scheme, chosen.Curve, "")
	return key, whose, err
}

// reused finds the key that a new wallet is to share. Whose the key is, his is the wallet.
func reused(tx *store.Tx, caller auth.Caller, in NewWallet, on network.Network) (keys.Key, keys.Delegation, error) {
	key, err := keys.GetUsable(tx, in.SigningKey.ID)
	if err != nil {
		return key, keys.Delegation{}, err
	}
	if err := fits(on, key.Scheme, key.Curve); err != nil {
		return key, keys.Delegation{}, err
	}
	whose, err := keys.DelegationOf(tx, key.ID)
	if err == nil && caller.User.Kind == identity.EndUser {
		err = whose.Admit(caller, key.ID)
	}
	if err == nil && (in.DelayDelegation || in.DelegateTo != "" && in.DelegateTo != whose.To) {
		err = dfns.BadRequest("signingKey.id takes the key as it is; delegate it by POST /keys/%s/delegate", key.ID)
	}
	if err != nil {
		return key, whose, err
	}
	others, err := WalletsOf(tx, key.ID)
	for _, w := range others {
		if w.Network == in.Network {
			return key, whose, dfns.Errorf(http.StatusConflict, "key %s already has wallet %s on %s", key.ID, w.ID, w.Network)
		}
	}
	return key, whose, err
}

// fits refuses a key that the network's wallets cannot sign with.
func fits(on network.Network, scheme, curve string) error {
	if s, c := keyOf(on.Family); scheme != s || curve != c {
		return dfns.BadRequest("a wallet on %s needs a key of scheme %s over %s, not %s over %s", on.Name, s, c, scheme, curve)
	}
	return nil
}

// keyOf is the scheme and curve that wallets of a family sign with.
func keyOf(family network.Family) (scheme, curve string) {
	if family == network.Stellar {
		return signing.EdDSA, signing.Ed25519
	}
	return signing.ECDSA, signing.Secp256k1
}

// addressOf returns the address of a key on networks of a family: an EVM one with
// checksum.
func addressOf(key keys.Key, family network.Family) (string, error) {
	raw, err := hex.DecodeString(key.PublicKey)
	if err != nil {
		return "", fmt.Errorf("reading public key of %s: %w", key.ID, err)
	}
	if family == network.Stellar {
		return stellar.Address(raw), nil
	}
	public, err := crypto.DecompressPubkey(raw)
	if err != nil {
		return "", fmt.Errorf("reading public key of %s: %w", key.ID, err)
	}
	return crypto.PubkeyToAddress(*public).Hex(), nil
}

// WalletsOf returns the wallets that are built on a key.
func WalletsOf(tx *store.Tx, keyID string) ([]Wallet, error) {
	found, _, err := store.List(tx, kindWallet, all, store.Page{}, func(w Wallet) bool { return w.SigningKey.ID == keyID })
	return found, err
}

// ErrArchived means that a wallet's key was deleted: it signs nothing any more.
var ErrArchived = errors.New("wallet is archived, because its key was deleted")

// Unusable tells whether err says that a wallet signs nothing any more: [ErrArchived] or
// [ErrExported].
func Unusable(err error) bool { return errors.Is(err, ErrArchived) || errors.Is(err, ErrExported) }

// Key returns the private key of a wallet on an EVM network. It fails as [Unusable] says for
// one whose key was deleted or exported.
func (c *Custody) Key(walletID string) (*ecdsa.PrivateKey, error) {
	var key *ecdsa.PrivateKey
	err := c.DB.View(func(tx *store.Tx) (err error) {
		key, err = keyIn(tx, walletID)
		return err
	})
	return key, err
}

func keyIn(tx *store.Tx, walletID string) (*ecdsa.PrivateKey, error) {
	secret, err := secretIn(tx, walletID)
	if err != nil {
		return nil, err
	}
	return secret.ECDSA()
}

// Ed25519Key is [Custody.Key] for a network that signs with Ed25519.
func (c *Custody) Ed25519Key(walletID string) (ed25519.PrivateKey, error) {
	var key ed25519.PrivateKey
	err := c.DB.View(func(tx *store.Tx) error {
		secret, err := secretIn(tx, walletID)
		if err == nil {
			key, err = secret.Ed25519()
		}
		return err
	})
	return key, err
}

func secretIn(tx *store.Tx, walletID string) (signing.Secret, error) {
	wallet, err := getWallet(tx, walletID)
	if err != nil {
		return signing.Secret{}, err
	}
	if wallet.Status != keys.Active {
		return signing.Secret{}, ErrArchived
	}
	key, err := keys.Get(tx, wallet.SigningKey.ID)
	if err != nil {
		return signing.Secret{}, err
	}
	if key.Exported {
		return signing.Secret{}, ErrExported
	}
	return keys.Secret(tx, wallet.SigningKey.ID)
}

// FindWallet returns a wallet within tx; an unknown one is a 404.
func FindWallet(tx *store.Tx, id string) (Wallet, error) { return getWallet(tx, id) }

// ActiveWallet returns a wallet that may be used; one whose key was deleted is a 422.
func ActiveWallet(tx *store.Tx, id string) (Wallet, error) {
	wallet, err := getWallet(tx, id)
	if err == nil && wallet.Status != keys.Active {
		err = dfns.Errorf(http.StatusUnprocessableEntity, "wallet %s is %s, not Active", id, wallet.Status)
	}
	return wallet, err
}

// DeleteKey archives a key and every wallet that is built on it. What waits for an approval
// fails once it is approved.
func (c *Custody) DeleteKey(caller auth.Caller, id string) (keys.Key, error) {
	var key keys.Key
	err := caller.Update(c.DB, func(tx *store.Tx) (err error) {
		if key, err = keys.Delete(tx, c.Now(), id); err != nil {
			return err
		}
		wallets, err := WalletsOf(tx, id)
		for _, w := range wallets {
			w.Status, w.DateDeleted = keys.Archived, key.DateDeleted
			err = errors.Join(err, putWallet(tx, w))
		}
		return err
	})
	return key, err
}

// KeyDetail is what GET /keys/:id adds to a key.
type KeyDetail struct {
	keys.Key
	Wallets []KeyWallet `json:"wallets"`
	Store   KeyStore    `json:"store"`
}

// KeyWallet is a wallet that is built on a key.
type KeyWallet struct {
	ID      string `json:"id"`
	Network string `json:"network"`
}

// KeyStore says where the secret of a key is. The sandbox has one store, its database,
// which stands where DFNS has its signers.
type KeyStore struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"` // Mpc
	KeyID string `json:"keyId"`
}

// theStore is the ID of the one key store.
const theStore = "ks-local-store-0000000000000000"

// KeyDetail returns a key with its wallets; an unknown key is a 404.
func (c *Custody) KeyDetail(id string) (KeyDetail, error) {
	d := KeyDetail{Wallets: []KeyWallet{}, Store: KeyStore{ID: theStore, Kind: "Mpc", KeyID: id}}
	err := c.DB.View(func(tx *store.Tx) (err error) {
		if d.Key, err = keys.Get(tx, id); err != nil {
			return err
		}
		wallets, err := WalletsOf(tx, id)
		for _, w := range wallets {
			d.Wallets = append(d.Wallets, KeyWallet{w.ID, w.Network})
		}
		return err
	})
	return d, err
}
