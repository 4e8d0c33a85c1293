package services_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"countersign"
	"countersign/calendar"
	"countersign/rules/services"
	"countersign/sources/database"
	"countersign/sources/price"
	"countersign/sources/web"
)

// sourced is what APIs, databases and prices say.
type sourced struct {
	body  string
	table database.Table
	price price.Price
	err   error
	args  []any
}

func (s *sourced) Do(context.Context, web.Request) (web.Answer, error) {
	return web.Answer{Status: 200, Body: []byte(s.body)}, s.err
}

func (s *sourced) Query(_ context.Context, _ string, args ...any) (database.Table, error) {
	s.args = args
	return s.table, s.err
}

func (s *sourced) Quote(context.Context, string, string) (price.Price, error) { return s.price, s.err }

func text(s string) database.Value { return database.Value{Text: s} }

func (s *sourced) desk(t *testing.T) *services.Desk {
	t.Helper()
	berlin, err := calendar.New(calendar.Spec{Name: "desk", Zone: "Europe/Berlin", Weekends: []string{"saturday", "sunday"}, Holidays: []string{"target2"}})
	if err != nil {
		t.Fatal(err)
	}
	return services.New(services.Services{
		Web: s, Databases: map[string]services.Database{"crm": s}, Prices: s, Calendars: map[string]calendar.Calendar{"desk": berlin},
	}, request(), time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)) // a Monday
}

func TestWhatSourcesSay(t *testing.T) {
	value, err := price.ParseDecimal("3021.50")
	if err != nil {
		t.Fatal(err)
	}
	s := &sourced{
		body:  `{"limit": "500", "ok": true}`,
		table: database.Table{Columns: []string{"cap", "name", "vip"}, Rows: [][]database.Value{{text("700"), text("Ana"), text("true")}}},
		price: price.Price{Base: "ETH", Quote: "USD", Value: value, At: start, Source: "x"},
	}
	d := s.desk(t)
	var answer struct {
		Limit countersign.Amount
		OK    bool
	}
	d.GetJSON(t.Context(), "https://api.example/limits", &answer)
	row := d.SQL(t.Context(), "crm", "SELECT cap, name, vip FROM limits WHERE id = $1", countersign.NewAmount(7)).Only()
	got := fmt.Sprintln(answer.Limit, answer.OK, row.Amount("cap"), row.Text("name"), row.Bool("vip"),
		d.Price(t.Context(), "ETH", "USD").Value, d.Calendar(t.Context(), "desk").Open, s.args)
	if got != "500 true 700 Ana true 3021.5 true [7]\n" {
		t.Errorf("sources say %s", got)
	}
	if said := d.Sound(countersign.Approved("fine")); said.Verdict != countersign.Approve {
		t.Errorf("decided %+v", said)
	}
	_, evidence := d.Close()
	again := services.Replay(services.NewTape(evidence), request(), d.Now())
	row = again.SQL(t.Context(), "crm", "SELECT cap, name, vip FROM limits WHERE id = $1", countersign.NewAmount(7)).At(0)
	if len(evidence) != 4 || row.Amount("cap").String() != "700" || again.Price(t.Context(), "ETH", "USD") != s.price || !again.Calendar(t.Context(), "desk").Day || again.Missing() {
		t.Errorf("%d pieces of evidence, which do not say the same again", len(evidence))
	}
}

// A rule that reads on, whatever it was told, approves nothing.
func TestASourceThatDoesNotSay(t *testing.T) {
	one := database.Table{Columns: []string{"cap", "name"}, Rows: [][]database.Value{{text("1.5"), {Null: true}}}}
	for _, tt := range []struct {
		name   string
		change func(*sourced)
		ask    func(ctx context.Context, d *services.Desk)
		want   countersign.ReasonCode
	}{
		{"an API that is away", func(s *sourced) { s.err = errors.New("away") }, func(ctx context.Context, d *services.Desk) { d.HTTP(ctx, web.Request{URL: "https://x"}) }, countersign.HTTPUnavailable},
		{"JSON that can be read in two ways", func(s *sourced) { s.body = `{"a":1,"a":2}` }, func(ctx context.Context, d *services.Desk) { d.GetJSON(ctx, "https://x", &struct{ A int }{}) }, countersign.HTTPUnavailable},
		{"JSON of another form", func(s *sourced) { s.body = `{"a":"x"}` }, func(ctx context.Context, d *services.Desk) { d.GetJSON(ctx, "https://x", &struct{ A int }{}) }, countersign.HTTPUnavailable},
		{"a database that is away", func(s *sourced) { s.err = errors.New("away") }, func(ctx context.Context, d *services.Desk) { d.SQL(ctx, "crm", "SELECT 1") }, countersign.SQLUnavailable},
		{"a database that there is not", nil, func(ctx context.Context, d *services.Desk) { d.SQL(ctx, "other", "SELECT 1") }, countersign.SQLUnavailable},
		{"no row where one must be", nil, func(ctx context.Context, d *services.Desk) { d.SQL(ctx, "crm", "q").Only().Amount("cap") }, countersign.SQLUnavailable},
		{"a row that is not there", nil, func(ctx context.Context, d *services.Desk) { d.SQL(ctx, "crm", "q").At(0) }, countersign.SQLUnavailable},
		{"an amount in parts", func(s *sourced) { s.table = one }, func(ctx context.Context, d *services.Desk) { d.SQL(ctx, "crm", "q").Only().Amount("cap") }, countersign.SQLUnavailable},
		{"NULL for a text", func(s *sourced) { s.table = one }, func(ctx context.Context, d *services.Desk) { d.SQL(ctx, "crm", "q").Only().Text("name") }, countersign.SQLUnavailable},
		{"no such column", func(s *sourced) { s.table = one }, func(ctx context.Context, d *services.Desk) { d.SQL(ctx, "crm", "q").Only().Bool("vip") }, countersign.SQLUnavailable},
		{"no price", func(s *sourced) { s.err = errors.New("away") }, func(ctx context.Context, d *services.Desk) { d.Price(ctx, "ETH", "USD") }, countersign.PriceUnavailable},
		{"a price of yesterday", func(s *sourced) { s.err = fmt.Errorf("x: %w", &price.StaleError{}) }, func(ctx context.Context, d *services.Desk) { d.Price(ctx, "ETH", "USD") }, countersign.PriceStale},
		{"a calendar that there is not", nil, func(ctx context.Context, d *services.Desk) { d.Calendar(ctx, "other") }, countersign.CalendarUnavailable},
		{"no sources at all: web", nil, func(ctx context.Context, d *services.Desk) { d.HTTP(ctx, web.Request{}) }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &sourced{}
			if tt.change != nil {
				tt.change(s)
			}
			d := s.desk(t)
			if tt.want == "" {
				d, tt.want = services.New(services.Services{}, request(), start), countersign.HTTPUnavailable
			}
			tt.ask(t.Context(), d)
			if got := d.Sound(countersign.Approved("fine")); got.Code != tt.want {
				t.Errorf("decided %+v, want %s", got, tt.want)
			}
			if got := d.Sound(countersign.Decision{Verdict: countersign.Reject, Code: countersign.DenyListed}); got.Verdict != countersign.Abstain {
				t.Errorf("rejected on what nobody said: %+v", got)
			}
		})
	}
}
