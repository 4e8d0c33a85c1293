package control

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"countersign/sandbox/clock"
	"countersign/sandbox/dfns"
	"countersign/sandbox/fault"
)

// Time is the answer about the clock.
type Time struct {
	Now   dfns.Time `json:"now"`
	Ahead string    `json:"ahead"` // of real time, as Go writes a duration: 24h0m0s
}

func (c *Control) time() Time {
	return Time{Now: dfns.At(c.Clock.Now()), Ahead: c.Clock.Ahead().String()}
}

func (c *Control) showClock(e echo.Context) error { return e.JSON(http.StatusOK, c.time()) }

// advance answers when everything that fell due meanwhile is done. 409 means that
// it stopped on the way, because something takes long.
func (c *Control) advance(e echo.Context) error {
	var in struct {
		By string `json:"by"` // such as 24h
	}
	if err := read(e, &in); err != nil {
		return err
	}
	by, err := time.ParseDuration(in.By)
	if err != nil || by <= 0 {
		return dfns.BadRequest("by: %q is not a duration above 0; write it like 90s, 12m or 24h", in.By)
	}
	if err := c.Clock.Advance(e.Request().Context(), by); errors.Is(err, clock.ErrBusy) {
		return dfns.Errorf(http.StatusConflict, "%v", err)
	} else if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, c.time())
}

// faults is a list of rules in force.
type faults struct {
	Items []fault.Installed `json:"items"`
}

func (c *Control) listFaults(e echo.Context) error {
	return e.JSON(http.StatusOK, faults{c.Faults.List()})
}

// addFaults answers with the rules that the script added.
func (c *Control) addFaults(e echo.Context) error {
	body, err := io.ReadAll(e.Request().Body) // bounded by the BodyLimit middleware
	if err != nil {
		return err
	}
	script, err := fault.Parse(body)
	if err != nil {
		return dfns.BadRequest("%v", err)
	}
	if err := c.Faults.Check(script); err != nil {
		return dfns.NotImplemented("%v", err)
	}
	return e.JSON(http.StatusOK, faults{c.Faults.Install(script)})
}

func (c *Control) clearFaults(e echo.Context) error {
	c.Faults.Clear()
	return e.JSON(http.StatusOK, faults{c.Faults.List()})
}

func (c *Control) removeFault(e echo.Context) error {
	if id := e.Param("id"); !c.Faults.Remove(id) {
		return dfns.NotFound("fault", id)
	}
	return e.JSON(http.StatusOK, faults{c.Faults.List()})
}
