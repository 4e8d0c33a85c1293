package sweepverbs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign"
	"countersign/audit/swept"
	"countersign/cmd/countersign/control"
	"countersign/workflows"

	"github.com/spf13/cobra"
)

// checkID refuses what names no run.
func (o Options) checkID(id string) error {
	parts := strings.Split(id, "/")
	if len(parts) == 3 && parts[0] == "sweep" && countersign.CheckID(parts[1]) == nil {
		if due, err := time.Parse(time.RFC3339, parts[2]); err == nil && due.UTC().Format(time.RFC3339) == parts[2] {
			return nil
		}
	}
	return o.Usage(fmt.Errorf("%.80q names no run of a sweep: want one such as sweep/nightly/2026-11-29T17:30:00Z; `countersign sweep list` has them", id))
}

// judge puts a person's word on a plan on the trail and wakes the sweep.
func (o Options) judge(approve bool) *cobra.Command {
	word, done, short := "decline", "declined", "Decline the plan of a sweep: nothing moves"
	if approve {
		word, done, short = "approve", "approved", "Approve the plan of a sweep as a whole"
	}
	var by, reason string
	cmd := &cobra.Command{
		Use: word + " ID", Short: short, Args: cobra.ExactArgs(1),
		Long: `Put your word on the plan on the trail, and wake the sweep that waits for it. There is one
word on a plan: the first, for ever. Look at the plan before: "sweep show ID". The moves
go through the custodian's own policies all the same.`,
		Example: "  countersign sweep " + word + " sweep/nightly/2026-11-29T17:30:00Z --by ana --reason 'as every night'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.checkID(args[0]); err != nil {
				return err
			}
			for _, f := range []struct{ name, value string }{{"by", by}, {"reason", reason}} {
				if strings.TrimSpace(f.value) == "" {
					return o.Usage(fmt.Errorf("--%s is required: it stands on the trail", f.name))
				}
			}
			trail, err := o.Signing(cmd)
			if err != nil {
				return err
			}
			defer trail.DB.Close()
			v, entry, err := swept.Decide(cmd.Context(), trail, args[0], approve, by, reason)
			switch {
			case errors.Is(err, swept.ErrVerdict), errors.Is(err, countersign.ErrInvalid):
				return o.Refused(err)
			case err != nil:
				return fmt.Errorf("%s %s: %w", word, args[0], err)
			}
			o.wake(cmd, args[0])
			stands := map[bool]string{true: "approved", false: "declined"}[entry.Record.Type == swept.SweepApproved]
			if *o.JSON {
				err = o.print(cmd, map[string]any{"sweep_id": args[0], "verdict": stands, "by": v.By, "reason": v.Reason, "index": entry.Index})
			} else {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is %s: record %d by %s (%s)\n", args[0], stands, entry.Index, v.By, v.Reason)
			}
			if err == nil && stands != done {
				err = o.Refused(fmt.Errorf("%s had %s it before: the first word stands", v.By, stands))
			}
			return err
		},
	}
	cmd.Flags().StringVar(&by, "by", control.Whoami(), "who says so, for the trail")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the trail (required)")
	return cmd
}

// wake has the sweep look at the trail now. One that is not reached looks within a quarter of an
// hour by itself.
func (o Options) wake(cmd *cobra.Command, id string) {
	c, _, err := o.Temporal(cmd)
	if err == nil {
		defer c.Close()
		err = c.SignalWorkflow(cmd.Context(), id, "", workflows.VerdictSignal, nil)
	}
	if err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "the sweep was not woken (%v): if it waits, it looks within a quarter of an hour\n", err)
	}
}
