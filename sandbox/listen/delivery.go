package listen

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// What a signature is found to be.
const (
	Valid   = "valid"
	Wrong   = "wrong"
	Missing = "missing" // there is no header
)

// Delivery is one that came, as it is shown. Of a body that is no event, ID, Kind and Entity are "".
type Delivery struct {
	Received        time.Time       `json:"received"`
	ID              string          `json:"id"`   // whe-…
	Kind            string          `json:"kind"` // such as wallet.transfer.confirmed
	Entity          string          `json:"entity"`
	Attempt         int             `json:"attempt"` // from 1
	RetryOf         string          `json:"retryOf,omitempty"`
	Signature       string          `json:"signature"` // Valid, Wrong or Missing
	SignatureHeader string          `json:"signatureHeader,omitempty"`
	Forwarded       *Forwarded      `json:"forwarded,omitempty"`
	Answered        int             `json:"answered"` // the status that the platform got
	Body            json.RawMessage `json:"body"`     // as it came; of one that is no JSON, a string
}

// Forwarded says how passing on went.
type Forwarded struct {
	URL    string `json:"url"`
	Status int    `json:"status,omitempty"` // 0 when there was no answer
	Error  string `json:"error,omitempty"`  // why there was none
}

// answer is the status for the platform. No answer becomes one that has it try again, and so does a
// status that would end no exchange.
func (f Forwarded) answer() int {
	if f.Status < http.StatusOK {
		return http.StatusBadGateway
	}
	return f.Status
}

// newDelivery reads what it can of a body.
func newDelivery(body []byte, now time.Time) Delivery {
	d := Delivery{Received: now.UTC(), Body: body}
	var event struct {
		ID, Kind, RetryOf string
		DeliveryAttempt   int
		Data              map[string]json.RawMessage
	}
	if !json.Valid(body) {
		d.Body, _ = json.Marshal(string(body)) // a string always encodes
		return d
	}
	if json.Unmarshal(body, &event) != nil {
		return d
	}
	d.ID, d.Kind, d.RetryOf, d.Attempt = event.ID, event.Kind, event.RetryOf, event.DeliveryAttempt
	d.Entity = entity(event.Data)
	return d
}

// entity is the ID of what the event is about: that of a member of its data, the wallet last, since it
// stands beside what happened to it. A member without an ID is known by its wallet's, and where all
// members are plain, the first that is an ID is taken.
func entity(data map[string]json.RawMessage) string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(data)), func(name string) bool { return name == "wallet" })
	for _, name := range append(names, "wallet") {
		var member struct{ ID, WalletID string }
		if json.Unmarshal(data[name], &member) == nil {
			return cmp.Or(member.ID, member.WalletID)
		}
	}
	for _, name := range names {
		var id string
		if strings.HasSuffix(name, "Id") && json.Unmarshal(data[name], &id) == nil {
			return id
		}
	}
	return ""
}

// String is a line for a person.
func (d Delivery) String() string {
	words := []string{d.Received.Format(time.TimeOnly), said(d.Kind), said(d.ID), said(d.Entity), "signature valid"}
	if d.Signature != Valid {
		words[len(words)-1] = "SIGNATURE " + strings.ToUpper(d.Signature)
	}
	line := strings.Join(words, " ")
	if d.Attempt > 1 {
		line += fmt.Sprintf(", attempt %d after %s", d.Attempt, said(d.RetryOf))
	}
	switch f := d.Forwarded; {
	case f == nil:
	case f.Error != "":
		line += fmt.Sprintf(", not forwarded, answered %d: %s", d.Answered, f.Error)
	default:
		line += fmt.Sprintf(", forwarded, answered %d", d.Answered)
	}
	return line
}

// said is what is shown of a value that may be missing.
func said(text string) string { return cmp.Or(text, "-") }
