package services

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"countersign"
	"countersign/budget"
)

// The most that one decision may rest on. More is no evidence that anybody can read.
const (
	MaxAnswer   = 3 << 19 // bytes of one answer: 1 MiB from the web is longer in JSON
	MaxEvidence = 4 << 20 // bytes of all answers together
	MaxQuestion = 64 << 10
	MaxAsked    = 200 // questions
)

// A Desk is where the questions of one decision are asked and kept. It is safe for
// concurrent use: a rule may ask several sources at the same time.
type Desk struct {
	approval countersign.Approval
	now      time.Time
	services Services
	tape     *Tape // answers come from here alone, where there is one

	mu       sync.Mutex
	closed   bool
	size     int
	answered map[string]*answer // by what was asked; two who ask the same get the same
	claims   []countersign.Claim
	budgets  map[string]budget.Budget
	evidence []Evidence
	failed   countersign.Decision // nothing stands but an abstention with this
	doubt    countersign.Decision // an approval becomes this
	missing  bool                 // something was asked that is not on the tape
}

// New returns a desk for one decision. It keeps no pointer into the approval that a
// rule could write through; the caller sees to that.
func New(s Services, a countersign.Approval, now time.Time) *Desk {
	return &Desk{approval: a, now: now.UTC(), services: s, answered: map[string]*answer{}, budgets: map[string]budget.Budget{}}
}

// Now is the time of the decision, UTC.
func (d *Desk) Now() time.Time { return d.now }

// Evidence is what was asked, by digest of the answer.
type Evidence struct {
	// Kind is the service; Source who answered.
	Kind   string `json:"kind"`
	Source string `json:"source"`
	// Asked is the question: JSON, or "sha256:" and its digest where it is long.
	Asked string `json:"asked,omitempty"`
	// Digest is the lower-case hex SHA-256 of Answer.
	Digest string    `json:"sha256"`
	At     time.Time `json:"fetched_at"`

	Question, Answer []byte `json:"-"`
}

// Count takes amount from a budget if this request is approved, whoever approves
// it: the engine reserves it when we do, and books it when people do. Count it
// before any check that may abstain. One name is one budget: counting against it with
// another limit or window is a mistake and ends in an abstention.
func (d *Desk) Count(b budget.Budget, amount countersign.Amount) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	if first, known := d.budgets[b.Name]; known && (first.Window.String() != b.Window.String() || first.Limit.Cmp(b.Limit) != 0) {
		d.fail(countersign.BudgetConflict, "budget %q is counted against with a limit of %s per %s and of %s per %s: give each a name of its own",
			b.Name, first.Limit, first.Window, b.Limit, b.Window)
	}
	d.budgets[b.Name] = b
	d.claims = append(d.claims, b.Claim(amount, d.now))
}

// CountOne takes one from a budget of requests.
func (d *Desk) CountOne(b budget.Budget) { d.Count(b, countersign.NewAmount(1)) }

// Note keeps what a rule was told by a source of its own: its digest stands in the
// signed decision, and the answer beside it. When the decision is tried again with
// other rules, a source of one's own is asked again; prefer the services.
func (d *Desk) Note(kind, source string, answer []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.note(kind, source, nil, answer)
}

// note must be called with the lock held.
func (d *Desk) note(kind, source string, question, answer []byte) {
	d.size += len(answer)
	switch {
	case d.closed:
		return
	case len(answer) > MaxAnswer || d.size > MaxEvidence || len(question) > MaxQuestion || len(d.evidence) >= MaxAsked:
		d.fail(countersign.EvidenceTooLarge, "%s %s: %d bytes of %s evidence after %d others, at most %d each, %d in all and %d of them",
			kind, source, len(answer), kind, len(d.evidence), MaxAnswer, MaxEvidence, MaxAsked)
		return
	}
	e := Evidence{Kind: kind, Source: source, Asked: string(question), Digest: digest(answer), At: d.now, Question: question, Answer: slices.Clone(answer)}
	if len(question) > maxAskedInline {
		e.Asked = "sha256:" + digest(question)
	}
	d.evidence = append(d.evidence, e)
}

// maxAskedInline is the longest question that stands in the record itself.
const maxAskedInline = 240

// fail makes an abstention of whatever will be said; the first cause stands. It must
// be called with the lock held.
func (d *Desk) fail(code countersign.ReasonCode, format string, args ...any) {
	if d.failed.Verdict == "" {
		d.failed = countersign.Abstained(code, format, args...)
	}
}

// doubtful makes an abstention of an approval; the first cause stands.
func (d *Desk) doubtful(code countersign.ReasonCode, format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.doubt.Verdict == "" {
		d.doubt = countersign.Abstained(code, format, args...)
	}
}

// Sound is what becomes of a decision with what was learned at the desk.
func (d *Desk) Sound(said countersign.Decision) countersign.Decision {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.failed.Verdict != "":
		return d.failed
	case d.doubt.Verdict != "" && said.Verdict == countersign.Approve:
		return d.doubt
	}
	return said
}

// Close ends the decision and returns what was counted and learned. What comes later,
// from a rule that was left behind, is not heard.
func (d *Desk) Close() ([]countersign.Claim, []Evidence) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	return slices.Clone(d.claims), slices.Clone(d.evidence)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
