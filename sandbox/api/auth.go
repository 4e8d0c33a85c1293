package api

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/permission"
)

func (a *API) authRoutes(e *echo.Echo) {
	e.POST("/auth/action/init", a.read(permission.None, func(c call) error {
		return decodedBy(c, a.Auth.Init)
	}))
	e.POST("/auth/action", a.read(permission.None, func(c call) error {
		return decoded(c, func(in auth.ActionRequest) (map[string]string, error) {
			token, err := a.Auth.Exchange(c.caller, in)
			return map[string]string{"userAction": token}, err
		})
	}))
	e.GET("/auth/action/logs", a.read(permission.ReadLogs, a.actionLogs))
	e.GET("/auth/action/logs/:id", a.read(permission.ReadLogs, func(c call) error {
		entry, err := a.Auth.Entry(c.Param("id"))
		return reply(c, entry, err)
	}))
	e.POST("/auth/service-accounts", a.signed(permission.CreateServiceAccount, func(c call) error {
		return decodedBy(c, a.Accounts.CreateServiceAccount)
	}))
	e.GET("/auth/service-accounts", a.read(permission.ReadServiceAccounts, func(c call) error {
		found, err := a.Accounts.ServiceAccounts()
		return replyPage(c, found, "", err)
	}))
	e.GET("/auth/service-accounts/:id", a.read(permission.ReadServiceAccounts, func(c call) error {
		account, err := a.Accounts.ServiceAccount(c.Param("id"))
		return reply(c, account, err)
	}))
	a.serviceAccountRoutes(e)
	a.patRoutes(e)
	a.userRoutes(e)
	a.loginRoutes(e)
	a.credentialRoutes(e)
	a.registrationRoutes(e)
}

// actionLogs answers in CSV, as DFNS does.
func (a *API) actionLogs(c call) error {
	start, err1 := time.Parse(time.RFC3339, c.QueryParam("startTime"))
	end, err2 := time.Parse(time.RFC3339, c.QueryParam("endTime"))
	if err1 != nil || err2 != nil {
		return dfns.BadRequest("startTime and endTime must be dates such as 2026-01-02T03:04:05Z")
	}
	found, err := a.Auth.Entries(start, end, c.QueryParam("userId"))
	if err != nil {
		return err
	}
	text, err := auth.CSV(found)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", text)
}
