package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"countersign/sandbox/dfns"
	"countersign/sandbox/sdkroute"
)

// A SDKRoute is a route of @dfns/sdk, and whether the sandbox serves it. One that it does
// not serve answers 501.
type SDKRoute struct {
	sdkroute.Route
	Served bool
}

// SDKRoutes returns every route of @dfns/sdk 0.8.3 and 0.8.21, sorted by path.
func SDKRoutes() []SDKRoute {
	served := map[string]bool{}
	for _, r := range new(API).router().Routes() {
		served[sdkroute.Route{Method: r.Method, Path: r.Path}.Key()] = true
	}
	var routes []SDKRoute
	for _, r := range sdkroute.All() {
		routes = append(routes, SDKRoute{Route: r, Served: served[r.Key()]})
	}
	return routes
}

// unrouted is the refusal of a request that no handler takes: 501 when DFNS has the route,
// 404 when nobody has it.
func unrouted(r *http.Request) *dfns.Error {
	if route, known := sdkroute.Find(r.Method, r.URL.EscapedPath()); known {
		return dfns.NotImplemented("%s %s", route.Method, route.Path)
	}
	return dfns.Errorf(http.StatusNotFound, "no route %s %s", r.Method, r.URL.Path)
}

// isUnrouted tells whether err is the router's own.
func isUnrouted(err error) bool {
	return errors.Is(err, echo.ErrNotFound) || errors.Is(err, echo.ErrMethodNotAllowed)
}

// overrun tells whether the router let the last parameter of the route take more than one
// segment of the path, as it does where no longer route begins like it.
func overrun(c echo.Context) bool {
	return strings.Count(c.Request().URL.EscapedPath(), "/") != strings.Count(c.Path(), "/")
}
