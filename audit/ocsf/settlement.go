package ocsf

import (
	"fmt"
	"strings"

	"countersign/audit"
	"countersign/audit/booked"
)

// fillSettlement is for all records about one settlement: what they say is in members of the
// same names.
func fillSettlement(ev *event, e audit.Entry) error {
	var s struct {
		SettlementID string   `json:"settlement_id"`
		WalletID     string   `json:"wallet_id"`
		Network      string   `json:"network"`
		RequestID    string   `json:"request_id"`
		State        string   `json:"state"`
		Issue        string   `json:"issue"`
		Reason       string   `json:"reason"`
		Now          string   `json:"now"`
		By           string   `json:"by"`
		Differs      []string `json:"differs"`
	}
	if err := e.Decode(&s); err != nil {
		return err
	}
	id := either(s.SettlementID, "unknown")
	detail := either(either(s.Reason, s.Now), strings.Join(s.Differs, "; "))
	switch e.Record.Type {
	case booked.SettlementEscalated:
		ev.findingOf(e, medium, "settlement "+either(s.Issue, "escalated"), either(detail, "no reason given"))
	case booked.SettlementReversed:
		ev.findingOf(e, high, "settlement reversed", either(detail, "no reason given"))
	}
	if s.By != "" {
		ev.person(s.By)
	}
	ev.resource("settlement", id, target)
	ev.resource("wallet", s.WalletID, related)
	ev.resource("network", s.Network, related)
	ev.resource("request", s.RequestID, related)
	ev.StatusDetail = detail
	_, word, _ := strings.Cut(string(e.Record.Type), ".")
	ev.Message = strings.TrimSpace(fmt.Sprintf("settlement %s %s %s", id, word, either(s.State, s.Issue)))
	return nil
}

func fillBatch(ev *event, e audit.Entry) error {
	var b booked.BatchEnd
	if err := e.Decode(&b); err != nil {
		return err
	}
	id := either(b.BatchID, "unknown")
	if b.End == "partial" {
		ev.findingOf(e, high, "batch partly settled", "legs of batch "+id+" have settled that should not have: people must see to them")
	}
	ev.resource("batch", id, target)
	for _, leg := range b.Legs {
		ev.resource("settlement", leg.SettlementID, related)
	}
	ev.Message = strings.TrimSpace(fmt.Sprintf("batch %s of %d settlements %s", id, len(b.Legs), b.End))
	return nil
}
