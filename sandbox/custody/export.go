package custody

import (
	"errors"

	"countersign/sandbox/auth"
	"countersign/sandbox/keys"
	"countersign/sandbox/signers"
	"countersign/sandbox/store"
)

// ErrExported means that a wallet's key was exported: it signs nothing here any more.
var ErrExported = errors.New("wallet signs nothing any more, because its key was exported")

// ExportKey hands out a key, as [keys.Export] says. What waits on its wallets fails.
func (c *Custody) ExportKey(caller auth.Caller, id string, in keys.Exporting) (keys.Exported, error) {
	var out keys.Exported
	err := caller.Update(c.DB, func(tx *store.Tx) (err error) {
		out, err = c.export(tx, caller, id, in)
		return err
	})
	return out, err
}

// ExportWallet is [Custody.ExportKey] for the key of a wallet.
func (c *Custody) ExportWallet(caller auth.Caller, id string, in keys.Exporting) (keys.Exported, error) {
	var out keys.Exported
	err := caller.Update(c.DB, func(tx *store.Tx) error {
		wallet, err := ActiveWallet(tx, id)
		if err != nil {
			return err
		}
		out, err = c.export(tx, caller, wallet.SigningKey.ID, in)
		return err
	})
	return out, err
}

func (c *Custody) export(tx *store.Tx, caller auth.Caller, keyID string, in keys.Exporting) (keys.Exported, error) {
	out, err := keys.Export(tx, caller, c.Now(), keyID, in)
	if err != nil {
		return out, err
	}
	wallets, err := WalletsOf(tx, keyID)
	for _, w := range wallets {
		err = errors.Join(err, c.emit(tx, "wallet.exported", map[string]Wallet{"wallet": w}))
	}
	return out, err
}

// WalletImport is the body of POST /wallets/import.
type WalletImport struct {
	Name               string           `json:"name"`
	Network            string           `json:"network"`
	ExternalID         string           `json:"externalId"`
	Curve              string           `json:"curve"`
	Protocol           string           `json:"protocol"`
	MinSigners         int              `json:"minSigners"`
	EncryptedKeyShares []signers.Sealed `json:"encryptedKeyShares"`
}

// ImportWallet makes a wallet of a key that was made elsewhere, as [keys.Ring.Import] takes it.
func (c *Custody) ImportWallet(caller auth.Caller, in WalletImport) (Wallet, error) {
	asked := NewWallet{Network: in.Network, Name: in.Name, ExternalID: in.ExternalID}
	if _, err := c.Networks.Find(in.Network); err != nil {
		return Wallet{}, err
	}
	if err := asked.validate(); err != nil {
		return Wallet{}, err
	}
	var wallet Wallet
	err := caller.Update(c.DB, func(tx *store.Tx) error {
		key, err := keys.AddImported(tx, c.Now(), "", keys.Importing{Curve: in.Curve, Protocol: in.Protocol,
			MinSigners: in.MinSigners, EncryptedKeyShares: in.EncryptedKeyShares})
		if err != nil {
			return err
		}
		asked.SigningKey = &ChosenKey{ID: key.ID}
		wallet, err = c.add(tx, caller, asked, !c.Unfunded)
		return err
	})
	return wallet, err
}
