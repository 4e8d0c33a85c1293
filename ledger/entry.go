package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"countersign"
)

var (
	// ErrEntry means that an entry, or a step of one, cannot stand in the books.
	ErrEntry = errors.New("not an entry")

	// ErrShort means that an account that must be covered would have less free than nothing.
	ErrShort = errors.New("not enough in the account")
)

// A Posting moves an amount of an asset, in its smallest unit, from one account to another.
type Posting struct {
	From   Account            `json:"from"`
	To     Account            `json:"to"`
	Asset  Asset              `json:"asset"`
	Amount countersign.Amount `json:"amount"`
}

func (p Posting) check() error {
	if _, err := ParseAccount(string(p.From)); err != nil {
		return fmt.Errorf("from: %w", err)
	}
	if _, err := ParseAccount(string(p.To)); err != nil {
		return fmt.Errorf("to: %w", err)
	}
	if p.From == p.To {
		return fmt.Errorf("%w: it moves from %s to itself", ErrEntry, p.From)
	}
	if p.Amount.IsZero() {
		return fmt.Errorf("%w: it moves nothing from %s to %s", ErrEntry, p.From, p.To)
	}
	return p.Asset.check()
}

// A State is how far an entry is.
type State string

// The states. Wire format. An entry is pending at most once, posted at most once and
// reversed at most once, in this order; it may begin as posted.
const (
	Pending  State = "pending"  // the work is under way: what it takes is not free for others
	Posted   State = "posted"   // it has happened
	Reversed State = "reversed" // it has not, or not in the end
)

// Follows fails with [ErrEntry] unless an entry that is in state before, "" for none, may
// go to s.
func (s State) Follows(before State) error {
	switch {
	case s == Pending && before == "", s == Posted && (before == "" || before == Pending), s == Reversed && (before == Pending || before == Posted):
		return nil
	case before == "":
		return fmt.Errorf("%w: it cannot begin as %.20q", ErrEntry, s)
	}
	return fmt.Errorf("%w: it is %s and cannot become %.20q", ErrEntry, before, s)
}

// maxPostings bounds those of one step: a settlement of many legs is many entries.
const maxPostings = 100

// A Step takes an entry to a state.
type Step struct {
	// ID is the entry's: the external ID of the work, so that it is booked once.
	ID    string `json:"id"`
	State State  `json:"state"`
	// Postings are what is to move, or has moved: the two may differ, as with a token that
	// keeps a fee. A reversal has none, it takes back those of the step before.
	Postings []Posting `json:"postings,omitempty"`
	// Lineage is that of the record that caused the step, and Record its key on the trail.
	Lineage string `json:"lineage"`
	Record  string `json:"record_key"`
	// At is when it was booked, UTC, to the microsecond. Steps are booked in the order of
	// their times.
	At   time.Time `json:"at"`
	Memo string    `json:"memo,omitempty"`
}

// Check fails with [ErrEntry], [ErrAccount] or [ErrAsset] unless the step can stand in the
// books after an entry in state before.
func (s Step) Check(before State) error {
	if err := countersign.CheckID(s.ID); err != nil {
		return fmt.Errorf("%w: id: %w", ErrEntry, err)
	}
	if err := s.State.Follows(before); err != nil {
		return fmt.Errorf("entry %s: %w", s.ID, err)
	}
	if n := len(s.Postings); s.State == Reversed && n > 0 || s.State != Reversed && n == 0 || n > maxPostings {
		return fmt.Errorf("entry %s: %w: %d postings for %s, want 1 to %d, none for a reversal", s.ID, ErrEntry, n, s.State, maxPostings)
	}
	for i, p := range s.Postings {
		if err := p.check(); err != nil {
			return fmt.Errorf("entry %s, posting %d: %w", s.ID, i, err)
		}
	}
	switch {
	case s.Record == "" || s.Lineage == "":
		return fmt.Errorf("entry %s: %w: no record on the trail is named that caused it", s.ID, ErrEntry)
	case s.At.IsZero():
		return fmt.Errorf("entry %s: %w: it has no time", s.ID, ErrEntry)
	case len(s.Memo) > 500 || !utf8.ValidString(s.Memo) || strings.ContainsAny(s.Memo, "\n\r\x00"):
		return fmt.Errorf("entry %s: %w: memo of %d bytes, want one line of at most 500", s.ID, ErrEntry, len(s.Memo))
	}
	return nil
}

// Digest is the SHA-256, lower-case hex, of what a step says beside its time and its
// record: the record that causes the step carries it, and so each names the other.
func (s Step) Digest() string {
	text, err := json.Marshal(struct {
		ID       string    `json:"id"`
		State    State     `json:"state"`
		Postings []Posting `json:"postings,omitempty"`
		Memo     string    `json:"memo,omitempty"`
	}{s.ID, s.State, s.Postings, s.Memo})
	if err != nil { // an asset that no step with a good Check has
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// A Booking is steps that are booked together, all or none.
type Booking struct {
	Steps []Step
	// Covered are accounts that must not have less than nothing free afterwards, in any
	// asset that the steps move.
	Covered []Account
}

// A Booked is a step as it stands in the books.
type Booked struct {
	// Seq is its place in them, from 1.
	Seq int64
	Step
	// Before is the step of the same entry that it follows, nil for a first one.
	Before *Step
}
