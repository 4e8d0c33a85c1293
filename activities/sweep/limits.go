package sweep

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"countersign"
	plans "countersign/sweep"
)

const (
	// sendGas is what moving the native asset takes to an account without code: the intrinsic
	// gas of a transaction, Gtransaction of Ethereum's Yellow Paper, appendix G.
	sendGas = 21_000
	// tokenGas is the limit of a token's transfer that nobody has to try it with: transfers of
	// ordinary ERC-20 tokens take 35,000 to 65,000, those behind proxies some thousands more.
	// It is not used for any move, which needs a wallet that has some.
	tokenGas = 100_000
	// tries is how many wallets may refuse before an asset is left where it is.
	tries = 5
	// margin is what an estimate is raised by, in percent: the state is another one when the
	// move is made.
	margin = 20
	// tokenMargin is that of a token, in percent. The custodian takes no price for a transfer of
	// a token (dfns.md §5.2), and the usual one is twice the base fee and the tip (EIP-1559 in
	// ethers and web3), where ours is headroom more than the base fee: with twice the gas at our
	// price a wallet can pay for that, also when the base fee has risen by the headroom.
	tokenMargin = 100
	// headroom is what the base fee is raised by, in percent. It rises by an eighth a block at
	// most (EIP-1559), so that a move that is sent within two blocks goes into the next one.
	headroom = 25

	// transferSelector is the first four bytes of Keccak-256 of transfer(address,uint256).
	transferSelector = "\xa9\x05\x9c\xbb"
)

// offer is what a unit of gas is offered.
func offer(base, tip countersign.Amount) (countersign.Amount, error) {
	n := base.Big()
	n.Mul(n, big.NewInt(100+headroom))
	n.Add(n, big.NewInt(99)) // rounded up
	n.Quo(n, big.NewInt(100))
	return countersign.AmountFromBig(n.Add(n, tip.Big()))
}

// limits says how much gas a move of each asset may use, and a top-up.
func (p *Planner) limits(ctx context.Context, o plans.Order, s *plans.Snapshot) (err error) {
	s.Gas = make([]uint64, len(o.Assets))
	for a, asset := range o.Assets {
		if asset.Contract == "" {
			s.Gas[a], err = p.limit(ctx, s, a, sendGas, func(h plans.Holding) (countersign.Amount, send) {
				return h.Native, send{o.Network, h.Wallet.Address, s.Treasury.Address, countersign.NewAmount(1), nil, margin}
			})
		} else {
			to, e := word(s.Treasury.Address)
			if e != nil {
				return e
			}
			data := slices.Concat([]byte(transferSelector), to, big.NewInt(1).FillBytes(make([]byte, 32)))
			s.Gas[a], err = p.limit(ctx, s, a, tokenGas, func(h plans.Holding) (countersign.Amount, send) {
				return h.Tokens[a], send{o.Network, h.Wallet.Address, asset.Contract, countersign.Amount{}, data, tokenMargin}
			})
		}
		if err != nil {
			return err
		}
	}
	s.NativeGas = sendGas
	if s.Station == nil || s.Station.Native.IsZero() || len(s.Wallets) == 0 {
		return nil
	}
	units, why, err := p.estimate(ctx, send{o.Network, s.Station.Wallet.Address, s.Wallets[0].Wallet.Address, countersign.NewAmount(1), nil, margin})
	if err == nil && why == "" {
		s.NativeGas = units
	}
	return err
}

// limit tries a move of one unit from a wallet that has some. A wallet that may not is no longer
// counted on; when the first few may not, nobody may. Where nobody has any, it is as given.
func (p *Planner) limit(ctx context.Context, s *plans.Snapshot, a int, otherwise uint64, of func(plans.Holding) (countersign.Amount, send)) (uint64, error) {
	tried := 0
	for i := range s.Wallets {
		h := &s.Wallets[i]
		amount, one := of(*h)
		if h.Fault[a] != "" || amount.IsZero() || h.Wallet.ID == s.Treasury.ID {
			continue
		}
		units, why, err := p.estimate(ctx, one)
		if err != nil || why == "" {
			return units, err
		}
		why = "moving it would be refused: " + why
		fault(h, a, why)
		if tried++; tried == tries {
			for i := range s.Wallets {
				fault(&s.Wallets[i], a, why)
			}
		}
	}
	return otherwise, nil
}

// A send is what gas is estimated for.
type send struct {
	network, from, to string
	value             countersign.Amount
	data              []byte
	margin            uint64 // in percent
}

// estimate is what a send may use: exactly [sendGas] where the nodes say so, as they do of the
// native asset unless the recipient has code or the network counts its data as gas.
func (p *Planner) estimate(ctx context.Context, s send) (uint64, string, error) {
	units, why, err := p.Gas.Estimate(ctx, s.network, s.from, s.to, s.value, s.data)
	switch {
	case err != nil:
		return 0, "", fmt.Errorf("estimate the gas of a call from %s to %s: %w", s.from, s.to, err)
	case why != "" || units <= sendGas:
		return sendGas, why, nil
	}
	return units + units*s.margin/100, "", nil
}

// word is an address in 32 bytes, as the ABI has it.
func word(address string) ([]byte, error) {
	n, ok := new(big.Int).SetString(strings.TrimPrefix(strings.ToLower(address), "0x"), 16)
	if !ok || len(address) != 42 {
		return nil, fmt.Errorf("%w: treasury: its address %.60q is not 0x and 40 hex digits", countersign.ErrInvalid, address)
	}
	return n.FillBytes(make([]byte, 32)), nil
}
