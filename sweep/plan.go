package sweep

import (
	"slices"
	"time"

	"countersign"
)

// A Run is one sweep of an order: what its schedule started, and when it was due.
type Run struct {
	Order Order `json:"order"`
	// Due is the scheduled time, in UTC and whole seconds. It is a part of the run's name
	// and of every external ID, so that the same window moves nothing twice.
	Due time.Time `json:"due"`
}

// ID names the run, and is its workflow's ID: sweep/NAME/2026-11-29T17:30:00Z.
func (r Run) ID() string { return "sweep/" + r.Order.Sweep + "/" + r.Due.UTC().Format(time.RFC3339) }

// A Holding is what a wallet holds at the snapshot's block.
type Holding struct {
	Wallet countersign.Wallet `json:"wallet"`
	// Native is in wei, also where the native asset is not swept: it pays for gas.
	Native countersign.Amount `json:"native"`
	// Tokens are one for each of the order's assets, in its order; zero for the native one.
	Tokens []countersign.Amount `json:"tokens"`
	// Fault says of which asset nothing could be read and why, by the asset's index.
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
	// WalletID sends, at address From; To is the address of ToWallet.
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
	Unreadable  Reason = "unreadable"      // its balance could not be read
	NotFollowed Reason = "network_unknown" // the network has no node of ours, as chains with memos: nothing is planned there
	IsTreasury  Reason = "is_treasury"     // it is the treasury, or has its address
	IsStation   Reason = "is_station"      // it pays for the top-ups
	GasPrice    Reason = "gas_price"       // gas costs more than the order allows
)

// A Skip is something that stays.
type Skip struct {
	WalletID string             `json:"wallet_id"`
	Contract string             `json:"contract,omitempty"`
	Amount   countersign.Amount `json:"amount"`
	Reason   Reason             `json:"reason"`
	Detail   string             `json:"detail,omitempty"`
}

// A Total is what a plan moves to the treasury of one asset, or of the top-ups where Purpose says so.
type Total struct {
	Purpose  Purpose            `json:"purpose"`
	Contract string             `json:"contract,omitempty"`
	Moves    int                `json:"moves"`
	Amount   countersign.Amount `json:"amount"`
	MaxFee   countersign.Amount `json:"max_fee"`
}

// A Plan is all that a run moves, and all that it leaves. Top-ups come before moves.
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
