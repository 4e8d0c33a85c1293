package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"

	"countersign/audit"
	"countersign/audit/api/ask"
	"countersign/audit/api/token"
	"countersign/audit/csvfile"

	"github.com/labstack/echo/v4"
)

// batch is how many records are read at once for an export. Between two, no connection
// and no snapshot of the database is held, however slow the reader is.
const batch = 200

// ExportHeader names the index of the export's own record. What was exported is before it.
const ExportHeader = "Countersign-Export-Index"

// export streams every record that an ask picks, up to the record that says so: that one
// is on the trail before the first byte leaves. An export that fails on the way is cut
// off, so that no part of it passes for the whole.
func (s *Server) export(c echo.Context, l list, a *ask.Ask, media string) error {
	ses, form, contentType := current(c), "ndjson", ndjsonType
	if media == csvType {
		form, contentType = "csv", csvfile.MediaType
	}
	switch {
	case !ses.May(token.MakeExports):
		return forbidden(c, ses.Token, token.MakeExports)
	case a.Limited:
		return wrong("limit", "is for pages: an export is never cut short; leave it out, or bound it with after_seq and dates")
	case a.Wait > 0:
		return wrong("wait", "is for pages; leave it out")
	}
	answer := func(end string) { // from here on it is no refusal
		h := c.Response().Header()
		h.Set("Content-Type", contentType)
		h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s.%s"`, l.name, csvfile.Form, form))
		if end != "" {
			h.Set(ExportHeader, end)
		}
		c.Response().WriteHeader(http.StatusOK)
	}
	if c.Request().Method == http.MethodHead {
		answer("")
		return nil
	}
	done, err := s.begin(c, ses)
	if err != nil {
		return err
	}
	defer done()
	end, err := s.exported(c, a, ses, form)
	if err != nil {
		return unavailable(c, "the export could not be put on the trail, so that nothing is exported; try again", err)
	}
	answer(strconv.FormatInt(end, 10))
	if err := s.stream(c, l, a, end, rowsTo(c.Response(), l, form)); err != nil {
		return fmt.Errorf("export %d: %w", end, err)
	}
	return nil
}

// begin takes a place among the exports that run.
func (s *Server) begin(c echo.Context, ses *session) (done func(), err error) {
	select {
	case ses.streams <- struct{}{}:
	default:
		return nil, tooMany(c, fmt.Sprintf("token %s runs %d exports already", ses.Name, cap(ses.streams)))
	}
	select {
	case s.streams <- struct{}{}:
		return func() { <-s.streams; <-ses.streams }, nil
	default:
		<-ses.streams
		return nil, unavailable(c, "too many exports run; try again", nil)
	}
}

// exported puts an export on the trail and returns the index of its record, once the log
// that is read has everything up to it.
func (s *Server) exported(c echo.Context, a *ask.Ask, ses *session, form string) (int64, error) {
	ctx, cancel := context.WithTimeout(c.Request().Context(), databaseTimeout)
	defer cancel()
	e, err := s.cfg.Journal.Append(ctx, audit.Draft{
		Key: "api/export/" + rand.Text(), Type: audit.ExportMade,
		Body: func(index int64) any {
			return audit.Export{Form: form, By: ses.Name, From: min(a.From, index), To: index, Filter: a.Filter.Encode()}
		},
	})
	if err != nil {
		return 0, err
	}
	s.log.Info("export begun", "token", ses.Name, "form", form, "index", e.Index, "remote", c.RealIP())
	return e.Index, s.cfg.Log.WaitFor(ctx, e.Index)
}

// stream writes what an ask picks before an index, a batch at a time.
func (s *Server) stream(c echo.Context, l list, a *ask.Ask, end int64, to rows) error {
	ses, q := current(c), a.Query
	for more := q.From < end; more; {
		entries, err := s.batch(c.Request().Context(), a, q.From, end)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if q.From = e.Index + 1; !ses.Sees(e) {
				continue
			}
			s.extend(c, 0) // each part has its time, however long the whole takes
			if err := to.write(e); err != nil {
				return err
			}
		}
		if err := to.flush(); err != nil {
			return err
		}
		c.Response().Flush()
		more = len(entries) == batch
	}
	return to.flush()
}

func (s *Server) batch(ctx context.Context, a *ask.Ask, from, end int64) (entries []audit.Entry, err error) {
	ctx, cancel := context.WithTimeout(ctx, databaseTimeout)
	defer cancel()
	q := a.Query
	q.From, q.Before, q.Limit = from, end, batch
	for e, err := range s.cfg.Log.Select(ctx, q) {
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// rows write records in one form.
type rows struct {
	write func(audit.Entry) error
	flush func() error
}

func rowsTo(w *echo.Response, l list, form string) rows {
	if form == "csv" {
		f := csvfile.NewWriter(w)
		return rows{f.Write, f.Flush}
	}
	return rows{
		write: func(e audit.Entry) error {
			line, err := marshal(l.item(e))
			if err == nil {
				_, err = w.Write(append(line, '\n'))
			}
			return err
		},
		flush: func() error { return nil },
	}
}
