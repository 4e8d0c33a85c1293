package countersign

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// An EventKind names what happened, in the custodian's own word, singular:
// "policy.approval.pending", "wallet.transfer.confirmed".
type EventKind string

// The kinds that this package reads itself. Every other kind is routed by the
// table in package ingress.
const (
	ApprovalPending  EventKind = "policy.approval.pending"
	ApprovalResolved EventKind = "policy.approval.resolved"
)

// An Event is one delivery of one fact, as told by a signed webhook. It is a
// hint, never evidence: whoever acts on it reads the subject afresh from its
// source first.
//
// The same fact arrives many times. Every attempt has another ID; what its
// attempts share is the chain of RetryOf, and the fact itself (kind, subject and
// date). [Event.Keys] names all of them.
type Event struct {
	// ID is the sender's ID of this delivery. A retry has a new one.
	ID string `json:"id"`
	// RetryOf is the ID of an earlier delivery of the same fact, if any.
	RetryOf string `json:"retry_of,omitempty"`
	// DeliveryID is the same for every attempt, where the sender has such a thing.
	DeliveryID string `json:"delivery_id,omitempty"`
	// Source is who signed the delivery: "dfns".
	Source string `json:"source"`
	// Kind is what happened.
	Kind EventKind `json:"kind"`
	// Subject is the ID of what it happened to: an approval, a transfer, a
	// wallet. Empty when the kind has none that we know.
	Subject string `json:"subject,omitempty"`
	// WalletID is the wallet that it happened to, where the delivery says so.
	WalletID string `json:"wallet_id,omitempty"`
	// ExternalID is the maker's own ID of it, where the delivery says so and it is an ID.
	ExternalID string `json:"external_id,omitempty"`
	// Date is when it happened and SentAt when this delivery was signed, both UTC
	// by the sender's clock.
	Date   time.Time `json:"date"`
	SentAt time.Time `json:"sent_at"`
	// Attempt counts deliveries from 1.
	Attempt int `json:"attempt"`
	// Digest is the lower-case hex SHA-256 of the body as it was signed.
	Digest string `json:"digest"`
	// Secret is the fingerprint of the secret that verified the delivery; empty where the
	// receiver does not tell.
	Secret string `json:"secret,omitempty"`
}

// Root names the fact rather than the delivery: the delivery ID if the sender
// keeps one over retries, else the delivery that this one repeats, else its own
// ID. Senders differ on whether RetryOf is the first or the previous attempt, so
// two roots may still be one fact; [Seen] settles that.
func (e Event) Root() string {
	switch {
	case e.DeliveryID != "":
		return e.DeliveryID
	case e.RetryOf != "":
		return e.RetryOf
	}
	return e.ID
}

// Keys returns every name that this delivery goes by. Two deliveries that share
// one of them tell the same fact.
func (e Event) Keys() []string {
	var keys []string
	if e.ID != "" {
		keys = append(keys, "id:"+e.ID)
	}
	if e.RetryOf != "" {
		keys = append(keys, "id:"+e.RetryOf)
	}
	if e.DeliveryID != "" {
		keys = append(keys, "delivery:"+e.DeliveryID)
	}
	if e.Subject != "" && !e.Date.IsZero() {
		fact := strings.Join([]string{string(e.Kind), e.Subject, e.Date.UTC().Format(time.RFC3339Nano)}, "\n")
		sum := sha256.Sum256([]byte(fact))
		keys = append(keys, "fact:"+hex.EncodeToString(sum[:16]))
	}
	return keys
}

// Seen remembers facts, so that each is heard once however often and in
// whatever order its deliveries arrive. It is plain data and survives in a
// workflow's input when the workflow continues as new.
type Seen map[string]bool

// Add remembers e and reports whether it is news. All of its keys are kept even
// when it is not, so that a chain of retries of which each names only the one
// before stays one fact.
func (s Seen) Add(e Event) bool {
	news := true
	for _, k := range e.Keys() {
		if s[k] {
			news = false
		}
	}
	for _, k := range e.Keys() {
		s[k] = true
	}
	return news
}
