// Package listen has a sandbox's webhook deliveries come to a port of this machine for as long as
// somebody watches: each is verified, shown, and handed on to the program under development.
//
// # Life of a listener
//
// It opens a port on 127.0.0.1, and makes a webhook for a path there that nobody can guess. What
// arrives is shown with the verdict on its signature and, when there is somewhere to forward to,
// passed on byte for byte; the platform is answered as the receiver answered. When the listener is
// told to end, it deletes the webhook.
//
// A listener that was killed leaves its webhook behind. The next one finds it by its description and
// asks its address who is there: where a listener still answers, the webhook is left alone.
package listen

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"countersign/sandbox/verbs"
)

// description begins that of every webhook made here.
const description = "sandbox listen"

// patience bounds a call of the API that an interruption must not cut off, and answerWait how long a
// listener that may be gone is waited for.
const (
	patience   = 10 * time.Second
	answerWait = 2 * time.Second
)

// Hooks makes and deletes webhooks. [verbs.Person] is the real one.
type Hooks interface {
	Subscribe(ctx context.Context, in verbs.Subscription) (verbs.Webhook, error)
	Webhooks(ctx context.Context) ([]verbs.Webhook, error)
	Unsubscribe(ctx context.Context, id string) error
}

// Listener says what to listen to. Its functions are not called at the same time.
type Listener struct {
	Hooks   Hooks
	Events  []string                // kinds of events; none means all of them
	Forward string                  // where deliveries are passed on to; "" is nowhere
	Swept   func(verbs.Webhook)     // told of a webhook that a killed listener had left
	Started func(verbs.Webhook)     // told of the webhook, with its secret
	Show    func(Delivery) error    // shows a delivery; an error ends the listener
	Now     func() time.Time        // default time.Now
	client  *http.Client            // forwards
	ended   context.CancelCauseFunc // ends Run
}

// Run listens until ctx ends, which is no error, or until nothing can be shown any more. It returns
// once the webhook is deleted, or with the reason why it could not be.
func (l *Listener) Run(ctx context.Context) error {
	if err := l.sweep(ctx); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, l.ended = context.WithCancelCause(ctx)
	defer l.ended(nil)
	l.client = &http.Client{Transport: transport(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	door := &door{listener: l, path: "/" + rand.Text(), open: make(chan struct{})}
	server := &http.Server{Handler: door, ReadHeaderTimeout: patience}
	go l.serve(server, listener)
	defer server.Close() //nolint:errcheck // nobody is to be answered any more
	hook, err := l.subscribe(ctx, "http://"+listener.Addr().String()+door.path)
	if err != nil {
		return err
	}
	door.secret = hook.Secret
	close(door.open)
	l.Started(hook)
	<-ctx.Done()
	err = l.unsubscribe(ctx, hook)
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}

func (l *Listener) serve(server *http.Server, listener net.Listener) {
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		l.ended(fmt.Errorf("listening at %s: %w", listener.Addr(), err))
	}
}

// subscribe makes the webhook. An interruption does not cut it off: a webhook whose ID nobody got to
// know could not be deleted.
func (l *Listener) subscribe(ctx context.Context, address string) (verbs.Webhook, error) {
	if err := ctx.Err(); err != nil {
		return verbs.Webhook{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	events := l.Events
	if len(events) == 0 {
		events = []string{"*"}
	}
	return l.Hooks.Subscribe(ctx, verbs.Subscription{URL: address, Events: events, Description: description})
}

// unsubscribe deletes the webhook, after ctx has ended.
func (l *Listener) unsubscribe(ctx context.Context, hook verbs.Webhook) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := l.Hooks.Unsubscribe(ctx, hook.ID); err != nil {
		return fmt.Errorf("webhook %s may be left; the next `sandbox listen` deletes it: %w", hook.ID, err)
	}
	return nil
}

// sweep deletes the webhooks of listeners that are no more.
func (l *Listener) sweep(ctx context.Context) error {
	hooks, err := l.Hooks.Webhooks(ctx)
	if err != nil {
		return err
	}
	for _, hook := range hooks {
		if !strings.HasPrefix(hook.Description, description) || !abandoned(ctx, hook.URL) {
			continue
		}
		if err := l.Hooks.Unsubscribe(ctx, hook.ID); err != nil {
			if left, again := l.Hooks.Webhooks(ctx); again == nil && !slices.ContainsFunc(left, func(h verbs.Webhook) bool { return h.ID == hook.ID }) {
				continue // another listener that starts just now was quicker
			}
			return fmt.Errorf("deleting webhook %s, which a killed listener had left: %w", hook.ID, err)
		}
		l.Swept(hook)
	}
	return nil
}

// abandoned tells whether no listener answers at the address any more. In doubt one does: it may be
// stopped in a debugger.
func abandoned(ctx context.Context, address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() != "127.0.0.1" {
		return false // somebody else's webhook, whatever it calls itself
	}
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false
	}
	resp, err := transport().RoundTrip(req) // follows no redirect
	if err != nil {
		return errors.Is(err, syscall.ECONNREFUSED)
	}
	defer resp.Body.Close() //nolint:errcheck // what is needed was read
	said, err := io.ReadAll(io.LimitReader(resp.Body, int64(len(u.Path))+1))
	if err != nil {
		slog.Debug("listener did not say who it is", "url", address, "error", err)
	}
	return err == nil && string(said) != u.Path
}

// transport adds no header of its own that can be helped, and keeps no connection.
func transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression, t.DisableKeepAlives = true, true
	return t
}

// CheckForward refuses what deliveries cannot be passed on to.
func CheckForward(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("--forward %q is no URL; give one such as http://127.0.0.1:8080/webhooks", address)
	}
	return nil
}

func (l *Listener) now() time.Time {
	if l.Now == nil {
		return time.Now()
	}
	return l.Now()
}
