package sweep

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"countersign"
)

// A Holding is what a wallet holds at the snapshot's block.
type Holding struct {
	Wallet countersign.Wallet `json:"wallet"`
	// Native is in wei, also where the native asset is not swept: it pays for gas.
	Native countersign.Amount `json:"native"`
	// Tokens are one for each of the order's assets, in its order; zero for the native one.
	Tokens []countersign.Amount `json:"tokens"`
	// Fault says which assets are left where they are because nothing can be said of them,
	// or moving them would be refused, and why: by the asset's index.
	Fault map[int]string `json:"fault,omitempty"`
}

// A Snapshot is what a plan is made of.
type Snapshot struct {
	// Block is where everything was read.
	Block countersign.BlockRef `json:"block"`
	// Price is what the sweep offers for a unit of gas, in wei.
	Price countersign.Amount `json:"price"`
	// Gas is what a move of each of the order's assets is limited to, in its order; NativeGas
	// that of a top-up.
	Gas       []uint64 `json:"gas"`
	NativeGas uint64   `json:"native_gas"`

	Treasury countersign.Wallet `json:"treasury"`
	// Station is the wallet of the top-ups; nil where the order has none.
	Station *Holding `json:"station,omitempty"`
	// Wallets are those that carry the tag, by ascending ID.
	Wallets []Holding `json:"wallets"`
}

// addressForm is an EVM address as it may be written.
var addressForm = regexp.MustCompile(`^0x[0-9a-fA-F]{40}$`)

// address is a wallet's in the one way in which addresses are compared; empty where it has
// none that money could be sent from.
func address(w countersign.Wallet) string {
	if !addressForm.MatchString(w.Address) {
		return ""
	}
	return strings.ToLower(w.Address)
}

// check refuses what does not fit an order, and names the field.
func (s Snapshot) check(o Order) error {
	if s.Block.Hash == "" {
		return invalid("block.hash", "it is empty: read everything at one block, and name it")
	}
	if err := s.checkGas(o); err != nil {
		return err
	}
	if err := fits("treasury", s.Treasury, o.Treasury, o.Network); err != nil {
		return err
	}
	if err := s.checkStation(o); err != nil {
		return err
	}
	seen := make(map[string]bool, len(s.Wallets))
	for i, h := range s.Wallets {
		field := fmt.Sprintf("wallets[%d]", i)
		switch {
		case h.Wallet.Network != o.Network:
			return invalid(field+".network", "wallet %.64q is on %.64q, the order is for %s", h.Wallet.ID, h.Wallet.Network, o.Network)
		case !slices.Contains(h.Wallet.Tags, o.Tag):
			return invalid(field+".tags", "wallet %.64q does not carry the tag %s", h.Wallet.ID, o.Tag)
		case seen[h.Wallet.ID] || countersign.CheckID(h.Wallet.ID) != nil:
			return invalid(field+".id", "%.64q is no ID, or there twice", h.Wallet.ID)
		case len(h.Tokens) != len(o.Assets):
			return invalid(field+".tokens", "%d amounts, the order has %d assets", len(h.Tokens), len(o.Assets))
		}
		seen[h.Wallet.ID] = true
	}
	return nil
}

// checkGas refuses limits with which a fee would be nothing, or no amount.
func (s Snapshot) checkGas(o Order) error {
	if len(s.Gas) != len(o.Assets) {
		return invalid("gas", "%d limits, the order has %d assets", len(s.Gas), len(o.Assets))
	}
	if s.Price.IsZero() {
		return invalid("price", "it is 0: give what a unit of gas is offered, in wei")
	}
	limits := slices.Clone(s.Gas)
	if o.TopUp != nil {
		limits = append(limits, s.NativeGas)
	}
	for i, gas := range limits {
		name := "native_gas"
		if i < len(s.Gas) {
			name = fmt.Sprintf("gas[%d]", i)
		}
		if gas == 0 {
			return invalid(name, "it is 0: give the limit of a move")
		}
		if _, err := countersign.AmountFromBig(fee(gas, s.Price)); err != nil {
			return invalid(name, "%d units at %s wei: %w", gas, s.Price, err)
		}
	}
	return nil
}

func (s Snapshot) checkStation(o Order) error {
	switch {
	case (o.TopUp == nil) != (s.Station == nil):
		return invalid("station", "it is there without top_up, or top_up without it")
	case o.TopUp == nil:
		return nil
	}
	if err := fits("station.wallet", s.Station.Wallet, o.TopUp.Wallet, o.Network); err != nil {
		return err
	}
	if address(s.Station.Wallet) == address(s.Treasury) {
		return invalid("station.wallet.address", "it is the treasury's: money would go in a circle")
	}
	return nil
}

// fits refuses another wallet than the order names.
func fits(field string, w countersign.Wallet, id, network string) error {
	switch {
	case w.ID != id:
		return invalid(field+".id", "%.64q, the order names %s", w.ID, id)
	case w.Network != network:
		return invalid(field+".network", "it is on %.64q, the order is for %s", w.Network, network)
	case address(w) == "":
		return invalid(field+".address", "%.64q, want 0x and 40 hex digits", w.Address)
	}
	return nil
}

// invalid is an error of a snapshot.
func invalid(field, format string, args ...any) error {
	return fmt.Errorf("%w: snapshot: %s: %w", countersign.ErrInvalid, field, fmt.Errorf(format, args...))
}
