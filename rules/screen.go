package rules

import (
	"context"
	"slices"
	"strings"

	"countersign"
	"countersign/calldata"
	"countersign/screening"
)

// ScreenEvery screens every address in the request: targets, recipients, spenders and
// whatever else is an address in it, and the wallet's own. The engine does so before
// an approval stands; a rule asks for it to reject a hit.
func (r *Request) ScreenEvery(ctx context.Context) screening.Report {
	addresses := r.Addresses()
	if r.KnowsWallet() {
		if wallet := r.WalletDetails(ctx).Address; wallet != "" {
			addresses = append(addresses, wallet)
		}
	}
	return r.Screen(ctx, addresses...)
}

// screened is what becomes of a decision once every address in the request was
// screened, where the deployment does that. For one that comes too late nobody is asked:
// that the screener did not answer any more would stand as its cause.
func (r *Request) screened(ctx context.Context, d Decision) Decision {
	if d.Verdict == countersign.Approve && ctx.Err() == nil && r.Screened() && r.book.Unscreened == "" {
		r.ScreenEvery(ctx) // the desk keeps what it says
	}
	return r.Sound(d)
}

// Addresses are all addresses in the request, each once: those of the network's form
// in a plain transfer, and otherwise 0x and 40 lower-case hex digits.
func (r *Request) Addresses() (addresses []string) {
	add := func(a string) {
		if a != "" {
			addresses = append(addresses, a)
		}
	}
	var visit func(c *Call)
	visit = func(c *Call) {
		if c.Function() != "" || c.Inside == nil { // a batch of operations has no target of its own
			add(c.To())
		}
		if f := c.node.Call.Function; f != nil {
			for i := range f.Inputs {
				eachAddress(c.node.Call.At(i), add)
			}
		}
		for _, inner := range c.Inside {
			visit(inner)
		}
	}
	if r.Call != nil {
		visit(r.Call)
	}
	if m := r.Message; m != nil {
		add(strings.ToLower(m.Contract.Address))
		eachText(m.data.Message().JSON(), add)
		for _, c := range m.Inside {
			visit(c)
		}
	}
	if t := r.Transfer; t != nil {
		add(t.To)
		if evm(t.Asset) {
			add(t.Asset)
		}
	}
	for _, c := range append(slices.Clone(r.Approval.Activity.Operations), r.callItself()...) {
		for _, delegate := range c.Delegates {
			add(delegate)
		}
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

func (r *Request) callItself() []countersign.Call {
	if c := r.Approval.Activity.Call; c != nil {
		return []countersign.Call{*c}
	}
	return nil
}

// eachAddress visits the addresses in a value, however deep.
func eachAddress(v calldata.Value, visit func(string)) {
	if a, ok := v.Address(); ok {
		visit(a)
	}
	for _, part := range v.List() {
		eachAddress(part, visit)
	}
}

// eachText visits what has the form of an address in the JSON of a message.
func eachText(v any, visit func(string)) {
	switch v := v.(type) {
	case string:
		if a, err := ParseAddress(strings.ToLower(v)); err == nil {
			visit(a)
		}
	case []any:
		for _, part := range v {
			eachText(part, visit)
		}
	case map[string]any:
		for _, part := range v {
			eachText(part, visit)
		}
	}
}
