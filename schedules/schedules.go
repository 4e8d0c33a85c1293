// Package schedules says which workflows run by the clock, as data.
//
// A [Schedule] is written in Go, as those of this release are ([Own]), or in YAML
// ([Parse]), whose form schema.json describes. [File.Plans] checks all of them and reports every
// mistake by its field; a [Plan] knows the times that it means and how they are told to
// Temporal. Package schedules/keeper compares plans with Temporal and brings it in line.
//
// Business calendars and zones are worked out here, not in Temporal: see package clock
// for why. Temporal is given the very moments, in UTC, for a year ahead, so that its Web
// UI and its command line show what will run, and a schedule of ours renews them.
package schedules

import (
	"encoding/json"
	"fmt"
	"time"

	"countersign/calendar"
	"countersign/schedules/clock"

	enumspb "go.temporal.io/api/enums/v1"
)

// A Schedule starts one workflow again and again. One of Cron, At and Every says when.
type Schedule struct {
	// ID names the schedule in Temporal, for ever; the workflows that it starts are named
	// after it and their nominal time.
	ID string `json:"id"`
	// Note says to an operator what it is for. The Web UI shows it beside the schedule and
	// the workflows that it starts.
	Note string `json:"note"`
	// Workflow is the type of the workflow, and Input its one argument, JSON; none where
	// it is absent.
	Workflow string          `json:"workflow"`
	Input    json.RawMessage `json:"input,omitempty"`
	// TaskQueue is where the workflow runs. Absent means the deployment's own.
	TaskQueue string `json:"task_queue,omitempty"`

	// Zone is a time zone of the IANA database, for Cron and At. Absent means that of
	// Calendar.
	Zone string `json:"zone,omitempty"`
	// Cron is five fields: [clock.Cron].
	Cron string `json:"cron,omitempty"`
	// At are times by their fields: [clock.Parse]. Those of every entry count.
	At []clock.Fields `json:"at,omitempty"`
	// Every is an interval, counted from 1970-01-01 00:00 UTC and moved by Offset.
	Every  Duration `json:"every,omitzero"`
	Offset Duration `json:"offset,omitzero"`
	// Calendar names the business calendar by which Roll moves or leaves out what falls on
	// a closed day or in a freeze.
	Calendar string              `json:"calendar,omitempty"`
	Roll     calendar.Convention `json:"roll,omitempty"`

	// Overlap is what becomes of a run that is due while the last still runs. Absent means
	// skip.
	Overlap Overlap `json:"overlap,omitempty"`
	// CatchUp is how late a run may start that was due while Temporal was down. Temporal
	// counts at least ten seconds. Required: Temporal's own default is a year.
	CatchUp Duration `json:"catch_up"`
	// Jitter delays every run by a part of it, the same one for the same nominal time.
	Jitter Duration `json:"jitter,omitzero"`
	// PauseOnFailure pauses the schedule when a run fails or times out.
	PauseOnFailure bool `json:"pause_on_failure,omitempty"`
	// SearchAttributes, of type Keyword, and Memo are those of the workflows.
	SearchAttributes map[string]string `json:"search_attributes,omitempty"`
	Memo             map[string]string `json:"memo,omitempty"`
}

// An Overlap is what becomes of a run that is due while the last still runs. The words
// are Temporal's.
type Overlap string

// The overlap policies.
const (
	Skip           Overlap = "skip"            // it is left out
	BufferOne      Overlap = "buffer_one"      // it starts when the last ends; one waits, others are left out
	BufferAll      Overlap = "buffer_all"      // it starts when the last ends; all wait
	CancelOther    Overlap = "cancel_other"    // the last is asked to end, and it starts then
	TerminateOther Overlap = "terminate_other" // the last is ended
	AllowAll       Overlap = "allow_all"       // both run
)

// overlaps are Temporal's numbers for them.
var overlaps = map[Overlap]enumspb.ScheduleOverlapPolicy{
	"": enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, Skip: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
	BufferOne: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE, BufferAll: enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ALL,
	CancelOther: enumspb.SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER, TerminateOther: enumspb.SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER,
	AllowAll: enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL,
}

// Policy is Temporal's number for an overlap policy, false for a word that is none.
func (o Overlap) Policy() (enumspb.ScheduleOverlapPolicy, bool) {
	p, ok := overlaps[o]
	return p, ok
}

// A Duration is written "90s", "15m" or "36h".
type Duration time.Duration

// String is the duration as it is written.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(text []byte) error {
	read, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%.40q: want a duration such as 90s, 15m or 36h", text)
	}
	*d = Duration(read)
	return nil
}
