package ocsf

import (
	"fmt"
	"time"

	"countersign/audit"
	"countersign/audit/booked"
	"countersign/audit/complete"
)

func fillOpening(ev *event, e audit.Entry) error {
	var o booked.Opening
	if err := e.Decode(&o); err != nil {
		return err
	}
	ev.resource("wallet", o.WalletID, target)
	ev.resource("network", o.Network, related)
	ev.Message = fmt.Sprintf("the books of wallet %s on %s begin with %d balances", either(o.WalletID, "unknown"), either(o.Network, "an unknown network"), len(o.Balances))
	return nil
}

func fillDeposit(ev *event, e audit.Entry) error {
	var d struct {
		Network string   `json:"network"`
		TxHash  string   `json:"tx_hash"`
		Wallets []string `json:"wallets"`
		Why     string   `json:"why"`
		Now     string   `json:"now"`
	}
	if err := e.Decode(&d); err != nil {
		return err
	}
	word := "is booked"
	switch e.Record.Type {
	case booked.DepositDoubtful:
		word = "is doubtful: people must look"
		ev.findingOf(e, high, "deposit doubtful", either(d.Why, "no reason given"))
	case booked.DepositVanished:
		word = "has vanished"
		ev.findingOf(e, medium, "deposit vanished", either(d.Why, "no reason given"))
	case booked.DepositReversed:
		word = "was final and has left the chain"
		ev.findingOf(e, high, "deposit reversed", either(d.Now, "no reason given"))
	}
	ev.resource("transaction", d.TxHash, target)
	ev.resource("network", d.Network, related)
	for _, w := range d.Wallets {
		ev.resource("wallet", w, related)
	}
	ev.Message = fmt.Sprintf("transaction %s on %s %s", either(d.TxHash, "unknown"), either(d.Network, "an unknown network"), word)
	return nil
}

func fillCertificate(ev *event, e audit.Entry) error {
	var c complete.Certificate
	if err := e.Decode(&c); err != nil {
		return err
	}
	expected, repaired, missing := 0, 0, 0
	for _, s := range c.Sources {
		ev.resource("source", s.Source, related)
		expected, repaired, missing = expected+s.Expected, repaired+s.Repaired, missing+s.Missing
	}
	ev.Message = fmt.Sprintf("of %d that happened from %s to %s, %d were repaired and %d are missing",
		expected, c.From.UTC().Format(time.RFC3339), c.To.UTC().Format(time.RFC3339), repaired, missing)
	if c.Complete {
		ev.status(1, "Success")
		return nil
	}
	ev.level(high)
	ev.status(2, "Failure")
	return nil
}
