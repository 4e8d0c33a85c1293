// Package control is the API by which tests and people make the sandbox's day
// hard: its clock, its faults, its chains' weather, deposits from outside.
//
// DFNS has nothing like it, so it answers on a port of its own, which is off
// unless asked for. It asks for no credentials. That is why it refuses what a
// page in a browser sends: a request with an Origin, or for a host that is not
// this machine.
//
// Bodies are JSON, decoded strictly; POST /faults takes YAML too. Errors have
// DFNS's shape and name the field.
package control

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/node"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"countersign/sandbox/clock"
	"countersign/sandbox/dfns"
	"countersign/sandbox/evm"
	"countersign/sandbox/fault"
	"countersign/sandbox/network"
	"countersign/sandbox/outside"
	"countersign/sandbox/store"
)

// bodyLimit bounds a body; the longest is a script of faults.
const bodyLimit = "1M"

// Chains gives the chains of EVM networks. [chains.Chains] is the real one.
type Chains interface {
	Chain(network string) (*evm.Chain, error)
	Running() []string // the names of those that were started
}

// Settler can be kept from signing. [settle.Settler] is the real one.
type Settler interface {
	Pause(paused bool)
	Paused() bool
}

// Payer pays deposits. [outside.Account] is the real one.
type Payer interface {
	Address() common.Address
	Pay(ctx context.Context, chain *evm.Chain, d outside.Deposit) (common.Hash, error)
}

// Control answers requests from its parts.
type Control struct {
	DB       *store.DB
	Clock    *clock.Clock
	Faults   *fault.Set
	Networks network.Set
	Chains   Chains
	Settler  Settler
	Outside  Payer
	Restart  func(kill bool) error // starts the program anew, soon; nil when it cannot
}

// Handler returns the routes. Unless public, only callers who know the server by
// an IP address or as localhost are answered.
func (c *Control) Handler(public bool) http.Handler {
	hosts := []string{"localhost"}
	if public {
		hosts = []string{"*"}
	}
	return node.NewHTTPHandlerStack(c.router(), nil, hosts, nil, false)
}

func (c *Control) router() *echo.Echo {
	e := echo.New()
	e.HTTPErrorHandler = refuse
	e.Use(middleware.Recover(), middleware.BodyLimit(bodyLimit), noPages)
	e.GET("/clock", c.showClock)
	e.POST("/clock/advance", c.advance)
	e.GET("/faults", c.listFaults)
	e.POST("/faults", c.addFaults)
	e.DELETE("/faults", c.clearFaults)
	e.DELETE("/faults/:id", c.removeFault)
	e.POST("/chain/:network/hold", c.onChain(hold))
	e.POST("/chain/:network/release", c.onChain(release))
	e.POST("/chain/:network/reorganise", c.onChain(reorganise))
	e.POST("/chain/:network/congest", c.onChain(congest))
	e.POST("/chain/:network/mine", c.onChain(mine))
	e.POST("/settler/pause", c.pause(true))
	e.POST("/settler/resume", c.pause(false))
	e.POST("/deposits", c.deposit)
	e.POST("/restart", c.restart)
	e.GET("/mail", c.showMail)
	e.GET("/state", c.showState)
	return e
}

// noPages refuses what a browser sends for a page, which any page could do.
func noPages(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Header.Get("Origin") != "" {
			return dfns.Forbidden("the control API does not answer pages in browsers; ask without an Origin header")
		}
		return next(c)
	}
}

// read decodes the body strictly.
func read(c echo.Context, into any) error {
	body, err := io.ReadAll(c.Request().Body) // bounded by the BodyLimit middleware
	if err != nil {
		return err
	}
	return dfns.Decode(body, into)
}

// refuse writes err in DFNS's shape. Whoever controls the sandbox may see the cause.
func refuse(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	var answer *dfns.Error
	var wrong *echo.HTTPError
	switch {
	case errors.As(err, &answer):
	case errors.As(err, &wrong):
		answer = dfns.Errorf(wrong.Code, "%s %s: %v", c.Request().Method, c.Request().URL.Path, wrong.Message)
	default:
		answer = dfns.Errorf(http.StatusInternalServerError, "%v", err)
		slog.Error("control request failed", "path", c.Request().URL.Path, "error", err)
	}
	if err := c.JSON(answer.Status, map[string]*dfns.Error{"error": answer}); err != nil {
		slog.Error("answering failed", "error", err)
	}
}
