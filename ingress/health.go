package ingress

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"
)

// healthy answers 200 as long as the process serves at all.
func (s *Server) healthy(c echo.Context) error {
	return c.JSON(http.StatusOK, map[string]string{"status": "healthy"})
}

// ready answers 200 when a delivery could be taken now: Temporal answers.
func (s *Server) ready(c echo.Context) error {
	if s.cfg.Ready != nil {
		ctx, cancel := context.WithTimeout(c.Request().Context(), readyTimeout)
		defer cancel()
		if err := s.cfg.Ready(ctx); err != nil {
			return unavailable(c, "not ready", err)
		}
	}
	return c.JSON(http.StatusOK, map[string]string{"status": "ready"})
}

// unavailable asks the sender to come back in five seconds.
func unavailable(c echo.Context, public string, cause error) error {
	c.Response().Header().Set("Retry-After", "5")
	return problem(http.StatusServiceUnavailable, public, cause)
}

// atMost bounds how many requests are handled at once. Nobody waits in line: a
// sender that is turned away tries again, and a line would only grow.
func atMost(n int) echo.MiddlewareFunc {
	places := make(chan struct{}, n)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			select {
			case places <- struct{}{}:
				defer func() { <-places }()
				return next(c)
			default:
				return unavailable(c, "busy", fmt.Errorf("%d requests in flight", n))
			}
		}
	}
}

// recovered turns a panic into a 500, which the sender takes for "try again".
func (s *Server) recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				err = problem(http.StatusInternalServerError, "internal error", fmt.Errorf("panic: %v", p))
			}
		}()
		return next(c)
	}
}
