package rules

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"countersign"
	"countersign/chain/codepin"
)

// A Result is a decision with all that it rests on.
type Result struct {
	Decision Decision
	// Claims are what the request takes from budgets if it is approved.
	Claims []countersign.Claim
	// Evidence is what the rule asked and was told.
	Evidence []Evidence
	// Contract, Function and Args say what was decoded; empty when nothing was. For
	// typed data Function is the message's type.
	Contract string
	Function string
	Args     map[string]any
	// Inside are the calls that a wrapper makes, in order.
	Inside []DecodedCall
	// Words says what was asked for, for people: a line per call, inside ones further
	// in. Empty for plain transfers.
	Words []string
	// Pins are the code pins of all contracts in what was asked. Whoever acts on the
	// decision compares them with the network's chain first.
	Pins []codepin.Pin
	// Took is how long the rule ran.
	Took time.Duration
}

// Decide runs the book on an approval. It never fails: what it cannot decide it
// abstains on. ctx bounds the rule; a rule that outlives it is left behind and
// what it returns later is thrown away.
//
// The rule gets a copy of everything that it could write to, and what was decoded
// is put down before it runs, so that the result says what was asked and not what
// a rule made of it.
func (b *Book) Decide(ctx context.Context, a countersign.Approval, now time.Time) Result {
	r := &Request{Approval: detached(a), Now: now.UTC(), book: b, notes: &notes{}}
	rule, d := b.find(r)
	res := r.result()
	if rule != nil {
		res.Pins, d = r.pins()
	}
	if rule != nil && d.Verdict == "" {
		start := time.Now()
		d, res.Claims, res.Evidence = run(ctx, rule, r)
		res.Took = time.Since(start)
	}
	res.Decision = sound(d)
	return res
}

// detached copies an approval down to the last byte.
func detached(a countersign.Approval) countersign.Approval {
	a.Policies, a.Votes = slices.Clone(a.Policies), slices.Clone(a.Votes)
	if t := a.Activity.Transfer; t != nil {
		own := *t
		a.Activity.Transfer = &own
	}
	if c := a.Activity.Call; c != nil {
		own := detachedCall(*c)
		a.Activity.Call = &own
	}
	a.Activity.Operations = slices.Clone(a.Activity.Operations)
	for i, c := range a.Activity.Operations {
		a.Activity.Operations[i] = detachedCall(c)
	}
	if t := a.Activity.TypedData; t != nil {
		a.Activity.TypedData = &countersign.TypedData{
			Types: slices.Clone(t.Types), Domain: slices.Clone(t.Domain), Message: slices.Clone(t.Message), ChainID: t.ChainID,
		}
	}
	return a
}

func detachedCall(c countersign.Call) countersign.Call {
	c.Data, c.Delegates = slices.Clone(c.Data), slices.Clone(c.Delegates)
	return c
}

// find is the way to a rule: what is asked, is it listed, can it be read, is
// there a rule. It fills r and returns nil with an abstention otherwise.
func (b *Book) find(r *Request) (Rule, Decision) {
	act := r.Approval.Activity
	given := 0
	for _, is := range []bool{act.Transfer != nil, act.Call != nil, len(act.Operations) > 0, act.TypedData != nil} {
		if is {
			given++
		}
	}
	switch {
	case act.Unreadable != "":
		return nil, Abstain(countersign.UnreadableActivity, "%s request of kind %q is not read: %.300s", act.Kind, act.Request, act.Unreadable)
	case given > 1:
		return nil, Abstain(countersign.UnreadableActivity, "activity is more than one of a transfer, a call, operations and typed data")
	case act.Transfer != nil:
		return b.findTransfer(r, *act.Transfer)
	case act.Call != nil:
		return b.findCalls(r, *act.Call)
	case len(act.Operations) > 0:
		return b.findCalls(r, act.Operations...)
	case act.TypedData != nil:
		return b.findMessage(r, *act.TypedData)
	}
	return nil, Abstain(countersign.UnreadableActivity, "%s request of kind %q is not read: %.300s", act.Kind, act.Request, act.Unreadable)
}

func (b *Book) findTransfer(r *Request, t countersign.Transfer) (Rule, Decision) {
	want := Asset{Network: r.Network(), Kind: t.Kind, Locator: t.Asset}.key()
	i := slices.IndexFunc(b.Transfers, func(a Asset) bool { return a.key() == want })
	if i < 0 || b.Transfers[i].Rule == nil {
		return nil, Abstain(countersign.UnknownAsset, "no rule for %s %s on %s", t.Kind, t.Asset, r.Network())
	}
	r.Transfer = &t
	return b.Transfers[i].Rule, Decision{}
}

// An answer is what came of running a rule.
type answer struct {
	decision Decision
	claims   []countersign.Claim
	evidence []Evidence
}

// run calls the rule in a goroutine of its own, so that one that hangs is left
// behind. What a rule counted and noted before it panicked or ran out of time is
// dropped with the rest of its answer.
func run(ctx context.Context, rule Rule, r *Request) (Decision, []countersign.Claim, []Evidence) {
	done := make(chan answer, 1)
	go func() {
		a := answer{decision: Abstain(countersign.RulePanic, "the rule ended its goroutine without an answer")}
		defer func() {
			if p := recover(); p != nil {
				debug.PrintStack()
				a = answer{decision: Abstain(countersign.RulePanic, "the rule panicked: %.300s", fmt.Sprint(p))}
			}
			done <- a
		}()
		a = r.answer(rule(ctx, r))
	}()
	select {
	case a := <-done:
		if ctx.Err() != nil { // too late is too late, even by a moment
			return timedOut(ctx), nil, nil
		}
		return a.decision, a.claims, a.evidence
	case <-ctx.Done():
		return timedOut(ctx), nil, nil
	}
}

func timedOut(ctx context.Context) Decision {
	return Abstain(countersign.RuleTimeout, "the rule did not finish: %s", context.Cause(ctx))
}

// result says what was decoded; the decision is still to come.
func (r *Request) result() (res Result) {
	res.Words = r.inWords()
	if m := r.Message; m != nil {
		res.Contract, res.Function, res.Args = m.Contract.Name, m.Type, map[string]any{"message": m.data.Message().JSON()}
		for _, c := range m.Inside {
			res.Inside = append(res.Inside, c.result())
		}
		return res
	}
	if r.Call == nil || r.Call.Function() == "" && r.Call.Inside == nil {
		return res
	}
	res.Contract, res.Function, res.Args = r.Call.Contract.Name, r.Call.Function(), r.Call.arguments()
	for _, c := range r.Call.Inside {
		res.Inside = append(res.Inside, c.result())
	}
	return res
}
