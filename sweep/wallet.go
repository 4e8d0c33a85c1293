package sweep

import (
	"fmt"
	"math/big"

	"countersign"
)

// A wallet being planned. What it holds of the native asset above the floor pays for the moves
// of its tokens, a top-up for those that it cannot pay, and what is left then moves itself.
type wallet struct {
	Holding
	*planner
	// free is above the floor and promised to no fee, in wei.
	free *big.Int
	// ends say what becomes of each asset, in the order's order.
	ends []end
}

// An end is what becomes of an asset: an amount moves, or all stays for a reason.
type end struct {
	amount *big.Int
	reason Reason
	detail string
}

// fee is what a move of an asset costs at most.
func (w *wallet) fee(i int) *big.Int { return fee(w.Gas[i], w.Price) }

// payForTokens has those tokens move whose fees the wallet can pay, in the order's order, and
// has the others paid for by a top-up, together.
func (w *wallet) payForTokens() error {
	var short []int
	for i, a := range w.order.Assets {
		if a.Contract == "" {
			continue
		}
		w.ends[i] = w.judge(i, above(w.Tokens[i], a.Floor))
		switch {
		case w.ends[i].reason != "":
		case w.fee(i).Cmp(w.free) <= 0:
			w.free.Sub(w.free, w.fee(i))
		default:
			short = append(short, i)
		}
	}
	if len(short) == 0 {
		return nil
	}
	reason, detail, err := w.topUp(short)
	for _, i := range short {
		if reason != "" {
			w.ends[i] = end{reason: reason, detail: detail}
		}
	}
	return err
}

// sendTheRest has the native asset move, all that no token needs: its own fee too comes out of
// what is above the floor.
func (w *wallet) sendTheRest() {
	for i, a := range w.order.Assets {
		if a.Contract != "" {
			continue
		}
		all := above(w.Native, a.Floor)
		if w.ends[i] = w.judge(i, all); w.ends[i].reason != "" && w.ends[i].reason != FeeTooHigh {
			continue
		}
		rest := new(big.Int).Sub(w.free, w.fee(i))
		switch {
		case rest.Sign() > 0:
			w.ends[i] = w.judge(i, rest)
		case w.free.Cmp(all) < 0:
			w.ends[i] = end{reason: NoGas, detail: "what is above the floor pays for moving tokens"}
		default:
			w.ends[i] = end{reason: NoGas, detail: fmt.Sprintf("moving it costs up to %s wei", w.fee(i))}
		}
	}
}

// judge says whether an amount of an asset is worth moving.
func (w *wallet) judge(i int, amount *big.Int) end {
	a := w.order.Assets[i]
	allowed, cost := a.allowed(amount), w.fee(i)
	switch {
	case w.Fault[i] != "":
		return end{reason: Unreadable, detail: w.Fault[i]}
	case amount.Sign() == 0:
		return end{reason: Nothing}
	case amount.Cmp(a.Dust.Big()) < 0:
		return end{reason: Dust}
	case w.plan.Deferred != "":
		return end{reason: w.plan.Deferred}
	case allowed != nil && cost.Cmp(allowed) > 0:
		return end{reason: FeeTooHigh, detail: tooHigh(cost, allowed)}
	}
	return end{amount: amount}
}

func tooHigh(cost, allowed *big.Int) string {
	return fmt.Sprintf("up to %s wei, and %s are allowed", cost, allowed)
}

// topUp gives the wallet what it lacks for moving some tokens, so that it has its floor too
// when they have moved. That costs a fee of its own, and the tokens have to be worth all of it
// together.
func (w *wallet) topUp(short []int) (Reason, string, error) {
	if w.order.TopUp == nil {
		return NoGas, "", nil
	}
	lack, allowed := new(big.Int), new(big.Int)
	for _, i := range short {
		lack.Add(lack, w.fee(i))
		if bound := w.order.Assets[i].allowed(w.ends[i].amount); bound == nil {
			allowed = nil
		} else if allowed != nil {
			allowed.Add(allowed, bound)
		}
	}
	own := fee(w.NativeGas, w.Price)
	if cost := new(big.Int).Add(lack, own); allowed != nil && cost.Cmp(allowed) > 0 {
		return FeeTooHigh, "with a top-up " + tooHigh(cost, allowed), nil
	}
	lack.Sub(lack, w.free)
	lack.Add(lack, above(w.floor(), w.Native))
	whole := new(big.Int).Add(lack, own)
	if whole.Cmp(w.purse) > 0 {
		return StationLow, fmt.Sprintf("%s wei are needed, and %s are left", whole, w.purse), nil
	}
	w.purse.Sub(w.purse, whole)
	w.free.SetInt64(0) // all of it pays for those tokens
	m, err := w.move(GasTopUp, "", w.NativeGas, lack)
	w.plan.TopUps = append(w.plan.TopUps, m)
	return "", "", err
}

// write puts what becomes of each asset into the plan.
func (w *wallet) write() error {
	for i, e := range w.ends {
		contract := w.order.Assets[i].Contract
		if e.reason != "" {
			held := w.Tokens[i]
			if contract == "" {
				held = w.Native
			}
			w.plan.Skips = append(w.plan.Skips, Skip{WalletID: w.Wallet.ID, Contract: contract, Amount: held, Reason: e.reason, Detail: e.detail})
			continue
		}
		m, err := w.move(ToTreasury, contract, w.Gas[i], e.amount)
		if err != nil {
			return err
		}
		w.plan.Moves = append(w.plan.Moves, m)
	}
	return nil
}

// move is one of the wallet, or a top-up to it.
func (w *wallet) move(why Purpose, contract string, gas uint64, amount *big.Int) (m Move, err error) {
	from, to := w.Wallet, w.Treasury
	if why == GasTopUp {
		from, to = w.Station.Wallet, w.Wallet
	}
	m = Move{
		ExternalID: ExternalID(w.plan.Run, why, w.Wallet.ID, contract), Purpose: why, Contract: contract, Gas: gas,
		WalletID: from.ID, From: address(from), ToWallet: to.ID, To: address(to),
	}
	if m.Amount, err = countersign.AmountFromBig(amount); err != nil {
		return m, err
	}
	m.MaxFee, err = countersign.AmountFromBig(fee(gas, w.Price))
	return m, err
}
