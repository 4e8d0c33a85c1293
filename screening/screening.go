package screening

import (
	"context"
	"time"
)

// A Verdict is what is known of an address. The texts are wire format. Any text that
// is not one of these counts as [Unknown].
type Verdict string

// The verdicts of a report, the worst first.
const (
	// Hit is an address that a source knows as sanctioned, or as too risky.
	Hit Verdict = "hit"
	// Unknown is an address of which nobody can say that it is clear.
	Unknown Verdict = "unknown"
	// Review is an address that people should look at.
	Review Verdict = "review"
	// Clear is an address that every source was asked about and none objects to.
	Clear Verdict = "clear"
)

// NotCovered is the verdict of a finding, never of a report: the source was asked, and
// addresses of this kind are not its business. It clears nothing; it only leaves the
// query to the other sources.
const NotCovered Verdict = "not_covered"

// A Query is an address to screen and what is known of its part in a transaction.
type Query struct {
	// Network is the custodian's name of the network, as "Ethereum".
	Network string `json:"network"`
	// Address is the address as the transaction has it; [Canonical] says which forms are
	// read.
	Address string `json:"address"`
	// Asset is the asset that moves. No source of ours asks for it: a ticker on a list is
	// the asset that the authority saw, not a limit of the listing.
	Asset string `json:"asset,omitempty"`
	// Direction is "in" or "out", from our side.
	Direction string `json:"direction,omitempty"`
	// At is when the transaction was asked for.
	At time.Time `json:"at,omitzero"`
}

// A Finding is what one source says of one address.
type Finding struct {
	// Source is the name of the source.
	Source string `json:"source"`
	// ListVersion and ListDigest say which list was read: what it says of itself, and
	// the SHA-256 of its bytes. Empty for sources that are asked over a network.
	ListVersion string `json:"list_version,omitempty"`
	ListDigest  string `json:"list_digest,omitempty"`
	// Entry is the source's own name for what matched.
	Entry string `json:"entry,omitempty"`
	// Category is the kind of risk, in the source's words.
	Category string `json:"category,omitempty"`
	// Network and Address are those of the query, unchanged. A finding answers the
	// queries of which it has both.
	Network string  `json:"network,omitempty"`
	Address string  `json:"address"`
	Verdict Verdict `json:"verdict"`
	// Score is the source's score, in exactly the digits that it gave.
	Score string `json:"score,omitempty"`
	// Checked is when the source was asked.
	Checked time.Time `json:"checked"`
	// Detail is for people: who is listed, or why nothing is known. At most 300
	// characters, on one line.
	Detail string `json:"detail,omitempty"`
}

// A Source knows about addresses. It is asked from several goroutines at once.
type Source interface {
	// Name tells sources apart, in findings and in configuration.
	Name() string
	// Screen answers each query with at least one finding. It may answer some with
	// Unknown and none with an error; an error leaves all of them unknown, but for the
	// hits among the findings beside it.
	Screen(ctx context.Context, queries []Query) ([]Finding, error)
}

// A Report is what all sources say together.
type Report struct {
	// Verdict is never [NotCovered], and never empty.
	Verdict Verdict `json:"verdict"`
	// Findings are in the order of the sources. What was not answered has a finding of
	// its own that says so.
	Findings []Finding `json:"findings"`
}

// A ListInfo describes a list that a source holds.
type ListInfo struct {
	Name string `json:"name"`
	// Kind is the format of the list, as "ofac_csv".
	Kind string `json:"kind"`
	// Version, Digest and Published are empty until the list was read once.
	Version   string    `json:"version"`
	Digest    string    `json:"digest"`
	Published time.Time `json:"published,omitzero"`
	// Entries counts the addresses, Unreadable those of them in a form that no query can
	// have; they match nothing.
	Entries    int `json:"entries"`
	Unreadable int `json:"unreadable"`
	// Loaded is as of when the list is known to be current.
	Loaded     time.Time `json:"loaded,omitzero"`
	AgeSeconds int64     `json:"age_seconds"`
	// Stale is true when the list is too old to clear anybody, or was never read.
	Stale bool `json:"stale"`
	// Error is why the last refresh failed; empty when it did not.
	Error string `json:"error,omitempty"`
}
