package rules

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"countersign"
	"countersign/chain/codepin"
	"countersign/rules/services"
)

// A Decider is whatever decides: a [Book], or several that were put together; see
// package compose.
type Decider interface {
	// About is how records name it.
	About() About
	// Check reports every mistake in it at once.
	Check() error
	// Books are the books in it, itself included.
	Books() []*Book
	// DecideAt decides at a desk. It never fails: what it cannot decide it abstains on.
	DecideAt(ctx context.Context, a countersign.Approval, desk *services.Desk) Result
}

// About is the name, the version and the digest of what decides.
type About struct{ Name, Version, Digest string }

// An Engine decides with the services of a deployment.
type Engine struct {
	Decider
	Services services.Services
}

// Decide decides an approval. ctx bounds the rules and all that they ask; a rule that
// outlives it is left behind and what it returns later is thrown away.
func (e Engine) Decide(ctx context.Context, a countersign.Approval, now time.Time) Result {
	return At(ctx, e.Decider, a, services.New(e.Services, a.Clone(), now))
}

// At decides at a desk and closes it: the result has all that was counted and learned.
func At(ctx context.Context, d Decider, a countersign.Approval, desk *services.Desk) Result {
	res := d.DecideAt(ctx, a, desk)
	res.Decision = sound(desk.Sound(res.Decision))
	res.Claims, res.Evidence = desk.Close()
	res.At = desk.Now()
	return res
}

// Decide runs the book alone: whatever its rules ask of a service stays unanswered.
func (b *Book) Decide(ctx context.Context, a countersign.Approval, now time.Time) Result {
	return Engine{Decider: b}.Decide(ctx, a, now)
}

// A Result is a decision with all that it rests on.
type Result struct {
	Decision Decision
	// Books names the books that decided, the outermost first, and Rules the rules, by
	// [Contract.RuleName] and [Asset.RuleName]; each can be halted.
	Books, Rules []string
	// Claims are what the request takes from budgets if it is approved.
	Claims []countersign.Claim
	// Evidence is what the rules asked and were told.
	Evidence []Evidence
	// Contract, Function and Args say what was decoded; empty when nothing was. For
	// typed data Function is the message's type.
	Contract string
	Function string
	Args     map[string]any
	// Inside are the calls that a wrapper makes, in order.
	Inside []DecodedCall
	// Words says what was asked for, for people: a line per call, inside ones further
	// in. Unit is what a plain transfer is counted in, where the book knows it.
	Words []string
	Unit  countersign.Unit
	// Pins are the code pins of all contracts in what was asked. Whoever acts on the
	// decision compares them with the network's chain first.
	Pins []codepin.Pin
	// At is the time that the rules were told.
	At time.Time
	// Took is how long the rules ran.
	Took time.Duration
}

// About is how records name the book.
func (b *Book) About() About { return About{b.Name, b.Version, b.Digest()} }

// Books is the book itself.
func (b *Book) Books() []*Book { return []*Book{b} }

// DecideAt runs the book at a desk.
//
// The rule gets a copy of everything that it could write to, and what was decoded
// is put down before it runs, so that the result says what was asked and not what
// a rule made of it.
func (b *Book) DecideAt(ctx context.Context, a countersign.Approval, desk *services.Desk) Result {
	r := &Request{Desk: desk, Approval: a.Clone(), Now: desk.Now(), book: b}
	rule, d := b.find(r)
	res := r.result()
	res.Books, res.Rules = []string{b.Name}, r.ruleNames()
	if rule != nil {
		res.Pins, d = r.pins()
	}
	if rule != nil && d.Verdict == "" {
		start := time.Now()
		d = run(ctx, rule, r)
		res.Took = time.Since(start)
	}
	res.Decision = sound(d)
	return res
}

// find is the way to a rule: what is asked, is it listed, can it be read, is
// there a rule. It fills r and returns nil with an abstention otherwise.
func (b *Book) find(r *Request) (Rule, Decision) {
	act := r.Approval.Activity
	switch {
	case act.Unreadable != "":
		return nil, Abstain(countersign.UnreadableActivity, "%s request of kind %q is not read: %.300s", act.Kind, act.Request, act.Unreadable)
	case asked(act) > 1:
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

// asked is how many things an activity asks for.
func asked(act countersign.Activity) (n int) {
	for _, is := range []bool{act.Transfer != nil, act.Call != nil, len(act.Operations) > 0, act.TypedData != nil} {
		if is {
			n++
		}
	}
	return n
}

func (b *Book) findTransfer(r *Request, t countersign.Transfer) (Rule, Decision) {
	i := slices.IndexFunc(b.Transfers, func(a Asset) bool { return a.Is(r.Network(), t.Kind, t.Asset) })
	if i < 0 || b.Transfers[i].Rule == nil {
		return nil, Abstain(countersign.UnknownAsset, "no rule for %s %s on %s", t.Kind, t.Asset, r.Network())
	}
	r.Transfer = &t
	return b.Transfers[i].Rule, Decision{}
}

// run calls the rule in a goroutine of its own, so that one that hangs is left
// behind. What a rule counted before it panicked or ran out of time still counts,
// should people approve.
func run(ctx context.Context, rule Rule, r *Request) Decision {
	done := make(chan Decision, 1)
	go func() {
		d := Abstain(countersign.RulePanic, "the rule ended its goroutine without an answer")
		defer func() {
			if p := recover(); p != nil {
				debug.PrintStack()
				d = Abstain(countersign.RulePanic, "the rule panicked: %.300s", fmt.Sprint(p))
			}
			done <- d
		}()
		d = r.screened(ctx, sound(rule(ctx, r)))
	}()
	select {
	case d := <-done:
		if ctx.Err() != nil { // too late is too late, even by a moment
			return timedOut(ctx)
		}
		return d
	case <-ctx.Done():
		return timedOut(ctx)
	}
}

func timedOut(ctx context.Context) Decision {
	return Abstain(countersign.RuleTimeout, "the rule did not finish: %s", context.Cause(ctx))
}

// result says what was decoded; the decision is still to come.
func (r *Request) result() (res Result) {
	res.Words, res.Unit = r.inWords()
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
