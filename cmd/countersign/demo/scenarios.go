package demo

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/http"

	"countersign"
	"countersign/cmd/countersign/stack"
	"countersign/custody/dfns"
)

// A Scenario asks for something and checks how it ends.
type Scenario struct {
	// Name says what is asked for, Expect how it must end.
	Name, Expect string
	// Run returns a line about what happened, or why it is not as expected.
	Run func(ctx context.Context, w *World) (string, error)
}

// Scenarios returns them in order. They share one budget of 20,000 TUSD, so the
// order is part of them.
func Scenarios() []Scenario {
	return []Scenario{
		{"mint 1,000 TUSD to a listed recipient", "approved, executed, confirmed on chain", mintWithinPolicy},
		{"mint to a deny-listed recipient", "denied", mintToDenied},
		{"mint 6,000 TUSD, over the cap of 5,000", "abstained, then a person's signed vote resolves it", mintOverCap},
		{"call pause(), which the book does not know", "abstained: unknown_function", unknownFunction},
		{"call a contract that the book does not know", "abstained: unknown_contract", unknownContract},
		{"mint with one byte after the arguments", "abstained: malformed_call_data", trailingBytes},
		{"three mints of 5,000 at once, 13,000 left of the day", "exactly two approved", threeAtOnce},
		{"the same webhook delivered five times", "one decision", sameWebhook},
		{"an approval whose webhook never comes", "found and decided all the same", noWebhook},
		{"the maker's own account tries to approve", "refused by the platform", selfApproval},
	}
}

func mintWithinPolicy(ctx context.Context, w *World) (string, error) {
	before, err := w.balance(ctx, stack.Recipient)
	if err != nil {
		return "", err
	}
	r, err := w.submit(ctx, w.Stack.Platform.Token, mintTo(stack.Recipient, units(1000)))
	if err != nil {
		return "", err
	}
	return r.Approval, w.approved(ctx, r, stack.Recipient, before, units(1000))
}

func mintToDenied(ctx context.Context, w *World) (string, error) {
	r, err := w.submit(ctx, w.Stack.Platform.Token, mintTo(stack.Denied, units(10)))
	if err != nil {
		return "", err
	}
	if err := w.said(ctx, r, countersign.Reject, countersign.DenyListed); err != nil {
		return "", err
	}
	tx, err := w.transaction(ctx, r)
	if err != nil {
		return "", err
	}
	end, err := w.outcome(ctx, r)
	if err != nil {
		return "", err
	}
	balance, err := w.balance(ctx, stack.Denied)
	if err != nil {
		return "", err
	}
	if tx.Status != "Rejected" || end.Outcome.Status != countersign.StatusDenied || balance.Sign() != 0 {
		return "", fmt.Errorf("transaction %s, outcome %s, balance %s; want Rejected, denied, 0", tx.Status, end.Outcome.Status, balance)
	}
	return r.Approval, w.Once(ctx, r)
}

func mintOverCap(ctx context.Context, w *World) (string, error) {
	before, err := w.balance(ctx, stack.Recipient)
	if err != nil {
		return "", err
	}
	r, err := w.submit(ctx, w.Stack.Platform.Token, mintTo(stack.Recipient, units(6000)))
	if err != nil {
		return "", err
	}
	if err := w.abstained(ctx, r, countersign.OverCap); err != nil {
		return "", err
	}
	if _, _, err := w.alice.Decide(ctx, r.Approval, dfns.ValueApproved, "checked by phone"); err != nil {
		return "", fmt.Errorf("alice's vote: %w", err)
	}
	if err := w.moved(ctx, r, stack.Recipient, before, units(6000)); err != nil {
		return "", err
	}
	end, err := w.outcome(ctx, r)
	if err != nil {
		return "", err
	}
	if !end.Escalated || end.Overruled {
		return "", fmt.Errorf("escalated %t, overruled %t; want an escalation that people decided", end.Escalated, end.Overruled)
	}
	return r.Approval + ", approved by alice", nil
}

func unknownFunction(ctx context.Context, w *World) (string, error) {
	data, err := tokenABI.Pack("pause")
	if err != nil {
		return "", err
	}
	return w.leftToPeople(ctx, w.Stack.Platform.Token, data, countersign.UnknownFunction)
}

func unknownContract(ctx context.Context, w *World) (string, error) {
	return w.leftToPeople(ctx, "0x2222222222222222222222222222222222222222", mintTo(stack.Recipient, units(10)), countersign.UnknownContract)
}

func trailingBytes(ctx context.Context, w *World) (string, error) {
	return w.leftToPeople(ctx, w.Stack.Platform.Token, append(mintTo(stack.Recipient, units(10)), 0), countersign.MalformedCallData)
}

func (w *World) leftToPeople(ctx context.Context, to string, data []byte, code countersign.ReasonCode) (string, error) {
	r, err := w.submit(ctx, to, data)
	if err != nil {
		return "", err
	}
	return r.Approval, w.abstained(ctx, r, code)
}

// threeAtOnce spends what is left: 1,000 and 6,000 of 20,000 are taken, so two of
// three mints of 5,000 fit, whichever come first.
func threeAtOnce(ctx context.Context, w *World) (string, error) {
	before, err := w.balance(ctx, stack.Recipient)
	if err != nil {
		return "", err
	}
	type answer struct {
		r   Request
		err error
	}
	answers := make(chan answer, 3)
	for range 3 {
		go func() {
			r, err := w.submit(ctx, w.Stack.Platform.Token, mintTo(stack.Recipient, units(5000)))
			answers <- answer{r, err}
		}()
	}
	var yes []Request
	for range 3 {
		a := <-answers
		if a.err != nil {
			return "", a.err
		}
		in, err := w.decision(ctx, a.r)
		if err != nil {
			return "", err
		}
		if in.Decision.Verdict == countersign.Approve {
			yes = append(yes, a.r)
		} else if err := w.abstained(ctx, a.r, countersign.OverBudget); err != nil {
			return "", err
		}
	}
	if len(yes) != 2 {
		return "", fmt.Errorf("%d of three were approved, want exactly two", len(yes))
	}
	for _, r := range yes { // both have ended before the balance is compared
		if _, err := w.transaction(ctx, r); err != nil {
			return "", err
		}
	}
	for _, r := range yes {
		if err := w.moved(ctx, r, stack.Recipient, before, new(big.Int).Mul(units(5000), big.NewInt(2))); err != nil {
			return "", err
		}
	}
	return "two approved, one left to people", nil
}

func selfApproval(ctx context.Context, w *World) (string, error) {
	r, err := w.submit(ctx, "0x2222222222222222222222222222222222222222", mintTo(stack.Recipient, units(10)))
	if err != nil {
		return "", err
	}
	if err := w.abstained(ctx, r, countersign.UnknownContract); err != nil {
		return "", err
	}
	_, _, err = w.maker.Decide(ctx, r.Approval, dfns.ValueApproved, "trust me")
	var answer *dfns.Error
	if !errors.As(err, &answer) || answer.Status != http.StatusForbidden {
		return "", fmt.Errorf("the platform's answer is %v, want 403", err)
	}
	// Still open and without a vote: nothing of it was taken.
	return "403: " + answer.Message, w.abstained(ctx, r, countersign.UnknownContract)
}
