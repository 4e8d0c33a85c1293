package settlement

import (
	"fmt"
	"math/big"
	"slices"

	"countersign"
	"countersign/audit/booked"
	"countersign/ledger/posting"
)

// maxDiffers bounds the sentences of a record.
const maxDiffers = 10

// differs says what a transaction has moved otherwise than was asked for. What a call moves
// beside its value is the contract's business, and is only posted.
func differs(opening booked.Settlement, in PostSettlementInput, e countersign.Effect) (why []string) {
	t, c := terms(opening)
	if !e.Succeeded || in.FollowedBy == booked.ByCustodian {
		return nil
	}
	lost := outOf(e, in.Case.Address)
	switch {
	case in.Cancels:
		for _, m := range lost.keys {
			why = append(why, fmt.Sprintf("a transaction that cancels took %s of %s from the wallet", lost.sums[m], m))
		}
	case t != nil:
		why = transferDiffers(*t, in.Case.Address, lost, e)
	case c != nil:
		if value := lost.of("native"); value.Cmp(c.Value.Big()) != 0 && e.From == in.Case.Address {
			why = append(why, fmt.Sprintf("the call took %s of the native asset from the wallet, its value was %s", value, c.Value))
		}
		if c.To != "" && e.From == in.Case.Address && posting.Address(c.To) != posting.Address(e.To) {
			why = append(why, fmt.Sprintf("it called %s and not %s", orElse(e.To, "no contract"), c.To))
		}
	}
	return why[:min(len(why), maxDiffers)]
}

// transferDiffers compares a transfer with what left the wallet and what the recipient got.
func transferDiffers(t countersign.Transfer, wallet string, lost sums, e countersign.Effect) (why []string) {
	asset := name(t.Asset, t.TokenID)
	if n := lost.of(asset); n.Cmp(t.Amount.Big()) != 0 && posting.Address(t.To) != posting.Address(wallet) {
		why = append(why, fmt.Sprintf("%s of %s left the wallet, %s was asked for", n, asset, t.Amount))
	}
	got := new(big.Int)
	for _, m := range e.Moves {
		if posting.Address(m.To) == posting.Address(t.To) && posting.Address(m.From) == posting.Address(wallet) && name(m.Asset, m.TokenID) == asset {
			got.Add(got, m.Amount.Big())
		}
	}
	if got.Cmp(t.Amount.Big()) != 0 {
		why = append(why, fmt.Sprintf("the recipient got %s of %s, %s was asked for", got, asset, t.Amount))
	}
	for _, other := range lost.keys {
		if other != asset {
			why = append(why, fmt.Sprintf("%s of %s left the wallet, and nobody asked for that", lost.sums[other], other))
		}
	}
	return why
}

// name tells assets apart.
func name(contract, tokenID string) string {
	switch {
	case contract == "":
		return "native"
	case tokenID != "":
		return posting.Address(contract) + "#" + tokenID
	}
	return posting.Address(contract)
}

// sums are amounts by asset, in the order of the assets' names.
type sums struct {
	keys []string
	sums map[string]*big.Int
}

func (s sums) of(asset string) *big.Int {
	if n := s.sums[asset]; n != nil {
		return n
	}
	return new(big.Int)
}

// outOf is what left an address, beside the fee and what went to itself.
func outOf(e countersign.Effect, address string) sums {
	s := sums{sums: map[string]*big.Int{}}
	for _, m := range e.Moves {
		if posting.Address(m.From) != posting.Address(address) || posting.Address(m.To) == posting.Address(address) || m.Amount.IsZero() {
			continue
		}
		k := name(m.Asset, m.TokenID)
		if s.sums[k] == nil {
			s.sums[k] = new(big.Int)
			s.keys = append(s.keys, k)
		}
		s.sums[k].Add(s.sums[k], m.Amount.Big())
	}
	slices.Sort(s.keys)
	return s
}
