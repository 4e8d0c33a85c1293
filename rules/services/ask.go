package services

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"countersign"
)

// An answer is waited for by all who ask the same.
type answer struct {
	done chan struct{}
	text []byte // nil when there is none
}

// errMissing means that the service is not configured.
var errMissing = errors.New("is not configured")

// ask puts a question to a service, once, and keeps the answer. Without one it returns
// the zero value and the decision is an abstention with the code.
func ask[A any](ctx context.Context, d *Desk, s service, source string, question any, do func(context.Context) (A, error)) (out A) {
	asked, err := json.Marshal(question)
	if err != nil {
		d.failure(s, source, nil, fmt.Errorf("question: %w", err))
		return out
	}
	got, first := d.open(key(s.kind, source, asked))
	if first {
		got.text = answered(ctx, d, s, source, asked, do)
		close(got.done)
	}
	select {
	case <-got.done:
	case <-ctx.Done():
		d.failure(s, source, asked, context.Cause(ctx))
		return out
	}
	if got.text == nil { // said already
		return out
	}
	if err := json.Unmarshal(got.text, &out); err != nil {
		d.failure(s, source, asked, fmt.Errorf("answer: %w", err))
		var none A
		return none
	}
	return out
}

// open returns the place of a question's answer, and whether the caller is the first
// to ask.
func (d *Desk) open(question string) (a *answer, first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a, known := d.answered[question]; known {
		return a, false
	}
	a = &answer{done: make(chan struct{})}
	d.answered[question] = a
	return a, true
}

// answered asks the tape or the service and notes what was said. It returns nil when
// there is no answer.
func answered[A any](ctx context.Context, d *Desk, s service, source string, asked []byte, do func(context.Context) (A, error)) (text []byte) {
	defer func() {
		if p := recover(); p != nil {
			debug.PrintStack()
			d.failure(s, source, asked, fmt.Errorf("it panicked: %.200s", fmt.Sprint(p)))
			text = nil
		}
	}()
	if d.tape != nil {
		return d.replay(s, source, asked)
	}
	a, err := do(ctx)
	if err != nil {
		d.failure(s, source, asked, err)
		return nil
	}
	if text, err = json.Marshal(a); err != nil {
		d.failure(s, source, asked, err)
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.note(s.kind, source, asked, text)
	return text
}

// failure says that a service gave no answer. That is evidence too: tried again, the
// decision must come out the same.
func (d *Desk) failure(s service, source string, asked []byte, err error) {
	code := s.code
	var coded interface{ ReasonCode() countersign.ReasonCode }
	if errors.As(err, &coded) {
		code = coded.ReasonCode()
	}
	why := clip(err.Error())
	text, _ := json.Marshal(outage{Code: code, Error: why})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.note(s.kind+failedKind, source, asked, text)
	d.fail(code, "%s %s: %s", s.kind, source, why)
}

// clip keeps an error to a sentence.
func clip(s string) string { return fmt.Sprintf("%.300s", strings.ToValidUTF8(s, "\uFFFD")) }

// A service is a kind of evidence and the code of its silence.
type service struct {
	kind string
	code countersign.ReasonCode
}
