// Package org reads how an organisation is governed at DFNS: which policies hold what
// is signed, who approves, who may do what, which wallets there are and who is told.
//
// Each method reads one list, whole, and needs one right of the caller, which its
// comment names. An item that cannot be read makes the whole list unreadable, because
// the answer to "does any policy let this pass" is worth nothing with one left out. A
// part that we do not know is never taken for "no restriction": see [Filters] and
// [Approvers].
package org

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"countersign"
	"countersign/custody/dfns"
	"countersign/strictjson"
)

// Org is an organisation as the owner of the client's token may see it.
type Org struct {
	Client *dfns.Client
}

// Policies reads the active policies. It needs Policies:Read.
func (o Org) Policies(ctx context.Context) ([]Policy, error) {
	return all[Policy](ctx, o.Client, "/v2/policies", url.Values{"status": {Active}})
}

// Wallets reads all wallets, archived ones too. It needs Wallets:Read.
func (o Org) Wallets(ctx context.Context) ([]Wallet, error) {
	return all[Wallet](ctx, o.Client, "/wallets", nil)
}

// ServiceAccounts reads all service accounts. It needs Auth:ServiceAccounts:Read.
func (o Org) ServiceAccounts(ctx context.Context) ([]ServiceAccount, error) {
	return all[ServiceAccount](ctx, o.Client, "/auth/service-accounts", nil)
}

// ServiceAccount reads one by its user ID. It needs Auth:ServiceAccounts:Read.
func (o Org) ServiceAccount(ctx context.Context, id string) (ServiceAccount, error) {
	if err := countersign.CheckID(id); err != nil {
		return ServiceAccount{}, fmt.Errorf("service account: %w", err)
	}
	var raw json.RawMessage
	if err := o.Client.Do(ctx, http.MethodGet, "/auth/service-accounts/"+url.PathEscape(id), nil, &raw); err != nil {
		return ServiceAccount{}, err
	}
	var a ServiceAccount
	if err := strictjson.Unmarshal(raw, &a); err != nil {
		return ServiceAccount{}, fmt.Errorf("dfns: service account %s: %w", id, err)
	}
	if a.User.ID != id {
		return ServiceAccount{}, fmt.Errorf("dfns: asked for service account %s, was answered with %.64q", id, a.User.ID)
	}
	return a, nil
}

// Permissions reads all permissions, which the dashboard calls roles. It needs
// Permissions:Read.
func (o Org) Permissions(ctx context.Context) ([]Permission, error) {
	return all[Permission](ctx, o.Client, "/permissions", nil)
}

// Webhooks reads all webhooks. It needs Webhooks:Read.
func (o Org) Webhooks(ctx context.Context) ([]Webhook, error) {
	return all[Webhook](ctx, o.Client, "/webhooks", nil)
}

// all reads a list to its end.
func all[T any](ctx context.Context, c *dfns.Client, path string, query url.Values) (items []T, err error) {
	for raw, err := range c.List(ctx, path, query) {
		if err != nil {
			return nil, err
		}
		var item T
		if err := strictjson.Unmarshal(raw, &item); err != nil {
			return nil, fmt.Errorf("dfns: GET %s: item %d: %w", path, len(items), err)
		}
		items = append(items, item)
	}
	return items, nil
}
