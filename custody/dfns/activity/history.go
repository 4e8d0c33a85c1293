package activity

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"countersign"
)

// A Happening is one line of a wallet's history at the custodian (dfns.md §5.5): one move of
// one asset, in or out.
type Happening struct {
	WalletID, Network, TxHash string
	// Incoming says that the wallet has received it.
	Incoming bool
	Block    uint64
	At       time.Time
	// Confirmed is the custodian's word that it stays so; false is "Included".
	Confirmed bool
	Move      countersign.Move
}

// ReadHappening reads a line of a wallet's history. Kinds that no transfer is read of, and what
// misses something that the books need, are an error.
func ReadHappening(raw json.RawMessage) (h Happening, err error) {
	r := reader{}
	if err := json.Unmarshal(raw, &r.body); err != nil {
		return h, fmt.Errorf("history: %w", err)
	}
	h = Happening{WalletID: r.must("walletId"), Network: r.must("network"), TxHash: r.must("txHash")}
	kind := strings.TrimSuffix(r.must("kind"), "Transfer")
	var rest struct {
		Direction   string
		BlockNumber uint64
		Timestamp   time.Time
		Status      string
	}
	if err := json.Unmarshal(raw, &rest); err != nil {
		return h, fmt.Errorf("history: %w", err)
	}
	h.Incoming, h.Block, h.At = rest.Direction == "In", rest.BlockNumber, rest.Timestamp.UTC()
	// 0.8.21 has no status: there a line is what has happened.
	h.Confirmed = rest.Status == "Confirmed" || rest.Status == ""
	h.Move = countersign.Move{Kind: kind, Log: -1}
	s, known := shapes[kind]
	switch {
	case kind == "Utxo": // many to many; what is ours is the value
		h.Move.Kind, known = "Native", true
	case known:
		h.Move.From, h.Move.To = r.may("from"), r.may("to")
	}
	switch {
	case !known && r.err == nil:
		return h, fmt.Errorf("history: events of kind %.64q are not read", kind+"Transfer")
	case rest.Direction != "In" && rest.Direction != "Out":
		return h, fmt.Errorf("history: direction %.20q is neither In nor Out", rest.Direction)
	}
	h.Move.Asset = r.locator(s)
	if s.piece != "" {
		h.Move.Amount, h.Move.TokenID = countersign.NewAmount(1), r.must(s.piece)
	} else {
		h.Move.Amount = r.decimal("value")
	}
	if r.err != nil {
		return h, fmt.Errorf("history: event of kind %q: %w", kind, r.err)
	}
	return h, nil
}
