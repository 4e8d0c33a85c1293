package api

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"countersign/audit"
	"countersign/store"

	"github.com/labstack/echo/v4"
)

var (
	indexForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})$`)
	uuidForm  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
)

// record answers with one record, by its index or its ID.
func (s *Server) record(c echo.Context) error {
	if negotiate(c.Request().Header, jsonType) == "" {
		return refuse(http.StatusNotAcceptable, "Accept names nothing that is served here; ask for "+jsonType, nil)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), databaseTimeout)
	defer cancel()
	e, err := s.one(ctx, c)
	if err != nil {
		return err
	}
	return writeJSON(c, record(e))
}

// receipt answers with the proof that a record stands in the log.
func (s *Server) receipt(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), databaseTimeout)
	defer cancel()
	e, err := s.one(ctx, c)
	if err != nil {
		return err
	}
	r, err := s.cfg.Log.Receipt(ctx, e.Index)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="record-%d.tlog-proof"`, e.Index))
	return c.Blob(http.StatusOK, echo.MIMETextPlainCharsetUTF8, r.Text())
}

// one is the record that a path names, if the token may read it. To who may not, it does
// not exist.
func (s *Server) one(ctx context.Context, c echo.Context) (e audit.Entry, err error) {
	id := c.Param("id")
	switch {
	case indexForm.MatchString(id):
		index, _ := strconv.ParseInt(id, 10, 64) // the form is right
		e, err = s.at(ctx, index)
	case uuidForm.MatchString(id):
		e, err = s.cfg.Log.ByID(ctx, id)
	default:
		return e, wrong("id", "is no index like 0 or 1234 and no ID of a record, a UUIDv7 in lower case")
	}
	if err == nil && !current(c).Sees(e) {
		err = fmt.Errorf("%w: record %d: %w", audit.ErrNoRecord, e.Index, errHidden)
	}
	return e, err
}

func (s *Server) at(ctx context.Context, index int64) (audit.Entry, error) {
	for e, err := range s.cfg.Log.Select(ctx, store.Query{From: index, Before: index + 1}) {
		return e, err
	}
	return audit.Entry{}, fmt.Errorf("%w: index %d", audit.ErrNoRecord, index)
}
