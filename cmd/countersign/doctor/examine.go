package doctor

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"countersign/cmd/countersign/app"
	"countersign/config"
	"countersign/custody/dfns"
	"countersign/custody/dfns/org"
	"countersign/custody/dfns/signkey"
)

// Examine makes every check. Its error means that the configuration cannot be used; what
// goes wrong on the way to the platform makes checks unknown. now is our clock, for what
// expires.
func Examine(ctx context.Context, a *app.App, now func() time.Time) (Report, error) {
	p, err := newPatient(ctx, a, now())
	if err != nil {
		return Report{}, err
	}
	report := Report{API: a.Config.DFNS.BaseURL, UserID: a.Config.DFNS.UserID}
	for _, c := range catalogue {
		f := c.look(ctx, p)
		report.Checks = append(report.Checks, Check{
			ID: c.id, Result: f.result, Found: f.found, Items: f.items, Why: c.why, Remedy: c.remedy,
		})
	}
	report.accept(nil)
	return report, nil
}

// A patient is all that checks look at. What the platform says is read once, so that
// every check speaks of the same moment.
type patient struct {
	config config.Config
	now    time.Time
	us     string // our own user ID
	token  string
	key    crypto.PublicKey // of our credential

	policies    told[[]org.Policy]
	wallets     told[[]org.Wallet]
	accounts    told[[]org.ServiceAccount]
	self        told[org.ServiceAccount]
	permissions told[[]org.Permission]
	webhooks    told[[]org.Webhook]
	skew        told[time.Duration]
	proof       error
}

// told is what the platform said to one question.
type told[T any] struct {
	value T
	err   error
	right string // the permission that the question needs
}

func newPatient(ctx context.Context, a *app.App, now time.Time) (*patient, error) {
	custodian, err := a.Custodian()
	if err != nil {
		return nil, err
	}
	token, err := os.ReadFile(a.Config.DFNS.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_DFNS_TOKEN_FILE: %w", err)
	}
	key, err := signkey.Load(a.Config.DFNS.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_DFNS_KEY_FILE: %w", err)
	}
	p := &patient{config: a.Config, now: now, us: a.Config.DFNS.UserID, token: string(token), key: key.Public()}
	o := org.Org{Client: custodian.Client}
	p.policies = ask(ctx, "Policies:Read", o.Policies)
	p.wallets = ask(ctx, "Wallets:Read", o.Wallets)
	p.accounts = ask(ctx, "Auth:ServiceAccounts:Read", o.ServiceAccounts)
	p.self = ask(ctx, "Auth:ServiceAccounts:Read", func(ctx context.Context) (org.ServiceAccount, error) {
		return o.ServiceAccount(ctx, p.us)
	})
	p.permissions = ask(ctx, "Permissions:Read", o.Permissions)
	p.webhooks = ask(ctx, "Webhooks:Read", o.Webhooks)
	p.skew = ask(ctx, "", custodian.Client.Skew)
	p.proof = custodian.Client.Prove(ctx)
	return p, nil
}

func ask[T any](ctx context.Context, right string, question func(context.Context) (T, error)) told[T] {
	v, err := question(ctx)
	return told[T]{v, err, right}
}

// unread is the finding that a question had no answer.
func (t told[T]) unread() finding {
	switch status(t.err) {
	case http.StatusForbidden:
		return unknown("the platform refuses to say: the permission %s is missing (%s)", t.right, t.err)
	case http.StatusUnauthorized:
		return unknown("the platform refuses our token (%s)", t.err)
	case http.StatusNotImplemented:
		return unknown("this platform does not say, where others would with %s (%s)", t.right, t.err)
	}
	return unknown("it could not be read; it needs the permission %s (%s)", t.right, t.err)
}

// status is that of an answer, 0 where there was none.
func status(err error) int {
	var e *dfns.Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// A finding is what a check found.
type finding struct {
	result Result
	found  string
	items  []string
}

func found(r Result, items []string, format string, args ...any) finding {
	return finding{r, fmt.Sprintf(format, args...), items}
}

func fine(format string, args ...any) finding    { return found(OK, nil, format, args...) }
func unknown(format string, args ...any) finding { return found(Unknown, nil, format, args...) }
func failed(items []string, format string, args ...any) finding {
	return found(Failed, items, format, args...)
}

func warning(items []string, format string, args ...any) finding {
	return found(Warning, items, format, args...)
}
