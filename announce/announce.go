// Package announce tells the ingress what our own watchers have seen: each message of the
// outbox as one signed webhook, in the custodian's own form, so that what we see takes the
// same way as what the custodian says.
//
// A message is told until it is taken: at once, and then ever more rarely, but for ever. It
// may be told twice; whoever hears it drops the second by its delivery ID.
package announce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"countersign/ingress"
	"countersign/store/outbox"
)

// An Envelope is the body of one delivery, as DFNS writes it (dfns.md §3.2).
type Envelope struct {
	ID         string          `json:"id"`
	DeliveryID string          `json:"deliveryId"`
	Kind       string          `json:"kind"`
	Date       string          `json:"date"` // RFC 3339, UTC, to the microsecond
	Attempt    int             `json:"deliveryAttempt"`
	SentAt     int64           `json:"timestampSent"` // seconds since 1970
	Data       json.RawMessage `json:"data"`
}

// dateForm is RFC 3339 to the microsecond.
const dateForm = "2006-01-02T15:04:05.000000Z07:00"

// A Box keeps what is to be told; [outbox.Outbox] is the real one.
type Box interface {
	Due(ctx context.Context, now time.Time, limit int) ([]outbox.Message, time.Time, error)
	Delivered(ctx context.Context, m outbox.Message, now time.Time) error
	Failed(ctx context.Context, m outbox.Message, problem string, again time.Time) error
}

// An Announcer tells what is in a box.
type Announcer struct {
	// URL is the ingress's address, such as http://127.0.0.1:8080.
	URL string
	Box Box
	// Secrets are those of the ingress; the newest one that is ours and valid signs.
	Secrets []ingress.Secret
	// HTTP sends; http.DefaultClient when nil. Now is the clock, time.Now when nil.
	HTTP *http.Client
	Now  func() time.Time
	Log  *slog.Logger
}

// ErrNoSecret means that the ingress has no secret of ours to sign with.
var ErrNoSecret = errors.New("no secret with source=countersign is valid now: add a line with one to the ingress's file of webhook secrets")

// batch is how many messages are read at once, and atOnce how many are told at a time.
const (
	batch  = 200
	atOnce = 16
)

// idle is how long an empty box is left alone: other processes may put something in.
const idle = 250 * time.Millisecond

// attemptTimeout bounds one delivery.
const attemptTimeout = 10 * time.Second

// Run tells until ctx is done. It returns before that only when it cannot work at all.
func (a *Announcer) Run(ctx context.Context) error {
	if u, err := url.Parse(a.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("the ingress's URL is %q: give one like http://127.0.0.1:8080", a.URL)
	}
	if _, err := a.secret(); err != nil {
		return err
	}
	for ctx.Err() == nil {
		n, err := a.Tell(ctx)
		if err != nil && ctx.Err() == nil {
			a.Log.Error("what was seen cannot be told", "error", err)
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(idle):
		}
	}
	return nil
}

// Tell tells what is due now, and returns how many messages were taken.
func (a *Announcer) Tell(ctx context.Context) (taken int, err error) {
	due, _, err := a.Box.Due(ctx, a.now(), batch)
	if err != nil {
		return 0, err
	}
	results := make(chan error, len(due))
	places := make(chan struct{}, atOnce)
	for _, m := range due {
		places <- struct{}{}
		go func() {
			defer func() { <-places }()
			results <- a.tell(ctx, m)
		}()
	}
	var errs []error
	for range due {
		if err := <-results; err != nil {
			errs = append(errs, err)
			continue
		}
		taken++
	}
	return taken, errors.Join(errs...)
}

// tell delivers one message and keeps what became of it.
func (a *Announcer) tell(ctx context.Context, m outbox.Message) error {
	failure := a.deliver(ctx, m)
	if failure == nil {
		return a.Box.Delivered(ctx, m, a.now())
	}
	if err := a.Box.Failed(ctx, m, failure.Error(), a.now().Add(after(m.Attempts))); err != nil {
		return errors.Join(failure, err)
	}
	return fmt.Errorf("tell %s (%s): %w", m.ID, m.Kind, failure)
}

// after is how long a message waits that was told in vain n times before: 1 s, 2 s … 5 min.
func after(n int) time.Duration { return min(time.Second<<min(n, 20), 5*time.Minute) }

func (a *Announcer) deliver(ctx context.Context, m outbox.Message) error {
	secret, err := a.secret()
	if err != nil {
		return err
	}
	now := a.now()
	body, err := json.Marshal(Envelope{
		ID: m.ID, DeliveryID: m.ID, Kind: string(m.Kind), Date: m.Date.UTC().Format(dateForm),
		Attempt: m.Attempts + 1, SentAt: now.Unix(), Data: m.Data,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL+ingress.OwnPath, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "countersign-watch")
	req.Header.Set(ingress.SignatureHeader, secret.Sign(body))
	client := http.DefaultClient
	if a.HTTP != nil {
		client = a.HTTP
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 300)) // for people, as far as it can be read
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the ingress answered %d: %s", resp.StatusCode, text)
	}
	return nil
}

// secret is the last of ours that is valid now: a new one is added below the old.
func (a *Announcer) secret() (ingress.Secret, error) {
	ours := ingress.Of(ingress.OwnSource, a.Secrets)
	for i := len(ours) - 1; i >= 0; i-- {
		if ours[i].ValidAt(a.now()) {
			return ours[i], nil
		}
	}
	return ingress.Secret{}, ErrNoSecret
}

func (a *Announcer) now() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}
