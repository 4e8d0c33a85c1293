package api

import (
	"github.com/labstack/echo/v4"

	"countersign/sandbox/account"
	"countersign/sandbox/identity"
	"countersign/sandbox/permission"
)

// serviceAccountRoutes are those that change a service account.
func (a *API) serviceAccountRoutes(e *echo.Echo) {
	const path = "/auth/service-accounts/:id"
	e.PUT(path, a.signed(permission.UpdateServiceAccount, func(c call) error {
		return decoded(c, func(in account.Renaming) (account.ServiceAccount, error) {
			return a.Accounts.UpdateServiceAccount(c.caller, c.Param("id"), in)
		})
	}))
	e.DELETE(path, a.signed(permission.DeleteServiceAccount, func(c call) error {
		if err := oneOf(c, "force", "true", "false"); err != nil {
			return err
		}
		account, err := a.Accounts.DeleteServiceAccount(c.caller, c.Param("id"), c.QueryParam("force") == "true")
		return reply(c, account, err)
	}))
	e.PUT(path+"/activate", a.signed(permission.ActivateServiceAccount, func(c call) error {
		account, err := a.Accounts.ActivateServiceAccount(c.caller, c.Param("id"))
		return reply(c, account, err)
	}))
	e.PUT(path+"/deactivate", a.signed(permission.DeactivateServiceAccount, func(c call) error {
		return decoded(c, func(in account.Forcing) (account.ServiceAccount, error) {
			return a.Accounts.DeactivateServiceAccount(c.caller, c.Param("id"), in)
		})
	}))
}

// patRoutes are those of the caller's own personal access tokens.
func (a *API) patRoutes(e *echo.Echo) {
	const path = "/auth/pats/:id"
	e.POST("/auth/pats", a.signed(permission.CreatePat, func(c call) error { return decodedBy(c, a.Accounts.CreatePat) }))
	e.GET("/auth/pats", a.read(permission.None, func(c call) error {
		found, err := a.Accounts.Pats(c.caller)
		return replyPage(c, found, "", err)
	}))
	e.GET(path, a.read(permission.None, func(c call) error {
		token, err := a.Accounts.Pat(c.caller, c.Param("id"))
		return reply(c, token, err)
	}))
	e.PUT(path, a.signed(permission.None, func(c call) error {
		return decoded(c, func(in account.Renaming) (account.AccessToken, error) {
			return a.Accounts.UpdatePat(c.caller, c.Param("id"), in)
		})
	}))
	e.DELETE(path, a.signed(permission.None, func(c call) error {
		token, err := a.Accounts.DeletePat(c.caller, c.Param("id"))
		return reply(c, token, err)
	}))
	for verb, on := range map[string]bool{"/activate": true, "/deactivate": false} {
		e.PUT(path+verb, a.signed(permission.None, func(c call) error {
			token, err := a.Accounts.SwitchPat(c.caller, c.Param("id"), on)
			return reply(c, token, err)
		}))
	}
}

// userRoutes are those of human users.
func (a *API) userRoutes(e *echo.Echo) {
	const path = "/auth/users/:id"
	e.POST("/auth/users", a.signed(permission.CreateUser, func(c call) error { return decodedBy(c, a.Accounts.CreateMember) }))
	e.GET("/auth/users", a.read(permission.ReadUsers, func(c call) error {
		p, err := page(c, 50)
		if err != nil {
			return err
		}
		users, next, err := a.Accounts.Users(p)
		return replyPage(c, users, next, err)
	}))
	e.GET(path, a.read(permission.ReadUsers, func(c call) error {
		user, err := a.Accounts.User(c.Param("id"))
		return reply(c, user, err)
	}))
	e.PUT(path, a.signed(permission.UpdateUser, func(c call) error {
		return decoded(c, func(in account.MemberChange) (identity.User, error) {
			return a.Accounts.UpdateMember(c.caller, c.Param("id"), in)
		})
	}))
	e.DELETE(path, a.signed(permission.DeleteUser, func(c call) error {
		user, err := a.Accounts.DeleteMember(c.caller, c.Param("id"))
		return reply(c, user, err)
	}))
	e.PUT(path+"/activate", a.signed(permission.ActivateUser, func(c call) error {
		user, err := a.Accounts.SwitchMember(c.caller, c.Param("id"), true)
		return reply(c, user, err)
	}))
	e.PUT(path+"/deactivate", a.signed(permission.DeactivateUser, func(c call) error {
		user, err := a.Accounts.SwitchMember(c.caller, c.Param("id"), false)
		return reply(c, user, err)
	}))
}
