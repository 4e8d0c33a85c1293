package sources

import (
	"fmt"
	"time"

	"countersign/calendar"
)

// A file is the JSON that [Load] reads; docs/sources.md says what each field means.
type file struct {
	Web       *webFile                 `json:"web"`
	Databases map[string]databaseFile  `json:"databases"`
	Prices    *pricesFile              `json:"prices"`
	Calendars map[string]calendar.Spec `json:"calendars"`
}

type webFile struct {
	Origins  []originFile `json:"origins"`
	MaxBytes int64        `json:"max_bytes"`
	Timeout  duration     `json:"timeout"`
}

type originFile struct {
	URL     string            `json:"url"`
	Local   bool              `json:"local"`
	Headers map[string]string `json:"headers"`
}

type databaseFile struct {
	DSN      string   `json:"dsn"`
	DSNFile  string   `json:"dsn_file"`
	Timeout  duration `json:"timeout"`
	MaxRows  int      `json:"max_rows"`
	MaxBytes int      `json:"max_bytes"`
}

type pricesFile struct {
	Sources   map[string]apiFile `json:"sources"`
	AtLeast   int                `json:"at_least"`
	WithinBPS int                `json:"within_bps"`
}

type apiFile struct {
	URL        string            `json:"url"`
	Value      string            `json:"value"`
	Time       string            `json:"time"`
	TimeFormat string            `json:"time_format"`
	MaxAge     duration          `json:"max_age"`
	Symbols    map[string]string `json:"symbols"`
}

// A duration is written as Go writes it: "5s", "1m30s". One that is given is positive.
type duration time.Duration

// UnmarshalText reads a positive duration.
func (d *duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil || v <= 0 {
		return fmt.Errorf("%.40q: want a duration such as 5s or 1m30s", text)
	}
	*d = duration(v)
	return nil
}
