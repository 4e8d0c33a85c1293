package control

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"countersign/sandbox/mail"
	"countersign/sandbox/store"
)

// showMail lists what was posted to the user of the query's to, or to all.
func (c *Control) showMail(e echo.Context) error {
	found := []mail.Message{}
	err := c.DB.View(func(tx *store.Tx) error {
		messages, err := mail.Messages(tx, e.QueryParam("to"))
		found = append(found, messages...)
		return err
	})
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, map[string][]mail.Message{"items": found})
}
