// Package scheduleverbs is what runs by the clock, on the command line: compare the
// schedules that are wanted with Temporal, apply them, look at the coming times, and
// pause, start and make up for runs by hand.
package scheduleverbs

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"countersign/cmd/countersign/app"
	"countersign/cmd/countersign/control"
	"countersign/schedules"
	"countersign/schedules/keeper"
	"countersign/store"

	"github.com/spf13/cobra"
)

// Options are what the verbs are given by the program.
type Options struct {
	// JSON says whether to print JSON; read when a verb runs.
	JSON *bool
	// App is the product with the configuration that was found, Signing its trail for
	// records of ours. The caller closes it.
	App     func(cmd *cobra.Command) (*app.App, error)
	Signing func(cmd *cobra.Command) (*store.Trail, error)
	// Usage and Refused mark errors with the exit codes 2 and 3.
	Usage, Refused func(error) error
}

// verbs are Options with the flags that all verbs know.
type verbs struct {
	Options
	file string
}

// New returns the verb with its verbs.
func New(o Options) *cobra.Command {
	v := &verbs{Options: o}
	cmd := &cobra.Command{
		Use: "schedules", Short: "What runs by the clock: compare, apply, look, pause, make up for",
		Long: `Schedules are written in a file (COUNTERSIGN_SCHEDULES_FILE; docs/schedules.md) and
applied to Temporal by hand. The product's own are applied by every worker that
starts. What is changed is put on the trail first, with who asked for it.

Write:   schedules check, schedules next ID
Apply:   schedules diff, schedules apply
Look:    schedules list, or the Web UI, or "temporal schedule list"
By hand: schedules pause|resume|trigger ID, schedules backfill ID`,
	}
	cmd.PersistentFlags().StringVar(&v.file, "file", "", "schedules `file` instead of COUNTERSIGN_SCHEDULES_FILE")
	cmd.AddCommand(v.check(), v.next(), v.diff(), v.apply(), v.list(), v.backfill())
	cmd.AddCommand(v.byHand()...)
	return cmd
}

// plans are those of the file.
func (v *verbs) plans(cmd *cobra.Command) ([]schedules.Plan, error) {
	path := v.file
	if path == "" {
		a, err := v.App(cmd)
		if err != nil {
			return nil, err
		}
		path = a.Config.Worker.SchedulesFile
	}
	if path == "" {
		return nil, v.Usage(errors.New("which schedules? set COUNTERSIGN_SCHEDULES_FILE or give --file; docs/schedules.md says what stands there"))
	}
	f, err := schedules.Load(path)
	if err != nil {
		return nil, v.Refused(err)
	}
	plans, err := f.Plans()
	if err != nil {
		return nil, v.Refused(fmt.Errorf("%s: %w", path, err))
	}
	return plans, nil
}

// looking opens Temporal for looking only. The caller closes it.
func (v *verbs) looking(cmd *cobra.Command) (*keeper.Keeper, func(), error) {
	return v.open(cmd, nil)
}

// changing opens Temporal, and the trail for records of what is changed. The caller
// closes both.
func (v *verbs) changing(cmd *cobra.Command) (*keeper.Keeper, func(), error) {
	trail, err := v.Signing(cmd)
	if err != nil {
		return nil, nil, err
	}
	k, hangUp, err := v.open(cmd, trail)
	if err != nil {
		trail.DB.Close()
		return nil, nil, err
	}
	return k, func() { hangUp(); trail.DB.Close() }, nil
}

func (v *verbs) open(cmd *cobra.Command, trail *store.Trail) (*keeper.Keeper, func(), error) {
	a, err := v.App(cmd)
	if err != nil {
		return nil, nil, err
	}
	c, err := a.Dial(cmd.Context())
	if err != nil {
		return nil, nil, err
	}
	return a.Keeper(c, trail), c.Close, nil
}

func (v *verbs) check() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Check the schedules file; Temporal is not asked",
		Long: `Read the file and name every mistake by its field, with the remedy. Exit code 3 when
there is one.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			plans, err := v.plans(cmd)
			if err != nil {
				return err
			}
			if *v.JSON {
				return printJSON(cmd.OutOrStdout(), map[string]int{"schedules": len(plans)})
			}
			for _, p := range plans {
				fmt.Fprintf(cmd.OutOrStdout(), "%s\n  %s\n  %s\n", p.Schedule.ID, p.Schedule.Note, p.When())
			}
			return nil
		},
	}
}

// hand is who changes something, and why.
type hand struct{ keeper.Hand }

func (h *hand) flags(cmd *cobra.Command, why string) {
	cmd.Flags().StringVar(&h.By, "by", control.Whoami(), "who asks for it, for the trail")
	cmd.Flags().StringVar(&h.Why, "why", "", "the reason, for the trail "+why)
}

// sure asks for a yes on the terminal.
func (v *verbs) sure(cmd *cobra.Command, yes bool, question string) error {
	if yes {
		return nil
	}
	if *v.JSON {
		return v.Usage(errors.New("with --json nobody is asked: give --yes"))
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s [y/N] ", question)
	answer, err := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 100)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer == "y" || answer == "yes" {
		return nil
	}
	return v.Refused(errors.New("not confirmed: nothing was changed"))
}

// show prints changes for people, before they are made.
func show(out io.Writer, changes []keeper.Change) {
	for _, c := range changes {
		verb := map[keeper.Kind]string{
			keeper.Created: "create", keeper.Updated: "change", keeper.Deleted: "delete", keeper.Renewed: "write down for longer",
		}[c.Kind]
		fmt.Fprintf(out, "%s %s\n", cmp.Or(verb, string(c.Kind)), c.ID)
		for _, field := range c.Fields {
			fmt.Fprintf(out, "    %s\n", field)
		}
	}
}

// printJSON writes one value, indented.
func printJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}
