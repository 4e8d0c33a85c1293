package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"countersign/audit"
	"countersign/audit/api/ask"
	"countersign/store"

	"github.com/labstack/echo/v4"
)

// problemType is the media type of every refusal (RFC 9457).
const problemType = "application/problem+json"

// A problem is an answer that refuses, RFC 9457 §3.1, with the cause that only we see.
// Its type is about:blank: the status says it all.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Parameter names the one that was refused.
	Parameter string `json:"parameter,omitempty"`

	cause error
}

func (p *problem) Error() string { return p.Detail }

func (p *problem) Unwrap() error { return p.cause }

// refuse is a problem in words that a stranger may read: what it is, and what to do.
func refuse(status int, detail string, cause error) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, cause: cause}
}

// wrong refuses a parameter.
func wrong(name, why string) *problem {
	p := refuse(http.StatusBadRequest, name+" "+why, nil)
	p.Parameter = name
	return p
}

// unavailable asks to come back.
func unavailable(c echo.Context, detail string, cause error) *problem {
	c.Response().Header().Set("Retry-After", "5")
	return refuse(http.StatusServiceUnavailable, detail, cause)
}

// problemOf is the problem of an error of the log.
func problemOf(err error) *problem {
	var p *problem
	var he *echo.HTTPError
	var w *ask.Wrong
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &w):
		return wrong(w.Name, w.Why)
	case errors.As(err, &he) && he.Code == http.StatusNotFound:
		return refuse(he.Code, "nothing is served under this path; GET /openapi.json lists what is", nil)
	case errors.As(err, &he) && he.Code == http.StatusMethodNotAllowed:
		return refuse(he.Code, "the trail is read with GET and HEAD, and changed by nobody", nil)
	case errors.Is(err, audit.ErrNoRecord):
		return refuse(http.StatusNotFound, "the log has no such record that this token may read", err)
	case errors.Is(err, store.ErrNoCheckpoint):
		return refuse(http.StatusNotFound, "the log is empty: nothing was signed yet", err)
	case errors.Is(err, context.DeadlineExceeded):
		return refuse(http.StatusServiceUnavailable, "the database did not answer in time; ask for less, or try again", err)
	}
	return refuse(http.StatusInternalServerError, "internal error; the operator's log has the cause", err)
}

// answer is echo's error handler.
func answer(log *slog.Logger) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		p, level := problemOf(err), slog.LevelWarn
		if c.Request().Context().Err() != nil {
			level = slog.LevelDebug // whoever asked has gone
		} else if p.Status == http.StatusInternalServerError {
			level = slog.LevelError
		}
		log.Log(c.Request().Context(), level, "request refused", "status", p.Status, "path", c.Path(), "remote", c.RealIP(), "detail", p.Detail, "error", p.cause)
		if c.Response().Committed {
			panic(http.ErrAbortHandler) // cut off, or what was sent would pass for the whole
		}
		body, err := json.Marshal(p)
		if err == nil {
			err = c.Blob(p.Status, problemType, body)
		}
		if err != nil {
			log.Debug("answer not sent", "status", p.Status, "error", err)
		}
	}
}
