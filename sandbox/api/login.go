package api

import (
	"io"

	"github.com/labstack/echo/v4"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/permission"
)

// loginRoutes are those by which a human gets a bearer token with his key, and gives it up.
func (a *API) loginRoutes(e *echo.Echo) {
	e.POST("/auth/login/init", open(func(c call) error { return decoded(c, a.Auth.LoginInit) }))
	e.POST("/auth/login/code", open(func(c call) error {
		return decoded(c, func(in auth.Addressee) (map[string]string, error) { return success(a.Auth.SendLoginCode(in)) })
	}))
	e.POST("/auth/login", open(func(c call) error {
		return decoded(c, func(in auth.ActionRequest) (map[string]string, error) {
			token, err := a.Auth.Login(in)
			return map[string]string{"token": token}, err
		})
	}))
	e.PUT("/auth/logout", a.read(permission.None, func(c call) error {
		var in auth.LogoutRequest
		if len(c.body) > 0 {
			if err := dfns.Decode(c.body, &in); err != nil {
				return err
			}
		}
		said, err := success(a.Auth.Logout(c.caller, in))
		return reply(c, said, err)
	}))
}

// open wraps a handler for whoever has no bearer token yet.
func open(h func(call) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		body, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return err
		}
		return h(call{Context: c, body: body})
	}
}
