package countersign

import (
	"fmt"
	"strings"
	"time"
)

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
	// After is what the window holds once the decision is made: Before, and Amount where it
	// is reserved. It is set in records only.
	After *Amount `json:"after,omitempty"`
}

// A Standing is what a decision must respect at the moment in which it is made.
type Standing struct {
	// Balances says how each claim stands, in the order of the claims.
	Balances []Balance
	// Halted are those of the scopes asked about that no machine may decide in now.
	Halted []string
}

// HaltScopes are the scopes that a request is in, each of which can be halted: "all",
// "wallet/<id>", "book/<name>" for each book and "rule/<name>" for each rule.
func HaltScopes(walletID string, books, rules []string) []string {
	scopes := []string{HaltAll}
	if walletID != "" {
		scopes = append(scopes, "wallet/"+walletID)
	}
	for _, b := range books {
		scopes = append(scopes, "book/"+b)
	}
	for _, r := range rules {
		scopes = append(scopes, "rule/"+r)
	}
	return scopes
}

// HaltAll is the scope of everything.
const HaltAll = "all"

// AnyRule in the place of a rule's name asks whether any rule is halted.
const AnyRule = "*"

// CheckHaltScope refuses what [HaltScopes] cannot return.
func CheckHaltScope(scope string) error {
	kind, name, _ := strings.Cut(scope, "/")
	if scope == HaltAll || name != "" && name != AnyRule && (kind == "wallet" || kind == "book" || kind == "rule") {
		return nil
	}
	return fmt.Errorf("scope %.80q: want all, wallet/<id>, book/<name> or rule/<name>", scope)
}
