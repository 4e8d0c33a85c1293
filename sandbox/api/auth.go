package api

import (
	"github.com/labstack/echo/v4"

	"countersign/sandbox/auth"
)

func (a *API) authRoutes(e *echo.Echo) {
	e.POST("/auth/action/init", a.read(func(c call) error {
		return decoded(c, func(in auth.InitRequest) (auth.InitResponse, error) { return a.Auth.Init(c.caller, in) })
	}))
	e.POST("/auth/action", a.read(func(c call) error {
		return decoded(c, func(in auth.ActionRequest) (map[string]string, error) {
			token, err := a.Auth.Exchange(c.caller, in)
			return map[string]string{"userAction": token}, err
		})
	}))
	e.POST("/auth/service-accounts", a.signed(func(c call) error {
		return decoded(c, func(in auth.NewServiceAccount) (auth.ServiceAccount, error) {
			return a.Auth.CreateServiceAccount(c.caller, in)
		})
	}))
	e.GET("/auth/service-accounts", a.read(func(c call) error {
		found, err := a.Auth.ServiceAccounts()
		return replyPage(c, found, "", err)
	}))
	e.GET("/auth/service-accounts/:id", a.read(func(c call) error {
		account, err := a.Auth.ServiceAccount(c.Param("id"))
		return reply(c, account, err)
	}))
	e.GET("/auth/users", a.read(func(c call) error {
		p, err := page(c, 50)
		if err != nil {
			return err
		}
		users, next, err := a.Auth.Users(p)
		return replyPage(c, users, next, err)
	}))
	e.GET("/auth/users/:id", a.read(func(c call) error {
		user, err := a.Auth.User(c.Param("id"))
		return reply(c, user, err)
	}))
	e.GET("/auth/credentials", a.read(func(c call) error {
		found, err := a.Auth.Credentials(c.caller.User.UserID)
		return replyPage(c, found, "", err)
	}))
}
