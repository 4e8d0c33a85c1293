package rules

import (
	"slices"

	"countersign"
)

// RuleName is the name under which the rule for a function, by its signature, or for a
// type of message stands in records and can be halted:
// "EthereumSepolia/TUSD/mint(address,uint256)".
func (c Contract) RuleName(function string) string {
	return c.Network + "/" + c.label() + "/" + function
}

// label is the contract's name, or its address where it has none.
func (c Contract) label() string {
	if c.Name != "" {
		return c.Name
	}
	return c.Address
}

// RuleName is the name under which the rule for an asset stands in records and can be
// halted: "EthereumSepolia/Erc20/0x…".
func (t Asset) RuleName() string {
	name := t.Network + "/" + t.Kind
	if t.Locator != "" {
		name += "/" + t.Locator
	}
	return name
}

// Is reports whether the asset is the one that a transfer names.
func (t Asset) Is(network, kind, locator string) bool {
	return t.key() == Asset{Network: network, Kind: kind, Locator: locator}.key()
}

// ruleNames are the names of the rules for everything in the request, each once.
func (r *Request) ruleNames() (names []string) {
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var visit func(c *Call)
	visit = func(c *Call) {
		switch {
		case c.Function() != "" && c.Contract.Functions[c.Function()] != nil:
			add(c.Contract.RuleName(c.Function()))
		case c.Function() == "" && c.Inside == nil:
			add(r.book.assetName(r.Network(), countersign.KindNative, ""))
		}
		for _, inner := range c.Inside {
			visit(inner)
		}
	}
	switch {
	case r.Call != nil:
		visit(r.Call)
	case r.Message != nil:
		add(r.Message.Contract.RuleName(r.Message.data.PrimaryType))
		for _, c := range r.Message.Inside {
			visit(c)
		}
	case r.Transfer != nil:
		add(r.book.assetName(r.Network(), r.Transfer.Kind, r.Transfer.Asset))
	}
	return names
}

func (b *Book) assetName(network, kind, locator string) string {
	for _, t := range b.Transfers {
		if t.Is(network, kind, locator) {
			return t.RuleName()
		}
	}
	return ""
}
