package verbs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// policyName is that of the policies that [Person.Guard] makes.
const policyName = "sandbox trigger"

// Entity is a transfer or transaction as it was answered.
type Entity struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	ApprovalID string `json:"approvalId,omitempty"` // absent when nothing holds it up
	Reason     string `json:"reason,omitempty"`

	Raw json.RawMessage `json:"-"` // as the sandbox gave it
}

// UnmarshalJSON keeps the text beside what is read of it.
func (e *Entity) UnmarshalJSON(text []byte) error {
	type plain Entity
	err := json.Unmarshal(text, (*plain)(e))
	e.Raw = slices.Clone(text)
	return err
}

// Transaction is the body of one of kind Evm. Value is in wei, decimal or hexadecimal.
type Transaction struct {
	Kind  string `json:"kind"`
	To    string `json:"to"`
	Data  string `json:"data,omitempty"`
	Value string `json:"value,omitempty"`
}

// Transfer is the body of one, of the native asset or, with a contract, of an ERC-20 token.
// Amount is a decimal number of the asset's smallest units.
type Transfer struct {
	Kind     string `json:"kind"`
	Contract string `json:"contract,omitempty"`
	To       string `json:"to"`
	Amount   string `json:"amount"`
}

// Transact asks for a transaction of the wallet.
func (p Person) Transact(ctx context.Context, wallet string, in Transaction) (Entity, error) {
	in.Kind = "Evm"
	var e Entity
	err := p.call(ctx, http.MethodPost, "/wallets/"+url.PathEscape(wallet)+"/transactions", in, &e)
	return e, err
}

// Transfer asks for a transfer of the wallet.
func (p Person) Transfer(ctx context.Context, wallet string, in Transfer) (Entity, error) {
	in.Kind = "Native"
	if in.Contract != "" {
		in.Kind = "Erc20"
	}
	var e Entity
	err := p.call(ctx, http.MethodPost, "/wallets/"+url.PathEscape(wallet)+"/transfers", in, &e)
	return e, err
}

// policy is what is read of one.
type policy struct {
	ID, ActivityKind string
	Rule, Action     struct{ Kind string }
	Filters          struct {
		WalletID   *struct{ In []string }
		WalletTags *struct{ HasAny, HasAll []string }
	}
}

// Guard makes sure that whatever the wallet is asked to sign needs an approval, and returns the ID
// of the policy that it made for that, or "" when one did so already. Policies with rules that
// look at the activity are not counted on, since only the platform can tell when they trigger.
func (p Person) Guard(ctx context.Context, wallet string) (string, error) {
	var w struct{ Tags []string }
	if err := p.get(ctx, "/wallets/"+url.PathEscape(wallet), &w); err != nil {
		return "", fmt.Errorf("--wallet %q: %w", wallet, err)
	}
	policies, err := all[policy](ctx, p, "/v2/policies", url.Values{"status": {"Active"}})
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(policies, func(one policy) bool { return one.asks(wallet, w.Tags) }) {
		return "", nil
	}
	var made policy
	err = p.call(ctx, http.MethodPost, "/v2/policies", map[string]any{
		"name": policyName, "activityKind": "Wallets:Sign", "rule": map[string]any{"kind": "AlwaysTrigger"},
		"action": map[string]any{"kind": "RequestApproval", "approvalGroups": []any{
			map[string]any{"name": "anyone", "quorum": 1, "approvers": map[string]any{}}}},
		"filters": map[string]any{"walletId": map[string]any{"in": []string{wallet}}},
	}, &made)
	return made.ID, err
}

// asks tells whether the policy has everything that the wallet signs approved.
func (p policy) asks(wallet string, tags []string) bool {
	if p.ActivityKind != "Wallets:Sign" || p.Rule.Kind != "AlwaysTrigger" || p.Action.Kind != "RequestApproval" {
		return false
	}
	has := func(tag string) bool { return slices.Contains(tags, tag) }
	if f := p.Filters.WalletID; f != nil && !slices.Contains(f.In, wallet) {
		return false
	}
	f := p.Filters.WalletTags
	return f == nil || (f.HasAny == nil || slices.ContainsFunc(f.HasAny, has)) &&
		!slices.ContainsFunc(f.HasAll, func(tag string) bool { return !has(tag) })
}
