package rules

import (
	"fmt"
	"runtime/debug"
	"strings"

	"countersign/calldata/calltree"
	"countersign/calldata/erc7730"
	"countersign/calldata/words"
)

// A Network is what the words for people need of a chain.
type Network struct {
	// ChainID is its EIP-155 number; descriptors are bound to it.
	ChainID uint64
	// Accounts are names of addresses: "Treasury". Contracts have theirs already.
	Accounts map[string]string
	// Descriptors are ERC-7730 files, parsed. They add to the words and replace none.
	Descriptors []*erc7730.Descriptor
}

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
		if t.Kind == nativeKind && strings.EqualFold(t.Network, network) {
			n.Native = words.Token{Symbol: t.Name, Decimals: t.Decimals}
		}
	}
	return n
}

// maxWords bounds the lines that stand in a record.
const maxWords = 40

// inWords says what is asked for, a line per call, inside ones further in.
// Words decide nothing: should they fail, there are none.
func (r *Request) inWords() (lines []string) {
	defer func() {
		if p := recover(); p != nil {
			debug.PrintStack()
			lines = nil
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
	switch {
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
	return lines
}
