package custody

import (
	"crypto/ecdsa"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/history"
	"countersign/sandbox/network"
	"countersign/sandbox/queue"
	"countersign/sandbox/store"
	"countersign/sandbox/terms"
	"countersign/sandbox/token"
)

// FundingWei is what every new wallet gets from the faucet, so that it can pay
// for gas: 100 ETH. Only a sandbox does this.
var FundingWei = new(big.Int).Mul(big.NewInt(100), big.NewInt(1e18))

// Wallet is a wallet as the API shows it.
type Wallet struct {
	ID          string     `json:"id"` // wa-…
	Network     string     `json:"network"`
	Address     string     `json:"address"` // 0x, with checksum
	SigningKey  SigningKey `json:"signingKey"`
	Status      string     `json:"status"` // Active
	DateCreated dfns.Time  `json:"dateCreated"`
	Name        string     `json:"name,omitempty"`
	Custodial   bool       `json:"custodial"`
	ExternalID  string     `json:"externalId,omitempty"` // a label only
	Tags        []string   `json:"tags"`
}

// SigningKey is the public side of a wallet's key.
type SigningKey struct {
	ID        string `json:"id"` // key-…
	Scheme    string `json:"scheme"`
	Curve     string `json:"curve"`
	PublicKey string `json:"publicKey"` // compressed, hex without 0x
}

// NewWallet is the body of POST /wallets. Members that DFNS has and the
// sandbox lacks are refused by name.
type NewWallet struct {
	Network    string   `json:"network"`
	Name       string   `json:"name"`
	ExternalID string   `json:"externalId"`
	Tags       []string `json:"tags"`

	SigningKey      any `json:"signingKey"`
	DelegateTo      any `json:"delegateTo"`
	DelayDelegation any `json:"delayDelegation"`
}

func (in NewWallet) validate() error {
	switch {
	case in.SigningKey != nil:
		return dfns.NotImplemented("wallets with a chosen signingKey")
	case in.DelegateTo != nil || in.DelayDelegation != nil:
		return dfns.NotImplemented("delegated wallets")
	case len(in.ExternalID) > 100:
		return dfns.BadRequest("externalId is longer than 100 characters")
	}
	return nil
}

// CreateWallet makes a wallet with a fresh secp256k1 key and queues its
// funding ahead of whatever it is asked to do.
func (c *Custody) CreateWallet(caller auth.Caller, in NewWallet) (Wallet, error) {
	if n, err := c.Networks.Find(in.Network); err != nil {
		return Wallet{}, err
	} else if n.Family != network.EVM {
		return Wallet{}, dfns.NotImplemented("wallets on %s", n.Name)
	}
	if err := in.validate(); err != nil {
		return Wallet{}, err
	}
	var wallet Wallet
	err := caller.Update(c.DB, func(tx *store.Tx) (err error) {
		wallet, err = c.AddWallet(tx, in)
		return err
	})
	return wallet, err
}

// AddWallet is [Custody.CreateWallet] within a transaction of the caller's,
// who has checked in.
func (c *Custody) AddWallet(tx *store.Tx, in NewWallet) (Wallet, error) {
	key, err := crypto.GenerateKey()
	if err != nil {
		return Wallet{}, fmt.Errorf("making wallet key: %w", err)
	}
	wallet := Wallet{
		ID: dfns.NewID("wa"), Network: in.Network, Address: crypto.PubkeyToAddress(key.PublicKey).Hex(),
		SigningKey: SigningKey{ID: dfns.NewID("key"), Scheme: "ECDSA", Curve: "secp256k1",
			PublicKey: hex.EncodeToString(crypto.CompressPubkey(&key.PublicKey))},
		Status: "Active", DateCreated: dfns.At(c.Now()), Name: in.Name, Custodial: true,
		ExternalID: in.ExternalID, Tags: append([]string{}, in.Tags...),
	}
	err = errors.Join(
		deployToken(tx, wallet),
		history.Watch(tx, wallet.Network, wallet.Address, wallet.ID),
		store.Put(tx, store.Object{Kind: kindWallet, ID: wallet.ID, Parent: all}, wallet),
		store.Put(tx, store.Object{Kind: kindWalletKey, ID: wallet.ID}, hexutil.Encode(crypto.FromECDSA(key))),
		queue.Put(tx, queue.Job{ID: "fund/" + wallet.ID, Network: wallet.Network, Call: terms.Call{To: wallet.Address, Value: FundingWei}}),
		c.emit(tx, "wallet.created", map[string]Wallet{"wallet": wallet}),
	)
	return wallet, err
}

