// Package budget says what a request takes from: a pot with a limit per window of
// time, one for all or one for each wallet, network, counterparty or whatever else
// tells requests apart. What a pot holds is the store's to know; this package is pure.
package budget

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"countersign"
)

// A Budget is a pot with a limit per window. Requests of one name share it.
type Budget struct {
	// Name is the pot's, in records for ever: "mint".
	Name string
	// Limit is what may be taken within the window, in minor units, or how many
	// requests there may be where they are counted by one.
	Limit countersign.Amount
	// Window says since when claims count. The zero Window counts all.
	Window Window
}

// Per is the budget for one value of a dimension: each wallet, chain, custodian,
// counterparty, function or book has a pot of its own. Dimensions nest. A value may
// hold anything; in the name it is escaped, so that no two values share a pot. An EVM
// address is one value in whatever case.
func (b Budget) Per(dimension, value string) Budget {
	if strings.HasPrefix(value, "0x") {
		value = strings.ToLower(value)
	}
	b.Name = fmt.Sprintf("%s/%s=%s", b.Name, url.PathEscape(dimension), url.PathEscape(value))
	return b
}

// Claim is what a request takes from the budget at a time.
func (b Budget) Claim(amount countersign.Amount, now time.Time) countersign.Claim {
	return countersign.Claim{Budget: b.Name, Amount: amount, Limit: b.Limit, Since: b.Window.Since(now).UTC()}
}
