package history

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/network"
	"countersign/sandbox/store"
	"countersign/sandbox/webhook"
)

// Kinds of stored objects. Events are listed under their wallet, open ones
// under their network too.
const (
	kindEvent   = "history"
	kindOpen    = "history-open"
	kindAddress = "address" // the wallet that has it

	kindWallet = "wallet" // custody's
)

// Watch makes the transfers of an address part of a wallet's history.
func Watch(tx *store.Tx, name, address, walletID string) error {
	return store.Put(tx, store.Object{Kind: kindAddress, ID: addressID(name, address)}, walletID)
}

// addressID is the address on the network, however its letters are written:
// only EVM addresses have two cases, and those mean the same.
func addressID(name, address string) string { return name + "/" + strings.ToLower(address) }

// Block is what a network's new block did.
type Block struct {
	Network   network.Network
	Number    uint64
	Time      time.Time
	Final     bool
	Transfers []Transfer

	// Screen is asked about each deposit once it is told, in the same transaction; nil is not.
	Screen func(tx *store.Tx, e Event) error
}

// Include records the transfers of a new block that concern a wallet.
func Include(tx *store.Tx, now time.Time, b Block) error {
	for _, t := range b.Transfers {
		for _, side := range []struct{ direction, address string }{{Out, t.From}, {In, t.To}} {
			if side.address == "" {
				continue
			}
			wallet, err := store.Get[string](tx, kindAddress, addressID(b.Network.Name, side.address))
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if err := record(tx, now, b, b.event(t, wallet, side.direction)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b Block) event(t Transfer, wallet, direction string) Event {
	e := Event{
		WalletID: wallet, Direction: direction, Network: b.Network.Name, BlockNumber: b.Number,
		TxHash: t.TxHash, Index: t.Index, Timestamp: dfns.At(b.Time), Status: Included,
		Metadata: Metadata{Asset: t.Asset}, Kind: t.Kind, Contract: t.Contract, From: t.From, To: t.To,
		Value: t.Value, TokenID: t.TokenID, Memo: t.Memo,
		Symbol: t.Asset.Symbol, Decimals: t.Asset.Decimals, Verified: t.Asset.Verified,
	}
	if direction == Out {
		e.Fee = t.Fee
		e.Metadata.Fee = &Asset{Symbol: b.Network.Symbol, Decimals: b.Network.Decimals, Verified: true}
	}
	return e
}

// open names an event that is not final yet.
type open struct {
	ID    string
	Block uint64
}

// record stores an included event and announces it; in a final block it is
// confirmed at once.
func record(tx *store.Tx, now time.Time, b Block, e Event) error {
	if err := announce(tx, now, e, "wallet.blockchainevent.detected", "wallet.blockchain_event.transfer.included"); err != nil {
		return err
	}
	if b.Screen != nil && e.Direction == In {
		if err := b.Screen(tx, e); err != nil {
			return err
		}
	}
	if b.Final {
		return confirm(tx, now, e)
	}
	return errors.Join(
		store.Put(tx, store.Object{Kind: kindEvent, ID: e.id(), Parent: e.WalletID}, e),
		store.Put(tx, store.Object{Kind: kindOpen, ID: e.id(), Parent: b.Network.Name}, open{e.id(), b.Number}),
	)
}

func confirm(tx *store.Tx, now time.Time, e Event) error {
	e.Status = Confirmed
	if err := store.Put(tx, store.Object{Kind: kindEvent, ID: e.id(), Parent: e.WalletID}, e); err != nil {
		return err
	}
	return announce(tx, now, e, "wallet.blockchainevent.detected")
}

// announce emits a deposit. What leaves a wallet was announced as the transfer
// or transaction that it is.
func announce(tx *store.Tx, now time.Time, e Event, kinds ...string) error {
	if e.Direction != In {
		return nil
	}
	wallet, err := store.Get[json.RawMessage](tx, kindWallet, e.WalletID)
	if err != nil {
		return err
	}
	for _, kind := range kinds {
		if err := webhook.Emit(tx, now, kind, map[string]any{"blockchainEvent": e, "wallet": wallet}); err != nil {
			return err
		}
	}
	return nil
}

// Confirm confirms what a network's blocks up to a number did.
func Confirm(tx *store.Tx, now time.Time, name string, upTo uint64) error {
	return each(tx, name, func(o open) error {
		if o.Block > upTo {
			return nil
		}
		e, err := store.Get[Event](tx, kindEvent, o.ID)
		if err != nil {
			return err
		}
		return errors.Join(confirm(tx, now, e), store.Delete(tx, kindOpen, o.ID))
	})
}

// Retract takes back what a network's blocks from a number on did.
func Retract(tx *store.Tx, name string, from uint64) error {
	return each(tx, name, func(o open) error {
		if o.Block < from {
			return nil
		}
		return errors.Join(store.Delete(tx, kindEvent, o.ID), store.Delete(tx, kindOpen, o.ID))
	})
}

func each(tx *store.Tx, name string, f func(open) error) error {
	opened, err := store.All[open](tx, kindOpen, name)
	for _, o := range opened {
		err = errors.Join(err, f(o))
	}
	return err
}
