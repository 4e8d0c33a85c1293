// Package certify certifies windows of time: that everything that happened in one has its
// workflow. What has none is started.
package certify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	// Unreadable are what the sources have and nobody can read: none of Expected.
	Unreadable int `json:"unreadable,omitempty"`
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
// source stays unknown, an alarm goes with it; what cannot be read has an alarm of its own, once.
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
	odd := map[string]*countersign.UnreadableError{}
	note := func(it completeness.Item) {
		if it.Unreadable != nil && len(odd) < maxAlarms {
			odd[it.Unreadable.Name()] = it.Unreadable
		}
	}
	body, err := completeness.Certify(ctx, w, completeness.Noted(c.Sources, note), c.Cases, *progress, func(p completeness.Progress) {
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
	for _, name := range slices.Sorted(maps.Keys(odd)) {
		d.After = append(d.After, unreadable(ctx, odd[name]))
	}
	if alarming(body) {
		d.After = append(d.After, audit.Draft{
			Key: "alarm/" + string(complete.Incomplete) + "/" + key, Type: audit.AlarmRaised, Lineage: key,
			Body: audit.Alarm{Code: complete.Incomplete, What: what(body), Workflow: wire.Here(ctx)},
		})
	}
	return c.Trail.Append(ctx, d)
}

// maxAlarms is how many alarms of what cannot be read stand behind one certificate. Whoever takes
// those away finds the next ones behind the next.
const maxAlarms = 20

// unreadable is the alarm of what a source has and nobody can read. It is raised once: where it
// stands already, it stands.
func unreadable(ctx context.Context, u *countersign.UnreadableError) audit.Draft {
	sum := sha256.Sum256(u.Raw)
	key := complete.AlarmKey(complete.Unreadable, u.Name())
	a := audit.Alarm{
		Code: complete.Unreadable, Evidence: hex.EncodeToString(sum[:]), Workflow: wire.Here(ctx),
		What: fmt.Sprintf("the custodian's %.140s cannot be read, and so nobody knows whether it has what it should: look at it there (%.300s)", u.Name(), u.Err),
	}
	if u.Kind == "approval" {
		a.ApprovalID = u.ID
	}
	return audit.Draft{Key: key, Type: audit.AlarmRaised, Lineage: key, Body: a, Evidence: [][]byte{u.Raw}}
}

// alarming reports whether something is wrong with a window that has no alarm of its own: what
// cannot be read has, once, and would else raise one with every window that it may be of.
func alarming(body complete.Certificate) bool {
	for _, s := range body.Sources {
		if s.Missing > 0 || s.Unfounded > 0 || s.Unknown != "" {
			return true
		}
	}
	return false
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
		if s.Unreadable > 0 {
			text += fmt.Sprintf("; %s: %d cannot be read", s.Source, s.Unreadable)
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
		res.Unreadable += s.Unreadable
		if s.Unknown != "" {
			res.Unknown = append(res.Unknown, s.Source)
		}
	}
	return res, nil
}
