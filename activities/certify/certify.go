// Package certify certifies windows of time: that everything that happened in one has its
// workflow. What has none is started.
package certify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/complete"
	"countersign/completeness"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// A Trail keeps records.
type Trail interface {
	Find(ctx context.Context, key string) (audit.Entry, error)
	Append(ctx context.Context, d audit.Draft) (audit.Entry, error)
}

// Completeness certifies. It is idempotent on the window: one that has its certificate keeps it.
type Completeness struct {
	Sources []completeness.Source
	Cases   completeness.Cases
	Trail   Trail
	Now     func() time.Time
}

// CertifyWindowInput is a window, from <= t < to.
type CertifyWindowInput struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Accept says that a certificate is made although a source could not be asked; it says so.
	Accept bool `json:"accept,omitempty"`
	// Earlier is how far a try has come that was given up; see [Progress].
	Earlier completeness.Progress `json:"earlier,omitzero"`
}

// CertifyWindowResult is what the certificate says, in sums.
type CertifyWindowResult struct {
	Index    int64 `json:"index"`
	Complete bool  `json:"complete"`
	Expected int   `json:"expected"`
	Seen     int   `json:"seen"`
	Repaired int   `json:"repaired"`
	Missing  int   `json:"missing"`
	// Late are those of Seen that we have found before, and no webhook has started.
	Late int `json:"late,omitempty"`
	// Unknown are the sources that could not be asked.
	Unknown []string `json:"unknown,omitempty"`
}

// errUnknown means that a source could not be asked, and may be asked again.
var errUnknown = errors.New("a source could not be asked")

// Unfinished is the type of the error of a certificate that could not be made and may be tried
// again; what it has come to is in its details, see [Progress].
const Unfinished = "CertificateUnfinished"

// Progress is how far a try had come that ended with an error, for the next one: what it has
// started is repaired, although it is there by then.
func Progress(err error) (p completeness.Progress) {
	var a *temporal.ApplicationError
	if errors.As(err, &a) && a.Type() == Unfinished {
		_ = a.Details(&p) // without it, what was started is counted as seen
	}
	return p
}

// CertifyWindow asks every source what happened in a window, starts the workflows that are
// missing, and puts the certificate on the trail. Where something is missing for good, or a
// source stays unknown, an alarm goes with it.
func (c *Completeness) CertifyWindow(ctx context.Context, in CertifyWindowInput) (CertifyWindowResult, error) {
	w := completeness.Window{From: in.From.UTC(), To: in.To.UTC()}
	if err := w.Check(c.Now()); err != nil {
		return CertifyWindowResult{}, wire.Error(fmt.Errorf("%w: %w", countersign.ErrInvalid, err))
	}
	key := complete.Key(w.From, w.To)
	entry, err := c.Trail.Find(ctx, key)
	progress := in.Earlier
	if errors.Is(err, audit.ErrNoRecord) {
		progress = resumed(ctx, progress)
		entry, err = c.certify(ctx, w, key, in.Accept, &progress)
	}
	if err != nil {
		err = fmt.Errorf("certify %s: %w", key, err)
		if errors.Is(err, errUnknown) {
			return CertifyWindowResult{}, temporal.NewApplicationErrorWithOptions(err.Error(), Unfinished, temporal.ApplicationErrorOptions{Cause: err, Details: []any{progress}})
		}
		return CertifyWindowResult{}, wire.Error(err)
	}
	return sums(entry)
}

// resumed is the progress of the attempt before this one, by its last heartbeat, or what was given.
func resumed(ctx context.Context, earlier completeness.Progress) completeness.Progress {
	var p completeness.Progress
	if activity.IsActivity(ctx) && activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &p) == nil && len(p.Repaired) > 0 {
		return p
	}
	return earlier
}

func (c *Completeness) certify(ctx context.Context, w completeness.Window, key string, accept bool, progress *completeness.Progress) (audit.Entry, error) {
	if err := completeness.Ready(ctx, w, c.Sources); err != nil && !accept {
		return audit.Entry{}, fmt.Errorf("%w: %w", errUnknown, err)
	}
	body, err := completeness.Certify(ctx, w, c.Sources, c.Cases, *progress, func(p completeness.Progress) {
		*progress = p
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx, p)
		}
	})
	if err != nil {
		return audit.Entry{}, err
	}
	for _, s := range body.Sources {
		if s.Unknown != "" && !accept {
			return audit.Entry{}, fmt.Errorf("%w: %s: %s", errUnknown, s.Source, s.Unknown)
		}
	}
	body.Workflow = wire.Here(ctx)
	d := audit.Draft{Key: key, Type: complete.Certified, Lineage: key, Body: body, Retold: true}
	if !body.Complete {
		d.After = append(d.After, audit.Draft{
			Key: "alarm/" + string(complete.Incomplete) + "/" + key, Type: audit.AlarmRaised, Lineage: key,
			Body: audit.Alarm{Code: complete.Incomplete, What: what(body), Workflow: wire.Here(ctx)},
		})
	}
	return c.Trail.Append(ctx, d)
}

// what says in words what is not complete.
func what(body complete.Certificate) string {
	text := fmt.Sprintf("from %s to %s", body.From.Format(time.RFC3339), body.To.Format(time.RFC3339))
	for _, s := range body.Sources {
		switch {
		case s.Unknown != "":
			text += fmt.Sprintf("; %s: not known, %.200s", s.Source, s.Unknown)
		case s.Missing > 0:
			text += fmt.Sprintf("; %s: %d of %d have no workflow", s.Source, s.Missing, s.Expected)
		}
		if s.Unfounded > 0 {
			text += fmt.Sprintf("; %s: %d that our watchers have recorded as final are on no chain", s.Source, s.Unfounded)
		}
	}
	return text
}

// sums reads a certificate.
func sums(e audit.Entry) (CertifyWindowResult, error) {
	var body complete.Certificate
	if err := e.Decode(&body); err != nil {
		return CertifyWindowResult{}, wire.Error(err)
	}
	res := CertifyWindowResult{Index: e.Index, Complete: body.Complete}
	for _, s := range body.Sources {
		res.Expected += s.Expected
		res.Seen += s.Seen
		res.Repaired += s.Repaired
		res.Missing += s.Missing
		res.Late += s.Late
		if s.Unknown != "" {
			res.Unknown = append(res.Unknown, s.Source)
		}
	}
	return res, nil
}
