package registration

import (
	"encoding/json"

	"countersign/sandbox/credential"
	"countersign/sandbox/custody"
	"countersign/sandbox/dfns"
	"countersign/sandbox/identity"
	"countersign/sandbox/store"
)

// WithWallets is the body of POST /auth/registration/enduser: the keys of
// [credential.Factors], and wallets.
type WithWallets struct {
	First    *credential.Offer `json:"firstFactorCredential"`
	Second   json.RawMessage   `json:"secondFactorCredential"`
	Recovery *credential.Offer `json:"recoveryCredential"`
	Wallets  []WalletWish      `json:"wallets"`
}

// WalletWish asks for a wallet that is the end user's from the start.
type WalletWish struct {
	Network string `json:"network"`
	Name    string `json:"name"`
}

// Settled is the answer: the user with his first key, a session of his, and his wallets.
type Settled struct {
	credential.Outcome
	Authentication struct {
		Token string `json:"token"`
	} `json:"authentication"`
	Wallets []custody.Wallet `json:"wallets"`
}

// Settle gives an end user his first keys, and wallets that he alone signs with, all or
// nothing of it. token is the temporary one; it is spent whether or not they are right.
// Whoever is no end user is a 400.
func (d *Desk) Settle(token string, in WithWallets) (Settled, error) {
	out := Settled{Wallets: []custody.Wallet{}}
	if in.Wallets == nil {
		return out, dfns.BadRequest("wallets is required: a list, which may be empty")
	}
	factors := credential.Factors{First: in.First, Second: in.Second, Recovery: in.Recovery}
	var err error
	out.Outcome, err = d.complete(token, factors, func(tx *store.Tx, user identity.User, key identity.Credential) error {
		if user.Kind != identity.EndUser {
			return dfns.BadRequest("user %s is a %s; only an end user has wallets, so register him by POST /auth/registration", user.UserID, user.Kind)
		}
		for _, wish := range in.Wallets {
			wallet, err := d.Vault.AddWalletOf(tx, user, custody.NewWallet{Network: wish.Network, Name: wish.Name})
			if err != nil {
				return err
			}
			out.Wallets = append(out.Wallets, wallet)
		}
		var err error
		out.Authentication.Token, err = d.Auth.OpenSession(tx, user.UserID, key.CredID)
		return err
	})
	return out, err
}
