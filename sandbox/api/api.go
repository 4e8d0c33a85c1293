// Package api is the sandbox's HTTP door: DFNS's routes, its user-action
// check, its error shape.
//
// The order of trust is the same on every route: the bearer token says who
// calls (401), the user action says that the caller signed exactly this method,
// path and body (403), and only then is the body read. What DFNS has and the
// sandbox lacks answers 501; nothing answers as if it worked.
package api

import (
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"countersign/sandbox/access"
	"countersign/sandbox/account"
	"countersign/sandbox/auth"
	"countersign/sandbox/change"
	"countersign/sandbox/credential"
	"countersign/sandbox/custody"
	"countersign/sandbox/dfns"
	"countersign/sandbox/evm"
	"countersign/sandbox/gate"
	"countersign/sandbox/keys"
	"countersign/sandbox/permission"
	"countersign/sandbox/policy"
	"countersign/sandbox/ratelimit"
	"countersign/sandbox/recovery"
	"countersign/sandbox/registration"
	"countersign/sandbox/signature"
	"countersign/sandbox/validator"
	"countersign/sandbox/webhook"
)

// UserActionHeader carries the user action of a signed call.
const UserActionHeader = "X-DFNS-USERACTION"

// bodyLimit bounds what a caller may send.
const bodyLimit = "1M"

// Chains gives the chain of an EVM network. [chains.Chains] is the real one.
type Chains interface {
	Chain(network string) (*evm.Chain, error)
}

// API answers requests from its parts.
type API struct {
	Auth         *auth.Auth
	Accounts     *account.Desk
	Credentials  *credential.Desk
	Access       *access.Desk
	Registration *registration.Desk
	Recovery     *recovery.Desk
	Custody      *custody.Custody
	Keys         *keys.Ring
	Signatures   *signature.Desk
	Policies     *policy.Book
	Gate         *gate.Gate
	Changes      *change.Desk
	Webhooks     *webhook.Registry
	Deliverer    *webhook.Deliverer
	Validators   *validator.Desk
	Chains       Chains
	Limiter      *ratelimit.Limiter
	Ready        func() bool // whether the platform is seeded
	SeedNames    bool        // also what only DFNS's page on workflows has
}

// Handler returns the routes.
func (a *API) Handler() http.Handler { return a.router() }

func (a *API) router() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = refuse
	e.JSONSerializer = compact{}
	e.Use(a.limited, middleware.Recover(), middleware.BodyLimit(bodyLimit))
	e.GET("/healthz", a.health)
	a.authRoutes(e)
	a.permissionRoutes(e)
	a.walletRoutes(e)
	a.keyRoutes(e)
	a.signatureRoutes(e)
	a.networkRoutes(e)
	a.policyRoutes(e)
	a.seedRoutes(e)
	a.webhookRoutes(e)
	return e
}

// call is a request whose caller is known and whose body has been read.
type call struct {
	echo.Context
	caller auth.Caller
	body   []byte
}

// read wraps a handler that changes nothing: a bearer token whose user may do op
// suffices.
func (a *API) read(op permission.Operation, h func(call) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		if overrun(c) {
			return unrouted(c.Request())
		}
		caller, err := a.identify(c)
		if err != nil {
			return err
		}
		if err := a.Auth.Allowed(caller, op); err != nil {
			return err
		}
		if err := a.owned(c, caller); err != nil {
			return err
		}
		body, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return err
		}
		return h(call{c, caller, body})
	}
}

// signed wraps a handler that changes something: it also needs a user action
// for this very request.
func (a *API) signed(op permission.Operation, h func(call) error) echo.HandlerFunc {
	return a.read(op, func(c call) error {
		r := c.Request()
		caller, err := a.Auth.Consume(c.caller, r.Header.Get(UserActionHeader), r.Method, r.URL.EscapedPath(), c.body)
		if err != nil {
			return err
		}
		c.caller = caller
		return h(c)
	})
}

func (a *API) identify(c echo.Context) (auth.Caller, error) {
	token, err := bearerOf(c)
	if err != nil {
		return auth.Caller{}, err
	}
	return a.Auth.Identify(token)
}

// limited counts every request but those for the health of the server.
func (a *API) limited(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if a.Limiter != nil && c.Path() != "/healthz" {
			if err := a.Limiter.Take(c.Response().Header()); err != nil {
				return err
			}
		}
		return next(c)
	}
}

func (a *API) health(c echo.Context) error {
	if !a.Ready() {
		return c.JSON(http.StatusServiceUnavailable, map[string]string{"status": "starting"})
	}
	return c.JSON(http.StatusOK, map[string]string{"status": "ok"})
}

// refuse writes err in DFNS's shape. A cause that is not meant for the caller
// is logged, and the caller sees only its ID.
func refuse(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	var answer *dfns.Error
	var http5xx *echo.HTTPError
	switch {
	case errors.As(err, &answer):
	case isUnrouted(err):
		answer = unrouted(c.Request())
	case errors.As(err, &http5xx):
		answer = dfns.Errorf(http5xx.Code, "%v", http5xx.Message)
	default:
		answer = dfns.Errorf(http.StatusInternalServerError, "internal error")
		slog.Error("request failed", "id", answer.ID, "method", c.Request().Method, "path", c.Request().URL.Path, "error", err)
	}
	if err := c.JSON(answer.Status, map[string]*dfns.Error{"error": answer}); err != nil {
		slog.Error("answering failed", "error", err)
	}
}
