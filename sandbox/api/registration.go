package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"countersign/sandbox/auth"
	"countersign/sandbox/credential"
	"countersign/sandbox/dfns"
	"countersign/sandbox/permission"
	"countersign/sandbox/recovery"
	"countersign/sandbox/registration"
)

// registrationRoutes are those by which whoever has no key, or none any more, gets one.
func (a *API) registrationRoutes(e *echo.Echo) {
	const registers, recovers = "/auth/registration", "/auth/recover/user"
	e.POST(registers+"/init", open(func(c call) error { return decoded(c, a.Registration.Init) }))
	e.POST(registers, open(func(c call) error {
		return byToken(c, func(token string, in credential.Factors) (credential.Outcome, error) {
			return a.Registration.Complete(token, in)
		})
	}))
	e.POST(registers+"/enduser", open(func(c call) error { return byToken(c, a.Registration.Settle) }))
	e.PUT(registers+"/code", open(func(c call) error {
		return decoded(c, func(in registration.Addressee) (map[string]string, error) { return success(a.Registration.Resend(in)) })
	}))
	e.POST(registers+"/delegated", a.signed(permission.RegisterEndUser, func(c call) error {
		return decodedBy(c, a.Registration.Delegate)
	}))
	e.POST("/auth/login/delegated", a.signed(permission.LoginEndUser, func(c call) error {
		return decoded(c, func(in auth.DelegatedLogin) (map[string]string, error) {
			token, err := a.Auth.LoginFor(c.caller, in)
			return map[string]string{"token": token}, err
		})
	}))
	e.POST(recovers+"/code", open(func(c call) error {
		return decoded(c, func(in recovery.Addressee) (map[string]string, error) { return success(a.Recovery.SendCode(in)) })
	}))
	e.POST(recovers+"/init", open(func(c call) error { return decoded(c, a.Recovery.Init) }))
	e.POST(recovers+"/delegated", a.signed(permission.RecoverEndUser, func(c call) error {
		return decodedBy(c, a.Recovery.Delegate)
	}))
	e.POST(recovers, open(func(c call) error {
		return byToken(c, func(token string, in recovery.Request) (credential.Outcome, error) {
			return a.Recovery.Recover(token, in)
		})
	}))
}

// success is DFNS's answer where there is nothing to say.
func success(err error) (map[string]string, error) {
	return map[string]string{"message": "success"}, err
}

// byToken is decoded for a handler whose caller shows a temporary token.
func byToken[T, R any](c call, handle func(token string, in T) (R, error)) error {
	token, err := bearerOf(c)
	if err != nil {
		return err
	}
	return decoded(c, func(in T) (R, error) { return handle(token, in) })
}

// bearerOf returns what stands behind Bearer; nothing is a 401.
func bearerOf(c echo.Context) (string, error) {
	scheme, token, _ := strings.Cut(c.Request().Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", dfns.Errorf(http.StatusUnauthorized, "Not Authorized.")
	}
	return strings.TrimSpace(token), nil
}
