package ask_test

import (
	"errors"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/api/ask"
)

func TestParse(t *testing.T) {
	a, err := ask.Parse("/v1/records", "", "contract=0x00000000000000000000000000000000DeaDBeef&dateFrom=2026-05-01&dateTo=2026-05-31&after_seq=41&limit=7&wait=30s&type=decision.intent")
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	switch {
	case len(a.Facets) != 1 || a.Facets[0] != (audit.Facet{Name: audit.FacetContract, Value: "0x00000000000000000000000000000000deadbeef"}):
		t.Errorf("facets = %+v", a.Facets)
	case !a.Since.Equal(day) || !a.Until.Equal(day.AddDate(0, 1, 0)):
		t.Errorf("from %s to %s", a.Since, a.Until)
	case a.From != 42 || a.After() != 41 || a.Limit != 7 || !a.Limited || a.Wait != 30*time.Second || a.Type != audit.DecisionIntent:
		t.Errorf("asked for %+v", a)
	case a.Filter.Encode() != "contract=0x00000000000000000000000000000000DeaDBeef&dateFrom=2026-05-01&dateTo=2026-05-31&type=decision.intent":
		t.Errorf("filter = %s", a.Filter.Encode())
	}
	a, err = ask.Parse("/v1/decisions", audit.DecisionIntent, "")
	if err != nil || a.Type != audit.DecisionIntent || a.Limit != 100 || a.Limited || a.After() != -1 || a.Filter.Get("type") != string(audit.DecisionIntent) {
		t.Errorf("asked for nothing = %+v, %v", a, err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	for _, tt := range []struct{ raw, name string }{
		{"bogus=1", "bogus"}, {"type=decision.intent", "type"}, {"limit=0", "limit"}, {"limit=1001", "limit"}, {"limit=07", "limit"},
		{"wallet=", "wallet"}, {"wallet=a&wallet=b", "wallet"}, {"wallet=%00", "wallet"}, {"decision=maybe", "decision"}, {"contract=0x12", "contract"},
		{"after_seq=-2", "after_seq"}, {"wait=61s", "wait"}, {"dateFrom=1969-01-01", "dateFrom"}, {"dateFrom=2026-05-02&dateTo=2026-05-01", "dateTo"}, {"a=%zz", "query"},
	} {
		var w *ask.Wrong
		if a, err := ask.Parse("/v1/decisions", audit.DecisionIntent, tt.raw); a != nil || !errors.As(err, &w) || w.Name != tt.name || w.Why == "" {
			t.Errorf("Parse(%s) = %+v, %v; want %s to be refused", tt.raw, a, err, tt.name)
		}
	}
	var w *ask.Wrong
	if err := ask.None("limit=5"); !errors.As(err, &w) || w.Name != "limit" {
		t.Errorf("None = %v, want limit to be refused", err)
	}
	if err := ask.None(""); err != nil {
		t.Errorf("None of nothing = %v", err)
	}
}
