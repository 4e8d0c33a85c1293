package history

import (
	"strconv"
	"time"

	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// Filter narrows a wallet's history; an empty member does not.
type Filter struct{ Direction, Kind, Contract string }

// List returns a page of a wallet's history, oldest first.
func List(tx *store.Tx, walletID string, f Filter, page store.Page) ([]Event, string, error) {
	return store.List(tx, kindEvent, walletID, page, func(e Event) bool {
		return (f.Direction == "" || e.Direction == f.Direction) && (f.Kind == "" || e.Kind == f.Kind) &&
			(f.Contract == "" || addressID("", e.Contract) == addressID("", f.Contract))
	})
}

// Item is an event in the history of the whole organisation, where DFNS shows
// less of it.
type Item struct {
	Timestamp dfns.Time `json:"timestamp"`
	WalletID  string    `json:"walletId"`
	Network   string    `json:"network"`
	Direction string    `json:"direction"`
	From      string    `json:"from,omitempty"`
	To        string    `json:"to,omitempty"`
	Amount    string    `json:"amount,omitempty"`
	TokenID   string    `json:"tokenId,omitempty"`
	Asset     string    `json:"asset,omitempty"` // the contract; absent for a native transfer
	Symbol    string    `json:"symbol,omitempty"`
	Decimals  string    `json:"decimals,omitempty"`

	Fee         string `json:"fee,omitempty"`
	FeeSymbol   string `json:"feeSymbol,omitempty"`
	FeeDecimals string `json:"feeDecimals,omitempty"`
	TxHash      string `json:"txHash"`
}

func (e Event) item() Item {
	i := Item{Timestamp: e.Timestamp, WalletID: e.WalletID, Network: e.Network, Direction: e.Direction,
		From: e.From, To: e.To, Amount: e.Value, TokenID: e.TokenID,
		Asset: e.Contract, Symbol: e.Symbol, Decimals: strconv.Itoa(e.Decimals), TxHash: e.TxHash}
	if fee := e.Metadata.Fee; fee != nil {
		i.Fee, i.FeeSymbol, i.FeeDecimals = e.Fee, fee.Symbol, strconv.Itoa(fee.Decimals)
	}
	return i
}

// ListAll returns a page of what happened from start to end, both included, to
// any wallet, oldest first.
func ListAll(tx *store.Tx, start, end time.Time, page store.Page) ([]Item, string, error) {
	events, next, err := store.ListKind(tx, kindEvent, page, func(e Event) bool {
		return !e.Timestamp.Before(start) && !e.Timestamp.After(end)
	})
	items := make([]Item, len(events))
	for i, e := range events {
		items[i] = e.item()
	}
	return items, next, err
}
