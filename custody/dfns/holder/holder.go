// Package holder reads at DFNS which wallets we hold, what is in them, and what has come in.
package holder

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"strings"

	"countersign"
	"countersign/custody/dfns"
	"countersign/custody/dfns/activity"
)

// A Holder is what the books ask of the custodian.
type Holder struct{ dfns.Custodian }

// active is the status of a wallet that signs; the others are Inactive and Archived (dfns.md §5.1).
const active = "Active"

// Wallets are all wallets, archived ones too: what they have is still ours. It needs
// Wallets:Read.
func (h Holder) Wallets(ctx context.Context) iter.Seq2[countersign.Wallet, error] {
	return func(yield func(countersign.Wallet, error) bool) {
		for raw, err := range h.Client.List(ctx, "/wallets", nil) {
			var w dfns.Wallet
			if err == nil {
				err = json.Unmarshal(raw, &w)
			}
			if err == nil {
				err = countersign.CheckID(w.ID)
			}
			if err != nil {
				err = fmt.Errorf("dfns: list of wallets: %w", err)
			}
			wallet := countersign.Wallet{ID: w.ID, Network: w.Network, Address: w.Address, Name: w.Name, Tags: w.Tags, Inactive: w.Status != active}
			if !yield(wallet, err) {
				return
			}
		}
	}
}

// Incoming is what a transaction did, by the custodian's word: the lines of these wallets'
// histories that name it. It is final when every line is confirmed; a wallet that has no such
// line says nothing. From is empty unless a line says that one of these wallets has sent
// something: the custodian does not tell who signed a transaction.
func (h Holder) Incoming(ctx context.Context, network, txHash string, walletIDs []string) (countersign.Effect, error) {
	e := countersign.Effect{Network: network, TxHash: txHash, Inclusion: countersign.NotSeen}
	for _, id := range walletIDs {
		if err := countersign.CheckID(id); err != nil {
			return e, fmt.Errorf("wallet: %w", err)
		}
		for raw, err := range h.Client.List(ctx, "/wallets/"+url.PathEscape(id)+"/history", nil) {
			if err != nil {
				return e, fmt.Errorf("history of wallet %s: %w", id, err)
			}
			if !names(raw, txHash) {
				continue
			}
			line, err := activity.ReadHappening(raw)
			if err != nil {
				return e, fmt.Errorf("dfns: wallet %s: %w", id, err)
			}
			if line.Network == network && line.WalletID == id {
				add(&e, line)
			}
		}
	}
	return e, nil
}

// names says whether a line is of a transaction, before more of it is read: other lines may be
// of kinds that we do not know.
func names(raw json.RawMessage, txHash string) bool {
	var line struct{ TxHash string }
	return json.Unmarshal(raw, &line) == nil && strings.EqualFold(line.TxHash, txHash)
}

// add adds a line. A move between two wallets of ours stands in both histories, and then the
// effect has it twice; it also has a sender of ours, whose settlement books it.
func add(e *countersign.Effect, line activity.Happening) {
	switch {
	case !line.Confirmed:
		e.Inclusion = countersign.Included
	case e.Inclusion == countersign.NotSeen:
		e.Inclusion = countersign.Final
	}
	e.Succeeded = true
	e.Block = countersign.BlockRef{Number: line.Block, Time: line.At}
	if !line.Incoming && e.From == "" {
		e.From = line.Move.From
	}
	e.Moves = append(e.Moves, line.Move)
}
