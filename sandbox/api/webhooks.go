package api

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"countersign/sandbox/dfns"
	"countersign/sandbox/permission"
	"countersign/sandbox/webhook"
)

func (a *API) webhookRoutes(e *echo.Echo) {
	e.POST("/webhooks", a.signed(permission.CreateWebhook, func(c call) error { return decodedBy(c, a.Webhooks.Create) }))
	e.GET("/webhooks", a.read(permission.ReadWebhooks, func(c call) error {
		p, err := page(c, 50)
		if err != nil {
			return err
		}
		found, next, err := a.Webhooks.List(p)
		return replyPage(c, found, next, err)
	}))
	e.GET("/webhooks/:id", a.read(permission.ReadWebhooks, func(c call) error {
		hook, err := a.Webhooks.Get(c.Param("id"))
		return reply(c, hook, err)
	}))
	e.PUT("/webhooks/:id", a.signed(permission.UpdateWebhook, func(c call) error {
		return decoded(c, func(in webhook.Fields) (webhook.Webhook, error) {
			return a.Webhooks.Update(c.caller, c.Param("id"), in)
		})
	}))
	e.DELETE("/webhooks/:id", a.signed(permission.DeleteWebhook, func(c call) error {
		return reply(c, map[string]bool{"deleted": true}, a.Webhooks.Delete(c.caller, c.Param("id")))
	}))
	e.POST("/webhooks/:id/ping", a.signed(permission.PingWebhook, func(c call) error {
		result, err := a.Deliverer.Ping(c.Request().Context(), c.caller, c.Param("id"))
		return reply(c, result, err)
	}))
	e.GET("/webhooks/:id/events", a.read(permission.ReadEvents, a.events))
	e.GET("/webhooks/:id/events/:eventId", a.read(permission.ReadEvents, func(c call) error {
		event, err := a.Webhooks.Event(c.Param("id"), c.Param("eventId"))
		return reply(c, event, err)
	}))
}

func (a *API) events(c call) error {
	p, err := pageUpTo(c, 50, maxEvents)
	if err != nil {
		return err
	}
	var failed *bool
	if text := c.QueryParam("deliveryFailed"); text != "" {
		value, err := strconv.ParseBool(text)
		if err != nil {
			return dfns.BadRequest("deliveryFailed must be true or false")
		}
		failed = &value
	}
	found, next, err := a.Webhooks.Events(c.Param("id"), c.QueryParam("kind"), failed, p)
	return replyPage(c, found, next, err)
}
