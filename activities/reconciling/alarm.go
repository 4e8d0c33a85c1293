package reconciling

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"countersign"
	"countersign/activities/lineage"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/complete"
)

// AlarmUnopenedInput says which wallet's books do not begin, since when, and why.
type AlarmUnopenedInput struct {
	Wallet countersign.Wallet `json:"wallet"`
	Since  time.Time          `json:"since"`
	Why    string             `json:"why"`
}

// AlarmUnopened raises an alarm about a wallet whose books have not begun after long.
func (r *Reconciliation) AlarmUnopened(ctx context.Context, in AlarmUnopenedInput) error {
	return wire.Error(r.unopened(ctx, in.Wallet, fmt.Sprintf("since %s: %.500s", in.Since.UTC().Format(time.RFC3339), in.Why), &Found{}))
}

// unopened raises it.
func (r *Reconciliation) unopened(ctx context.Context, w countersign.Wallet, why string, found *Found) error {
	return r.alarm(ctx, complete.Unopened, thing(w.Network)+"/"+thing(w.ID), audit.Alarm{
		What: fmt.Sprintf("the books of wallet %s on %s do not begin: %s", w.ID, w.Network, why),
	}, w, found)
}

// unreadable raises the alarm of what the custodian tells and nobody can read.
func (r *Reconciliation) unreadable(ctx context.Context, odd *countersign.UnreadableError, found *Found) error {
	body := audit.Alarm{What: fmt.Sprintf("the custodian's %.140s cannot be read, and so nobody knows whether it has what it should: look at it there (%.300s)", odd.Name(), odd.Err)}
	if odd.Kind == "approval" {
		body.ApprovalID = odd.ID
	}
	return r.alarm(ctx, complete.Unreadable, odd.Name(), body, odd.Raw, found)
}

// alarm raises one about a thing, once; read is what was read of it.
func (r *Reconciliation) alarm(ctx context.Context, code audit.AlarmCode, about string, body audit.Alarm, read any, found *Found) error {
	evidence, err := json.Marshal(read)
	if err != nil {
		return err
	}
	key := complete.AlarmKey(code, about)
	thread, err := r.thread(ctx, body, key)
	if err != nil {
		return err
	}
	body.Code, body.Evidence, body.Workflow = code, hexSum(evidence), wire.Here(ctx)
	// The record that stands, if there is one, stands.
	if _, err := r.Trail.Append(ctx, audit.Draft{Key: key, Type: audit.AlarmRaised, Lineage: thread, Evidence: [][]byte{evidence}, Body: body, Retold: true}); err != nil {
		return fmt.Errorf("raise %s: %w", key, err)
	}
	name(&found.Alarms, key)
	return nil
}

// thread is where people look for it: with the case where there is one.
func (r *Reconciliation) thread(ctx context.Context, a audit.Alarm, key string) (string, error) {
	switch {
	case a.SettlementID != "":
		t, err := lineage.OfSettlement(ctx, r.Trail, a.SettlementID)
		return t.Lineage, err
	case a.ApprovalID != "":
		approval, err := r.Custodian.Approval(ctx, a.ApprovalID)
		if err != nil { // one that cannot be read is its own
			approval = countersign.Approval{ID: a.ApprovalID}
		}
		return lineage.OfApproval(ctx, r.Trail, "", approval)
	}
	return key, nil
}

// thing names a thing in a key: by its own name where that is an ID, else by its SHA-256.
func thing(name string) string {
	if countersign.CheckID(name) == nil {
		return name
	}
	return "sha256-" + hexSum([]byte(name))
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
