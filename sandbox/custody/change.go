package custody

import (
	"errors"
	"slices"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// The most that a wallet may have of tags, and a tag of characters. DFNS documents neither.
const (
	maxTags      = 100
	maxTagLength = 100
)

func checkTags(tags []string) error {
	if len(tags) > maxTags {
		return dfns.BadRequest("tags must be at most %d, not %d", maxTags, len(tags))
	}
	for _, tag := range tags {
		if n := len([]rune(tag)); n < 1 || n > maxTagLength {
			return dfns.BadRequest("a tag must have 1 to %d characters, not %d", maxTagLength, n)
		}
	}
	return nil
}

// ChangeTags adds tags to a wallet, or removes them.
func (c *Custody) ChangeTags(caller auth.Caller, id string, tags []string, remove bool) error {
	if err := checkTags(tags); err != nil {
		return err
	}
	if tags == nil {
		return dfns.BadRequest("tags is required")
	}
	return caller.Update(c.DB, func(tx *store.Tx) error {
		wallet, err := ActiveWallet(tx, id)
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
		if err := checkTags(wallet.Tags); err != nil {
			return err
		}
		data := map[string]any{"wallet": wallet, "tagsAdded": changed, "tagsRemoved": []string{}}
		if remove {
			data["tagsAdded"], data["tagsRemoved"] = []string{}, changed
		}
		return errors.Join(putWallet(tx, wallet), c.emit(tx, "wallet.tags.modified", data))
	})
}

// WalletChange is the body of PUT /wallets/:id. A null takes the member away.
type WalletChange struct {
	Name       dfns.Optional `json:"name"`
	ExternalID dfns.Optional `json:"externalId"`
}

// UpdateWallet names a wallet, or labels it. DFNS announces neither.
func (c *Custody) UpdateWallet(caller auth.Caller, id string, in WalletChange) (Wallet, error) {
	if len([]rune(in.ExternalID.Text)) > maxExternalID {
		return Wallet{}, dfns.BadRequest("externalId is longer than %d characters", maxExternalID)
	}
	var wallet Wallet
	err := caller.Update(c.DB, func(tx *store.Tx) (err error) {
		if wallet, err = ActiveWallet(tx, id); err != nil {
			return err
		}
		if in.Name.Given {
			wallet.Name = in.Name.Text
		}
		if in.ExternalID.Given {
			wallet.ExternalID = in.ExternalID.Text
		}
		return putWallet(tx, wallet)
	})
	return wallet, err
}

func putWallet(tx *store.Tx, wallet Wallet) error {
	return store.Put(tx, store.Object{Kind: kindWallet, ID: wallet.ID, Parent: all}, wallet)
}
