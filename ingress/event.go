package ingress

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign"
	"countersign/strictjson"
)

// The [countersign.Event] sources of what is received here: the custodian, and our own
// watchers, each at its own path and by its own secrets.
const (
	Source    = "dfns"
	OwnSource = "countersign"
)

// ErrNotEvent means that a body is not an event: not strict JSON, or without an
// ID, a kind or a time of sending that can be used.
var ErrNotEvent = errors.New("not an event")

// plurals are the first words that the custodian's announcement and some of its
// guides spell in the plural, "wallets.transfer.confirmed", with what its API
// says (dfns.md §3.5, §9).
var plurals = map[string]string{
	"wallets": "wallet", "policies": "policy", "keys": "key",
	"vaults": "vault", "swaps": "swap", "payouts": "payout", "webhooks": "webhook",
}

// ParseEvent reads the envelope of a delivery (dfns.md §3.2). Unknown members are
// left alone. Keys count exactly as documented: "ID" is not "id".
//
// An event whose subject is missing, or no ID, has an empty subject and is an
// event all the same; so has one whose date cannot be read a zero date.
// Everything that must stand in a name is checked with [countersign.CheckID].
func ParseEvent(body []byte) (countersign.Event, error) {
	if err := strictjson.Check(body); err != nil {
		return countersign.Event{}, fmt.Errorf("%w: %w", ErrNotEvent, err)
	}
	m := members(body)
	sum := sha256.Sum256(body)
	e := countersign.Event{
		ID:         text(m["id"]),
		RetryOf:    text(m["retryOf"]),
		DeliveryID: text(m["deliveryId"]),
		Source:     Source,
		Kind:       singular(text(m["kind"])),
		Date:       date(m["date"]),
		Attempt:    attempt(m["deliveryAttempt"]),
		Digest:     hex.EncodeToString(sum[:]),
	}
	var sent int64
	if err := json.Unmarshal(m["timestampSent"], &sent); err != nil || sent <= 0 {
		return countersign.Event{}, fmt.Errorf("%w: timestampSent is not a number of seconds since 1970", ErrNotEvent)
	}
	e.SentAt = time.Unix(sent, 0).UTC()
	if err := named(e); err != nil {
		return countersign.Event{}, err
	}
	e.Subject = find(routes[e.Kind].Subject, m["data"])
	e.WalletID = find(routes[e.Kind].Wallet, m["data"])
	e.ExternalID = find(routes[e.Kind].External, m["data"])
	return e, nil
}

// named checks what will stand in workflow IDs, keys and search attributes.
func named(e countersign.Event) error {
	for _, f := range []struct{ name, value string }{
		{"id", e.ID}, {"kind", string(e.Kind)}, {"retryOf", e.RetryOf}, {"deliveryId", e.DeliveryID},
	} {
		if f.value == "" && (f.name == "retryOf" || f.name == "deliveryId") {
			continue
		}
		if err := countersign.CheckID(f.value); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrNotEvent, f.name, err)
		}
	}
	return nil
}

// singular gives a kind its one spelling.
func singular(kind string) countersign.EventKind {
	first, rest, _ := strings.Cut(kind, ".")
	if one, ok := plurals[first]; ok && rest != "" {
		kind = one + "." + rest
	}
	return countersign.EventKind(kind)
}

// find looks where a route says that an ID is; the first place that holds one wins.
func find(places []string, data json.RawMessage) string {
	for _, place := range places {
		var parts []string
		for part := range strings.SplitSeq(place, "+") {
			at := data
			for step := range strings.SplitSeq(part, ".") {
				at = members(at)[step]
			}
			if id := text(at); countersign.CheckID(id) == nil {
				parts = append(parts, id)
			}
		}
		if id := strings.Join(parts, ":"); len(parts) == 1+strings.Count(place, "+") && countersign.CheckID(id) == nil {
			return id
		}
	}
	return ""
}

// members returns the members of an object, and none of anything else.
func members(raw json.RawMessage) (m map[string]json.RawMessage) {
	_ = json.Unmarshal(raw, &m)
	return m
}

// text returns the text of a string, and "" of anything else.
func text(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s)
	return s
}

func date(raw json.RawMessage) time.Time {
	t, err := time.Parse(time.RFC3339, text(raw))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// attempt counts from 1, also where the sender does not.
func attempt(raw json.RawMessage) (n int) {
	_ = json.Unmarshal(raw, &n)
	return max(n, 1)
}

// clip keeps hostile input from filling a log line.
func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}
