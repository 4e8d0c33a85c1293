package simulation

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"

	"countersign"
)

// An AssetKind is the standard by which an asset is held. Wire format.
type AssetKind string

// The kinds of asset.
const (
	KindNative  AssetKind = "native"
	KindERC20   AssetKind = "erc20"
	KindERC721  AssetKind = "erc721"
	KindERC1155 AssetKind = "erc1155"
)

// An Asset is what is held. Write it with [Native], [ERC20], [ERC721] or [ERC1155]. In
// a result the contract is in lower case; in an expectation it may have its checksum,
// which then counts.
type Asset struct {
	Kind AssetKind `json:"kind"`
	// Contract is empty for the native asset.
	Contract string `json:"contract,omitempty"`
	// TokenID is decimal; empty for the native asset and for ERC-20.
	TokenID string `json:"token_id,omitempty"`
}

// Native is the chain's own asset, in wei.
func Native() Asset { return Asset{Kind: KindNative} }

// ERC20 is a token in its smallest unit.
func ERC20(contract string) Asset { return Asset{Kind: KindERC20, Contract: contract} }

// ERC721 is one token of a collection, of which an account has one or none.
func ERC721(contract string, id countersign.Amount) Asset {
	return Asset{Kind: KindERC721, Contract: contract, TokenID: id.String()}
}

// ERC1155 is one kind of token of a collection.
func ERC1155(contract string, id countersign.Amount) Asset {
	return Asset{Kind: KindERC1155, Contract: contract, TokenID: id.String()}
}

// String names the asset for people.
func (a Asset) String() string {
	switch {
	case a.Kind == KindNative:
		return "native wei"
	case a.TokenID != "":
		return fmt.Sprintf("%s %s #%s", a.Kind, a.Contract, a.TokenID)
	}
	return string(a.Kind) + " " + a.Contract
}

func (a Asset) compare(b Asset) int {
	return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Contract, b.Contract), compareIDs(a.TokenID, b.TokenID))
}

// compareIDs orders canonical decimals by size.
func compareIDs(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) }

// A Change is by how much an amount changes: a whole number from -(2^256-1) to
// 2^256-1. It is immutable and never a float; the zero value is no change. In JSON it
// is a decimal string without a plus, spaces or leading zeros.
type Change struct {
	i *big.Int // nil means zero; never modified
}

// ChangeOf is after less before.
func ChangeOf(before, after countersign.Amount) Change {
	return Change{new(big.Int).Sub(after.Big(), before.Big())}
}

// ParseChange reads a canonical decimal.
func ParseChange(s string) (Change, error) {
	digits, negative := strings.CutPrefix(s, "-")
	size, err := countersign.ParseAmount(digits)
	if err == nil && negative && size.IsZero() {
		err = fmt.Errorf("%w: zero has no sign", countersign.ErrAmount)
	}
	if err != nil {
		return Change{}, err
	}
	if negative {
		return ChangeOf(size, countersign.Amount{}), nil
	}
	return ChangeOf(countersign.Amount{}, size), nil
}

// Big returns a copy that the caller may change.
func (c Change) Big() *big.Int {
	if c.i == nil {
		return new(big.Int)
	}
	return new(big.Int).Set(c.i)
}

// Sign is -1, 0 or +1.
func (c Change) Sign() int { return c.Big().Sign() }

// Cmp compares c and d: -1, 0 or +1.
func (c Change) Cmp(d Change) int { return c.Big().Cmp(d.Big()) }

// String returns the canonical decimal.
func (c Change) String() string { return c.Big().String() }

// MarshalText writes the canonical decimal.
func (c Change) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the canonical decimal.
func (c *Change) UnmarshalText(text []byte) (err error) {
	*c, err = ParseChange(string(text))
	return err
}
