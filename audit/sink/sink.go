// Package sink sends the trail to where a company watches: an OpenTelemetry collector,
// Splunk, or a webhook.
//
// A [Runner] follows the index of the log with a cursor. It reads a batch, hands it to a
// [Sender], and moves the cursor only when the receiver has acknowledged all of it. So
// every record arrives at least once and in order within a batch, however often sender,
// receiver or network die; a receiver drops repetitions by metadata.uid. Nothing is ever
// dropped here: a record that the receiver refuses holds up all behind it, and the lag
// shows it.
//
// Only records under a signed checkpoint are sent, each as the OCSF event that package
// ocsf makes of it.
package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"countersign/audit"
	"countersign/audit/ocsf"
)

// A Log is where records come from; package store has the real one.
type Log interface {
	// Records are at most limit of those from an index on, in the order of the index
	// without gaps, and only those under a signed checkpoint.
	Records(ctx context.Context, from int64, limit int) ([]audit.Entry, error)
	// WaitFor returns once the record with an index is under a signed checkpoint.
	WaitFor(ctx context.Context, index int64) error
	// Size is how many records are under a signed checkpoint.
	Size(ctx context.Context) (int64, error)
}

// Cursors keep how far each sink has got.
type Cursors interface {
	// Cursor is the next index that a sink wants; 0 when it was never moved.
	Cursor(ctx context.Context, sink string) (next int64, err error)
	// Advance moves the cursor, durably, if it stands at from, else it fails with
	// [ErrCursorMoved].
	Advance(ctx context.Context, sink string, from, to int64) error
}

// ErrCursorMoved means that another sender moved the cursor. Whoever hears it reads the
// cursor again.
var ErrCursorMoved = errors.New("cursor stands elsewhere: another sender has moved it")

// A Sender delivers one batch. It returns nil only when the receiver has acknowledged all
// of it. It is asked again with the same or a part of it after any error; see [Refusal]
// for those that another batch could avoid.
type Sender interface {
	// Name is the sink's, under which its cursor is kept.
	Name() string
	Send(ctx context.Context, batch []Event) error
}

// An Event is a record on its way.
type Event struct {
	// Index is its place in the log, ID the record's, under which a receiver knows it
	// again: metadata.uid.
	Index int64
	ID    string
	Type  audit.Type
	// Subject is the service account that speaks.
	Subject string
	At      time.Time
	// Severity is that of OCSF, from 1, informational, to 5, critical.
	Severity int
	// JSON is the OCSF event, in one line.
	JSON []byte
}

// NewEvent is the event of a record.
func NewEvent(e audit.Entry, p ocsf.Product) (Event, error) {
	raw, err := ocsf.Event(e, p)
	if err != nil {
		return Event{}, fmt.Errorf("event of record %d: %w", e.Index, err)
	}
	var head struct {
		Severity int `json:"severity_id"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return Event{}, fmt.Errorf("event of record %d: %w", e.Index, err)
	}
	return Event{
		Index: e.Index, ID: e.Record.ID, Type: e.Record.Type, Subject: e.Record.Subject,
		At: e.Record.At, Severity: head.Severity, JSON: raw,
	}, nil
}

// A Refusal is a receiver's no to what a batch holds, rather than to the moment: a smaller
// batch may pass. Of a single record it is final until the receiver thinks otherwise.
type Refusal struct {
	// Status is the HTTP status, Said what the receiver said, cut short.
	Status int
	Said   string
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("receiver refuses the batch: status %d: %s", r.Status, r.Said)
}

// A Busy is a receiver's wish to be left alone for a while.
type Busy struct {
	// Status is the HTTP status; After how long the receiver asked for, 0 where it named
	// no time.
	Status int
	After  time.Duration
	Said   string
}

func (b *Busy) Error() string {
	return fmt.Sprintf("receiver does not take it now: status %d: %s", b.Status, b.Said)
}
