package countersign

import "time"

// A Claim is what one request takes from one budget. It is reserved in the same
// database transaction that signs an approval, committed when the custodian has
// approved, and released when the request came to nothing. A request that
// people approve after we abstained counts too, without asking: the money moved.
type Claim struct {
	// Budget names the budget: "mint/EthereumSepolia/0x…". Same name, same pot.
	Budget string `json:"budget"`
	// Amount is what this request takes, and Limit what the budget allows within
	// its window, both in the budget's own unit.
	Amount Amount `json:"amount"`
	Limit  Amount `json:"limit"`
	// Since is the start of the window: claims made at or after it count.
	Since time.Time `json:"since"`
}

// A Balance is a claim with what the budget held when it was made.
type Balance struct {
	Claim
	// Before is what other requests had taken of the window already.
	Before Amount `json:"before"`
	// Fits reports whether Before plus Amount is within Limit.
	Fits bool `json:"fits"`
}