// deployToken queues the creation of TestUSD, with the wallet for its minter,
// when the wallet is the first on its network. The default network's is seeded.
func deployToken(tx *store.Tx, wallet Wallet) error {
	if wallet.Network == network.Default {
		return nil
	}
	if _, err := store.Get[string](tx, kindToken, wallet.Network); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	code, err := token.Creation(common.HexToAddress(wallet.Address))
	if err != nil {
		return err
	}
	return errors.Join(
		store.Put(tx, store.Object{Kind: kindToken, ID: wallet.Network}, wallet.ID),
		queue.Put(tx, queue.Job{ID: "deploy/" + wallet.Network, Network: wallet.Network, Call: terms.Call{Value: new(big.Int), Data: code}}),
	)
}

// WatchWallets has the history of every wallet kept from now on, those of a time
// before there was one too.
func (c *Custody) WatchWallets() error {
	return c.DB.Update(func(tx *store.Tx) error {
		done, err := tx.Meta(metaWatched)
		if err != nil || done != "" {
			return err
		}
		wallets, err := store.All[Wallet](tx, kindWallet, all)
		for _, w := range wallets {
			err = errors.Join(err, history.Watch(tx, w.Network, w.Address, w.ID))
		}
		return errors.Join(err, tx.SetMeta(metaWatched, "yes"))
	})
}

// metaWatched says that every wallet is watched.
const metaWatched = "sandbox/wallets-watched"

// Wallet returns a wallet; an unknown one is a 404.
func (c *Custody) Wallet(id string) (Wallet, error) {
	var wallet Wallet
	err := c.DB.View(func(tx *store.Tx) (err error) {
		wallet, err = getWallet(tx, id)
		return err
	})
	return wallet, err
}

func getWallet(tx *store.Tx, id string) (Wallet, error) {
	wallet, err := store.Get[Wallet](tx, kindWallet, id)
	if errors.Is(err, store.ErrNotFound) {
		return wallet, dfns.NotFound("wallet", id)
	}
	return wallet, err
}

// Wallets returns a page of the wallets.
func (c *Custody) Wallets(page store.Page) ([]Wallet, string, error) {
	var wallets []Wallet
	var next string
	err := c.DB.View(func(tx *store.Tx) (err error) {
		wallets, next, err = store.List[Wallet](tx, kindWallet, all, page, nil)
		return err
	})
	return wallets, next, err
}

// ChangeTags adds tags to a wallet, or removes them.
func (c *Custody) ChangeTags(caller auth.Caller, id string, tags []string, remove bool) error {
	return caller.Update(c.DB, func(tx *store.Tx) error {
		wallet, err := getWallet(tx, id)
		if err != nil {
			return err
		}
		changed := []string{}
		for _, tag := range tags {
			if slices.Contains(wallet.Tags, tag) != remove {
				continue
			}
			changed = append(changed, tag)
			if remove {
				wallet.Tags = slices.DeleteFunc(wallet.Tags, func(t string) bool { return t == tag })
			} else {
				wallet.Tags = append(wallet.Tags, tag)
			}
		}
		data := map[string]any{"wallet": wallet, "tagsAdded": changed, "tagsRemoved": []string{}}
		if remove {
			data["tagsAdded"], data["tagsRemoved"] = []string{}, changed
		}
		return errors.Join(
			store.Put(tx, store.Object{Kind: kindWallet, ID: wallet.ID, Parent: all}, wallet),
			c.emit(tx, "wallet.tags.modified", data),
		)
	})
}

// Key returns the private key of a wallet on an EVM network.
func (c *Custody) Key(walletID string) (*ecdsa.PrivateKey, error) {
	var key *ecdsa.PrivateKey
	err := c.DB.View(func(tx *store.Tx) (err error) {
		key, err = keyIn(tx, walletID)
		return err
	})
	return key, err
}

func keyIn(tx *store.Tx, walletID string) (*ecdsa.PrivateKey, error) {
	text, err := store.Get[string](tx, kindWalletKey, walletID)
	if err != nil {
		return nil, err
	}
	raw, err := hexutil.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("reading key of %s: %w", walletID, err)
	}
	return crypto.ToECDSA(raw)
}
