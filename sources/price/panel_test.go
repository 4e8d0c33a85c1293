package price_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/sources/price"
)

// says is a source that always says the same.
type says struct {
	p   price.Price
	err error
}

func (s says) Quote(context.Context, string, string) (price.Price, error) { return s.p, s.err }

// panel is of sources a, b, c … that say these values, each a minute older than the one
// before; "down" and "stale" say none.
func panel(t *testing.T, c price.PanelConfig, values ...string) *price.Panel {
	t.Helper()
	for i, v := range values {
		p := price.Price{Base: "ETH", Quote: "USD", At: now.Add(-time.Duration(i) * time.Minute), Source: string(rune('a' + i))}
		switch v {
		case "down":
			c.Sources = append(c.Sources, says{err: errors.New("down")})
		case "stale":
			c.Sources = append(c.Sources, says{err: fmt.Errorf("x: %w", &price.StaleError{Source: "s"})})
		default:
			p.Value = decimal(t, v)
			c.Sources = append(c.Sources, says{p: p})
		}
	}
	made, err := price.NewPanel(c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestPanels(t *testing.T) {
	agree := func(bps, atLeast int) price.PanelConfig { return price.PanelConfig{WithinBPS: bps, AtLeast: atLeast} }
	for _, tt := range []struct {
		name   string
		c      price.PanelConfig
		values string
		value  string
		source string
		older  int // minutes
		fails  string
	}{
		{"the one in the middle", agree(0, 0), "3 1 2", "2", "median of a, b, c", 2, ""},
		{"one that is mad moves nothing", agree(0, 0), "100 100.01 9999999", "100.01", "median of a, b, c", 2, ""},
		{"the mean of two, exactly", agree(100, 0), "1.01 1.0000001", "1.00500005", "median of a, b", 1, ""},
		{"the mean of the two in the middle", agree(0, 0), "1 9 2 3", "2.5", "median of a, b, c, d", 3, ""},
		{"just within", agree(50, 0), "100.5 100", "100.25", "median of a, b", 1, ""},
		{"just outside", agree(50, 0), "100.50000000000000000001 100", "", "", 0, "more than 50 basis points apart"},
		{"three of which one is outside", agree(50, 0), "100 100 101", "", "", 0, "c says 101"},
		{"enough answer", agree(50, 2), "100 down 100", "100", "median of a, c", 2, ""},
		{"too few answer", agree(50, 0), "100 down 100", "", "", 0, "2 of 3 sources answered, 3 must: down"},
		{"nobody answers", agree(50, 0), "down down", "", "", 0, "0 of 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := panel(t, tt.c, strings.Fields(tt.values)...).Quote(t.Context(), "ETH", "USD")
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) || got != (price.Price{}) {
					t.Fatalf("%+v, error %v, want one with %q", got, err, tt.fails)
				}
				return
			}
			want := price.Price{Base: "ETH", Quote: "USD", Value: decimal(t, tt.value), Source: tt.source, At: now.Add(-time.Duration(tt.older) * time.Minute)}
			if err != nil || got != want {
				t.Errorf("%+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestAPanelIsStaleWhenASourceIs(t *testing.T) {
	var coded interface{ ReasonCode() countersign.ReasonCode }
	_, err := panel(t, price.PanelConfig{WithinBPS: 50}, "100", "down", "stale").Quote(t.Context(), "ETH", "USD")
	if !errors.As(err, &coded) || coded.ReasonCode() != countersign.PriceStale {
		t.Errorf("error %v, want one of price_stale", err)
	}
	_, err = panel(t, price.PanelConfig{WithinBPS: 50}, "100", "down").Quote(t.Context(), "ETH", "USD")
	if err == nil || errors.As(err, &coded) {
		t.Errorf("error %v, want one without a code", err)
	}
}

func TestAnAnswerToAnotherQuestionIsNone(t *testing.T) {
	_, err := panel(t, price.PanelConfig{WithinBPS: 50}, "100", "100").Quote(t.Context(), "BTC", "USD")
	if err == nil || !strings.Contains(err.Error(), "another question") {
		t.Errorf("error %v", err)
	}
}

func TestPanelsThatCannotBeUsed(t *testing.T) {
	s := says{}
	for name, tt := range map[string]struct {
		c    price.PanelConfig
		want string
	}{
		"nobody":                    {price.PanelConfig{WithinBPS: 1}, "sources: 0"},
		"one":                       {price.PanelConfig{Sources: []price.Source{s}, WithinBPS: 1}, "sources: 1"},
		"a hole":                    {price.PanelConfig{Sources: []price.Source{s, nil}, WithinBPS: 1}, "sources: 2"},
		"one answer":                {price.PanelConfig{Sources: []price.Source{s, s}, WithinBPS: 1, AtLeast: 1}, "at_least: 1"},
		"more answers than sources": {price.PanelConfig{Sources: []price.Source{s, s}, WithinBPS: 1, AtLeast: 3}, "at_least: 3"},
		"a median of two":           {price.PanelConfig{Sources: []price.Source{s, s}}, "within_bps: none"},
		"no agreement":              {price.PanelConfig{Sources: []price.Source{s, s}, WithinBPS: 10001}, "within_bps: 10001"},
		"below nothing":             {price.PanelConfig{Sources: []price.Source{s, s}, WithinBPS: -1}, "within_bps: -1"},
	} {
		if _, err := price.NewPanel(tt.c); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, tt.want)
		}
	}
}
