package sweep

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"countersign"
)

// Make plans a run. It moves nothing that would take a wallet below its floor, whatever the
// moves cost within gas times price, and nothing at all while gas costs more than the order
// allows. It fails with [countersign.ErrInvalid] or [countersign.ErrID] where run or snapshot
// cannot be right, and names the field: then there is no plan.
func Make(run Run, s Snapshot) (Plan, error) {
	run.Due = run.Due.UTC()
	if err := run.Check(); err != nil {
		return Plan{}, fmt.Errorf("plan a sweep: %w", err)
	}
	if err := s.check(run.Order); err != nil {
		return Plan{}, fmt.Errorf("plan %s: %w", run.ID(), err)
	}
	p := planner{Snapshot: s, order: run.Order, taken: map[string]bool{}, purse: new(big.Int),
		plan: Plan{Run: run, Block: s.Block, Price: s.Price, Treasury: address(s.Treasury)}}
	if s.Price.Cmp(run.Order.MaxGasPrice) > 0 {
		p.plan.Deferred = GasPrice
	}
	if s.Station != nil {
		p.purse = above(s.Station.Native, run.Order.TopUp.Floor)
	}
	byID := slices.SortedFunc(slices.Values(s.Wallets), func(a, b Holding) int { return cmp.Compare(a.Wallet.ID, b.Wallet.ID) })
	for _, h := range byID {
		if err := p.wallet(h); err != nil {
			return Plan{}, fmt.Errorf("plan %s: wallet %s: %w", run.ID(), h.Wallet.ID, err)
		}
	}
	if err := p.total(); err != nil {
		return Plan{}, fmt.Errorf("plan %s: %w", run.ID(), err)
	}
	return p.plan, nil
}

// A planner goes through the wallets.
type planner struct {
	Snapshot
	order Order
	plan  Plan
	// taken are the addresses that a wallet of the run has had before.
	taken map[string]bool
	// purse is what the station may still give, in wei.
	purse *big.Int
}

// wallet plans one: the tokens first, as whatever they cost is taken from the native asset.
func (p *planner) wallet(h Holding) error {
	w := wallet{Holding: h, planner: p, ends: make([]end, len(p.order.Assets)), free: above(h.Native, p.floor())}
	if reason, detail := p.excluded(h.Wallet); reason != "" {
		for i := range w.ends {
			w.ends[i] = end{reason: reason, detail: detail}
		}
		return w.write()
	}
	p.taken[address(h.Wallet)] = true
	if err := w.payForTokens(); err != nil {
		return err
	}
	w.sendTheRest()
	return w.write()
}

// excluded says why nothing of a wallet is to move, whatever it holds.
func (p *planner) excluded(w countersign.Wallet) (Reason, string) {
	switch a := address(w); {
	case w.ID == p.order.Treasury || a == p.plan.Treasury:
		return IsTreasury, ""
	case p.Station != nil && (w.ID == p.Station.Wallet.ID || a == address(p.Station.Wallet)):
		return IsStation, ""
	case a == "":
		return Unreadable, fmt.Sprintf("its address is %.64q, want 0x and 40 hex digits", w.Address)
	case p.taken[a]:
		return SameAddress, ""
	}
	return "", ""
}

// floor is what stays of the native asset in each wallet.
func (p *planner) floor() (floor countersign.Amount) {
	for _, a := range p.order.Assets {
		if a.Contract == "" {
			floor = a.Floor
		}
	}
	return floor
}

// total adds up, top-ups first and then by the order's assets.
func (p *planner) total() error {
	add := func(t Total, moves []Move) (err error) {
		for _, m := range moves {
			if m.Contract != t.Contract {
				continue
			}
			t.Moves++
			if t.Amount, err = t.Amount.Add(m.Amount); err == nil {
				t.MaxFee, err = t.MaxFee.Add(m.MaxFee)
			}
			if err != nil {
				return fmt.Errorf("%w: total of %q: %w", countersign.ErrInvalid, t.Contract, err)
			}
		}
		if t.Moves > 0 {
			p.plan.Totals = append(p.plan.Totals, t)
		}
		return nil
	}
	if err := add(Total{Purpose: GasTopUp}, p.plan.TopUps); err != nil {
		return err
	}
	for _, a := range p.order.Assets {
		if err := add(Total{Purpose: ToTreasury, Contract: a.Contract}, p.plan.Moves); err != nil {
			return err
		}
	}
	return nil
}
