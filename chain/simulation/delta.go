package simulation

import (
	"fmt"
	"math/big"
	"strings"

	"countersign"
)

// A Delta is one effect that a rule expects. Write it with [Out], [In], [Allow],
// [AllowOne], [AllowEverything] and [RevokeEverything], inside [AtLeast], [AtMost] or
// [Measured]. One with an address that was mistyped is met by nothing.
type Delta struct {
	subject
	out         bool     // amounts count downwards
	least, most *big.Int // inclusive; nil is no bound
	measured    bool
	err         error
}

// Out expects that an account loses exactly so much.
func Out(account string, asset Asset, amount countersign.Amount) Delta {
	d := In(account, asset, amount)
	d.out = true
	return d
}

// In expects that an account gains exactly so much.
func In(account string, asset Asset, amount countersign.Amount) Delta {
	return expect(subject{account, "", asset}, amount)
}

// Allow expects that a spender may afterwards take exactly so much of an owner's
// ERC-20; zero expects a revocation or nothing.
func Allow(owner, spender, contract string, amount countersign.Amount) Delta {
	return expect(subject{owner, spender, ERC20(contract)}, amount, spender)
}

// AllowOne expects that a spender may afterwards take one token of an ERC-721.
func AllowOne(owner, spender, contract string, id countersign.Amount) Delta {
	return expect(subject{owner, spender, ERC721(contract, id)}, one, spender)
}

// AllowEverything expects that an operator may afterwards take whatever the owner has
// of an ERC-721 or ERC-1155.
func AllowEverything(owner, operator, contract string) Delta {
	return expect(subject{owner, operator, everything(contract)}, one, operator)
}

// RevokeEverything expects that an operator who could take whatever the owner has of
// an ERC-721 or ERC-1155 no longer can.
func RevokeEverything(owner, operator, contract string) Delta {
	d := AllowEverything(owner, operator, contract)
	d.least, d.most = new(big.Int), new(big.Int)
	return d
}

// AtLeast expects the amount of d or more, in the same direction.
func AtLeast(d Delta) Delta {
	d.most = nil
	return d
}

// AtMost expects the amount of d or less, in the same direction, down to nothing.
func AtMost(d Delta) Delta {
	d.least = new(big.Int)
	return d
}

// Measured accepts that the asset's logs tell otherwise: what counts is the balance,
// as of a token that takes a fee.
func Measured(d Delta) Delta {
	d.measured = true
	return d
}

var one = countersign.NewAmount(1)

// expect checks the addresses as they were written, before their case is lost.
func expect(s subject, amount countersign.Amount, spender ...string) Delta {
	d := Delta{subject: s.lower(), least: amount.Big(), most: amount.Big()}
	addresses := append(spender, s.account)
	if s.asset.Kind != KindNative {
		addresses = append(addresses, s.asset.Contract)
	}
	for _, a := range addresses {
		if err := someone(a); err != nil {
			d.err = err
		}
	}
	return d
}

// admits reports whether an effect of this size was expected.
func (d Delta) admits(value *big.Int) bool {
	size := value
	if d.out {
		size = new(big.Int).Neg(value)
	}
	return d.least.Cmp(size) <= 0 && (d.most == nil || size.Cmp(d.most) <= 0)
}

func (d Delta) admitsNone() bool { return d.admits(new(big.Int)) }

// String is the expectation for people.
func (d Delta) String() string {
	bound, amount := "exactly", d.least
	switch {
	case d.most == nil:
		bound = "at least"
	case d.least.Cmp(d.most) != 0:
		bound, amount = "at most", d.most
	}
	if d.out {
		return fmt.Sprintf("%s loses %s %s of %s", d.account, bound, amount, d.asset)
	}
	return effect{d.subject, amount}.words(bound + " ")
}

// A subject is what an effect is about: a holding, or an allowance where there is a
// spender. An allowance of everything has an asset of kind [AllowAll].
type subject struct {
	account, spender string
	asset            Asset
}

// lower is the subject as results have it.
func (s subject) lower() subject {
	s.asset.Contract = strings.ToLower(s.asset.Contract)
	return subject{strings.ToLower(s.account), strings.ToLower(s.spender), s.asset}
}

// everything is what an operator may take who may take all.
func everything(contract string) Asset {
	return Asset{Kind: AssetKind(AllowAll), Contract: contract}
}

// An effect is the change of a holding, or the allowance that stands: 1 or 0 where it
// is no amount.
type effect struct {
	subject
	value *big.Int
}

// effects are the deltas and the allowances, in order.
func (r Result) effects() (list []effect) {
	for _, a := range r.Assets {
		list = append(list, effect{subject{account: a.Account, asset: a.Asset}, a.Delta.Big()})
	}
	for _, a := range r.Allowances {
		e := effect{subject{a.Owner, a.Spender, ERC20(a.Contract)}, a.Amount.Big()}
		if a.Kind != AllowAmount {
			e.value = new(big.Int)
			if a.Approved {
				e.value.SetInt64(1)
			}
			e.asset = everything(a.Contract)
		}
		if a.Kind == AllowToken {
			e.asset = Asset{Kind: KindERC721, Contract: a.Contract, TokenID: a.TokenID}
		}
		list = append(list, e)
	}
	return list
}

// String is the effect for people.
func (e effect) String() string { return e.words("") }

func (e effect) words(bound string) string {
	switch {
	case e.spender != "":
		return fmt.Sprintf("%s lets %s take %s%s of %s", e.account, e.spender, bound, e.value, e.asset)
	case e.value.Sign() < 0:
		return fmt.Sprintf("%s loses %s%s of %s", e.account, bound, new(big.Int).Neg(e.value), e.asset)
	}
	return fmt.Sprintf("%s gains %s%s of %s", e.account, bound, e.value, e.asset)
}

// A Tolerance is by how much one delta may differ from the one before.
type Tolerance struct {
	subject
	by *big.Int
}

// Within tolerates that the delta of an account's asset differs by at most so much,
// either way: the shares of a vault that accrues. Allowances have no tolerance.
func Within(account string, asset Asset, by countersign.Amount) Tolerance {
	return Tolerance{subject{account, "", asset}.lower(), by.Big()}
}

// within reports whether e is as good as the effect before it; one without a value
// was none.
func (e effect) within(before effect, tolerances []Tolerance) bool {
	is, was := e.value, before.value
	if is == nil {
		is = new(big.Int)
	}
	if was == nil {
		was = new(big.Int)
	}
	apart := new(big.Int).Sub(is, was)
	for _, t := range tolerances {
		if t.subject == e.subject && apart.CmpAbs(t.by) <= 0 {
			return true
		}
	}
	return apart.Sign() == 0
}
