package services

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign"
)

// failedKind marks evidence that a service gave no answer: the answer is an [outage].
const failedKind = ".failed"

// An outage is why there was no answer, and as what it counted.
type outage struct {
	Code  countersign.ReasonCode `json:"code"`
	Error string                 `json:"error"`
}

// A Tape is what the services said to one recorded decision. A desk with a tape asks
// nobody else, so that other rules are tried on what was known then.
type Tape struct {
	screened bool // addresses were screened then
	wallet   bool // the wallet was asked about
	answers  map[string][]byte
}

// NewTape makes a tape of evidence that has its questions and answers; see [Load].
func NewTape(evidence []Evidence) *Tape {
	t := &Tape{answers: map[string][]byte{}}
	for _, e := range evidence {
		kind := strings.TrimSuffix(e.Kind, failedKind)
		t.screened = t.screened || kind == screeningService.kind
		t.wallet = t.wallet || kind == walletService.kind
		t.answers[key(e.Kind, e.Source, e.Question)] = e.Answer
	}
	return t
}

// Load gives recorded evidence its questions and answers. fetch returns the bytes of a
// SHA-256.
func Load(recorded []Evidence, fetch func(digest string) ([]byte, error)) (all []Evidence, err error) {
	if len(recorded) == 1 && recorded[0].Kind == ListKind {
		list, err := fetch(recorded[0].Digest)
		if err != nil {
			return nil, err
		}
		recorded = nil
		if err := json.Unmarshal(list, &recorded); err != nil {
			return nil, fmt.Errorf("list of evidence: %w", err)
		}
	}
	for _, e := range recorded {
		e.Question = []byte(e.Asked)
		if long, is := strings.CutPrefix(e.Asked, "sha256:"); is {
			if e.Question, err = fetch(long); err != nil {
				return nil, err
			}
		}
		if e.Answer, err = fetch(e.Digest); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// Replay returns a desk on which a recorded decision is tried again, as of its time.
func Replay(t *Tape, a countersign.Approval, now time.Time) *Desk {
	d := New(Services{}, a, now)
	d.tape = t
	return d
}

// Missing reports whether something was asked that the tape does not hold: what was
// decided then says nothing about the rules.
func (d *Desk) Missing() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.missing
}

// replay is the recorded answer, or nil with the failure that was recorded.
func (d *Desk) replay(s service, source string, asked []byte) []byte {
	if text, told := d.tape.answers[key(s.kind, source, asked)]; told {
		return text
	}
	var was outage
	text, told := d.tape.answers[key(s.kind+failedKind, source, asked)]
	if told && json.Unmarshal(text, &was) == nil && was.Code != "" {
		s.code = was.Code
		d.failure(s, source, asked, errors.New(was.Error))
		return nil
	}
	d.mu.Lock()
	d.missing = true
	d.mu.Unlock()
	s.code = countersign.EvidenceMissing
	d.failure(s, source, asked, errors.New("was not asked this at the time"))
	return nil
}

func key(kind, source string, question []byte) string {
	return kind + "\x00" + source + "\x00" + hex.EncodeToString(question)
}
