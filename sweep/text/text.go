// Package text writes plans of sweeps for people: what moves, what stays and why.
//
// Amounts are in the smallest unit of their asset, with digits grouped, because nobody here
// knows a token's decimals for certain.
package text

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"countersign"
	"countersign/sweep"
)

// Table writes a plan: its sums, its top-ups and moves, what stays by reason, and each thing
// that stays for another reason than that there is nothing to move.
func Table(w io.Writer, p sweep.Plan) error {
	parts := []string{heading(p)}
	for _, t := range []struct {
		title string
		table table
	}{
		{"SUMS", sums(p)}, {"TOP-UPS", moves(p.TopUps)}, {"MOVES", moves(p.Moves)}, {"STAYS", stays(p)}, {"STAYS, EACH", each(p)},
	} {
		if len(t.table.rows) > 1 {
			parts = append(parts, t.title+"\n"+t.table.String())
		}
	}
	_, err := io.WriteString(w, strings.Join(parts, "\n"))
	return err
}

// heading says what the plan is of.
func heading(p sweep.Plan) string {
	o := p.Run.Order
	var b strings.Builder
	fmt.Fprintf(&b, "%s: wallets tagged %s on %s, to %s at %s\n", p.Run.ID(), o.Tag, o.Network, o.Treasury, p.Treasury)
	if p.Block.Hash != "" {
		fmt.Fprintf(&b, "read at block %d (%s) of %s\n", p.Block.Number, p.Block.Hash, p.Block.Time.UTC().Format("2006-01-02 15:04:05Z"))
	}
	if !p.Price.IsZero() {
		fmt.Fprintf(&b, "gas is offered %s wei, and may cost %s\n", p.Price.Format(0), o.MaxGasPrice.Format(0))
	}
	if p.Deferred != "" {
		fmt.Fprintf(&b, "NOTHING MOVES: %s\n", Words(p.Deferred))
	}
	fmt.Fprintf(&b, "top-ups: %d, moves: %d, left where they are: %d\n", len(p.TopUps), len(p.Moves), len(p.Skips))
	if o.Approval && len(p.All()) > 0 {
		b.WriteString("a person approves all of it before anything moves\n")
	}
	return b.String()
}

// sums are the plan's totals, and what each wallet keeps of each asset.
func sums(p sweep.Plan) table {
	t := begin("purpose", "asset", "moves>", "amount>", "fees up to, wei>", "each keeps>")
	floors := map[string]countersign.Amount{}
	for _, a := range p.Run.Order.Assets {
		floors[a.Contract] = a.Floor
	}
	for _, x := range p.Totals {
		keeps := floors[x.Contract].Format(0)
		if x.Purpose == sweep.GasTopUp {
			keeps = "-"
			if p.Run.Order.TopUp != nil { // the station
				keeps = p.Run.Order.TopUp.Floor.Format(0)
			}
		}
		t.add(purpose(x.Purpose), asset(x.Contract), fmt.Sprint(x.Moves), x.Amount.Format(0), x.MaxFee.Format(0), keeps)
	}
	return t
}

func purpose(p sweep.Purpose) string {
	if p == sweep.GasTopUp {
		return "gas top-up"
	}
	return "to treasury"
}

func asset(contract string) string {
	if contract == "" {
		return "native"
	}
	return contract
}

func moves(all []sweep.Move) table {
	t := begin("from", "to", "asset", "amount>", "fee up to, wei>", "settlement")
	for _, m := range all {
		t.add(m.WalletID, m.ToWallet, asset(m.Contract), m.Amount.Format(0), m.MaxFee.Format(0), m.ExternalID)
	}
	return t
}

// stays counts what stays, by reason and asset: the most frequent reason first.
func stays(p sweep.Plan) table {
	type kind struct {
		reason   sweep.Reason
		contract string
	}
	counts := map[kind]int{}
	var kinds []kind
	for _, s := range p.Skips {
		k := kind{s.Reason, s.Contract}
		if counts[k]++; counts[k] == 1 {
			kinds = append(kinds, k)
		}
	}
	slices.SortStableFunc(kinds, func(a, b kind) int { return counts[b] - counts[a] })
	t := begin("count>", "asset", "reason", "which means")
	for _, k := range kinds {
		t.add(fmt.Sprint(counts[k]), asset(k.contract), string(k.reason), Words(k.reason))
	}
	return t
}

// each lists what stays although there is something.
func each(p sweep.Plan) table {
	t := begin("wallet", "asset", "holds>", "reason", "detail")
	for _, s := range p.Skips {
		if s.Reason != sweep.Nothing {
			t.add(s.WalletID, asset(s.Contract), s.Amount.Format(0), string(s.Reason), s.Detail)
		}
	}
	return t
}

// Words say what a reason means; one that nobody here knows is its own word.
func Words(r sweep.Reason) string {
	if w, known := words[r]; known {
		return w
	}
	return string(r)
}

var words = map[sweep.Reason]string{
	sweep.Nothing:     "there is nothing above the floor",
	sweep.Dust:        "what would move is less than the order's dust",
	sweep.FeeTooHigh:  "moving it costs more of it than the order allows",
	sweep.NoGas:       "it cannot pay for the move, and is not topped up",
	sweep.StationLow:  "the wallet of the top-ups has too little above its floor",
	sweep.Unreadable:  "its balance could not be read, or moving it would be refused",
	sweep.NotFollowed: "no node of ours follows the network: nodes are configured in the nodes file",
	sweep.IsTreasury:  "it is the treasury, or has its address",
	sweep.IsStation:   "it pays for the top-ups",
	sweep.SameAddress: "another wallet of the run has its address",
	sweep.GasPrice:    "gas costs more than the order allows",
}
