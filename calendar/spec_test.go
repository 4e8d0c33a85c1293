package calendar_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/calendar"
)

func TestCalendarsThatCannotBeUsed(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no JSON", `calendar`, "JSON refused"},
		{"a key twice", `{"name": "a", "name": "b"}`, "key stands twice"},
		{"another field", `{"name": "a", "zone": "UTC", "holiday": []}`, `"holiday"`},
		{"no name", `{"zone": "UTC"}`, "name:"},
		{"no zone", `{"name": "a"}`, "zone:"},
		{"the machine's zone", `{"name": "a", "zone": "Local"}`, "zone:"},
		{"no such zone", `{"name": "a", "zone": "Mars/Olympus"}`, "zone:"},
		{"a path as zone", `{"name": "a", "zone": "../../etc/passwd"}`, "zone:"},
		{"no weekday", `{"name": "a", "zone": "UTC", "weekends": ["Saturday"]}`, "weekends[0]:"},
		{"a weekday twice", `{"name": "a", "zone": "UTC", "weekends": ["friday", "friday"]}`, "weekends[1]:"},
		{"never", `{"name": "a", "zone": "UTC", "weekends": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]}`, "never be done"},
		{"no such holidays", `{"name": "a", "zone": "UTC", "holidays": ["target"]}`, "holidays[0]:"},
		{"holidays twice", `{"name": "a", "zone": "UTC", "holidays": ["us_fed", "us_fed"]}`, "holidays[1]:"},
		{"no day", `{"name": "a", "zone": "UTC", "days": ["2026-02-30"]}`, "days[0]:"},
		{"a day twice", `{"name": "a", "zone": "UTC", "days": ["2026-02-28", "2026-02-28"]}`, "days[1]:"},
		{"hours over midnight", `{"name": "a", "zone": "UTC", "hours": [{"open": "22:00", "close": "06:00"}]}`, "hours[0].close: 06:00 is not after 22:00"},
		{"no time", `{"name": "a", "zone": "UTC", "hours": [{"open": "9:00", "close": "24:01"}]}`, "hours[0].open:"},
		{"hours on a weekend", `{"name": "a", "zone": "UTC", "hours": [{"days": ["sunday"], "open": "09:00", "close": "10:00"}]}`, "hours[0].days[0]: sunday is a weekend"},
		{"one day of hours twice", `{"name": "a", "zone": "UTC", "hours": [{"days": ["monday", "monday"], "open": "09:00", "close": "10:00"}]}`, "hours[0].days[1]:"},
		{"a freeze without offset", `{"name": "a", "zone": "UTC", "freezes": [{"from": "2026-12-24T12:00:00", "to": "2026-12-25T12:00:00Z", "why": "x"}]}`, "freezes[0].from:"},
		{"a freeze that ends first", `{"name": "a", "zone": "UTC", "freezes": [{"from": "2026-12-25T12:00:00Z", "to": "2026-12-24T12:00:00Z", "why": "x"}]}`, "freezes[0].to:"},
		{"a freeze without reason", `{"name": "a", "zone": "UTC", "freezes": [{"from": "2026-12-24T12:00:00Z", "to": "2026-12-25T12:00:00Z"}]}`, "freezes[0].why:"},
	} {
		if _, err := calendar.Parse([]byte(tt.text)); !errors.Is(err, calendar.ErrSpec) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want ErrSpec with %q", tt.name, err, tt.want)
		}
	}
	_, err := calendar.Parse([]byte(`{"zone": "x", "weekends": ["x"], "holidays": ["x"], "days": ["x"], "hours": [{}], "freezes": [{}]}`))
	for _, field := range []string{"name", "zone", "weekends[0]", "holidays[0]", "days[0]", "hours[0].open", "hours[0].close", "freezes[0].from", "freezes[0].to", "freezes[0].why"} {
		if !strings.Contains(err.Error(), field+":") {
			t.Errorf("error %v does not name %s", err, field)
		}
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "eur.json")
	if _, err := calendar.Load(path); !errors.Is(err, calendar.ErrSpec) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(path, []byte(`{"name": "eur", "zone": "Europe/Berlin", "holidays": ["target2"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := calendar.Load(path); err != nil || c.Name() != "eur" || c.Closed(at(t, "Europe/Berlin", "2026-11-28 10:00")) != "weekend" {
		t.Errorf("%s, %v", c.Name(), err)
	}
	if err := os.WriteFile(path, []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := calendar.Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v does not name the file", err)
	}
}

// Whatever is a calendar has a business day, and can be asked.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"name": "eur", "zone": "Europe/Berlin", "holidays": ["target2"], "days": ["2026-12-24"], "hours": [{"days": ["monday"], "open": "09:00", "close": "24:00"}]}`))
	f.Add([]byte(`{"name": "a", "zone": "UTC", "weekends": [], "freezes": [{"from": "2026-12-24T12:00:00Z", "to": "2026-12-25T12:00:00Z", "why": "x"}]}`))
	now := at(f, "UTC", "2026-11-24 12:00")
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := calendar.Parse(text)
		if err != nil {
			if !errors.Is(err, calendar.ErrSpec) {
				t.Errorf("error %v is no ErrSpec", err)
			}
			return
		}
		if next := c.Next(now); !c.BusinessDay(next) || c.Open(now) && !c.BusinessDay(now) {
			t.Errorf("%s: next business day %s", text, next)
		}
	})
}
