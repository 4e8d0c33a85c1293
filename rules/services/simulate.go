package services

import (
	"context"
	"errors"
	"strings"

	"countersign"
	"countersign/chain/simulation"
	"countersign/eip55"
)

// errNothingToRun means that a request has no calls that a network could run.
var errNothingToRun = errors.New("the request has no calls to run")

// Simulate runs what is asked for on a copy of the network's newest state and says
// what it would move and allow. Before an approval is posted it is run again; when it
// does something else by then, or nobody answers, the approval is void. Tolerances say
// which amounts may differ then, and by how much: those of a vault that earns.
func (d *Desk) Simulate(ctx context.Context, tolerances ...Tolerance) simulation.Result {
	from := d.WalletDetails(ctx).Address
	return d.run(ctx, simulated{simulation.Request{Network: d.approval.Activity.Network, Calls: d.calls(from)}, tolerances})
}

func (d *Desk) run(ctx context.Context, asked simulated) simulation.Result {
	return ask(ctx, d, simulationService, asked.Network, asked, func(ctx context.Context) (simulation.Result, error) {
		switch {
		case d.services.Simulator == nil:
			return simulation.Result{}, errMissing
		case len(asked.Calls) == 0:
			return simulation.Result{}, errNothingToRun
		case asked.Calls[0].From == "":
			return simulation.Result{}, errors.New("the wallet has no address")
		}
		return d.services.Simulator.Simulate(ctx, asked.Request)
	})
}

// A Tolerance is by how much the change of an account's asset may differ, either way,
// between two simulations.
type Tolerance struct {
	Account string             `json:"account"`
	Asset   simulation.Asset   `json:"asset"`
	By      countersign.Amount `json:"by"`
}

func within(ts []Tolerance) (out []simulation.Tolerance) {
	for _, t := range ts {
		out = append(out, simulation.Within(t.Account, t.Asset, t.By))
	}
	return out
}

// calls are what the request would run on an EVM network.
func (d *Desk) calls(from string) (calls []simulation.Call) {
	act := d.approval.Activity
	switch {
	case act.Call != nil:
		calls = append(calls, simulation.Call{From: from, To: act.Call.To, Value: act.Call.Value, Data: act.Call.Data})
	case act.Transfer != nil && act.Transfer.Kind == countersign.KindNative:
		calls = append(calls, simulation.Call{From: from, To: act.Transfer.To, Value: act.Transfer.Amount})
	case act.Transfer != nil && act.Transfer.Kind == "Erc20":
		if data, ok := transferData(act.Transfer); ok {
			calls = append(calls, simulation.Call{From: from, To: act.Transfer.Asset, Data: data})
		}
	}
	for _, c := range act.Operations {
		calls = append(calls, simulation.Call{From: from, To: c.To, Value: c.Value, Data: c.Data})
	}
	return calls
}

// transferData is the call data of transfer(address,uint256), a9059cbb.
func transferData(t *countersign.Transfer) (data []byte, ok bool) {
	to, err := eip55.Parse(strings.ToLower(t.To))
	data = append([]byte{0xa9, 0x05, 0x9c, 0xbb}, make([]byte, 12)...)
	data = append(data, to[:]...)
	return append(data, t.Amount.Big().FillBytes(make([]byte, 32))...), err == nil
}
