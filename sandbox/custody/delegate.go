package custody

import (
	"errors"

	"countersign/sandbox/auth"
	"countersign/sandbox/keys"
	"countersign/sandbox/store"
)

// ErrDelegated means that what one asked for cannot be signed any more, because the wallet
// was delegated to somebody else meanwhile.
var ErrDelegated = errors.New("wallet was delegated to an end user, who alone signs with it")

// WalletHeir is the body of POST /wallets/:id/delegate.
type WalletHeir struct {
	UserID string `json:"userId"` // an end user
}

// KeyHeir is the body of POST /keys/:id/delegate.
type KeyHeir struct {
	DelegateTo string `json:"delegateTo"` // an end user
}

// Delegated is the answer to both, with the ID that was asked about.
type Delegated struct {
	WalletID string `json:"walletId,omitempty"`
	KeyID    string `json:"keyId,omitempty"`
	Status   string `json:"status"` // Delegated
}

// DelegateKey gives a key and every wallet that is built on it to an end user, for good. What
// others asked of them and is not signed by then fails. What cannot be delegated is a 422.
func (c *Custody) DelegateKey(caller auth.Caller, id string, in KeyHeir) (Delegated, error) {
	return Delegated{KeyID: id, Status: "Delegated"}, caller.Update(c.DB, func(tx *store.Tx) error {
		return c.delegate(tx, id, "delegateTo", in.DelegateTo)
	})
}

// DelegateWallet is [Custody.DelegateKey] for the key of a wallet.
func (c *Custody) DelegateWallet(caller auth.Caller, id string, in WalletHeir) (Delegated, error) {
	return Delegated{WalletID: id, Status: "Delegated"}, caller.Update(c.DB, func(tx *store.Tx) error {
		wallet, err := ActiveWallet(tx, id)
		if err != nil {
			return err
		}
		return c.delegate(tx, wallet.SigningKey.ID, "userId", in.UserID)
	})
}

func (c *Custody) delegate(tx *store.Tx, keyID, member, to string) error {
	if _, err := keys.Delegate(tx, c.Now(), keyID, member, to); err != nil {
		return err
	}
	wallets, err := WalletsOf(tx, keyID)
	for _, w := range wallets {
		w.Custodial, w.SigningKey.DelegatedTo = false, to
		err = errors.Join(err, putWallet(tx, w), c.emit(tx, "wallet.delegated", map[string]Wallet{"wallet": w}))
	}
	return err
}

// Delegated tells whether the wallet is an end user's: no policy governs it.
func (w Wallet) Delegated() bool { return w.SigningKey.DelegatedTo != "" }

// admit refuses whoever may not sign with a wallet, as [keys.Delegation.Admit] says.
func (w Wallet) admit(caller auth.Caller) error {
	return keys.Delegation{To: w.SigningKey.DelegatedTo}.Admit(caller, w.SigningKey.ID)
}

// lost tells whether what r asks for is not its requester's to ask for any more.
func (w Wallet) lost(r Request) bool {
	return w.Delegated() && w.SigningKey.DelegatedTo != r.Requester.UserID
}
