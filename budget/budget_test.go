package budget_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"countersign"
	"countersign/budget"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestCalendarWindows(t *testing.T) {
	paris, apia := zone(t, "Europe/Paris"), zone(t, "Pacific/Apia")
	for _, tt := range []struct {
		name      string
		window    budget.Window
		now, want string
	}{
		{"a week begins on Monday", budget.Week(time.UTC), "2026-11-25T13:00:00Z", "2026-11-23T00:00:00Z"},
		{"on Monday it has just begun", budget.Week(time.UTC), "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z"},
		{"on Sunday it began six days ago", budget.Week(time.UTC), "2026-11-29T23:59:59Z", "2026-11-23T00:00:00Z"},
		{"a week over the end of the month", budget.Week(time.UTC), "2026-12-02T10:00:00Z", "2026-11-30T00:00:00Z"},
		{"a week in a zone: Monday has begun in Paris", budget.Week(paris), "2026-11-22T23:30:00Z", "2026-11-22T23:00:00Z"},
		{"a week with a change of clocks in it", budget.Week(paris), "2026-10-25T12:00:00Z", "2026-10-18T22:00:00Z"},
		{"a month", budget.Month(time.UTC), "2026-02-28T23:00:00Z", "2026-02-01T00:00:00Z"},
		{"a month in a zone", budget.Month(paris), "2026-06-30T22:30:00Z", "2026-06-30T22:00:00Z"},
		{"the day that Samoa skipped is in no week of its own", budget.Week(apia), "2011-12-31T00:00:00Z", "2011-12-26T10:00:00Z"},
		{"a day", budget.Day(paris), "2026-11-23T23:30:00Z", "2026-11-23T23:00:00Z"},
		{"the last 24 hours", budget.Rolling(24 * time.Hour), "2026-11-23T12:00:00Z", "2026-11-22T12:00:00Z"},
		{"a forgotten window is all there ever was", budget.Window{}, "2026-11-23T12:00:00Z", "1970-01-01T00:00:00Z"},
		{"so is one without a zone", budget.Month(nil), "2026-11-23T12:00:00Z", "1970-01-01T00:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			if got := tt.window.Since(now).UTC().Format(time.RFC3339); got != tt.want {
				t.Errorf("Since(%s) = %s, want %s", tt.now, got, tt.want)
			}
		})
	}
}

// Whatever the window, it has begun, and later moments never belong to earlier windows.
func TestWindowsGoForward(t *testing.T) {
	zones := []*time.Location{time.UTC, zone(t, "America/Sao_Paulo"), zone(t, "Pacific/Apia"), zone(t, "Europe/Paris"), zone(t, "Asia/Tehran")}
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SampledFrom(zones).Draw(t, "zone")
		now := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "now"), 0)
		later := now.Add(time.Duration(rapid.Int64Range(0, int64(800*time.Hour)).Draw(t, "later")))
		for _, w := range []budget.Window{budget.Day(z), budget.Week(z), budget.Month(z), budget.Rolling(time.Hour)} {
			since := w.Since(now)
			if since.After(now) {
				t.Fatalf("%s at %s begins at %s", w, now, since)
			}
			if w.Since(later).Before(since) {
				t.Fatalf("%s at %s begins at %s, before the one at %s", w, later, w.Since(later), now)
			}
			if again := w.Since(since); !again.Equal(since) && w != budget.Rolling(time.Hour) {
				t.Fatalf("%s begins at %s, and there at %s", w, since, again)
			}
		}
	})
}

func TestPots(t *testing.T) {
	b := budget.Budget{Name: "mint", Limit: countersign.NewAmount(10)}
	for _, tt := range []struct {
		name string
		b    budget.Budget
		want string
	}{
		{"one for all", b, "mint"},
		{"one for each wallet", b.Per("wallet", "wa-1"), "mint/wallet=wa-1"},
		{"and network", b.Per("wallet", "wa-1").Per("network", "Base"), "mint/wallet=wa-1/network=Base"},
		{"an EVM address is one in any case", b.Per("to", "0xABcd"), "mint/to=0xabcd"},
		{"another address is exact", b.Per("to", "TXyz"), "mint/to=TXyz"},
		{"no value breaks out", b.Per("to", "a/wallet=wa-2"), "mint/to=a%2Fwallet=wa-2"},
	} {
		if got := tt.b.Claim(countersign.NewAmount(3), time.Unix(0, 0)); got.Budget != tt.want || got.Limit.String() != "10" || got.Amount.String() != "3" {
			t.Errorf("%s: %+v, want %s", tt.name, got, tt.want)
		}
	}
	if b.Name != "mint" {
		t.Error("Per changed its budget")
	}
}
