package control

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/ethereum/go-ethereum/common"
	"github.com/labstack/echo/v4"

	"countersign/sandbox/dfns"
	"countersign/sandbox/evm"
	"countersign/sandbox/network"
)

// maxBlocks bounds what one request mines.
const maxBlocks = 10_000

// Head is the answer about a chain.
type Head struct {
	Network   string        `json:"network"`
	Block     uint64        `json:"block"`
	Hash      common.Hash   `json:"hash"`
	Finalized uint64        `json:"finalized"` // the newest block that cannot be reorganised
	BaseFee   string        `json:"baseFee"`   // of the newest block, in wei
	Held      []common.Hash `json:"held"`      // the transactions that are held
}

// onChain does something to the chain of the path and answers how it stands then.
func (c *Control) onChain(do func(echo.Context, *evm.Chain) error) echo.HandlerFunc {
	return func(e echo.Context) error {
		chain, err := c.chain(e.Param("network"))
		if err != nil {
			return err
		}
		if err := do(e, chain); err != nil {
			return err
		}
		head, err := headOf(e, e.Param("network"), chain)
		if err != nil {
			return err
		}
		return e.JSON(http.StatusOK, head)
	}
}

// chain is that of an EVM network; the others have none to control.
func (c *Control) chain(name string) (*evm.Chain, error) {
	found, err := c.Networks.Find(name)
	if err != nil {
		return nil, err
	}
	if found.Family != network.EVM {
		return nil, dfns.NotImplemented("network %s has no EVM chain; only EVM networks are controlled and get deposits", name)
	}
	return c.Chains.Chain(name)
}

func headOf(e echo.Context, name string, chain *evm.Chain) (Head, error) {
	ctx := e.Request().Context()
	newest, err := chain.Client.HeaderByNumber(ctx, nil)
	if err != nil {
		return Head{}, fmt.Errorf("reading head of %s: %w", name, err)
	}
	return Head{Network: name, Block: newest.Number.Uint64(), Hash: newest.Hash(), Finalized: chain.Finalized(),
		BaseFee: newest.BaseFee.String(), Held: chain.Held()}, nil
}

func hold(e echo.Context, chain *evm.Chain) error {
	var in struct {
		Count *int    `json:"count"` // of the next transactions
		From  *string `json:"from"`  // whatever this address sends
	}
	if err := read(e, &in); err != nil {
		return err
	}
	switch {
	case (in.Count == nil) == (in.From == nil):
		return dfns.BadRequest("count, from: give one of them: how many of the next transactions to hold, or the sender whose to hold")
	case in.From != nil:
		from, err := address("from", *in.From)
		if err != nil {
			return err
		}
		chain.HoldFrom(from)
	case *in.Count < 1:
		return dfns.BadRequest("count: %d is below 1", *in.Count)
	default:
		chain.HoldNext(*in.Count)
	}
	return nil
}

func release(e echo.Context, chain *evm.Chain) error {
	if err := read(e, &struct{}{}); err != nil {
		return err
	}
	chain.Release()
	return nil
}

func reorganise(e echo.Context, chain *evm.Chain) error {
	var in struct {
		Depth int  `json:"depth"` // blocks
		Drop  bool `json:"drop"`  // hold their transactions
	}
	if err := read(e, &in); err != nil {
		return err
	}
	if in.Depth < 1 {
		return dfns.BadRequest("depth: %d is below 1; say how many of the newest blocks to replace", in.Depth)
	}
	err := chain.Reorganise(e.Request().Context(), in.Depth, in.Drop)
	if errors.Is(err, evm.ErrFinal) {
		return dfns.Errorf(http.StatusUnprocessableEntity, "depth: %v; serve with a higher --finality for more", err)
	}
	return err
}

func congest(e echo.Context, chain *evm.Chain) error {
	var in struct {
		Factor int `json:"factor"` // by which the base fee rises
		Blocks int `json:"blocks"` // with transactions, for which it stays
	}
	if err := read(e, &in); err != nil {
		return err
	}
	if err := chain.Congest(e.Request().Context(), in.Factor, in.Blocks); errors.Is(err, evm.ErrCongestion) {
		return dfns.BadRequest("factor, blocks: %v", err)
	} else if err != nil {
		return err
	}
	return nil
}

func mine(e echo.Context, chain *evm.Chain) error {
	in := struct {
		Blocks int `json:"blocks"`
	}{Blocks: 1}
	if err := read(e, &in); err != nil {
		return err
	}
	if in.Blocks < 1 || in.Blocks > maxBlocks {
		return dfns.BadRequest("blocks: %d is not from 1 to %d", in.Blocks, maxBlocks)
	}
	return chain.Mine(e.Request().Context(), in.Blocks)
}

// address reads a field with an address.
func address(field, text string) (common.Address, error) {
	if !common.IsHexAddress(text) || len(text) != 42 {
		return common.Address{}, dfns.BadRequest("%s: %q is not an address; write it as 0x and 40 hex digits", field, text)
	}
	return common.HexToAddress(text), nil
}
