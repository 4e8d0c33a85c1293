package rules

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign"
	"countersign/calldata"
	"countersign/calldata/calltree"
	"countersign/calldata/risk"
	"countersign/eip55"
)

// findCalls reads one call, or the operations of a batch, as a tree and finds the
// rule that decides it. For a batch that is every operation's own.
func (b *Book) findCalls(r *Request, calls ...countersign.Call) (Rule, Decision) {
	txs := make([]calltree.Transaction, len(calls))
	for i, c := range calls {
		var err error
		if txs[i], err = transaction(c); err != nil {
			return nil, Abstain(countersign.UnreadableActivity, "call: %s", err)
		}
	}
	reader, err := b.reader(r.Network())
	if err != nil {
		return nil, Abstain(countersign.UnreadableActivity, "the book cannot be used: %s", err)
	}
	tree := reader.Read(txs...)
	if ps := tree.Problems(); len(ps) > 0 || tree.Opaque > 0 {
		if root := &tree.Roots[0]; len(calls) == 1 { // say as much of it as there is
			r.Call = b.call(r.Network(), root)
		}
		return nil, unread(ps)
	}
	roots := make([]*Call, len(tree.Roots))
	for i := range tree.Roots {
		roots[i] = b.call(r.Network(), &tree.Roots[i])
	}
	if len(roots) > 1 {
		r.Call = &Call{Inside: roots, node: &calltree.Node{}}
		return allowed(Inner, namedRisks(0, roots...))
	}
	r.Call = roots[0]
	rule, d := b.ruleOf(r)
	if rule == nil {
		return nil, d
	}
	return allowed(rule, namedRisks(0, roots...))
}

// allowed is the rule, unless there is a decision already.
func allowed(rule Rule, d Decision) (Rule, Decision) {
	if d.Verdict != "" {
		return nil, d
	}
	return rule, d
}

// reader returns the reader of a network's contracts.
func (b *Book) reader(network string) (*calltree.Reader, error) {
	known := map[calltree.Address]calltree.Contract{}
	for _, c := range b.Contracts {
		if !strings.EqualFold(c.Network, network) || c.ABI == nil {
			continue
		}
		a, err := account(c.Address)
		if err != nil {
			return nil, err
		}
		known[a] = calltree.Contract{ABI: c.ABI, Protocol: c.Protocol}
	}
	return calltree.New(known)
}

func account(text string) (calltree.Address, error) { return eip55.Parse(text) }

func transaction(c countersign.Call) (tx calltree.Transaction, err error) {
	tx.Value, tx.Data, tx.SetCode = calltree.WeiOf(c.Value), c.Data, c.SetsCode
	if c.To != "" {
		to, err := account(c.To)
		if err != nil {
			return tx, fmt.Errorf("to: %w", err)
		}
		tx.To = &to
	}
	for _, d := range c.Delegates {
		a, err := account(d)
		if err != nil {
			return tx, fmt.Errorf("delegates: %w", err)
		}
		tx.Delegates = append(tx.Delegates, a)
	}
	return tx, nil
}

// call makes a rule's view of a node and of all below it.
func (b *Book) call(network string, n *calltree.Node) *Call {
	c := &Call{Value: n.Value.Amount(), node: n}
	c.Contract, _ = b.contract(network, n.To.String())
	for i := range n.Children {
		c.Inside = append(c.Inside, b.call(network, &n.Children[i]))
	}
	return c
}

// contract returns a copy of what the book has on an address.
func (b *Book) contract(network, address string) (c Contract, known bool) {
	want := Contract{Network: network, Address: address}.key()
	i := slices.IndexFunc(b.Contracts, func(c Contract) bool { return c.key() == want })
	if i < 0 {
		return c, false
	}
	return b.Contracts[i].detached(), true
}

// reasons says which ground of a decision an anomaly is.
var reasons = map[calldata.Code]countersign.ReasonCode{
	calltree.UnknownContract:  countersign.UnknownContract,
	calldata.UnknownSelector:  countersign.UnknownFunction,
	calltree.ContractCreation: countersign.ContractCreation,
	calltree.SetCode:          countersign.OpaqueCall,
	calltree.AccountDefined:   countersign.OpaqueCall,
	calltree.AfterUpgrade:     countersign.OpaqueCall,
	calltree.OtherChain:       countersign.OpaqueCall,
	calltree.NoCallData:       countersign.OpaqueCall,
	calltree.UnknownProtocol:  countersign.OpaqueCall,
	calltree.UnknownCommand:   countersign.OpaqueCall,
	calltree.UnknownMode:      countersign.OpaqueCall,
	calltree.TooDeep:          countersign.OpaqueCall,
	calltree.TooManyCalls:     countersign.OpaqueCall,
}

