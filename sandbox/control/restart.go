package control

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"countersign/sandbox/dfns"
)

// ErrStarting means that the server is still starting and cannot start anew.
var ErrStarting = errors.New("the sandbox is still starting; ask again when /healthz answers 200")

// restart answers, and then the program starts anew: there is nobody to answer afterwards.
func (c *Control) restart(e echo.Context) error {
	in := struct {
		Mode string `json:"mode"` // kill or stop
	}{Mode: "kill"}
	if err := read(e, &in); err != nil {
		return err
	}
	if in.Mode != "kill" && in.Mode != "stop" {
		return dfns.BadRequest("mode: %q must be kill, as kill -9 does, or stop, which closes everything first", in.Mode)
	}
	if c.Restart == nil {
		return dfns.NotImplemented("a sandbox that is part of another program cannot start anew; run sandbox serve")
	}
	e.Response().Header().Set("Connection", "close") // it will be cut
	if err := e.JSON(http.StatusOK, in); err != nil {
		return err
	}
	e.Response().Flush()
	return c.Restart(in.Mode == "kill")
}
