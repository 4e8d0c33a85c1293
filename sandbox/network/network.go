// Package network names the networks that the sandbox can run: DFNS's names,
// with the chain ID, asset and kind of address of each. It is pure.
package network

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"countersign/sandbox/dfns"
)

// Default is the network that is always there, and holds the seeded treasury.
const Default = "EthereumSepolia"

// dfnsNames are the names of DFNS's networks: the enum of @dfns/sdk 0.8.21, the additions of
// OpenAPI 2.0.155, and the three that stand for a key without a network.
//
//go:embed names.txt
var dfnsNames string

// OfDFNS returns the names of all of DFNS's networks, whether the sandbox can run them or not.
func OfDFNS() []string { return strings.Fields(dfnsNames) }

// Unkebab returns DFNS's network whose name in kebab case is text, as paths write it, or text
// itself.
func Unkebab(text string) string {
	plain := strings.ReplaceAll(text, "-", "")
	for _, name := range OfDFNS() {
		if strings.EqualFold(name, plain) {
			return name
		}
	}
	return text
}

// A Family is what networks that work alike have in common: how their wallets
// sign, what their addresses look like and what can be asked of them.
type Family string

// The families: chains of an EVM each, and Stellar's ledger, simulated.
const (
	EVM     Family = "Evm"
	Stellar Family = "Stellar"
)

// A Network is one that the sandbox can run. What is on it is worth nothing,
// whatever it is called.
type Network struct {
	Name     string // DFNS's
	Family   Family
	ChainID  uint64 // EIP-155's; 0 outside the EVM family
	Symbol   string // of the native asset
	Decimals int    // of the native asset
}

// known are the networks by DFNS's names (OpenAPI 2.0.155), with the chain IDs
// of the ethereum-lists registry and the symbols of their native assets.
var known = []Network{
	{"EthereumSepolia", EVM, 11155111, "ETH", 18},
	{"Ethereum", EVM, 1, "ETH", 18},
	{"EthereumHoodi", EVM, 560048, "ETH", 18},
	{"EthereumClassic", EVM, 61, "ETC", 18},
	{"ArbitrumOne", EVM, 42161, "ETH", 18},
	{"ArbitrumSepolia", EVM, 421614, "ETH", 18},
	{"AvalancheC", EVM, 43114, "AVAX", 18},
	{"AvalancheCFuji", EVM, 43113, "AVAX", 18},
	{"Base", EVM, 8453, "ETH", 18},
	{"BaseSepolia", EVM, 84532, "ETH", 18},
	{"Berachain", EVM, 80094, "BERA", 18},
	{"Bsc", EVM, 56, "BNB", 18},
	{"BscTestnet", EVM, 97, "BNB", 18},
	{"Celo", EVM, 42220, "CELO", 18},
	{"Ink", EVM, 57073, "ETH", 18},
	{"Optimism", EVM, 10, "ETH", 18},
	{"OptimismSepolia", EVM, 11155420, "ETH", 18},
	{"Polygon", EVM, 137, "POL", 18},
	{"PolygonAmoy", EVM, 80002, "POL", 18},
	{"Sonic", EVM, 146, "S", 18},
	{"Stellar", Stellar, 0, "XLM", 7},
	{"StellarTestnet", Stellar, 0, "XLM", 7},
}

// Defaults are the networks that run when none are chosen. A network costs
// nothing until it is used.
func Defaults() []string {
	return []string{Default, "BaseSepolia", "PolygonAmoy", "StellarTestnet"}
}

// A Set is the networks that a sandbox runs. The zero Set is [Defaults].
type Set struct{ chosen []Network }

// NewSet returns the networks of those names, [Default] first even when it is
// not among them. It fails for a name that the sandbox cannot run.
func NewSet(names []string) (Set, error) {
	set := Set{chosen: known[:1:1]}
	for _, name := range names {
		i := slices.IndexFunc(known, func(n Network) bool { return n.Name == name })
		if i < 0 {
			return Set{}, fmt.Errorf("network %q is not one that the sandbox can run; choose among %s", name, strings.Join(Names(), ", "))
		}
		if _, there := set.find(name); !there {
			set.chosen = append(set.chosen, known[i])
		}
	}
	return set, nil
}

// Names returns the names of all networks that the sandbox can run.
func Names() []string {
	var names []string
	for _, n := range known {
		names = append(names, n.Name)
	}
	return names
}

// All returns the networks of the set, [Default] first.
func (s Set) All() []Network {
	if s.chosen == nil {
		s, _ = NewSet(Defaults()) // of known names, which cannot fail
	}
	return slices.Clone(s.chosen)
}

// Find returns the network of that name; one that does not run is a 501
// [dfns.Error], no name and one that is none of DFNS's a 400.
func (s Set) Find(name string) (Network, error) {
	if name == "" {
		return Network{}, dfns.BadRequest("network is required")
	}
	if n, there := s.find(name); there {
		return n, nil
	}
	var names []string
	for _, n := range s.All() {
		names = append(names, n.Name)
	}
	if !slices.Contains(OfDFNS(), name) {
		return Network{}, dfns.BadRequest("network %q is none of DFNS's", name)
	}
	return Network{}, dfns.NotImplemented("network %s; it runs %s, chosen by --networks", name, strings.Join(names, ", "))
}

func (s Set) find(name string) (Network, bool) {
	for _, n := range s.All() {
		if n.Name == name {
			return n, true
		}
	}
	return Network{}, false
}
