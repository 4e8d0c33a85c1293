package rulestest

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"countersign/sources/database"
	"countersign/sources/price"
	"countersign/sources/web"
)

// A Table is what a database answers in a case.
type Table struct {
	Database string   `json:"database"`
	Query    string   `json:"query"`
	Columns  []string `json:"columns"`
	// Rows are values as text, with null for NULL.
	Rows [][]database.Value `json:"rows"`
}

type (
	api    struct{ Answers }
	prices struct {
		Answers
		now time.Time
	}
	tables struct {
		Answers
		name string
	}
)

func (a api) Do(_ context.Context, r web.Request) (web.Answer, error) {
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	body, known := a.HTTP[method+" "+r.URL]
	if !known {
		return web.Answer{}, fmt.Errorf("the case has no answer to %s %s", method, r.URL)
	}
	return web.Answer{Status: http.StatusOK, ContentType: "application/json", Body: body}, a.away("http")
}

func (p prices) Quote(_ context.Context, base, quote string) (price.Price, error) {
	value, known := p.Answers.Prices[base+"/"+quote]
	if !known {
		return price.Price{}, fmt.Errorf("the case has no price of %s in %s", base, quote)
	}
	return price.Price{Base: base, Quote: quote, Value: value, At: p.now, Source: "case"}, p.away("price")
}

func (t tables) Query(_ context.Context, query string, _ ...any) (database.Table, error) {
	for _, table := range t.SQL {
		if table.Database == t.name && (table.Query == "" || table.Query == query) {
			return database.Table{Columns: table.Columns, Rows: table.Rows}, t.away("sql")
		}
	}
	return database.Table{}, fmt.Errorf("the case has no answer of %s to %q", t.name, query)
}
