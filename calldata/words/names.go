package words

import (
	"slices"
	"strings"

	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/erc7730"
	"countersign/eip55"
)

// Names are what an operator has pinned on one chain. The zero value names nothing:
// lines hold bare addresses and integers then. It must not change while it is used.
type Names struct {
	// Tokens are the contracts whose standard functions are told as such.
	Tokens map[calltree.Address]Token
	// Accounts are the names of all sorts of addresses: "Treasury".
	Accounts map[calltree.Address]string
	// Native is the chain's currency: "ETH" with 18 decimals. Without it amounts are
	// in wei.
	Native Token
	// Descriptors may add what their authors say of a call. Where two have a format for
	// one call, neither is heard. Optional; they need ChainID.
	Descriptors []*erc7730.Descriptor
	// ChainID is the chain that the names are for (EIP-155).
	ChainID uint64
}

// A Token is what is pinned about a token contract. Symbol and decimals are used only
// together: a symbol that is empty or decimals that are not 0 to 77 leave amounts in
// the token's smallest units.
type Token struct {
	Symbol   string
	Decimals int
	// Standard says what the functions mean; the same signature moves an amount of one
	// token and a whole item of another. The zero value is ERC20.
	Standard Standard
	// Asset is the token that an ERC4626 vault holds; zero where it is not known, and
	// then amounts of it are in its smallest units.
	Asset calltree.Address
}

// A Standard is what the functions of a token mean.
type Standard uint8

// The standards.
const (
	ERC20   Standard = iota // fungible
	ERC721                  // items with numbers
	ERC1155                 // amounts of items with numbers
	ERC4626                 // a vault, whose shares are an ERC-20
	Wrapped                 // the chain's currency as an ERC-20, as WETH is
)

// MaxLine is the longest line in runes.
const MaxLine = 300

// Line says what a call does: one line of at most [MaxLine] runes, valid UTF-8,
// without control, bidirectional or invisible characters. It is empty only for a nil
// node. It never fails: what it does not know it says as it was decoded.
func (n Names) Line(node *calltree.Node) string {
	if node == nil {
		return ""
	}
	var s *speech
	var body, tail string
	for l := whole; l <= bare; l++ { // until it fits
		s = &speech{names: &n, node: node, level: l, known: map[calltree.Address]bool{}}
		body, tail = s.say()
		if runes(body)+runes(tail) <= MaxLine {
			break
		}
	}
	own := cut(body, MaxLine-runes(tail)) + tail
	if s.level == whole { // nothing stands behind words that are not all there
		own += s.addition(own)
	}
	return strings.ReplaceAll(own, glue, " ")
}

// Lines says what every call of a tree does, in the order of execution, each two
// spaces further in than the call that makes it.
func (n Names) Lines(t *calltree.Tree) (lines []string) {
	var tell func(nodes []calltree.Node, indent string)
	tell = func(nodes []calltree.Node, indent string) {
		for i := range nodes {
			lines = append(lines, indent+n.Line(&nodes[i]))
			tell(nodes[i].Children, indent+"  ")
		}
	}
	if t != nil {
		tell(t.Roots, "")
	}
	return lines
}

// Full lists the addresses of a call in full, in their EIP-55 form, each once: those
// that the line mentions in its order, then all others among the arguments. Calls
// inside have their own.
func (n Names) Full(node *calltree.Node) (addresses []string) {
	if node == nil {
		return nil
	}
	s := &speech{names: &n, node: node, known: map[calltree.Address]bool{}}
	s.say()
	if node.Operation != calltree.Create {
		s.mention(node.To)
	}
	for _, v := range node.Call.Args() {
		s.all(v)
	}
	for _, a := range s.seen {
		addresses = append(addresses, eip55.Format(a))
	}
	return addresses
}

// all mentions every address in a value.
func (s *speech) all(v calldata.Value) {
	if a, ok := v.Account(); ok {
		s.mention(a)
	}
	for i := range v.Len() {
		s.all(v.At(i))
	}
}

func (s *speech) mention(a calltree.Address) {
	if !s.known[a] {
		s.seen = append(s.seen, a)
		s.known[a] = true
	}
}

// addition is what a descriptor says, behind our own words and in quotes that its
// text cannot leave. It comes whole or not at all. The function's name stands in
// front of it, so that it is never the only word for what is called.
func (s *speech) addition(own string) string {
	n := s.node
	if n.Operation != calltree.Call || n.Kind != calltree.Decoded || n.Step || n.Call.Function == nil {
		return "" // a descriptor is for calls to a contract, of its own code
	}
	var formats []*erc7730.Format
	for _, d := range s.names.Descriptors {
		if f, found := d.For(s.names.ChainID, n.To, n.Call.Function); found {
			formats = append(formats, f)
		}
	}
	if len(formats) != 1 {
		return ""
	}
	_, intent, err := formats[0].Describe(&n.Call, n.Value.Amount(), s.names.env(n.To))
	if err != nil {
		return ""
	}
	text := ` — "` + intent + `" (by descriptor)`
	if name := shortName(n.Call.Function.Name, 48); !slices.Contains(strings.FieldsFunc(own, func(r rune) bool { return !identifier(r) }), name) {
		text = " [" + name + "]" + text
	}
	if runes(own)+runes(text) > MaxLine {
		return ""
	}
	return text
}

// env is what descriptors may know.
func (n *Names) env(to calltree.Address) erc7730.Env {
	return erc7730.Env{
		ChainID: n.ChainID, To: to, Native: n.Native.pinned(),
		Token: func(a [20]byte) (erc7730.Token, bool) {
			t, known := n.fungible(a)
			return t.pinned(), known
		},
		Name: func(a [20]byte) string { return n.Accounts[a] },
	}
}

// fungible returns the token at an address, if amounts of it can be written.
func (n *Names) fungible(a calltree.Address) (t Token, known bool) {
	t = n.Tokens[a]
	return t, t.Standard != ERC721 && t.Standard != ERC1155 && t.pinned().Known()
}

func (t Token) pinned() erc7730.Token { return erc7730.Token{Symbol: t.Symbol, Decimals: t.Decimals} }
