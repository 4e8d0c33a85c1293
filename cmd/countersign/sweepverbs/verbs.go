// Package sweepverbs has sweeps planned, run, judged and shown on the command line.
package sweepverbs

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"countersign"
	"countersign/cmd/countersign/app"
	"countersign/schedules"
	"countersign/store"
	"countersign/sweep"
	"countersign/sweep/text"
	"countersign/workflows"
	flow "countersign/workflows/sweep"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// Options are what the verbs are given by the program.
type Options struct {
	JSON *bool
	// App is the product with the configuration that was found.
	App func(cmd *cobra.Command) (*app.App, error)
	// Temporal is the client, with the task queue of the workers; the caller closes it.
	Temporal func(cmd *cobra.Command) (client.Client, string, error)
	// Reading opens the trail for looking only, Signing for records of ours; the caller closes
	// it.
	Reading func(cmd *cobra.Command) (*store.DB, error)
	Signing func(cmd *cobra.Command) (*store.Trail, error)
	// Now is the clock.
	Now func() time.Time
	// Usage and Refused mark errors with the exit codes 2 and 3.
	Usage, Refused func(error) error
}

// New returns the sweep verb.
func New(o Options) *cobra.Command {
	cmd := &cobra.Command{
		Use: "sweep", Short: "Gather what wallets hold in a treasury wallet: plan, run, approve, look",
		Long: `A sweep moves what the wallets with a tag hold above a floor to a treasury wallet
(docs/sweeps.md). An order says what, where to and within which bounds; it is a file of
its own, or the input of a schedule whose workflow is ScheduledSweep.

Look first:  sweep plan --dry-run
By hand:     sweep run
Judge:       sweep approve|decline ID
Look after:  sweep list, sweep show ID, sweep report ID`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(o.plan(), o.run(), o.judge(true), o.judge(false), o.show(), o.report(), o.list())
	return cmd
}

// from is where an order stands, and for which time it is run.
type from struct{ file, schedule, schedules, due string }

func (f *from) flags(cmd *cobra.Command) {
	g := cmd.Flags()
	g.StringVar(&f.file, "file", "", "`file` with the order, JSON or YAML")
	g.StringVar(&f.schedule, "schedule", "", "`ID` of a schedule in the schedules file whose input is the order")
	g.StringVar(&f.schedules, "schedules-file", "", "schedules `file` instead of COUNTERSIGN_SCHEDULES_FILE")
	g.StringVar(&f.due, "due", "", "scheduled `time` that the run is of (RFC 3339, whole seconds) instead of now")
}

// order reads the run that the flags mean.
func (o Options) order(cmd *cobra.Command, f from) (r sweep.Run, err error) {
	if (f.file == "") == (f.schedule == "") {
		return r, o.Usage(errors.New("give either --file or --schedule: where the order stands"))
	}
	r.Due = o.Now().UTC().Truncate(time.Second)
	if f.due != "" {
		if r.Due, err = time.Parse(time.RFC3339, f.due); err != nil || !r.Due.Equal(r.Due.Truncate(time.Second)) {
			return r, o.Usage(fmt.Errorf("--due %.40q: want a time such as 2026-11-29T17:30:00Z", f.due))
		}
		r.Due = r.Due.UTC()
	}
	if f.file != "" {
		r.Order, err = o.read(f.file)
	} else {
		r.Order, err = o.scheduled(cmd, f)
	}
	return r, err
}

// read reads an order of its own.
func (o Options) read(path string) (order sweep.Order, err error) {
	raw, err := os.ReadFile(path)
	if err == nil {
		raw, err = schedules.JSON(raw)
	}
	if err == nil {
		order, err = sweep.Parse(raw)
	}
	if err != nil { // the custodian has not been asked yet
		err = o.Refused(fmt.Errorf("%s: %s", path, strings.ReplaceAll(err.Error(), countersign.ErrInvalid.Error()+": ", "")))
	}
	return order, err
}

// scheduled reads the order that is the input of a schedule.
func (o Options) scheduled(cmd *cobra.Command, f from) (order sweep.Order, err error) {
	path := f.schedules
	if path == "" {
		a, err := o.App(cmd)
		if err != nil {
			return order, err
		}
		path = a.Config.Worker.SchedulesFile
	}
	if path == "" {
		return order, o.Usage(errors.New("which schedules? set COUNTERSIGN_SCHEDULES_FILE or give --schedules-file"))
	}
	file, err := schedules.Load(path)
	if err == nil {
		_, err = file.Plans()
	}
	if err != nil {
		return order, o.Refused(err)
	}
	for _, s := range file.Schedules {
		if s.ID != f.schedule {
			continue
		}
		if s.Workflow != workflows.ScheduledSweepWorkflow {
			return order, o.Refused(fmt.Errorf("schedule %s starts workflow %s: want one that starts %s", s.ID, s.Workflow, workflows.ScheduledSweepWorkflow))
		}
		return sweep.Parse(s.Input)
	}
	return order, o.Refused(fmt.Errorf("no schedule %q in %s", f.schedule, path))
}

// plan prints what would move now.
func (o Options) plan() *cobra.Command {
	var f from
	var dry bool
	cmd := &cobra.Command{
		Use: "plan", Short: "Print what a sweep would move now, and what it would leave and why",
		Long: `Read what the wallets hold at the newest final block and what gas costs, and print the
plan that follows from it. Nothing is written and nothing moves; a run makes its own
plan, of its own block.`,
		Example: `  countersign sweep plan --dry-run --schedule sweep/nightly
  countersign sweep plan --dry-run --file order.yaml --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !dry {
				return o.Usage(errors.New("give --dry-run: a plan that is written is the first step of a run, which `countersign sweep run` starts"))
			}
			r, err := o.order(cmd, f)
			if err != nil {
				return err
			}
			db, err := o.Reading(cmd)
			if err != nil {
				return err
			}
			defer db.Close()
			a, err := o.App(cmd)
			if err != nil {
				return err
			}
			planner, err := a.Planner(db)
			if err != nil {
				return err
			}
			plan, err := planner.Plan(cmd.Context(), r)
			if err != nil {
				return fmt.Errorf("plan %s: %w", r.ID(), err)
			}
			if *o.JSON {
				return o.print(cmd, plan)
			}
			return text.Table(cmd.OutOrStdout(), plan)
		},
	}
	f.flags(cmd)
	cmd.Flags().BoolVar(&dry, "dry-run", false, "print it and write nothing (required)")
	return cmd
}

// run starts a run.
func (o Options) run() *cobra.Command {
	var f from
	cmd := &cobra.Command{
		Use: "run", Short: "Start a sweep now",
		Long: `Start the run of an order, of this second or of the time that --due says. It is named
after the order and that time, and is started once: another for the same time moves
nothing. Where the order asks for approval it waits for "sweep approve".`,
		Example: `  countersign sweep run --schedule sweep/nightly
  countersign sweep run --file order.yaml --due 2026-11-29T17:30:00Z`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := o.order(cmd, f)
			if err != nil {
				return err
			}
			c, queue, err := o.Temporal(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			in := flow.SweepInput{Run: r}
			_, err = c.ExecuteWorkflow(cmd.Context(), client.StartWorkflowOptions{
				ID: r.ID(), TaskQueue: queue, StaticSummary: in.Summary(),
				WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
				WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
				WorkflowExecutionErrorWhenAlreadyStarted: true,
			}, workflows.SweepWorkflow, in)
			if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
				return o.Refused(fmt.Errorf("%s was there already: nothing is moved twice; look with `countersign sweep show %s`", r.ID(), r.ID()))
			}
			if err != nil {
				return fmt.Errorf("start %s: %w", r.ID(), err)
			}
			if *o.JSON {
				return o.print(cmd, map[string]string{"sweep_id": r.ID()})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s has begun: look with `countersign sweep show %s`\n", r.ID(), r.ID())
			return err
		},
	}
	f.flags(cmd)
	return cmd
}

// print writes one value as JSON.
func (o Options) print(cmd *cobra.Command, v any) error {
	enc := json.NewEncoder(cmd.OutOrStdout())
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
