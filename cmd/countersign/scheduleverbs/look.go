package scheduleverbs

import (
	"cmp"
	"fmt"
	"text/tabwriter"
	"time"

	"countersign/schedules"
	"countersign/schedules/keeper"

	"github.com/spf13/cobra"
)

// coming is one time of `next` as JSON.
type coming struct {
	Local string    `json:"local"`
	UTC   time.Time `json:"utc"`
	// Note says that it is a day on which the clocks change.
	Note string `json:"note,omitempty"`
}

// most is as many times as a screen is for.
const most = 1000

func (v *verbs) next() *cobra.Command {
	count, from := 10, ""
	cmd := &cobra.Command{
		Use: "next ID", Short: "Print the coming times of a schedule in the file, or of the product's own",
		Long: `Print when a schedule will run as it is written in the file, local and in UTC, applied
or not. Temporal is not asked. Times are nominal: jitter comes on top.`,
		Example: "  countersign schedules next sweep/nightly --count 10 --from 2026-12-20",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			start, err := moment("from", from, time.Now())
			if err != nil || count < 1 || count > most {
				return v.Usage(cmp.Or(err, fmt.Errorf("--count %d: want 1 to %d", count, most)))
			}
			p, err := v.plan(cmd, args[0])
			if err != nil {
				return err
			}
			return v.times(cmd, p, p.Next(start, count))
		},
	}
	cmd.Flags().IntVar(&count, "count", count, "how `many`")
	cmd.Flags().StringVar(&from, "from", "", "after this `time` (2026-12-20 or RFC 3339) instead of now")
	return cmd
}

// plan is one of the file or of the product's own.
func (v *verbs) plan(cmd *cobra.Command, id string) (schedules.Plan, error) {
	from := v.plans
	if schedules.IsOwn(id) {
		from = v.own
	}
	plans, err := from(cmd)
	if err != nil {
		return schedules.Plan{}, err
	}
	for _, p := range plans {
		if p.Schedule.ID == id {
			return p, nil
		}
	}
	return schedules.Plan{}, v.Refused(fmt.Errorf("no schedule %q: `countersign schedules check` lists those of the file", id))
}

// own are the product's own, as the configuration wants them.
func (v *verbs) own(cmd *cobra.Command) ([]schedules.Plan, error) {
	a, err := v.App(cmd)
	if err != nil {
		return nil, err
	}
	return a.OwnPlans()
}

func (v *verbs) times(cmd *cobra.Command, p schedules.Plan, times []time.Time) error {
	zone := p.Zone()
	list := make([]coming, len(times))
	for i, t := range times {
		list[i] = coming{Local: t.In(zone).Format("Mon 2006-01-02 15:04:05 MST"), UTC: t, Note: changes(t.In(zone))}
	}
	out := cmd.OutOrStdout()
	if *v.JSON {
		return printJSON(out, map[string]any{"id": p.Schedule.ID, "when": p.When(), "zone": zone.String(), "next": list})
	}
	fmt.Fprintf(out, "%s: %s\n", p.Schedule.ID, p.When())
	if p.Schedule.Jitter != 0 {
		fmt.Fprintf(out, "each up to %s later, by jitter\n", p.Schedule.Jitter)
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "%s\tUTC\t\n", zone)
	for _, c := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.Local, c.UTC.Format(time.RFC3339), c.Note)
	}
	if len(times) == 0 {
		fmt.Fprintln(w, "none within nine years")
	}
	return w.Flush()
}

// changes says so of a day on which the clocks change.
func changes(t time.Time) string {
	_, first := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location()).Zone()
	_, last := time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, t.Location()).Zone()
	switch {
	case last > first:
		return "the clocks go forward on this day"
	case last < first:
		return "the clocks go back on this day"
	}
	return ""
}

func (v *verbs) list() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List every schedule of the namespace in Temporal",
		Long: `List what Temporal has: whose each schedule is, when it runs next, until which day its
times are written down, and how many runs were missed for longer than its catch-up
window.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, closeBoth, err := v.looking(cmd)
			if err != nil {
				return err
			}
			defer closeBoth()
			entries, err := k.List(cmd.Context())
			if err != nil {
				return err
			}
			if *v.JSON {
				return printJSON(cmd.OutOrStdout(), entries)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tWHOSE\tSTATE\tNEXT\tUNTIL\tMISSED\tNOTE")
			for _, e := range entries {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", e.ID, whose(e, k.TaskQueue), state(e), next(e), cmp.Or(e.Until, "no end"), e.Missed, e.Note)
			}
			return w.Flush()
		},
	}
}

func whose(e keeper.Entry, taskQueue string) string {
	switch {
	case e.Owner == taskQueue:
		return "ours, " + string(e.Source)
	case e.Owner == "" && schedules.IsOwn(e.ID):
		return "ours, of an earlier release"
	case e.Owner != "":
		return "of " + e.Owner
	}
	return "somebody else's"
}

func state(e keeper.Entry) string {
	if e.Paused {
		return "paused"
	}
	return "runs"
}

func next(e keeper.Entry) string {
	if len(e.Next) == 0 {
		return "never"
	}
	return e.Next[0].UTC().Format(time.RFC3339)
}

// moment reads a flag.
func moment(flag, text string, unset time.Time) (time.Time, error) {
	if text == "" {
		return unset, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--%s %.40q: want 2026-12-20 or 2026-12-20T18:00:00+01:00", flag, text)
}
