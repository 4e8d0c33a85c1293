package api

import (
	"countersign/audit/api/ask"
	"countersign/audit/api/token"

	"github.com/labstack/echo/v4"
)

// A route is a path that is served, with what stands before its handler.
type route struct {
	path   string // as echo writes it
	handle echo.HandlerFunc
	before []echo.MiddlewareFunc
	// as is the path as OpenAPI writes it, more than one where echo needs a wildcard;
	// empty where both write the same.
	as []string
}

func (r route) documented() []string {
	if r.as != nil {
		return r.as
	}
	return []string{r.path}
}

// routes is everything that is served. A route without [Server.allowed] is for everybody.
func (s *Server) routes() []route {
	with := func(m ...echo.MiddlewareFunc) []echo.MiddlewareFunc { return m }
	return []route{
		{path: "/v1/records", handle: s.list(records), before: with(s.allowed(token.ReadRecords))},
		{path: "/v1/decisions", handle: s.list(decisions), before: with(s.allowed(token.ReadDecisions))},
		{path: "/v1/records/:id", handle: s.record, before: with(s.allowed(token.ReadRecords, token.ReadDecisions), plain), as: []string{"/v1/records/{id}"}},
		{path: "/v1/records/:id/receipt", handle: s.receipt, before: with(s.allowed(token.ReadRecords, token.ReadDecisions), plain), as: []string{"/v1/records/{id}/receipt"}},
		{path: "/tile/*", handle: s.tile, before: with(s.allowed(token.ReadTiles), plain), as: []string{
			"/tile/{level}/{n}", "/tile/{level}/{n}.p/{width}", "/tile/entries/{n}", "/tile/entries/{n}.p/{width}",
		}},
		{path: "/checkpoint", handle: s.checkpoint, before: with(s.open, plain)},
		{path: "/.well-known/jwks.json", handle: s.keys, before: with(s.open, plain)},
		{path: "/v1/policy", handle: s.policy, before: with(s.open, plain)},
		{path: "/openapi.json", handle: document, before: with(s.open, plain)},
		{path: "/healthz", handle: healthy},
		{path: "/readyz", handle: s.ready},
	}
}

// plain lets a request through that has no parameters.
func plain(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := ask.None(c.Request().URL.RawQuery); err != nil {
			return err
		}
		return next(c)
	}
}
