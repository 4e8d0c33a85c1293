package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"countersign/sandbox/auth"
	"countersign/sandbox/dfns"
	"countersign/sandbox/store"
)

// compact writes JSON as webhooks carry it, so that an entity reads the same
// wherever it is met.
type compact struct{}

// Serialize writes v; indentation is never asked for.
func (compact) Serialize(c echo.Context, v any, _ string) error {
	text, err := dfns.Compact(v)
	if err != nil {
		return err
	}
	_, err = c.Response().Write(text)
	return err
}

// Deserialize is not used: handlers decode strictly, from the bytes that were
// signed.
func (compact) Deserialize(echo.Context, any) error {
	return fmt.Errorf("bodies are decoded by dfns.Decode")
}

// reply answers 200 with v, or hands err on.
func reply[T any](c call, v T, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

// items is a page of a list. nextPageToken is absent on the last one.
type items[T any] struct {
	WalletID      string `json:"walletId,omitempty"`
	Items         []T    `json:"items"`
	NextPageToken string `json:"nextPageToken,omitempty"`
}

// replyPage answers 200 with a page.
func replyPage[T any](c call, found []T, next string, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, items[T]{WalletID: c.Param("walletId"), Items: found, NextPageToken: next})
}

// decoded reads the body into a T for a handler that answers with an R.
func decoded[T, R any](c call, handle func(T) (R, error)) error {
	var in T
	if err := dfns.Decode(c.body, &in); err != nil {
		return err
	}
	out, err := handle(in)
	return reply(c, out, err)
}

// decodedBy is decoded for a handler that needs to know who calls.
func decodedBy[T, R any](c call, handle func(auth.Caller, T) (R, error)) error {
	return decoded(c, func(in T) (R, error) { return handle(c.caller, in) })
}

// maxLimit is the most that a page may ask for, maxEvents that of a webhook's events (the
// custodian's OpenAPI).
const (
	maxLimit  = 500
	maxEvents = 200
)

// page reads limit and paginationToken from the query.
func page(c call, limit int) (store.Page, error) { return pageUpTo(c, limit, maxLimit) }

// pageUpTo is page where another most is allowed.
func pageUpTo(c call, limit, most int) (store.Page, error) {
	p := store.Page{Limit: limit, Token: c.QueryParam("paginationToken")}
	text := c.QueryParam("limit")
	if text == "" {
		return p, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return p, dfns.BadRequest("limit must be from 1 to %d", most)
	}
	p.Limit = n
	return p, nil
}

// oneOf refuses a query parameter that is given and has none of the values: an
// empty list would hide the mistake.
func oneOf(c call, name string, values ...string) error {
	if v := c.QueryParam(name); v != "" && !slices.Contains(values, v) {
		return dfns.BadRequest("%s must be one of %s", name, strings.Join(values, ", "))
	}
	return nil
}
