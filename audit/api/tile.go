package api

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"countersign/audit"
	"countersign/audit/api/token"
	"countersign/audit/tree"
	"countersign/store"

	"github.com/labstack/echo/v4"
)

// A coordinate names a tile (c2sp.org/tlog-tiles, "Merkle Tree" and "Log Entries").
type coordinate struct {
	entries bool // the entries under a tile of level 0
	level   int
	n       int64
	width   int // tree.TileWidth for a full one
}

// tile answers with hashes of the tree, or with entries.
func (s *Server) tile(c echo.Context) error {
	if current(c).Wallets != nil { // no file of tokens says so; see [token.Parse]
		return forbidden(c, current(c).Token, token.ReadTiles)
	}
	at, ok := parseCoordinate(strings.TrimPrefix(c.Request().URL.EscapedPath(), "/tile/"))
	if !ok {
		return refuse(http.StatusNotFound, "no tile has this path; see c2sp.org/tlog-tiles for how they are written", nil)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), databaseTimeout)
	defer cancel()
	size, err := s.cfg.Log.Size(ctx)
	if err != nil {
		return err
	}
	// The log has size >> 8×level hashes at a level, and those of tile n from 256×n on.
	if level := size >> min(at.level*tree.TileHeight, 63); at.n > level/tree.TileWidth || at.n*tree.TileWidth+int64(at.width) > level {
		return refuse(http.StatusNotFound, fmt.Sprintf("the tile is beyond the log of %d records; ask for those of a checkpoint", size), nil)
	}
	data, err := s.data(ctx, at)
	if err != nil {
		return err
	}
	age := "private, max-age=600"
	if at.width == tree.TileWidth {
		age = "private, max-age=604800, immutable"
	}
	c.Response().Header().Set("Cache-Control", age)
	return c.Blob(http.StatusOK, echo.MIMEOctetStream, data)
}

func (s *Server) data(ctx context.Context, at coordinate) (data []byte, err error) {
	if !at.entries {
		return s.cfg.Log.Tile(ctx, at.level, at.n, at.width)
	}
	next := at.n * tree.TileWidth
	end := next + int64(at.width)
	for e, err := range s.cfg.Log.Select(ctx, store.Query{From: next, Before: end}) {
		if err != nil {
			return nil, err
		}
		if e.Index != next || len(e.JWS) > audit.MaxEntry {
			return nil, fmt.Errorf("%w: the database has no proper record %d", audit.ErrForged, next)
		}
		next++
		data = binary.BigEndian.AppendUint16(data, uint16(len(e.JWS)))
		data = append(data, e.JWS...)
	}
	if next != end {
		return nil, fmt.Errorf("%w: the database has no record %d", audit.ErrForged, next)
	}
	return data, nil
}

var decimalForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,2})$`)

// parseCoordinate reads <L>/<N>[.p/<W>] and entries/<N>[.p/<W>]. A tile has one spelling.
func parseCoordinate(path string) (at coordinate, ok bool) {
	level, n, ok := strings.Cut(path, "/")
	if !ok {
		return at, false
	}
	if level == "entries" {
		at.entries = true
	} else if at.level, ok = decimal(level, 0, 63); !ok {
		return at, false
	}
	at.width = tree.TileWidth
	if full, width, partial := strings.Cut(n, ".p/"); partial {
		n = full
		if at.width, ok = decimal(width, 1, tree.TileWidth-1); !ok {
			return at, false
		}
	}
	digits := strings.ReplaceAll(strings.ReplaceAll(n, "/", ""), "x", "")
	if len(digits) > 15 { // beyond any log: 256 × n must fit
		return at, false
	}
	var err error
	at.n, err = strconv.ParseInt(digits, 10, 64)
	return at, err == nil && n == tileNumber(at.n)
}

func decimal(text string, least, most int) (int, bool) {
	if !decimalForm.MatchString(text) {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= least && n <= most
}

// tileNumber writes a tile's number: three digits in each element of the path, an x
// before all but the last.
func tileNumber(n int64) string {
	text := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		text = fmt.Sprintf("x%03d/%s", n%1000, text)
	}
	return text
}
