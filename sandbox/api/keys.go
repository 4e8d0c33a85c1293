package api

import (
	"github.com/labstack/echo/v4"

	"countersign/sandbox/custody"
	"countersign/sandbox/keys"
	"countersign/sandbox/permission"
)

func (a *API) keyRoutes(e *echo.Echo) {
	e.POST("/keys", a.signed(permission.CreateKey, func(c call) error { return decodedBy(c, a.Keys.Create) }))
	e.GET("/keys", a.read(permission.ReadKeys, func(c call) error {
		p, err := page(c, 50)
		if err != nil {
			return err
		}
		of, err := owner(c, "owner")
		if err != nil {
			return err
		}
		found, next, err := a.Keys.List(of, p)
		return replyPage(c, found, next, err)
	}))
	e.GET("/keys/:keyId", a.read(permission.ReadKeys, func(c call) error {
		detail, err := a.Custody.KeyDetail(c.Param("keyId"))
		return reply(c, detail, err)
	}))
	e.PUT("/keys/:keyId", a.signed(permission.UpdateKey, func(c call) error {
		return decoded(c, func(in keys.Name) (keys.Key, error) { return a.Keys.Rename(c.caller, c.Param("keyId"), in) })
	}))
	e.POST("/keys/:keyId/delegate", a.signed(permission.DelegateKey, func(c call) error {
		return decoded(c, func(in custody.KeyHeir) (custody.Delegated, error) {
			return a.Custody.DelegateKey(c.caller, c.Param("keyId"), in)
		})
	}))
	e.POST("/keys/:keyId/export", a.signed(permission.ExportKey, func(c call) error {
		return decoded(c, func(in keys.Exporting) (keys.Exported, error) {
			return a.Custody.ExportKey(c.caller, c.Param("keyId"), in)
		})
	}))
	e.POST("/keys/import", a.signed(permission.ImportKey, func(c call) error { return decodedBy(c, a.Keys.Import) }))
	e.GET("/signers", a.read(permission.ListSigners, func(c call) error {
		clusters, err := a.Keys.Signers()
		return reply(c, clusters, err)
	}))
	e.POST("/keys/:keyId/derive", a.signed(permission.DeriveKey, func(c call) error {
		return decoded(c, func(in keys.Derivation) (keys.Derived, error) { return a.Keys.Derive(c.caller, c.Param("keyId"), in) })
	}))
	e.DELETE("/keys/:keyId", a.signed(permission.DeleteKey, func(c call) error {
		key, err := a.Custody.DeleteKey(c.caller, c.Param("keyId"))
		return reply(c, key, err)
	}))
}
