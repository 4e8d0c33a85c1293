package sweep

import (
	"slices"

	"countersign"
)

// A Purpose is why something moves.
type Purpose string

// The purposes. Wire format.
const (
	GasTopUp   Purpose = "gas_top_up"
	ToTreasury Purpose = "to_treasury"
)

// A Move is one settlement of a plan.
type Move struct {
	ExternalID string  `json:"external_id"`
	Purpose    Purpose `json:"purpose"`
	// WalletID sends, at address From; To is the address of ToWallet. Addresses are 0x and
	// 40 lower-case hex digits.
	WalletID string `json:"wallet_id"`
	From     string `json:"from"`
	ToWallet string `json:"to_wallet"`
	To       string `json:"to"`
	// Contract is the token's, empty for the native asset; Amount is in its smallest unit.
	Contract string             `json:"contract,omitempty"`
	Amount   countersign.Amount `json:"amount"`
	// Gas limits what it may use, and MaxFee is that at the plan's price, in wei.
	Gas    uint64             `json:"gas"`
	MaxFee countersign.Amount `json:"max_fee"`
}

// A Reason is why something is left where it is.
type Reason string

// The reasons. Wire format.
const (
	Nothing     Reason = "nothing"         // there is nothing above the floor
	Dust        Reason = "dust"            // less than the dust bound is above it
	FeeTooHigh  Reason = "fee_too_high"    // moving it costs more of it than the order allows
	NoGas       Reason = "no_gas"          // it cannot pay for the move, and nobody tops it up
	StationLow  Reason = "station_low"     // the wallet of the top-ups has not enough above its floor
	Unreadable  Reason = "unreadable"      // its balance could not be read, or moving it would be refused
	NotFollowed Reason = "network_unknown" // the network has no node of ours, as chains with memos: nothing is planned there
	IsTreasury  Reason = "is_treasury"     // it is the treasury, or has its address
	IsStation   Reason = "is_station"      // it pays for the top-ups, or has the address of who does
	SameAddress Reason = "same_address"    // another wallet of the run has its address, and is the one that is swept
	GasPrice    Reason = "gas_price"       // gas costs more than the order allows
)

// A Skip is something that stays.
type Skip struct {
	WalletID string `json:"wallet_id"`
	Contract string `json:"contract,omitempty"`
	// Amount is what the wallet holds of it, floor and all.
	Amount countersign.Amount `json:"amount"`
	Reason Reason             `json:"reason"`
	Detail string             `json:"detail,omitempty"`
}

// A Total is what a plan moves to the treasury of one asset, or of the top-ups where Purpose says so.
type Total struct {
	Purpose  Purpose            `json:"purpose"`
	Contract string             `json:"contract,omitempty"`
	Moves    int                `json:"moves"`
	Amount   countersign.Amount `json:"amount"`
	MaxFee   countersign.Amount `json:"max_fee"`
}

// A Plan is all that a run moves, and all that it leaves. Top-ups come before moves. Each asset
// of the order in each wallet is in one of Moves and Skips, once; both are by ascending ID of
// the wallet, and within a wallet in the order's order.
type Plan struct {
	Run      Run                  `json:"run"`
	Block    countersign.BlockRef `json:"block"`
	Price    countersign.Amount   `json:"price"`
	Treasury string               `json:"treasury"` // its address
	// Deferred says why nothing moves at all: gas_price or network_unknown. Empty otherwise.
	Deferred Reason  `json:"deferred,omitempty"`
	TopUps   []Move  `json:"top_ups,omitempty"`
	Moves    []Move  `json:"moves,omitempty"`
	Skips    []Skip  `json:"skips,omitempty"`
	Totals   []Total `json:"totals,omitempty"`
}

// All are the plan's moves in their order: top-ups first.
func (p Plan) All() []Move { return slices.Concat(p.TopUps, p.Moves) }
