// Package wording says in one line what a plain transfer does, for people who vote on it, as
// package calldata/words says it of calls.
package wording

import (
	"strings"

	"countersign"
	"countersign/calldata/erc7730"
	"countersign/calldata/words"
	"countersign/eip55"
)

// Transfer says what a transfer moves and to whom: the exact amount in the unit, or, where that is not known, in
// smallest units of the asset; the recipient in full, with its name if it has one. Where another asset of the names
// is called the same, the asset's address tells them apart. The line is valid UTF-8 without control, bidirectional
// or invisible characters.
func Transfer(n words.Names, t countersign.Transfer, unit countersign.Unit) string {
	line := "send " + moved(n, t, unit) + " to " + account(n, t.To)
	if t.Memo != "" {
		line += ` with the memo "` + erc7730.Plain(t.Memo, 80) + `"`
	}
	return line
}

func moved(n words.Names, t countersign.Transfer, unit countersign.Unit) string {
	switch {
	case t.TokenID != "":
		item := "item " + erc7730.Plain(t.TokenID, 80) + " of " + asset(n, t)
		if t.Amount.Cmp(countersign.NewAmount(1)) == 0 {
			return item
		}
		return t.Amount.Format(0) + " of " + item
	case !unit.Known():
		return t.Amount.Format(0) + " units of " + asset(n, t)
	}
	text := t.Amount.Format(unit.Decimals) + " " + erc7730.Plain(unit.Symbol, 16)
	if t.Asset != "" && shared(n, t.Asset, unit.Symbol) {
		text += " (" + account(words.Names{}, t.Asset) + ")"
	}
	return text
}

// shared reports whether something else than an asset is called the same.
func shared(n words.Names, asset, symbol string) bool {
	same := func(other string) bool {
		return strings.EqualFold(erc7730.Plain(other, 16), erc7730.Plain(symbol, 16))
	}
	own, err := eip55.Parse(asset)
	for address, t := range n.Tokens {
		if same(t.Symbol) && (err != nil || address != own) {
			return true
		}
	}
	return same(n.Native.Symbol)
}

// asset is what is moved where it has no unit: its kind, and where it is.
func asset(n words.Names, t countersign.Transfer) string {
	if t.Asset == "" {
		if t.Kind == countersign.KindNative {
			return "the network's currency"
		}
		return erc7730.Plain(t.Kind, 32)
	}
	return erc7730.Plain(t.Kind, 32) + " " + account(n, t.Asset)
}

// account is an address with its name; one that is not of an EVM chain is told as it is.
func account(n words.Names, text string) string {
	a, err := eip55.Parse(text)
	if err != nil {
		return erc7730.Plain(text, 128)
	}
	full := eip55.Format(a)
	if name := n.Accounts[a]; name != "" {
		return full + " (" + erc7730.Plain(name, 32) + ")"
	}
	return full
}
