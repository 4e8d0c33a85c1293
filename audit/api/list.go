package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"countersign/audit"
	"countersign/audit/api/ask"
	"countersign/audit/api/token"
	"countersign/store"

	"github.com/labstack/echo/v4"
)

// maxPage is how many bytes of items a page holds before it ends early.
const maxPage = 4 << 20

// A list is a kind of record, with how one of it reads.
type list struct {
	name, path string
	only       audit.Type // empty for all
	item       func(audit.Entry) any
}

var (
	records   = list{name: "records", path: "/v1/records", item: record}
	decisions = list{name: "decisions", path: "/v1/decisions", only: audit.DecisionIntent, item: decision}
)

// list answers with a page or with an export, as Accept says.
func (s *Server) list(l list) echo.HandlerFunc {
	return func(c echo.Context) error {
		ses := current(c)
		media := negotiate(c.Request().Header, jsonType, ndjsonType, csvType)
		if media == "" {
			return refuse(http.StatusNotAcceptable, "Accept names nothing that is served here; ask for "+jsonType+", "+ndjsonType+" or "+csvType, nil)
		}
		a, err := ask.Parse(l.path, l.only, c.Request().URL.RawQuery)
		if err != nil {
			return err
		}
		if err := bind(a, ses.Token); err != nil {
			return err
		}
		if media == jsonType {
			return s.page(c, l, a)
		}
		return s.export(c, l, a, media)
	}
}

// bind bounds an ask to the wallets of a token.
func bind(a *ask.Ask, t *token.Token) error {
	if t.Wallets == nil {
		return nil
	}
	for _, f := range a.Facets {
		if f.Name == audit.FacetWallet && !slices.Contains(t.Wallets, f.Value) {
			p := refuse(http.StatusForbidden, "the token is bound to other wallets; ask for one of its own, or leave wallet out", nil)
			p.Parameter = "wallet"
			return p
		}
	}
	a.Wallets = t.Wallets
	a.Filter["bound"] = t.Wallets
	return nil
}

// page answers with a page. With wait it is never empty before that is over.
func (s *Server) page(c echo.Context, l list, a *ask.Ask) error {
	ctx := c.Request().Context()
	p, size, err := s.read(ctx, l, a, current(c))
	if err == nil && len(p.Items) == 0 && a.Wait > 0 && c.Request().Method != http.MethodHead {
		p, err = s.poll(c, l, a, p, size)
	}
	if err != nil {
		return err
	}
	return writeJSON(c, p)
}

// poll waits for the first page that has something, or for the end of the wait: then the
// page is empty, and its next is how far was looked.
func (s *Server) poll(c echo.Context, l list, a *ask.Ask, p page, size int64) (page, error) {
	select {
	case s.waits <- struct{}{}:
		defer func() { <-s.waits }()
	default:
		return p, unavailable(c, "too many wait for records; try again, or ask without wait", nil)
	}
	s.extend(c, a.Wait)
	waiting, cancel := context.WithTimeout(c.Request().Context(), a.Wait)
	defer cancel()
	defer context.AfterFunc(s.stopping, cancel)()
	for len(p.Items) == 0 {
		if !p.More {
			if err := s.cfg.Log.WaitFor(waiting, max(size, a.From)); err != nil {
				if waiting.Err() != nil {
					return p, nil // it is over
				}
				return p, err
			}
		}
		a.From = p.Next + 1
		var err error
		if p, size, err = s.read(c.Request().Context(), l, a, current(c)); err != nil {
			return p, err
		}
	}
	return p, nil
}

// read reads a page, and how many records the log had then. What is under no signed
// checkpoint is not shown.
func (s *Server) read(ctx context.Context, l list, a *ask.Ask, ses *session) (p page, size int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, databaseTimeout)
	defer cancel()
	p = page{Items: []json.RawMessage{}, Next: a.After()}
	if size, err = s.cfg.Log.Size(ctx); err != nil || a.From >= size {
		return p, size, err
	}
	q, rows, bytes := a.Query, 0, 0
	q.Before, q.Limit = size, a.Limit+1
	for e, err := range s.cfg.Log.Select(ctx, q) {
		if err != nil {
			return p, size, err
		}
		if rows == a.Limit || bytes > maxPage {
			p.More = true
			return p, size, nil
		}
		rows, p.Next = rows+1, e.Index
		if !ses.Sees(e) {
			continue
		}
		item, err := marshal(l.item(e))
		if err != nil {
			return p, size, err
		}
		p.Items, bytes = append(p.Items, item), bytes+len(item)
	}
	p.Next = size - 1 // everything was looked at
	return p, size, nil
}

// extend gives an answer more time than others have.
func (s *Server) extend(c echo.Context, by time.Duration) {
	// A writer that knows no deadlines, of a test, has none to extend.
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(by + s.cfg.WriteTimeout))
}

// marshal is JSON in one line, without HTML escapes: what was signed reads as it was.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimRight(buf.Bytes(), "\n"), err
}

func writeJSON(c echo.Context, v any) error {
	body, err := marshal(v)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, jsonType, body)
}

var _ Log = (*store.DB)(nil)
