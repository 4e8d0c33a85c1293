// Package request asks DFNS for transfers and transactions, and reads how they stand.
//
// A request has an external ID, and asking twice is asking once: DFNS answers the second time
// with what it has made the first time, as it is by then (dfns.md §5.4). The caller's account
// is the maker's where something is asked for; reading needs rights to read alone.
package request

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"countersign"
	"countersign/custody/dfns"
	"countersign/custody/dfns/activity"
	"countersign/strictjson"
)

// Requests are the transfers and transactions of an organisation.
type Requests struct{ Client *dfns.Client }

// Submit asks for what an instruction says. An error may hide that it was taken: ask again,
// with the same instruction. [countersign.ErrExternalIDReused] means that the external ID
// names something else already, [countersign.ErrInvalid] that DFNS will not take this.
func (r Requests) Submit(ctx context.Context, i countersign.Instruction) (countersign.Request, error) {
	body, kind, err := body(i)
	if err != nil {
		return countersign.Request{}, fmt.Errorf("submit %s: %w", i.ExternalID, err)
	}
	var e dfns.Entity
	if kind == countersign.TransferRequest {
		t, failure := r.Client.CreateTransfer(ctx, i.WalletID, body)
		e, err = t.Entity, failure
	} else {
		t, failure := r.Client.CreateTransaction(ctx, i.WalletID, body)
		e, err = t.Entity, failure
	}
	if err != nil {
		return countersign.Request{}, fmt.Errorf("submit %s: %w", i.ExternalID, refused(err))
	}
	out, err := read(kind, e)
	if err == nil && out.ExternalID != i.ExternalID {
		err = fmt.Errorf("dfns: asked for %s, answered with external ID %.60q", i.ExternalID, out.ExternalID)
	}
	return out, err
}

// refused gives a refusal its meaning.
func refused(err error) error {
	var e *dfns.Error
	switch {
	case errors.As(err, &e) && e.Status == http.StatusConflict:
		return fmt.Errorf("%w: %w", countersign.ErrExternalIDReused, err)
	case errors.As(err, &e) && (e.Status == http.StatusUnprocessableEntity || e.Status == http.StatusNotFound):
		return fmt.Errorf("%w: %w", countersign.ErrInvalid, err)
	}
	return err
}

// Request reads one afresh.
func (r Requests) Request(ctx context.Context, ref countersign.RequestRef) (countersign.Request, error) {
	if err := ref.Check(); err != nil {
		return countersign.Request{}, err
	}
	var e dfns.Entity
	var err error
	if ref.Kind == countersign.TransferRequest {
		t, failure := r.Client.Transfer(ctx, ref.WalletID, ref.ID)
		e, err = t.Entity, failure
	} else {
		t, failure := r.Client.Transaction(ctx, ref.WalletID, ref.ID)
		e, err = t.Entity, failure
	}
	if err != nil {
		return countersign.Request{}, fmt.Errorf("read %s %s: %w", ref.Kind, ref.ID, err)
	}
	out, err := read(ref.Kind, e)
	if err == nil && out.RequestRef != ref {
		err = fmt.Errorf("dfns: asked for %s of wallet %s, answered with %.60q of wallet %.60q", ref.ID, ref.WalletID, out.ID, out.WalletID)
	}
	return out, err
}

// Replaced is the request whose place another has taken, found in the lists of its wallet; it
// fails with [countersign.ErrNotFound] where no request names that one as its replacement.
func (r Requests) Replaced(ctx context.Context, by countersign.RequestRef) (countersign.Request, error) {
	if err := by.Check(); err != nil {
		return countersign.Request{}, err
	}
	for _, kind := range []countersign.RequestKind{countersign.TransferRequest, countersign.TransactionRequest} {
		for raw, err := range r.Client.List(ctx, "/wallets/"+by.WalletID+"/"+string(kind)+"s", nil) {
			if err != nil {
				return countersign.Request{}, fmt.Errorf("list what wallet %s was asked for: %w", by.WalletID, err)
			}
			var e dfns.Entity
			if json.Unmarshal(raw, &e) != nil || e.ReplacementID != by.ID {
				continue // another's request that nobody can read is no reason to fail here
			}
			e.Raw = raw
			return read(kind, e)
		}
	}
	return countersign.Request{}, fmt.Errorf("%w: a request that %s has replaced", countersign.ErrNotFound, by.ID)
}

// read translates an entity.
func read(kind countersign.RequestKind, e dfns.Entity) (out countersign.Request, err error) {
	if err := strictjson.Check(e.Raw); err != nil {
		return out, fmt.Errorf("%s %.60q: %w: %w", kind, e.ID, countersign.ErrUnreadable, err)
	}
	var rest struct {
		Fee       string `json:"fee"`
		Requester struct {
			UserID string `json:"userId"`
		} `json:"requester"`
	}
	if err := json.Unmarshal(e.Raw, &rest); err != nil {
		return out, fmt.Errorf("dfns: %s %.60q: decoding: %w", kind, e.ID, err)
	}
	wrapped, err := json.Marshal(map[string]any{"kind": "Wallets:Sign", string(kind) + "Request": e.Raw})
	if err != nil {
		return out, fmt.Errorf("dfns: %s %.60q: %w", kind, e.ID, err)
	}
	out = countersign.Request{
		RequestRef: countersign.RequestRef{Kind: kind, WalletID: e.WalletID, ID: e.ID},
		Network:    e.Network, ExternalID: e.ExternalID, Status: countersign.RequestStatus(strings.ToLower(e.Status)), Reason: clip(e.Reason),
		TxHash: hash(e.TxHash), ApprovalID: e.ApprovalID, ReplacementID: e.ReplacementID, InitiatorID: rest.Requester.UserID,
		Activity: activity.Read(wrapped), RequestedAt: e.DateRequested.UTC(), BroadcastAt: e.DateBroadcasted.UTC(), ConfirmedAt: e.DateConfirmed.UTC(), Raw: e.Raw,
	}
	// What is paid may be told in words of another network: then it is not known.
	if fee, err := countersign.ParseAmount(rest.Fee); err == nil {
		out.Fee = fee
	}
	if err := out.Check(); err != nil {
		return out, fmt.Errorf("dfns: %w", err)
	}
	return out, nil
}

// hash writes an EVM hash in one way; others are as they are.
func hash(s string) string {
	if len(s) == 66 && strings.HasPrefix(s, "0x") {
		return strings.ToLower(s)
	}
	return s
}

// clip keeps a reason, which the chain or a provider may have worded, short.
func clip(s string) string {
	if r := []rune(strings.ToValidUTF8(s, "?")); len(r) > 300 {
		return string(r[:300])
	}
	return s
}
