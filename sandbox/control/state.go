package control

import (
	"math/big"
	"net/http"

	"github.com/ethereum/go-ethereum/common"
	"github.com/labstack/echo/v4"

	"countersign/sandbox/dfns"
	"countersign/sandbox/outside"
	"countersign/sandbox/store"
)

// State is the answer of GET /state.
type State struct {
	Clock          Time           `json:"clock"`
	Faults         int            `json:"faults"`         // rules in force
	SettlerPaused  bool           `json:"settlerPaused"`  // nothing is signed
	OutsideAccount common.Address `json:"outsideAccount"` // where deposits come from
	Objects        map[string]int `json:"objects"`        // how many the store has, by kind
	Heads          []Head         `json:"heads"`          // of the chains that were started
}

func (c *Control) showState(e echo.Context) error {
	s := State{Clock: c.time(), Faults: len(c.Faults.List()), SettlerPaused: c.Settler.Paused(),
		OutsideAccount: c.Outside.Address(), Heads: []Head{}}
	err := c.DB.View(func(tx *store.Tx) (err error) {
		s.Objects, err = store.Counts(tx)
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range c.Chains.Running() {
		chain, err := c.Chains.Chain(name)
		if err != nil {
			return err
		}
		head, err := headOf(e, name, chain)
		if err != nil {
			return err
		}
		s.Heads = append(s.Heads, head)
	}
	return e.JSON(http.StatusOK, s)
}

func (c *Control) pause(paused bool) echo.HandlerFunc {
	return func(e echo.Context) error {
		if err := read(e, &struct{}{}); err != nil {
			return err
		}
		c.Settler.Pause(paused)
		return e.JSON(http.StatusOK, map[string]bool{"paused": c.Settler.Paused()})
	}
}

// Paid is the answer of POST /deposits: what was sent, and is announced once mined.
type Paid struct {
	Network string         `json:"network"`
	TxHash  common.Hash    `json:"txHash"`
	From    common.Address `json:"from"`
	To      common.Address `json:"to"`
	Amount  string         `json:"amount"` // minimum units
}

func (c *Control) deposit(e echo.Context) error {
	var in struct {
		Network  string  `json:"network"`
		To       string  `json:"to"`
		Amount   string  `json:"amount"`   // minimum units
		Contract *string `json:"contract"` // of an ERC-20 token
	}
	if err := read(e, &in); err != nil {
		return err
	}
	chain, err := c.chain(in.Network)
	if err != nil {
		return err
	}
	d := outside.Deposit{Network: in.Network}
	if d.To, err = address("to", in.To); err != nil {
		return err
	}
	if d.Amount, err = amount(in.Amount); err != nil {
		return err
	}
	if in.Contract != nil {
		contract, err := address("contract", *in.Contract)
		if err != nil {
			return err
		}
		d.Contract = &contract
	}
	hash, err := c.Outside.Pay(e.Request().Context(), chain, d)
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, Paid{Network: in.Network, TxHash: hash, From: c.Outside.Address(), To: d.To, Amount: in.Amount})
}

// amount reads minimum units: decimal digits, above 0, within 256 bits.
func amount(text string) (*big.Int, error) {
	units, ok := new(big.Int).SetString(text, 10)
	if !ok || units.Sign() <= 0 || units.BitLen() > 256 || units.String() != text {
		return nil, dfns.BadRequest("amount: %q is not a whole number of minimum units above 0, in decimal digits", text)
	}
	return units, nil
}