// unread is the abstention on a tree that has something opaque in it.
func unread(ps []calltree.Problem) Decision {
	p := ps[0]
	code, known := reasons[p.Code]
	if !known {
		code = countersign.MalformedCallData
	}
	where, more := "", ""
	if p.Path != "" {
		where = "in " + p.Path + ": "
	}
	if len(ps) > 1 {
		more = fmt.Sprintf(" (and %d more)", len(ps)-1)
	}
	return Abstain(code, "%s%s%s", where, p.Refusal, more)
}

// ruleOf finds the rule of the call in r by its contract and function, and fills in
// the transfer where the call has no data.
func (b *Book) ruleOf(r *Request) (Rule, Decision) {
	if r.Call.Function() == "" {
		return b.findTransfer(r, countersign.Transfer{Kind: countersign.KindNative, To: r.Call.To(), Amount: r.Call.Value})
	}
	rule := r.Call.Contract.Functions[r.Call.Function()]
	if rule == nil {
		return nil, Abstain(countersign.UnknownFunction, "the book has no rule for %s", r.Call.Function())
	}
	return rule, Decision{}
}

// namedRisks returns an abstention unless every class of risk in the calls is named
// by the function that carries it or by a wrapper around it, or is around already;
// otherwise the zero Decision. A transfer's own classes are named by listing its asset.
func namedRisks(around risk.Set, calls ...*Call) Decision {
	var bad func(c *Call, named risk.Set, path string) Decision
	bad = func(c *Call, named risk.Set, path string) Decision {
		named |= c.Contract.Risks[c.Function()]
		what := c.Function()
		if what == "" {
			named, what = named|risk.Value|risk.Recipient, "transfer"
		}
		switch missing := c.Risks() &^ named; {
		case missing&risk.Value != 0:
			return Abstain(countersign.ValueWithCall, "%s%s wei are sent along with %s", path, c.Value, what)
		case missing != 0:
			return Abstain(countersign.UnnamedRisk, "%s%s carries risks that its rule does not name: %s", path, what, missing)
		}
		for i, inner := range c.Inside {
			if d := bad(inner, named, fmt.Sprintf("call %d of %s: ", i, what)); d.Verdict != "" {
				return d
			}
		}
		return Decision{}
	}
	for _, c := range calls {
		if d := bad(c, around, ""); d.Verdict != "" {
			return d
		}
	}
	return Decision{}
}

// Inner is the rule of a wrapper that adds nothing of its own: a Safe, a batch. It
// asks the rule of every call inside, so that what each counts is counted, and then
// says what the strictest of them says: a rejection before an abstention before an
// approval.
func Inner(ctx context.Context, r *Request) Decision {
	var inside []*Call
	switch {
	case r.Call != nil:
		inside = r.Call.Inside
	case r.Message != nil:
		inside = r.Message.Inside
	}
	if len(inside) == 0 {
		return Abstain(countersign.NoRule, "the call makes no other calls")
	}
	var worst Decision
	for i, c := range inside {
		inner := &Request{Desk: r.Desk, Approval: r.Approval, Call: c, Now: r.Now, book: r.book}
		rule, d := r.book.ruleOf(inner)
		if rule != nil {
			d = sound(rule(ctx, inner))
		}
		d.Reason = clip(fmt.Sprintf("call %d: %s", i, d.Reason))
		if i == 0 || Stricter(d, worst) {
			worst = d
		}
	}
	if worst.Verdict == countersign.Approve {
		return Approve(fmt.Sprintf("%d calls, each within policy", len(inside)))
	}
	return worst
}

// Stricter reports whether a stands before b where both must hold: a rejection before
// an abstention, or silence, and that before an approval.
func Stricter(a, b Decision) bool {
	rank := func(d Decision) int {
		switch d.Verdict {
		case countersign.Reject:
			return 2
		case countersign.Approve:
			return 0
		}
		return 1
	}
	return rank(a) > rank(b)
}
