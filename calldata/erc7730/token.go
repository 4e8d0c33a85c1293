package erc7730

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode"

	"countersign"
)

// maxDecimals bounds decimals to those that an amount of 256 bits has digits for.
const maxDecimals = 77

// A Token is what the caller knows about an asset.
type Token struct {
	// Symbol is what the asset is called: "USDC". A token without one counts as
	// unknown.
	Symbol string
	// Decimals is how many digits of an amount stand behind the point: 0 to 77. With
	// others the token counts as unknown.
	Decimals int
}

// Known reports whether amounts can be written with the token's symbol and decimals.
func (t Token) Known() bool {
	return t.Symbol != "" && t.Decimals >= 0 && t.Decimals <= maxDecimals
}

// text writes an amount of a known token.
func (t Token) text(n *big.Int) (string, error) {
	a, err := countersign.AmountFromBig(n)
	if err != nil {
		return "", err
	}
	return a.Format(t.Decimals) + " " + Plain(t.Symbol, maxLabel), nil
}

// A threshold is an amount from which on the descriptor has a word for it.
type threshold struct {
	least   *big.Int
	message string
}

// threshold takes the parameters of that name. A message with digits could be taken
// for an amount.
func (c *compiler) threshold(o *object, word string) (t threshold, err error) {
	v, found := o.take("threshold")
	if t.message, err = o.text("message"); err != nil {
		return t, err
	}
	if t.message == "" {
		t.message = word
	}
	if strings.ContainsFunc(t.message, unicode.IsNumber) {
		return t, errors.New("a message with digits could be taken for an amount")
	}
	if !found {
		return t, nil
	}
	if v, err = c.constant(v); err == nil {
		t.least, err = constantInteger(v)
	}
	return t, err
}

// text puts the message in front of an amount that reaches the threshold. The amount
// stays: the descriptor's author does not decide what is too much to show.
func (t threshold) text(n *big.Int, amount string) string {
	if t.least == nil || n.Cmp(t.least) < 0 {
		return amount
	}
	return Plain(t.message, maxLabel) + " (" + amount + ")"
}

// native writes an amount of the chain's own currency.
func (s *scope) native(n *big.Int) (string, error) {
	if s.env.Native.Known() {
		return s.env.Native.text(n)
	}
	a, err := countersign.AmountFromBig(n)
	return a.Format(0) + " wei", err
}

func amountMaker(c *compiler, o *object) (*formatter, error) {
	limit, err := c.threshold(o, "All")
	if err != nil {
		return nil, err
	}
	return &formatter{text: func(s *scope, d datum, _ []datum) (string, error) {
		n, err := d.amount()
		if err != nil {
			return "", err
		}
		text, err := s.native(n)
		return limit.text(n, text), err
	}}, nil
}

func tokenMaker(c *compiler, o *object) (*formatter, error) {
	token, err := c.param(o, "token")
	if err != nil {
		return nil, err
	}
	chain, err := c.param(o, "chainId")
	if err != nil {
		return nil, err
	}
	limit, err := c.threshold(o, "Unlimited")
	if err != nil {
		return nil, err
	}
	natives, err := c.addresses(o, "nativeCurrencyAddress")
	if err != nil {
		return nil, err
	}
	return &formatter{params: []*param{token, chain}, text: func(s *scope, d datum, args []datum) (string, error) {
		n, err := d.amount()
		if err != nil {
			return "", err
		}
		text, err := s.tokenAmount(n, args[0], args[1], natives)
		return limit.text(n, text), err
	}}, nil
}

// tokenAmount writes an amount of the token at an address, on another chain where
// one is given. What a token is called comes from the caller; without that the
// amount is in the token's smallest units.
func (s *scope) tokenAmount(n *big.Int, token, chain datum, natives [][20]byte) (string, error) {
	units, err := countersign.AmountFromBig(n)
	if err != nil {
		return "", err
	}
	if token.absent() {
		return units.Format(0) + " units of an unknown token", nil
	}
	a, err := token.address()
	if err != nil {
		return "", err
	}
	here, where, err := s.sameChain(chain)
	if err != nil {
		return "", err
	}
	if slices.Contains(natives, a) {
		if !here {
			return units.Format(0) + " units of the currency" + where, nil
		}
		return s.native(n)
	}
	if t, known := s.token(a); here && known {
		return t.text(n)
	}
	return units.Format(0) + " units of the unknown token " + Checksummed(a) + where, nil
}

// sameChain reports whether a chain is that of the call; elsewhere the caller's
// tokens are not known.
func (s *scope) sameChain(chain datum) (here bool, where string, err error) {
	if chain.absent() {
		return true, "", nil
	}
	id, err := chain.amount()
	if err != nil {
		return false, "", err
	}
	return id.Cmp(new(big.Int).SetUint64(s.env.ChainID)) == 0, " on chain " + id.String(), nil
}

func nftMaker(c *compiler, o *object) (*formatter, error) {
	collection, err := c.param(o, "collection")
	if err != nil {
		return nil, err
	}
	if collection == nil {
		return nil, errors.New("collection: is missing")
	}
	return &formatter{params: []*param{collection}, text: func(s *scope, d datum, args []datum) (string, error) {
		id, err := d.amount()
		if err != nil {
			return "", err
		}
		a, err := args[0].address()
		if err != nil {
			return "", err
		}
		return "#" + id.String() + " of " + s.name(a), nil
	}}, nil
}

func tickerMaker(c *compiler, o *object) (*formatter, error) {
	chain, err := c.param(o, "chainId")
	if err != nil {
		return nil, err
	}
	return &formatter{params: []*param{chain}, text: func(s *scope, d datum, args []datum) (string, error) {
		a, err := d.address()
		if err != nil {
			return "", err
		}
		here, where, err := s.sameChain(args[0])
		if err != nil {
			return "", err
		}
		if t, known := s.token(a); here && known {
			return fmt.Sprintf("%s (%s)", Plain(t.Symbol, maxLabel), Checksummed(a)), nil
		}
		return "unknown token " + Checksummed(a) + where, nil
	}}, nil
}
