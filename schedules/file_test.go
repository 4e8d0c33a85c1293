package schedules_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"countersign/calendar"
	"countersign/schedules"
	"countersign/schedules/clock"
)

const example = "../examples/schedules.yaml"

func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid asks the schema about what the parser has read.
func valid(t testing.TB, s *jsonschema.Schema, f schedules.File) error {
	t.Helper()
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var loose map[string]any
	if err := json.Unmarshal(text, &loose); err != nil {
		t.Fatal(err)
	}
	if calendars, ok := loose["calendars"].([]any); ok {
		for _, c := range calendars {
			delete(c.(map[string]any), "hours") // there for other users of calendars; refused here
		}
	}
	return s.Validate(loose)
}

func TestTheExample(t *testing.T) {
	f, err := schedules.Load(example)
	if err != nil {
		t.Fatal(err)
	}
	plans, err := f.Plans()
	if err != nil {
		t.Fatal(err)
	}
	if err := valid(t, schema(t), f); err != nil {
		t.Error(err)
	}
	now := time.Date(2026, 12, 22, 12, 0, 0, 0, time.UTC)
	for id, want := range map[string]string{
		"sweep/nightly":   "2026-12-22T17:30:00Z 2026-12-23T17:30:00Z 2026-12-28T17:30:00Z 2027-01-04T17:30:00Z", // over Christmas, our own days and the freeze
		"fees/month-end":  "2026-12-31T14:00:00Z 2027-01-29T14:00:00Z 2027-02-26T14:00:00Z 2027-03-31T13:00:00Z",
		"balances/hourly": "2026-12-22T12:05:00Z 2026-12-22T13:05:00Z 2026-12-22T14:05:00Z 2026-12-22T15:05:00Z",
		"probe/node":      "2026-12-22T12:00:30Z 2026-12-22T12:05:30Z 2026-12-22T12:10:30Z 2026-12-22T12:15:30Z",
	} {
		i := slices.IndexFunc(plans, func(p schedules.Plan) bool { return p.Schedule.ID == id })
		if i < 0 {
			t.Fatalf("no %s in the example", id)
		}
		var got []string
		for _, m := range plans[i].Next(now, 4) {
			got = append(got, m.Format(time.RFC3339))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

// The schema and the parser know the same fields.
func TestTheSchemaHasEveryField(t *testing.T) {
	text, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Defs map[string]struct {
			Properties map[string]any `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]any{"schedule": schedules.Schedule{}, "calendar": calendar.Spec{}} {
		fields := map[string]bool{}
		for i := range reflect.TypeOf(of).NumField() {
			field, _, _ := strings.Cut(reflect.TypeOf(of).Field(i).Tag.Get("json"), ",")
			fields[field] = true
			if _, known := s.Defs[name].Properties[field]; !known && field != "hours" {
				t.Errorf("the schema of a %s lacks %s", name, field)
			}
		}
		for field := range s.Defs[name].Properties {
			if !fields[field] {
				t.Errorf("the schema of a %s has %s, which the parser does not know", name, field)
			}
		}
	}
}

// Every mistake is named at once, each by its field and with what to do.
func TestEveryMistakeIsNamed(t *testing.T) {
	f, err := schedules.Parse([]byte(`
calendars:
  - {name: eur, zone: Mars/Olympus, holidays: [lunch], hours: [{open: "09:00", close: "10:00"}]}
  - {name: eur, zone: UTC}
schedules:
  - {id: Bad ID, note: "", workflow: "two words", cron: "61 25 * * *", zone: Europe/Zürich, overlap: sometimes, catch_up: 1s, jitter: 1ms}
  - {id: reconcile/approvals, note: n, workflow: W, every: 5m, offset: 5m, zone: UTC, calendar: eur, catch_up: 1m}
  - {id: a, note: n, workflow: W, cron: "0 9,17 * * *", calendar: usd, roll: forwards, catch_up: 1m}
  - {id: a, note: n, workflow: W, cron: "0 9,17 * * *", calendar: eur, roll: following, catch_up: 1m, memo: {countersign_schedule: x}}
  - {id: b, note: n, workflow: W, catch_up: 1m, search_attributes: {"bad name": x}, roll: skip}
  - {id: c, note: n, workflow: W, cron: "0 0 30 2 *", every: 1m, catch_up: 1m}
`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Plans()
	if !errors.Is(err, schedules.ErrFile) {
		t.Fatalf("Plans = %v, want ErrFile", err)
	}
	for _, want := range []string{
		`calendars[0].zone: "Mars/Olympus"`, "calendars[0].holidays[0]:", "calendars[0].hours:", `calendars[1].name: "eur" stands there twice`,
		`schedules[0] (Bad ID).id: "Bad ID": want`, "schedules[0] (Bad ID).note:", "schedules[0] (Bad ID).workflow:", `schedules[0] (Bad ID).cron: minute: "61": want 0 to 59`,
		`schedules[0] (Bad ID).cron: hour: "25": want 0 to 23`, "schedules[0] (Bad ID).zone: ", "schedules[0] (Bad ID).overlap: \"sometimes\": want skip, buffer_one",
		"schedules[0] (Bad ID).catch_up: 1s:", "schedules[0] (Bad ID).jitter: 1ms:",
		"schedules[1] (reconcile/approvals).id: reconcile/approvals is one of the product's own", "offset: 5m0s: want whole seconds, less than every",
		"schedules[1] (reconcile/approvals).zone: UTC: an interval is counted in UTC", "schedules[1] (reconcile/approvals).calendar: eur: an interval knows no days",
		`schedules[2] (a).calendar: "usd": want one of the file's calendars (eur)`, `schedules[2] (a).roll: "forwards": want following, preceding, modified_following or skip`,
		`schedules[3] (a).id: "a" stands there twice`, "schedules[3] (a).roll: following with several times a day", "schedules[3] (a).memo: countersign_schedule",
		"schedules[4] (b).cron: 0 of cron, at and every are given: want one", "schedules[4] (b).search_attributes:", "schedules[4] (b).roll: skip: name the calendar",
		"schedules[5] (c).cron: 2 of cron, at and every are given", "schedules[5] (c).cron: day: 30 is in none of these months",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not named: %s", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestFilesThatAreNotRead(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"a field that there is not": {"schedules: [{id: a, crn: x}]", `"crn"`},
		"a key twice":               {"schedules: []\nschedules: []", "line 2"},
		"an alias":                  {"calendars: &a []\nschedules: *a", "anchors"},
		"a tag":                     {"schedules: !!set {}", "tags"},
		"a merged key":              {"schedules: [{<<: {id: a}}]", "plain key"},
		"two documents":             {"schedules: []\n---\nschedules: []", "one document"},
		"no YAML":                   {"schedules: [", "yaml"},
		"a list":                    {"- a", "array"},
		"no duration":               {"schedules: [{every: daily}]", `"daily": want a duration such as`},
		"an octal number":           {"schedules: [{at: [{hour: 0x10}]}]", "quotes"},
	} {
		if _, err := schedules.Parse([]byte(tt.text)); !errors.Is(err, schedules.ErrFile) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want ErrFile with %q", name, err, tt.want)
		}
	}
	if f, err := schedules.Parse(nil); err != nil || len(f.Schedules) != 0 {
		t.Errorf("an empty file: %v, want no schedules", err)
	}
	missing := filepath.Join(t.TempDir(), "none.yaml")
	if _, err := schedules.Load(missing); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("no file: %v", err)
	}
}

// What is written in Go and what is read from YAML is one thing: whatever the parser and
// the checks take the schema takes, and a plan that was written down is the plan.
func TestSchemaAndParserAgree(t *testing.T) {
	s := schema(t)
	rapid.Check(t, func(r *rapid.T) {
		f := draw(r)
		plans, err := f.Plans()
		if err != nil {
			return // of what is refused the schema need not know
		}
		if err := valid(t, s, f); err != nil {
			r.Fatalf("the parser takes %+v, the schema does not: %v", f, err)
		}
		text, err := json.Marshal(f) // which is YAML too
		if err != nil {
			r.Fatal(err)
		}
		again, err := schedules.Parse(text)
		if err != nil {
			r.Fatalf("%s: %v", text, err)
		}
		if second, _ := json.Marshal(again); string(second) != string(text) {
			r.Fatalf("read again: %s, want %s", second, text)
		}
		for _, p := range plans {
			written, err := json.Marshal(p)
			if err != nil {
				r.Fatal(err)
			}
			var read schedules.Plan
			if err := json.Unmarshal(written, &read); err != nil {
				r.Fatalf("%s: %v", written, err)
			}
			now := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
			if a, b := p.Next(now, 3), read.Next(now, 3); !slices.EqualFunc(a, b, time.Time.Equal) || p.When() != read.When() || !reflect.DeepEqual(p.Spec(now), read.Spec(now)) {
				r.Fatalf("written down and read again: %v, want %v", b, a)
			}
			for i, m := range p.Next(now, 5) {
				if !m.After(now) || i > 0 && !m.After(p.Next(now, 5)[i-1]) {
					r.Fatalf("%s: times are not in order: %v", p.When(), p.Next(now, 5))
				}
			}
		}
	})
}

func draw(r *rapid.T) schedules.File {
	zone := rapid.SampledFrom([]string{"UTC", "Europe/Zurich", "America/New_York"}).Draw(r, "zone")
	f := schedules.File{Calendars: []calendar.Spec{{Name: "cal", Zone: zone, Holidays: []string{"target2"}}}}
	x := schedules.Schedule{
		ID: rapid.SampledFrom([]string{"a", "a/b.c-d_1", "reconcile/approvals", "A"}).Draw(r, "id"), Note: "n", Workflow: "W",
		Overlap: rapid.SampledFrom([]schedules.Overlap{"", schedules.Skip, schedules.BufferAll, "never"}).Draw(r, "overlap"),
		CatchUp: schedules.Duration(rapid.SampledFrom([]time.Duration{0, 10 * time.Second, 36 * time.Hour}).Draw(r, "catch-up")),
		Jitter:  schedules.Duration(rapid.SampledFrom([]time.Duration{0, 90 * time.Second}).Draw(r, "jitter")),
	}
	if rapid.Bool().Draw(r, "calendar") {
		x.Calendar = "cal"
		x.Roll = rapid.SampledFrom([]calendar.Convention{calendar.Skip, calendar.Following, calendar.Preceding}).Draw(r, "roll")
	} else {
		x.Zone = zone
	}
	switch rapid.IntRange(0, 2).Draw(r, "when") {
	case 0:
		x.Cron = rapid.SampledFrom([]string{"30 2 * * *", "*/15 9-17 * * mon-fri", "0 0 L * *", "0 0 31 2 *", "x"}).Draw(r, "cron")
	case 1:
		x.At = []clock.Fields{{Hour: clock.Field(rapid.SampledFrom([]string{"", "9", "9,17", "25"}).Draw(r, "hour")), Day: "last"}}
	default:
		x.Every = schedules.Duration(rapid.IntRange(0, 100_000).Draw(r, "every")) * schedules.Duration(time.Second)
		if rapid.Bool().Draw(r, "bare") {
			x.Zone, x.Calendar, x.Roll = "", "", ""
		}
	}
	f.Schedules = []schedules.Schedule{x}
	return f
}
