package rules

import (
	"fmt"
	"runtime/debug"
	"strings"

	"countersign"
	"countersign/calldata/calltree"
	"countersign/calldata/words"
	"countersign/rules/wording"
)

// Network is [wording.Network].
type Network = wording.Network

// Names are what the book calls things on a network.
func (b *Book) Names(network string) words.Names {
	n := words.Names{Tokens: map[calltree.Address]words.Token{}, Accounts: map[calltree.Address]string{}}
	for name, about := range b.Networks {
		if !strings.EqualFold(name, network) {
			continue
		}
		n.ChainID, n.Descriptors = about.ChainID, about.Descriptors
		for text, called := range about.Accounts {
			if a, err := account(text); err == nil {
				n.Accounts[a] = called
			}
		}
	}
	for _, c := range b.Contracts {
		a, err := account(c.Address)
		if err != nil || !strings.EqualFold(c.Network, network) {
			continue
		}
		if c.Name != "" {
			n.Accounts[a] = c.Name
		}
		if c.Token != nil {
			n.Tokens[a] = *c.Token
		}
	}
	for _, t := range b.Transfers {
		a, err := account(t.Locator)
		_, pinned := n.Tokens[a]
		switch token := (words.Token{Symbol: t.Name, Decimals: t.Decimals}); {
		case !strings.EqualFold(t.Network, network):
		case t.Kind == countersign.KindNative:
			n.Native = token
		case t.Kind == countersign.KindErc20 && err == nil && !pinned:
			n.Tokens[a] = token
		}
	}
	return n
}

// unit is what the book tells amounts of a transfer's asset in.
func (b *Book) unit(network string, t countersign.Transfer, n words.Names) countersign.Unit {
	for _, known := range b.Transfers {
		if known.Name != "" && known.Is(network, t.Kind, t.Asset) {
			return countersign.Unit{Symbol: known.Name, Decimals: known.Decimals}
		}
	}
	if a, err := account(t.Asset); err == nil && t.Kind == countersign.KindErc20 {
		return countersign.Unit{Symbol: n.Tokens[a].Symbol, Decimals: n.Tokens[a].Decimals}
	}
	return countersign.Unit{}
}

// maxWords bounds the lines that stand in a record.
const maxWords = 40

// inWords says what is asked for, a line per call, inside ones further in, and in which unit a transfer
// is counted. Words decide nothing: should they fail, there are none.
func (r *Request) inWords() (lines []string, unit countersign.Unit) {
	defer func() {
		if p := recover(); p != nil {
			debug.PrintStack()
			lines, unit = nil, countersign.Unit{}
		}
	}()
	names := r.book.Names(r.Network())
	var say func(c *Call, indent string)
	say = func(c *Call, indent string) {
		switch {
		case len(lines) == maxWords:
			lines = append(lines, indent+"…")
		case len(lines) < maxWords:
			lines = append(lines, indent+names.Line(c.node))
		}
		for _, inner := range c.Inside {
			say(inner, indent+"  ")
		}
	}
	switch t := r.Approval.Activity.Transfer; {
	case t != nil && asked(r.Approval.Activity) == 1:
		unit = r.book.unit(r.Network(), *t, names)
		lines = []string{wording.Transfer(names, *t, unit)}
	case r.Message != nil:
		lines = []string{fmt.Sprintf("sign %s for %s", r.Message.data.PrimaryType, r.Message.Contract.Address)}
		for _, c := range r.Message.Inside {
			say(c, "  ")
		}
	case r.Call != nil && r.Call.Function() == "" && len(r.Call.Inside) > 0: // a batch of operations
		for _, c := range r.Call.Inside {
			say(c, "")
		}
	case r.Call != nil:
		say(r.Call, "")
	}
	return lines, unit
}
