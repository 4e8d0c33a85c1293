package schedules

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"countersign"
	"countersign/calendar"
	"countersign/schedules/clock"
	"countersign/strictjson"
	"countersign/sweep"
	"countersign/workflows"
)

// ErrFile means that schedules cannot be used as they are written.
var ErrFile = errors.New("schedules")

// A File is schedules with the business calendars that they name.
type File struct {
	// Calendars are as package calendar describes them, without hours.
	Calendars []calendar.Spec `json:"calendars"`
	Schedules []Schedule      `json:"schedules"`
}

// Plans checks everything, or reports every mistake by its field; the error wraps
// [ErrFile].
func (f File) Plans() ([]Plan, error) {
	c := checker{calendars: map[string]calendar.Spec{}, ids: map[string]bool{}}
	for i, s := range f.Calendars {
		c.calendar(fmt.Sprintf("calendars[%d]", i), s)
	}
	for i, s := range f.Schedules {
		c.at = fmt.Sprintf("schedules[%d]", i)
		if s.ID != "" {
			c.at += " (" + s.ID + ")"
		}
		c.check(!IsOwn(s.ID), "id", "%s is one of the product's own: choose another", s.ID)
		c.plan(s)
	}
	return c.plans, c.err()
}

// Plans checks schedules that name no business calendar, as those of this release.
func Plans(own []Schedule) ([]Plan, error) {
	c := checker{ids: map[string]bool{}}
	for _, s := range own {
		c.at = s.ID
		c.plan(s)
	}
	return c.plans, c.err()
}

// PlanOf checks one schedule with the business calendar that it names, nil where it names
// none.
func PlanOf(s Schedule, named *calendar.Spec) (Plan, error) {
	c := checker{at: s.ID, calendars: map[string]calendar.Spec{}, ids: map[string]bool{}}
	if named != nil {
		c.calendar("calendar", *named)
	}
	c.plan(s)
	if err := c.err(); err != nil {
		return Plan{}, err
	}
	return c.plans[0], nil
}

// A checker collects mistakes.
type checker struct {
	at        string // the schedule that is being checked
	calendars map[string]calendar.Spec
	ids       map[string]bool
	plans     []Plan
	errs      []error
}

func (c *checker) err() error {
	if len(c.errs) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d to correct:\n%w", ErrFile, len(c.errs), errors.Join(c.errs...))
}

// add takes down what is wrong with a field, one line for each mistake.
func (c *checker) add(field string, err error) {
	if err == nil {
		return
	}
	for _, line := range strings.Split(err.Error(), "\n") {
		c.errs = append(c.errs, fmt.Errorf("%s.%s: %s", c.at, field, line))
	}
}

func (c *checker) check(ok bool, field, format string, args ...any) {
	if !ok {
		c.add(field, fmt.Errorf(format, args...))
	}
}

func (c *checker) calendar(at string, s calendar.Spec) {
	_, twice := c.calendars[s.Name]
	if twice {
		c.errs = append(c.errs, fmt.Errorf("%s.name: %q stands there twice", at, s.Name))
	}
	if len(s.Hours) > 0 {
		c.errs = append(c.errs, fmt.Errorf("%s.hours: a schedule's times are its own: leave them out", at))
	}
	if _, err := calendar.New(s); err != nil {
		for _, line := range strings.Split(strings.TrimPrefix(err.Error(), calendar.ErrSpec.Error()+": "), "\n") {
			c.errs = append(c.errs, fmt.Errorf("%s.%s", at, line))
		}
	}
	c.calendars[s.Name] = s
}

