package api

import (
	"github.com/labstack/echo/v4"

	"countersign/sandbox/permission"
	"countersign/sandbox/reading"
	"countersign/sandbox/validator"
)

// networkRoutes are those of networks, and of the Canton validators that are linked to the
// organisation.
func (a *API) networkRoutes(e *echo.Echo) {
	e.GET("/networks/fees", a.read(permission.None, func(c call) error {
		fees, err := a.reading().Fees(c.Request().Context(), c.QueryParam("network"))
		return reply(c, fees, err)
	}))
	e.POST("/networks/read-contract", a.read(permission.None, func(c call) error {
		return decoded(c, func(in reading.ContractRead) (reading.ContractRead, error) {
			return a.reading().ReadContract(c.Request().Context(), in)
		})
	}))
	e.POST("/networks/:network/call-function", a.read(permission.None, func(c call) error {
		return decoded(c, func(in reading.FunctionCall) ([]any, error) {
			return a.reading().CallFunction(c.Request().Context(), c.Param("network"), in)
		})
	}))
	a.validatorRoutes(e)
}

func (a *API) reading() reading.Desk {
	return reading.Desk{Networks: a.Custody.Networks, Chains: a.Chains}
}

func (a *API) validatorRoutes(e *echo.Echo) {
	const path = "/networks/:network/validators"
	e.POST(path, a.signed(permission.CreateValidator, func(c call) error {
		v, err := a.Validators.Create(c.caller, c.Param("network"), c.body)
		return reply(c, v, err)
	}))
	e.GET(path, a.read(permission.ReadValidators, func(c call) error {
		p, err := page(c, 50)
		if err != nil {
			return err
		}
		found, next, err := a.Validators.List(c.Param("network"), p)
		return replyPage(c, found, next, err)
	}))
	one := func(handle func(call) (validator.Validator, error)) func(call) error {
		return func(c call) error {
			v, err := handle(c)
			return reply(c, v, err)
		}
	}
	e.GET(path+"/:id", a.read(permission.ReadValidators, one(func(c call) (validator.Validator, error) {
		return a.Validators.Get(c.Param("network"), c.Param("id"))
	})))
	e.PUT(path+"/:id", a.signed(permission.UpdateValidator, one(func(c call) (validator.Validator, error) {
		return a.Validators.Update(c.caller, c.Param("network"), c.Param("id"), c.body)
	})))
	e.DELETE(path+"/:id", a.signed(permission.DeleteValidator, one(func(c call) (validator.Validator, error) {
		return a.Validators.Delete(c.caller, c.Param("network"), c.Param("id"))
	})))
}
