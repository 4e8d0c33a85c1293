package actionlog

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
	"unicode"

	"countersign"
	"countersign/strictjson"
)

// maxLines is how many rows of the log are read at once; ours. DFNS itself stops at
// 100,000 and says so in a last row.
const maxLines = 10_000

// A line is one row of the log of signed actions. It says where to look; what was
// signed stands in the entry alone.
type line struct {
	// id names the entry, "uj-…".
	id string
	// userID is who acted; empty where the list has no such column.
	userID string
	// about are the row's words on what was done, a path and a summary; nil where the
	// list has no column for them.
	about []string
}

// An entry is one signed action as DFNS keeps it. Texts are base64url.
type entry struct {
	ID string `json:"id"`
	// Action is what was done. DFNS documents no form of it.
	Action string `json:"action"`
	// UserID is who acted; empty where DFNS names nobody.
	UserID string `json:"userId"`
	// DatePerformed is zero where DFNS gives none.
	DatePerformed time.Time `json:"datePerformed"`
	FirstFactor   struct {
		ID        string `json:"id"`
		Kind      string `json:"kind"`      // "Fido2", "Key" and so on
		PublicKey string `json:"publicKey"` // PEM
		// Assertion is nil when no credential signed, as for what DFNS did itself.
		Assertion *struct {
			AuthenticatorData string `json:"authenticatorData"` // empty for kind Key
			ClientData        string `json:"clientData"`
			Signature         string `json:"signature"`
		} `json:"assertion"`
	} `json:"firstFactorCredential"`
	// Raw is the entry as it came. It has passed [strictjson.Check].
	Raw json.RawMessage `json:"-"`
}

// call reads Action as a call of the API: "POST /path", or "/path" alone, which says no
// method. Anything else is not ok.
func (e entry) call() (method, path string, ok bool) {
	method, path, both := strings.Cut(e.Action, " ")
	if !both {
		method, path = "", e.Action
	}
	return method, path, strings.HasPrefix(path, "/")
}

// list reads what a user signed between two moments, to the second, as DFNS
// lists it (GET /auth/action/logs, CSV). It needs the permission Auth:Logs:Read. A list
// that is no table with an ID for each row, that is cut short or too long is
// [countersign.ErrUnreadable].
func (l Log) list(ctx context.Context, start, end time.Time, userID string) ([]line, error) {
	target := "/auth/action/logs?" + url.Values{
		"startTime": {start.UTC().Truncate(time.Second).Format(time.RFC3339)},
		"endTime":   {end.UTC().Add(time.Second - 1).Truncate(time.Second).Format(time.RFC3339)},
		"userId":    {userID},
	}.Encode()
	body, err := l.Client.Get(ctx, target)
	if err != nil {
		return nil, err
	}
	lines, err := logLines(body)
	if err != nil {
		return nil, fmt.Errorf("%w: dfns: the list of signed actions: %w", countersign.ErrUnreadable, err)
	}
	return lines, nil
}

// entry reads one entry of the log (GET /auth/action/logs/:id). It needs the
// permission Auth:Logs:Read. An answer that is not one JSON text of that entry, read the
// same by every reader, is [countersign.ErrUnreadable].
func (l Log) entry(ctx context.Context, id string) (entry, error) {
	body, err := l.Client.Get(ctx, "/auth/action/logs/"+url.PathEscape(id))
	if err != nil {
		return entry{}, err
	}
	e := entry{Raw: body}
	if err := strictjson.Unmarshal(body, &e); err != nil {
		return entry{}, fmt.Errorf("%w: dfns: signed action %s: %w", countersign.ErrUnreadable, id, err)
	}
	if e.ID != id {
		return entry{}, fmt.Errorf("%w: dfns: asked for signed action %s, was answered with %.64q", countersign.ErrUnreadable, id, e.ID)
	}
	return e, nil
}

// logLines reads the table by the names in its first row. DFNS's are "Date Performed,Audit
// Log ID,User ID,Username,Primary Credential ID,Action Path,Summary"; others may be added
// or take another order. An empty text has no rows.
func logLines(text []byte) ([]line, error) {
	var quoted string // the reference declares the answer as a JSON string, and shows it so
	if bytes.HasPrefix(text, []byte(`"`)) && json.Unmarshal(text, &quoted) == nil {
		text = []byte(quoted)
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.FieldsPerRecord = -1 // rows are held to the header below
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	columns, err := columnsOf(header)
	if err != nil {
		return nil, err
	}
	var lines []line
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		line, err := columns.line(row)
		switch n, _ := r.FieldPos(0); {
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", n, err)
		case len(lines) == maxLines:
			return nil, fmt.Errorf("more than %d rows", maxLines)
		}
		lines = append(lines, line)
	}
}

// Columns are where a table has what we look for; -1 where it has not.
type columns struct {
	n, id, user int
	about       []int
}

// columnsOf finds the columns by name, whatever its case, spaces and punctuation. Two that
// may both be the ID or the user are an error; columns of other names are left alone.
func columnsOf(header []string) (columns, error) {
	c := columns{n: len(header), id: -1, user: -1}
	for i, name := range header {
		var known *int
		switch folded(name) {
		case "auditlogid", "logid", "actionid", "id":
			known = &c.id
		case "userid":
			known = &c.user
		case "actionpath", "actionpathsummary", "action", "path", "summary":
			c.about = append(c.about, i)
		}
		if known == nil {
			continue
		}
		if *known >= 0 {
			return c, fmt.Errorf("columns %d and %d may both be %.64q", *known+1, i+1, name)
		}
		*known = i
	}
	if c.id < 0 {
		return c, errors.New(`no column "Audit Log ID" in the first row`)
	}
	return c, nil
}

// folded is a column's name without case, spaces and punctuation.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

func (c columns) line(row []string) (line, error) {
	if strings.HasPrefix(row[0], "#") {
		return line{}, errors.New("the list says that it is cut short")
	}
	if len(row) < c.n {
		return line{}, fmt.Errorf("%d fields under %d columns", len(row), c.n)
	}
	l := line{id: row[c.id]}
	if err := countersign.CheckID(l.id); err != nil {
		return line{}, fmt.Errorf("id: %w", err)
	}
	if c.user >= 0 {
		l.userID = row[c.user]
	}
	for _, i := range c.about {
		l.about = append(l.about, row[i])
	}
	return l, nil
}
