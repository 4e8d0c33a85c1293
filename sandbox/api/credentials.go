package api

import (
	"github.com/labstack/echo/v4"

	"countersign/sandbox/credential"
	"countersign/sandbox/permission"
)

// credentialRoutes are those of the keys that sign for the caller. DFNS asks for no
// permission on any of them.
func (a *API) credentialRoutes(e *echo.Echo) {
	const path = "/auth/credentials"
	e.GET(path, a.read(permission.None, func(c call) error {
		found, err := a.Credentials.Credentials(c.caller)
		return replyPage(c, found, "", err)
	}))
	e.POST(path+"/init", a.read(permission.None, func(c call) error { return decodedBy(c, a.Credentials.Init) }))
	e.POST(path, a.signed(permission.None, func(c call) error { return decodedBy(c, a.Credentials.Create) }))
	e.PUT(path+"/activate", a.signed(permission.None, func(c call) error {
		return decoded(c, func(in credential.Named) (map[string]string, error) {
			return success(a.Credentials.Activate(c.caller, in))
		})
	}))
	e.PUT(path+"/deactivate", a.signed(permission.None, func(c call) error {
		return decoded(c, func(in credential.Named) (map[string]string, error) {
			return success(a.Credentials.Deactivate(c.caller, in))
		})
	}))
	e.POST(path+"/code", a.signed(permission.None, func(c call) error { return decodedBy(c, a.Credentials.CreateCode) }))
	e.POST(path+"/code/init", open(func(c call) error { return decoded(c, a.Credentials.InitByCode) }))
	e.POST(path+"/code/verify", open(func(c call) error { return decoded(c, a.Credentials.CreateByCode) }))
}
