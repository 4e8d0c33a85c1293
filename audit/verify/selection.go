package verify

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"countersign/audit"
)

// Selection verifies records that were picked from a log, as a filtered export is: each as
// a receipt (.tlog-proof), in the order of the log, all under checkpoints of one log. Keys
// are receipts of the records about keys, in their order; it may be nil when the keys are
// pinned. The report says that each record is genuine and stands in the log; it never
// says that none was left out.
func Selection(ctx context.Context, receipts, keys iter.Seq2[[]byte, error], t Trust) (Report, error) {
	r, err := t.open()
	if err != nil {
		return Report{}, err
	}
	s := selection{roots: r, report: Report{Kind: Selected, Keys: []Key{}, Faults: []Fault{}}, last: -1}
	if keys != nil {
		for text, err := range keys {
			if err != nil {
				return s.report, fmt.Errorf("read the receipts of keys: %w", err)
			}
			if err := r.keyReceipt(text, &s.book); err != nil {
				s.report.fault(0, "", ReceiptBad, fmt.Sprintf("a receipt of a record about a key: %v", err))
			}
		}
	}
	for text, err := range receipts {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return s.report, fmt.Errorf("read the receipts after %d: %w", s.report.Records, err)
		}
		s.one(text)
	}
	for _, k := range s.book.All() {
		if k.Use == audit.RecordKey {
			s.report.Unproven.Keys++
		}
	}
	s.report.Keys = reported(&s.book)
	return s.report, nil
}

type selection struct {
	*roots
	report Report
	book   audit.Registry
	last   int64 // the index of the last record; -1 before any
}

func (s *selection) one(text []byte) {
	s.report.Records++
	p, err := s.prove(text, &s.book)
	if err != nil {
		code := ReceiptBad
		if errors.Is(err, errMayNotSign) {
			code = KeyUnknown
		}
		s.report.fault(s.last+1, "", code, fmt.Sprintf("receipt %d: %v", s.report.Records, err))
		return
	}
	fault := func(code FaultCode, format string, args ...any) {
		s.report.fault(p.Index, p.Record.Key, code, fmt.Sprintf(format, args...))
	}
	if s.report.Origin == "" {
		s.report.Origin, s.report.From = p.Origin, p.Index
	}
	switch {
	case p.Origin != s.report.Origin:
		fault(CheckpointOrigin, "it is of log %q, the others of %q", p.Origin, s.report.Origin)
	case p.Index <= s.last:
		fault(IndexGap, "record %d follows %d: a selection is in the order of the log", p.Index, s.last)
	case !p.Signed:
		fault(KeyUnknown, "no receipt enrols key %.60q, and it is not pinned", p.KeyID)
	}
	s.last = max(s.last, p.Index)
	s.report.To = s.last + 1
	s.report.Root = p.Root
	switch p.Record.Type {
	case audit.DecisionIntent:
		s.report.Decisions++
	case audit.AlarmRaised:
		s.report.Alarms++
	}
}
