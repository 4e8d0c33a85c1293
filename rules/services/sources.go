package services

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"countersign"
	"countersign/sources/database"
	"countersign/sources/price"
	"countersign/sources/web"
	"countersign/strictjson"
)

// HTTP asks one of the origins that the deployment allows; see [web.Request]. Only a
// whole answer with status 200 to 299 is one, unless the request says otherwise.
func (d *Desk) HTTP(ctx context.Context, r web.Request) web.Answer {
	return ask(ctx, d, httpService, "web", r, func(ctx context.Context) (web.Answer, error) {
		if d.services.Web == nil {
			return web.Answer{}, errMissing
		}
		return d.services.Web.Do(ctx, r)
	})
}

// GetJSON gets a JSON document and reads it into v. A document that can be read in two
// ways, or not into v, is no answer.
func (d *Desk) GetJSON(ctx context.Context, url string, v any) {
	answer := d.HTTP(ctx, web.Request{Method: http.MethodGet, URL: url})
	if answer.Status == 0 { // said already
		return
	}
	if err := strictjson.Unmarshal(answer.Body, v); err != nil {
		d.failure(httpService, "web", []byte(url), fmt.Errorf("the answer: %w", err))
	}
}

// SQL asks one of the deployment's databases one statement that reads, with a value for
// each parameter: $1, $2 … on PostgreSQL, ? on SQLite. Values of a request go into
// parameters, never into the text. Amounts are passed as decimal text.
func (d *Desk) SQL(ctx context.Context, name, query string, args ...any) Rows {
	plain := make([]any, len(args))
	for i, a := range args {
		if amount, is := a.(countersign.Amount); is {
			a = amount.String()
		}
		plain[i] = a
	}
	question := struct {
		Query string `json:"query"`
		Args  []any  `json:"args"`
	}{query, plain}
	table := ask(ctx, d, sqlService, name, question, func(ctx context.Context) (database.Table, error) {
		db := d.services.Databases[name]
		if db == nil {
			return database.Table{}, errMissing
		}
		return db.Query(ctx, query, plain...)
	})
	return Rows{table, d, name}
}

// Rows is what a database answered. Reading what is not there, or is not of its type,
// makes the decision an abstention, as no answer does.
type Rows struct {
	database.Table
	desk *Desk
	name string
}

// Len is how many rows there are.
func (r Rows) Len() int { return len(r.Rows) }

// At is a row, counted from 0.
func (r Rows) At(i int) Row {
	if i < 0 || i >= len(r.Rows) {
		r.failed(fmt.Errorf("row %d of %d was asked for", i, len(r.Rows)))
		return Row{rows: r}
	}
	return Row{r.Row(i), r}
}

// Only is the row, where there is exactly one.
func (r Rows) Only() Row {
	row, err := r.One()
	r.failed(err)
	return Row{row, r}
}

func (r Rows) failed(err error) {
	if err != nil {
		r.desk.failure(sqlService, r.name, nil, err)
	}
}

// A Row reads columns by name.
type Row struct {
	row  database.Row
	rows Rows
}

// Amount is a column that holds a whole number of minor units.
func (r Row) Amount(column string) countersign.Amount { return read(r, r.row.Amount, column) }

// Text is a column's text; NULL is none.
func (r Row) Text(column string) string { return read(r, r.row.Text, column) }

// Bool is a column that is true or false.
func (r Row) Bool(column string) bool { return read(r, r.row.Bool, column) }

func read[V any](r Row, of func(string) (V, error), column string) V {
	v, err := of(column)
	r.rows.failed(err)
	return v
}

// Price is the price of one asset in another, by the deployment's sources: "ETH", "USD".
// One that is older than its bound is none, with code price_stale.
func (d *Desk) Price(ctx context.Context, base, quote string) price.Price {
	question := struct {
		Base  string `json:"base"`
		Quote string `json:"quote"`
	}{base, quote}
	return ask(ctx, d, priceService, "prices", question, func(ctx context.Context) (price.Price, error) {
		if d.services.Prices == nil {
			return price.Price{}, errMissing
		}
		return d.services.Prices.Quote(ctx, base, quote)
	})
}

// Business is how a business calendar has the time of the decision.
type Business struct {
	// Open says that business is done now: a business day, within opening hours, and no
	// freeze. Closed says why not, for people.
	Open   bool   `json:"open"`
	Closed string `json:"closed,omitempty"`
	// Day says that it is a business day, whatever the hour.
	Day bool `json:"day"`
}

// Calendar asks one of the deployment's business calendars about now.
func (d *Desk) Calendar(ctx context.Context, name string) Business {
	return ask(ctx, d, calendarService, name, d.now, func(context.Context) (Business, error) {
		c, known := d.services.Calendars[name]
		if !known {
			return Business{}, errors.New("is not in the file of sources")
		}
		return Business{Open: c.Open(d.now), Closed: c.Closed(d.now), Day: c.BusinessDay(d.now)}, nil
	})
}

var (
	httpService     = service{HTTPKind, countersign.HTTPUnavailable}
	sqlService      = service{SQLKind, countersign.SQLUnavailable}
	priceService    = service{PriceKind, countersign.PriceUnavailable}
	calendarService = service{CalendarKind, countersign.CalendarUnavailable}
)
