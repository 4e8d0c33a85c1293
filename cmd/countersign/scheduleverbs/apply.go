package scheduleverbs

import (
	"errors"
	"fmt"
	"io"

	"countersign/schedules/keeper"

	"github.com/spf13/cobra"
)

// difference is what diff and apply print as JSON.
type difference struct {
	Changes []keeper.Change `json:"changes"`
	// Besides are schedules of ours that the file does not have.
	Besides []string `json:"not_in_the_file"`
}

func (v *verbs) diff() *cobra.Command {
	var prune bool
	cmd := &cobra.Command{
		Use: "diff", Short: "Compare the schedules file with Temporal",
		Long: `Say what "schedules apply" would change. Nothing is changed. Exit code 3 when something
would be, or when an ID in the file is somebody else's schedule.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, _, closeBoth, err := v.compare(cmd, v.looking, prune)
			if err != nil {
				return err
			}
			defer closeBoth()
			if err := v.tell(cmd, d); err != nil || len(d.Changes) == 0 {
				return err
			}
			return v.Refused(fmt.Errorf("%d to change: `countersign schedules apply`", len(d.Changes)))
		},
	}
	cmd.Flags().BoolVar(&prune, "prune", false, "count what the file does not have any more as to be deleted")
	return cmd
}

func (v *verbs) apply() *cobra.Command {
	var prune, yes bool
	var h hand
	cmd := &cobra.Command{
		Use: "apply", Short: "Bring Temporal in line with the schedules file",
		Long: `Print what will change, ask, put each change on the trail and make it. Applied again
it changes nothing. A schedule that is paused stays paused. A schedule that is not
ours is never touched; one of ours that the file does not have any more is deleted
with --prune only.`,
		Example: "  countersign schedules apply --why 'sweep at 18:30 from December, CHG-1234'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, k, closeBoth, err := v.compare(cmd, v.changing, prune)
			if err != nil {
				return err
			}
			defer closeBoth()
			if err := v.tell(cmd, d); err != nil || len(d.Changes) == 0 {
				return err
			}
			if err := v.sure(cmd, yes, "Make these changes?"); err != nil {
				return err
			}
			for _, c := range d.Changes {
				c.By, c.Why = h.By, h.Why
				if err := k.Make(cmd.Context(), c); err != nil {
					return err
				}
				if !*v.JSON {
					fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", c.ID, c.Kind)
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&prune, "prune", false, "delete schedules of ours that the file does not have any more")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	h.flags(cmd, "(optional)")
	return cmd
}

type opener = func(*cobra.Command) (*keeper.Keeper, func(), error)

// compare is the difference between the file and Temporal.
func (v *verbs) compare(cmd *cobra.Command, open opener, prune bool) (d difference, k *keeper.Keeper, closeBoth func(), err error) {
	plans, err := v.plans(cmd)
	if err != nil {
		return d, nil, nil, err
	}
	if k, closeBoth, err = open(cmd); err != nil {
		return d, nil, nil, err
	}
	d.Changes, d.Besides, err = k.Diff(cmd.Context(), plans, keeper.FromFile, prune)
	if errors.Is(err, keeper.ErrForeign) {
		err = v.Refused(err)
	}
	if err != nil {
		closeBoth()
		return d, nil, nil, err
	}
	if prune {
		d.Besides = nil // they are among the changes
	}
	return d, k, closeBoth, nil
}

func (v *verbs) tell(cmd *cobra.Command, d difference) error {
	out := cmd.OutOrStdout()
	if *v.JSON {
		if d.Changes == nil {
			d.Changes = []keeper.Change{}
		}
		if d.Besides == nil {
			d.Besides = []string{}
		}
		return printJSON(out, d)
	}
	show(out, d.Changes)
	besides(out, d.Besides)
	if len(d.Changes) == 0 {
		fmt.Fprintln(out, "Temporal has what the file says.")
	}
	return nil
}

func besides(out io.Writer, ids []string) {
	for _, id := range ids {
		fmt.Fprintf(out, "%s is not in the file any more; `schedules apply --prune` deletes it\n", id)
	}
}
