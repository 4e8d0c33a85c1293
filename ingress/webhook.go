// Package ingress turns signed webhooks into Temporal signals.
//
// It keeps nothing: what it has answered 200 to, Temporal has; what it has not,
// the sender will send again. Nobody else's word passes: a body is measured,
// then verified as the bytes that came, then parsed strictly, and only then
// believed to be an event, which is still no more than a hint to look.
//
// # Life of a delivery
//
// The custodian, or a watcher of ours, posts an event. [Webhook.Receive] reads the body, at most
// [MaxBody]; the [Verifier] finds a secret under which the signature holds;
// [ParseEvent] makes a [countersign.Event] of it; its time of sending must be
// within five minutes of ours. [RouteOf] says whose business it is: a workflow
// type, an ID and perhaps a signal. The [Dispatcher] asks Temporal to start or
// signal that workflow under names that make asking twice asking once. Then the
// answer is exactly 200, the one status that the custodian takes for delivered.
package ingress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"

	"countersign"

	"github.com/labstack/echo/v4"
)

// MaxBody is the longest body that is read, in bytes. Custodians send a few
// kilobytes (Standard Webhooks advises below 20 KB).
const MaxBody = 256 << 10

// Where webhooks are received: the custodian's, and those of our own watchers.
const (
	Path    = "/webhooks/dfns"
	OwnPath = "/webhooks/countersign"
)

// A Webhook receives the deliveries of one sender.
type Webhook struct {
	// Source names the sender in events; [Source] when empty.
	Source string
	// Verifier holds the sender's secrets. Without one, nothing verifies.
	Verifier Verifier
	// Events takes what was believed. Required.
	Events Events
	// Log gets one line for each accepted event; slog.Default when nil. Refusals
	// are logged by the server, with their cause.
	Log *slog.Logger
}

// Events takes an event into keeping. [Dispatcher] is the real one.
type Events interface {
	// Dispatch returns nil once e will not be lost, also when it was known. It
	// ends by itself: the context has no deadline.
	Dispatch(ctx context.Context, e countersign.Event) error
}

// Receive answers 200 once Temporal has the event, and not before: a delivery
// that got any other answer will be sent again.
//
// It answers 413 to a body over [MaxBody], 415 to an encoded one, 401 to one that
// is forged or stale, 400 to one that is no event, and 503 with Retry-After when
// Temporal did not take it.
func (h *Webhook) Receive(c echo.Context) error {
	body, err := read(c)
	if err != nil {
		return err
	}
	// Verify the bytes as sent. Nothing is parsed until they are trusted.
	now := h.Verifier.now()
	secret, err := h.Verifier.Verify(body, c.Request().Header, now)
	if err != nil {
		return problem(http.StatusUnauthorized, "bad signature", err)
	}
	e, err := ParseEvent(body)
	if err != nil {
		return problem(http.StatusBadRequest, "not an event", err)
	}
	if err := h.Verifier.Fresh(e.SentAt, now); err != nil {
		return problem(http.StatusUnauthorized, "stale", fmt.Errorf("event %s: %w", e.ID, err))
	}
	e.Source = cmp.Or(h.Source, Source)
	e.Secret = h.Verifier.Secrets[secret-1].Fingerprint()
	// A sender that hangs up early has told us all the same.
	if err := h.Events.Dispatch(context.WithoutCancel(c.Request().Context()), e); err != nil {
		return unavailable(c, "try again", fmt.Errorf("dispatching event %s (%s): %w", e.ID, e.Kind, err))
	}
	// The number of the secret says when an old one is no longer used.
	logger(h.Log).InfoContext(c.Request().Context(), "event accepted",
		"event", e.ID, "kind", string(e.Kind), "subject", e.Subject, "workflow", RouteOf(e).WorkflowID(e),
		"attempt", e.Attempt, "secret_number", secret)
	return c.JSON(http.StatusOK, map[string]string{"status": "accepted"})
}

// read takes the whole body, which must be short and plain.
func read(c echo.Context) ([]byte, error) {
	r := c.Request()
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return nil, problem(http.StatusUnsupportedMediaType, "send the body without content encoding",
			fmt.Errorf("content encoding %q", clip(enc)))
	}
	if r.ContentLength > MaxBody {
		return nil, problem(http.StatusRequestEntityTooLarge, "body too large", fmt.Errorf("%d bytes announced", r.ContentLength))
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, problem(http.StatusRequestEntityTooLarge, "body too large", err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, problem(http.StatusRequestTimeout, "body too slow", err)
	case err != nil:
		return nil, problem(http.StatusBadRequest, "unreadable body", err)
	}
	return body, nil
}

func logger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.Default()
	}
	return l
}
