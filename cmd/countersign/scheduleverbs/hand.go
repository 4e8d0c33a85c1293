package scheduleverbs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/schedules"
	"countersign/schedules/keeper"

	"github.com/spf13/cobra"
)

// byHand are the verbs that act on one schedule at once.
func (v *verbs) byHand() (out []*cobra.Command) {
	for _, b := range []struct {
		use, short, long, example, done string
		act                             func(*keeper.Keeper, context.Context, string, keeper.Hand) error
	}{
		{
			"pause ID", "Stop a schedule from starting anything by the clock",
			`Put the pause on the trail and make it. What is due meanwhile is not made up for, and
the schedule stays paused whatever is applied, until "schedules resume". The Web UI
shows who paused it and why.`,
			"  countersign schedules pause sweep/nightly --why 'treasury wallet is being moved'", "paused", (*keeper.Keeper).Pause,
		}, {
			"resume ID", "Let a paused schedule go on", "Put it on the trail and let the schedule go on from now.",
			"  countersign schedules resume sweep/nightly --why 'treasury wallet is moved'", "resumed", (*keeper.Keeper).Resume,
		}, {
			"trigger ID", "Start a schedule's workflow once, now",
			`Put it on the trail and start the workflow as the clock would, also while the schedule
is paused. Its overlap policy decides when one runs already.`,
			"  countersign schedules trigger sweep/nightly --why 'before the audit'", "triggered", (*keeper.Keeper).Trigger,
		},
	} {
		var h hand
		cmd := &cobra.Command{
			Use: b.use, Short: b.short, Long: b.long, Example: b.example, Args: cobra.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				if h.Why == "" || h.By == "" {
					return v.Usage(keeper.ErrWho)
				}
				k, closeBoth, err := v.changing(cmd)
				if err != nil {
					return err
				}
				defer closeBoth()
				if err := b.act(k, cmd.Context(), args[0], h.Hand); err != nil {
					return v.refuse(err)
				}
				return v.done(cmd, args[0], b.done, nil)
			},
		}
		h.flags(cmd, "(required)")
		out = append(out, cmd)
	}
	return out
}

// refuse marks what can be corrected by asking for something else.
func (v *verbs) refuse(err error) error {
	for _, no := range []error{keeper.ErrForeign, keeper.ErrMissing, keeper.ErrNothing} {
		if errors.Is(err, no) {
			return v.Refused(err)
		}
	}
	return err
}

func (v *verbs) done(cmd *cobra.Command, id, state string, times []time.Time) error {
	if *v.JSON {
		return printJSON(cmd.OutOrStdout(), map[string]any{"id": id, "state": state, "times": times})
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", id, state)
	return err
}

// span is what a backfill is for.
type span struct {
	from, to, overlap string
	yes               bool
	hand              hand
}

func (v *verbs) backfill() *cobra.Command {
	var s span
	cmd := &cobra.Command{
		Use: "backfill ID", Short: "Make up for the scheduled times of a span",
		Long: `Print the scheduled times from --from to --to, ask, put it on the trail and start the
workflow for each, named after its time. One that ran at its time is started again
under the same name: what it did then it must not do again, which is the workflow's
own to know. Of a schedule with a time zone or business calendar the times since the
first of last month are there.`,
		Example: "  countersign schedules backfill sweep/nightly --from 2026-12-01 --to 2026-12-03 --why 'custodian was down'",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return v.makeUp(cmd, args[0], s) },
	}
	f := cmd.Flags()
	f.StringVar(&s.from, "from", "", "first `time`, included (2026-12-01 or RFC 3339; required)")
	f.StringVar(&s.to, "to", "", "last `time`, included (required)")
	f.StringVar(&s.overlap, "overlap", string(schedules.BufferAll), "`policy` for these runs: one after the other unless you say so")
	f.BoolVarP(&s.yes, "yes", "y", false, "do not ask")
	s.hand.flags(cmd, "(required)")
	return cmd
}

func (v *verbs) makeUp(cmd *cobra.Command, id string, s span) error {
	if s.hand.Why == "" || s.hand.By == "" {
		return v.Usage(keeper.ErrWho)
	}
	from, err := moment("from", s.from, time.Time{})
	to, err2 := moment("to", s.to, time.Time{})
	if err := errors.Join(err, err2); err != nil || from.IsZero() || to.Before(from) || to.After(time.Now()) {
		if err == nil {
			err = errors.New("give --from and --to, in order and both in the past")
		}
		return v.Usage(err)
	}
	if _, known := schedules.Overlap(s.overlap).Policy(); !known {
		return v.Usage(fmt.Errorf("--overlap %.40q: want skip, buffer_one, buffer_all, cancel_other, terminate_other or allow_all", s.overlap))
	}
	k, closeBoth, err := v.changing(cmd)
	if err != nil {
		return err
	}
	defer closeBoth()
	if _, err := k.Entry(cmd.Context(), id); err != nil {
		return v.refuse(err)
	}
	times, err := k.Matching(cmd.Context(), id, from, to)
	if err != nil {
		return err
	}
	if !*v.JSON {
		for _, t := range times {
			fmt.Fprintln(cmd.OutOrStdout(), t.UTC().Format(time.RFC3339))
		}
	}
	if len(times) > 0 {
		if err := v.sure(cmd, s.yes, fmt.Sprintf("Start %s for these %d times, overlap %s?", id, len(times), s.overlap)); err != nil {
			return err
		}
	}
	if times, err = k.Backfill(cmd.Context(), id, from, to, schedules.Overlap(s.overlap), s.hand.Hand); err != nil {
		return v.refuse(err)
	}
	return v.done(cmd, id, string(keeper.Backfilled), times)
}