var (
	idForm        = regexp.MustCompile(`^[a-z0-9][a-z0-9_./-]{0,99}$`)
	nameForm      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.:/-]{0,199}$`)
	attributeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)
)

// Marker is the key of the memo under which a schedule of ours says so.
const Marker = "countersign_schedule"

func (c *checker) plan(s Schedule) {
	p := Plan{Schedule: s}
	c.check(idForm.MatchString(s.ID), "id", "%.120q: want 1 to 100 of a-z, 0-9, _ . / and -", s.ID)
	c.check(!c.ids[s.ID], "id", "%q stands there twice", s.ID)
	c.ids[s.ID] = true
	c.check(strings.TrimSpace(s.Note) != "" && len(s.Note) <= 300, "note", "%.40q: say to an operator what it is for, in at most 300 bytes", s.Note)
	c.check(nameForm.MatchString(s.Workflow), "workflow", "%.60q: want the type of a workflow, such as Sweep", s.Workflow)
	c.check(s.TaskQueue == "" || nameForm.MatchString(s.TaskQueue), "task_queue", "%.60q: want the name of a task queue, or leave it out", s.TaskQueue)
	if len(s.Input) > 0 {
		c.add("input", strictjson.Check(s.Input))
		c.check(len(s.Input) <= 64<<10, "input", "%d bytes: want at most 65536", len(s.Input))
	}
	c.sweep(s)
	c.when(&p)
	c.policies(s)
	for name := range s.SearchAttributes {
		c.check(attributeForm.MatchString(name), "search_attributes", "%.60q: want the name of a search attribute of type Keyword", name)
	}
	for name := range s.Memo {
		c.check(name != Marker, "memo", "%s is the product's own: choose another", name)
	}
	c.plans = append(c.plans, p)
}

// sweep checks the order that a schedule of sweeps has for its input.
func (c *checker) sweep(s Schedule) {
	if s.Workflow != workflows.ScheduledSweepWorkflow {
		return
	}
	order, err := sweep.Parse(s.Input)
	if err != nil { // the custodian has not been asked yet
		c.add("input", errors.New(strings.ReplaceAll(err.Error(), countersign.ErrInvalid.Error()+": ", "")))
		return
	}
	c.check(s.ID == "sweep/"+order.Sweep, "id", "%s: the order calls itself %s: want sweep/%s, so that the schedule and its runs stand together", s.ID, order.Sweep, order.Sweep)
}

func (c *checker) policies(s Schedule) {
	_, known := s.Overlap.Policy()
	c.check(known, "overlap", "%.40q: want skip, buffer_one, buffer_all, cancel_other, terminate_other or allow_all", string(s.Overlap))
	c.check(time.Duration(s.CatchUp) >= 10*time.Second, "catch_up", "%s: say how late a missed run may still start, at least 10s", s.CatchUp)
	c.check(s.Jitter >= 0 && wholeSeconds(s.Jitter), "jitter", "%s: want whole seconds, or leave it out", s.Jitter)
}

func wholeSeconds(d Duration) bool { return time.Duration(d)%time.Second == 0 }

func (c *checker) when(p *Plan) {
	s := p.Schedule
	given := 0
	for _, is := range []bool{s.Cron != "", len(s.At) > 0, s.Every != 0} {
		if is {
			given++
		}
	}
	c.check(given == 1, "cron", "%d of cron, at and every are given: want one", given)
	if s.Every != 0 {
		c.interval(s)
	} else {
		c.check(s.Offset == 0, "offset", "%s: it is for every only", s.Offset)
		c.zone(p)
	}
	if s.Cron != "" {
		read, err := clock.Cron(s.Cron)
		c.add("cron", err)
		p.clocks = append(p.clocks, read)
	}
	for i, f := range s.At {
		read, err := clock.Parse(f)
		c.add(fmt.Sprintf("at[%d]", i), err)
		p.clocks = append(p.clocks, read)
	}
	if p.Calendar != nil && p.by != calendar.Skip && (len(p.clocks) > 1 || len(p.clocks) == 1 && !p.clocks[0].Daily()) {
		c.check(false, "roll", "%s with several times a day: one that is moved would pass others: take skip, or a schedule for each time", p.by)
	}
}

func (c *checker) interval(s Schedule) {
	c.check(time.Duration(s.Every) >= time.Second && wholeSeconds(s.Every), "every", "%s: want whole seconds, at least 1s", s.Every)
	c.check(s.Offset >= 0 && s.Offset < s.Every && wholeSeconds(s.Offset), "offset", "%s: want whole seconds, less than every", s.Offset)
	c.check(s.Zone == "", "zone", "%s: an interval is counted in UTC: leave it out, or give cron or at", s.Zone)
	c.check(s.Calendar == "" && s.Roll == "", "calendar", "%s: an interval knows no days: leave calendar and roll out, or give cron or at", s.Calendar)
}

// zone finds where the times are read, and the calendar by which they are moved.
func (c *checker) zone(p *Plan) {
	s := p.Schedule
	if s.Calendar == "" {
		c.check(s.Roll == "", "roll", "%s: name the calendar by which", s.Roll)
		days, err := calendar.New(calendar.Spec{Name: "none", Zone: s.Zone, Weekends: []string{}})
		c.check(err == nil, "zone", "%.60q: want a time zone of the IANA database, such as Europe/Zurich or UTC", s.Zone)
		p.days, p.by = days, calendar.Skip
		return
	}
	named, ok := c.calendars[s.Calendar]
	c.check(ok, "calendar", "%.60q: want one of the file's calendars (%s)", s.Calendar, c.names())
	c.check(!ok || s.Zone == "" || s.Zone == named.Zone, "zone", "%s: the times are read in that of calendar %s, %s: leave it out", s.Zone, s.Calendar, named.Zone)
	switch s.Roll {
	case calendar.Following, calendar.Preceding, calendar.ModifiedFollowing, calendar.Skip:
	default:
		c.check(false, "roll", "%.40q: want following, preceding, modified_following or skip", string(s.Roll))
	}
	p.Calendar, p.by = &named, s.Roll
	p.days, _ = calendar.New(named) // its mistakes have been taken down
}

func (c *checker) names() string {
	if len(c.calendars) == 0 {
		return "there is none"
	}
	var names []string
	for name := range c.calendars {
		names = append(names, name)
	}
	return strings.Join(sorted(names), ", ")
}

// UnmarshalJSON reads what a plan was written down as and checks it again.
func (p *Plan) UnmarshalJSON(text []byte) error {
	var written struct {
		Schedule Schedule       `json:"schedule"`
		Calendar *calendar.Spec `json:"calendar"`
	}
	if err := json.Unmarshal(text, &written); err != nil {
		return err
	}
	read, err := PlanOf(written.Schedule, written.Calendar)
	if err == nil {
		*p = read
	}
	return err
}
