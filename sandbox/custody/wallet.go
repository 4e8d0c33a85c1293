package custody

import (
	"errors"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/history"
	"countersign/sandbox/identity"
	"countersign/sandbox/keys"
	"countersign/sandbox/network"
	"countersign/sandbox/queue"
	"countersign/sandbox/stellar"
	"countersign/sandbox/store"
	"countersign/sandbox/terms"
	"countersign/sandbox/token"
)

// maxExternalID is the most characters of a wallet's externalId (seen in third-party code).
const maxExternalID = 100

// FundingWei is what a new wallet gets from the faucet, unless wallets start empty, so that it can pay
// for gas: 100 coins of an EVM network. Elsewhere it is [stellar.Grant]. Only a sandbox does this.
var FundingWei = new(big.Int).Mul(big.NewInt(100), big.NewInt(1e18))

// Wallet is a wallet as the API shows it.
type Wallet struct {
	ID          string     `json:"id"` // wa-…
	Network     string     `json:"network"`
	Address     string     `json:"address"` // as the network writes it: 0x with checksum, or G…
	SigningKey  SigningKey `json:"signingKey"`
	Status      string     `json:"status"` // Active, or Archived once its key is deleted
	DateCreated dfns.Time  `json:"dateCreated"`
	DateDeleted dfns.Time  `json:"dateDeleted,omitzero"`
	Name        string     `json:"name,omitempty"`
	Custodial   bool       `json:"custodial"`            // the organisation's, not an end user's
	ExternalID  string     `json:"externalId,omitempty"` // a label only
	Tags        []string   `json:"tags"`
}

// NewWallet is the body of POST /wallets. Members that DFNS has and the
// sandbox lacks are refused by name.
type NewWallet struct {
	Network    string   `json:"network"`
	Name       string   `json:"name"`
	ExternalID string   `json:"externalId"`
	Tags       []string `json:"tags"`

	SigningKey *ChosenKey `json:"signingKey"`

	DelegateTo      string `json:"delegateTo"`
	DelayDelegation bool   `json:"delayDelegation"`
}

func (in NewWallet) wish() keys.Wish {
	return keys.Wish{DelegateTo: in.DelegateTo, DelayDelegation: in.DelayDelegation}
}

func (in NewWallet) validate() error {
	if len([]rune(in.ExternalID)) > maxExternalID {
		return dfns.BadRequest("externalId is longer than %d characters", maxExternalID)
	}
	if err := checkTags(in.Tags); err != nil {
		return err
	}
	return in.SigningKey.validate()
}

// CreateWallet makes a wallet, with a fresh key unless it reuses one, and queues
// its funding ahead of whatever it is asked to do.
func (c *Custody) CreateWallet(caller auth.Caller, in NewWallet) (Wallet, error) {
	if _, err := c.Networks.Find(in.Network); err != nil {
		return Wallet{}, err
	}
	if err := in.validate(); err != nil {
		return Wallet{}, err
	}
	var wallet Wallet
	err := caller.Update(c.DB, func(tx *store.Tx) (err error) {
		wallet, err = c.add(tx, caller, in, !c.Unfunded)
		return err
	})
	return wallet, err
}

// AddWallet is [Custody.CreateWallet] within a transaction of the caller's,
// who has checked in. It is always funded.
func (c *Custody) AddWallet(tx *store.Tx, in NewWallet) (Wallet, error) {
	return c.add(tx, auth.Caller{}, in, true)
}

// AddWalletOf is [Custody.AddWallet] for an end user, whose the wallet is. It starts as full
// as any that callers make.
func (c *Custody) AddWalletOf(tx *store.Tx, user identity.User, in NewWallet) (Wallet, error) {
	return c.add(tx, auth.Caller{User: user}, in, !c.Unfunded)
}

func (c *Custody) add(tx *store.Tx, caller auth.Caller, in NewWallet, funded bool) (Wallet, error) {
	on, err := c.Networks.Find(in.Network)
	if err != nil {
		return Wallet{}, err
	}
	key, whose, err := c.keyFor(tx, caller, in, on)
	if err != nil {
		return Wallet{}, err
	}
	address, err := addressOf(key, on.Family)
	if err != nil {
		return Wallet{}, err
	}
	wallet := Wallet{
		ID: dfns.NewID("wa"), Network: in.Network, Address: address, SigningKey: signingKey(key, whose), Status: "Active",
		DateCreated: dfns.At(c.Now()), Name: in.Name, Custodial: whose.To == "", ExternalID: in.ExternalID, Tags: append([]string{}, in.Tags...),
	}
	if on.Family == network.EVM {
		if err := deployToken(tx, wallet); err != nil {
			return Wallet{}, err
		}
	}
	err = errors.Join(
		history.Watch(tx, wallet.Network, wallet.Address, wallet.ID),
		putWallet(tx, wallet),
		c.emit(tx, "wallet.created", map[string]Wallet{"wallet": wallet}),
	)
	if err == nil && funded {
		err = fund(tx, wallet, on.Family)
	}
	return wallet, err
}

// fund queues what the faucet gives a new wallet.
func fund(tx *store.Tx, w Wallet, family network.Family) error {
	funding := terms.Call{To: w.Address, Value: FundingWei}
	if family == network.Stellar {
		funding = terms.Call{To: w.Address, Value: big.NewInt(stellar.Grant), Create: true}
	}
	return queue.Put(tx, queue.Job{ID: "fund/" + w.ID, Network: w.Network, Call: funding})
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

// HasWallet fails when there is no such wallet.
func HasWallet(tx *store.Tx, id string) error {
	_, err := getWallet(tx, id)
	return err
}

// Wallets returns a page of the wallets, oldest first: of all, or of those that are delegated
// to an owner, named by ID or username.
func (c *Custody) Wallets(owner string, page store.Page) ([]Wallet, string, error) {
	var wallets []Wallet
	var next string
	err := c.DB.View(func(tx *store.Tx) error {
		id, err := keys.Owner(tx, owner)
		if err != nil {
			return err
		}
		wallets, next, err = store.List(tx, kindWallet, all, page, func(w Wallet) bool {
			return owner == "" || w.SigningKey.DelegatedTo == id
		})
		return err
	})
	return wallets, next, err
}

// Activation is the body of POST /wallets/:id/activate: empty, what Concordium asks for, or
// what Canton does.
type Activation struct {
	Expiry         *int64  `json:"expiry"` // of the credential deployment, unix seconds
	UnsignedCdiStr *string `json:"unsignedCdiStr"`
	ValidatorID    *string `json:"validatorId"`
}

// Activate refuses with a 400: wallets on the networks of the sandbox are Active from the
// start. An unknown wallet is a 404, an archived one a 422.
func (c *Custody) Activate(id string, _ Activation) error {
	return c.DB.View(func(tx *store.Tx) error {
		wallet, err := ActiveWallet(tx, id)
		if err == nil {
			err = dfns.BadRequest("wallet %s is Active already: wallets on %s need no activation", id, wallet.Network)
		}
		return err
	})
}
