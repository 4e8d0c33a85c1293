package verbs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// The two values of a decision, by DFNS's names.
const (
	Approved = "Approved"
	Denied   = "Denied"
)

// Approval is what is shown of one.
type Approval struct {
	ID          string // ap-…
	Status      string // Pending, Approved, Denied or Expired
	InitiatorID string
	Activity    struct {
		Kind               string // such as Wallets:Sign
		TransferRequest    *request
		TransactionRequest *request
		SignatureRequest   *request
	}
	Decisions []decision

	Raw json.RawMessage `json:"-"` // as the sandbox gave it
}

// request is what an approval is about, when a wallet is to sign.
type request struct {
	ID          string
	RequestBody struct {
		Kind, To, Amount, TokenID, Contract string
		Transaction                         json.RawMessage // in hex, or an object
	}
}

type decision struct{ UserID, Value string }

// UnmarshalJSON keeps the text beside what is read of it.
func (a *Approval) UnmarshalJSON(text []byte) error {
	type plain Approval
	err := json.Unmarshal(text, (*plain)(a))
	a.Raw = slices.Clone(text)
	return err
}

// String is a line for a person: what waits, what it would do, and who asked for it.
func (a Approval) String() string {
	words := []string{a.ID, a.Activity.Kind}
	for _, r := range []*request{a.Activity.TransferRequest, a.Activity.TransactionRequest, a.Activity.SignatureRequest} {
		if r == nil {
			continue
		}
		words = append(words, r.ID, r.RequestBody.Kind)
		for _, part := range []struct{ name, value string }{
			{"amount", r.RequestBody.Amount}, {"token", r.RequestBody.TokenID}, {"of", r.RequestBody.Contract}, {"to", r.RequestBody.To},
			{"transaction", string(r.RequestBody.Transaction)},
		} {
			if part.value != "" {
				words = append(words, part.name, part.value)
			}
		}
	}
	return strings.Join(append(words, "asked by", a.InitiatorID), " ")
}

// Inbox returns the pending approvals in which the person has a say and has not voted yet, oldest
// first. Those that the person asked for are among them, since the initiator may deny.
func (p Person) Inbox(ctx context.Context) ([]Approval, error) {
	found, err := all[Approval](ctx, p, "/v2/policy-approvals", url.Values{"status": {"Pending"}, "approverId": {p.UserID}})
	return slices.DeleteFunc(found, func(a Approval) bool {
		return slices.ContainsFunc(a.Decisions, func(d decision) bool { return d.UserID == p.UserID })
	}), err
}

// A ChoiceError means that no approval was named where the person has none, or several, to decide.
type ChoiceError struct {
	Person string
	Among  []Approval
}

func (e *ChoiceError) Error() string {
	if len(e.Among) == 0 {
		return fmt.Sprintf("no pending approval that %s may decide and has not; name one by its ID, or look at `sandbox human list`", e.Person)
	}
	return fmt.Sprintf("%d approvals wait for %s; name one by its ID", len(e.Among), e.Person)
}

// Choose returns the ID of the one approval that the person can decide by value, else a
// [ChoiceError]. What the person asked for is not chosen for an approval, which initiators seldom
// may give; it can be named.
func (p Person) Choose(ctx context.Context, value string) (string, error) {
	open, err := p.Inbox(ctx)
	if err != nil {
		return "", err
	}
	if value == Approved {
		open = slices.DeleteFunc(open, func(a Approval) bool { return a.InitiatorID == p.UserID })
	}
	if len(open) != 1 {
		return "", &ChoiceError{p.Name, open}
	}
	return open[0].ID, nil
}

// Decide votes, [Approved] or [Denied], and returns the approval after it. An empty reason is none.
func (p Person) Decide(ctx context.Context, id, value, reason string) (Approval, error) {
	if !strings.HasPrefix(id, "ap-") || strings.ContainsAny(id, "/?#%") {
		return Approval{}, fmt.Errorf("approval ID %q is none; it begins with ap-, `sandbox human list` shows them", id)
	}
	in := map[string]string{"value": value}
	if reason != "" {
		in["reason"] = reason
	}
	var after Approval
	err := p.call(ctx, http.MethodPost, "/v2/policy-approvals/"+id+"/decisions", in, &after)
	return after, err
}
