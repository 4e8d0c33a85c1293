// Package completeverbs shows on the command line whether everything that happened was heard,
// and has a window certified.
package completeverbs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"countersign/activities/certify"
	"countersign/audit/complete"
	"countersign/completeness"
	"countersign/store"
	"countersign/workflows"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
)

// Options are what the verbs are given by the program.
type Options struct {
	JSON *bool
	// Reading opens the trail for looking only; the caller closes it.
	Reading func(cmd *cobra.Command) (*store.DB, error)
	// Temporal is the client, with the task queue of the workers; the caller closes it.
	Temporal func(cmd *cobra.Command) (client.Client, string, error)
	// Day reads a flag that is a day or a time.
	Day func(flag, text string) (time.Time, error)
	// Usage marks errors with the exit code 2, Refused with 3.
	Usage, Refused func(error) error
}

// New returns the verb.
func New(o Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "completeness",
		Short: "Show whether everything that happened has its workflow",
		Long: `Certificates say of an hour or a day what happened in it, by the custodian's own lists and by
the chains, and how much of that has its workflow: seen, repaired (started late), missing.
They are records on the trail, made by a schedule (docs/completeness.md).`,
	}
	cmd.AddCommand(o.show(), o.certify())
	return cmd
}

func (o Options) show() *cobra.Command {
	var date string
	var queries bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the certificates of a day",
		Long: `Print the certificates of the windows that begin on a day, UTC. The exit code is 3 when one of
them says that something is missing or not known.`,
		Example: "  countersign completeness show --date 2026-05-01",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if date == "" {
				date = time.Now().UTC().Format(time.DateOnly)
			}
			day, err := o.Day("date", date)
			if err != nil {
				return err
			}
			db, err := o.Reading(cmd)
			if err != nil {
				return err
			}
			defer db.Close()
			found := []shown{}
			for e, err := range db.Entries(cmd.Context(), store.Filter{Type: complete.Certified, Since: day}) {
				if err != nil {
					return err
				}
				s := shown{Index: e.Index}
				if err := e.Decode(&s.Certificate); err != nil {
					return err
				}
				if from := s.Certificate.From; !from.Before(day) && from.Before(day.Add(24*time.Hour)) {
					found = append(found, s)
				}
			}
			return o.print(cmd.OutOrStdout(), found, date, queries)
		},
	}
	cmd.Flags().StringVar(&date, "date", "", "the `day` (2026-05-01, UTC); today without it")
	cmd.Flags().BoolVar(&queries, "queries", false, "print what was asked, for whoever wants to ask again")
	return cmd
}

// shown is a certificate with its place on the trail.
type shown struct {
	Index       int64                `json:"index"`
	Certificate complete.Certificate `json:"certificate"`
}

func (o Options) print(w io.Writer, found []shown, date string, queries bool) error {
	if *o.JSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		if err := enc.Encode(found); err != nil {
			return err
		}
	} else if err := table(w, found, queries); err != nil {
		return err
	}
	if len(found) == 0 {
		return o.Refused(fmt.Errorf("no window of %s is certified: is the schedule running? 'countersign completeness certify' makes a certificate now", date))
	}
	for _, s := range found {
		if !s.Certificate.Complete {
			return o.Refused(fmt.Errorf("record %d says that %s is not complete", s.Index, words(s.Certificate)))
		}
	}
	return nil
}

func words(c complete.Certificate) string {
	return c.From.UTC().Format("2006-01-02 15:04") + " to " + c.To.UTC().Format("15:04")
}

func table(w io.Writer, found []shown, queries bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "WINDOW (UTC)\tRECORD\tSOURCE\tEXPECTED\tSEEN\tREPAIRED\tMISSING\t")
	for _, s := range found {
		for _, c := range s.Certificate.Sources {
			note := ""
			switch {
			case c.Unknown != "":
				note = "not known: " + c.Unknown
			case c.Unreadable > 0:
				note = fmt.Sprintf("%d that nobody can read", c.Unreadable)
			case c.Unwatched+c.Unfounded > 0:
				note = fmt.Sprintf("our watchers lack %d and have %d that are on no chain", c.Unwatched, c.Unfounded)
			}
			fmt.Fprintf(t, "%s\t%d\t%s\t%d\t%s\t%d\t%d\t%s\n", words(s.Certificate), s.Index, c.Source, c.Expected, seen(c.Seen, c.Late), c.Repaired, c.Missing, note)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, s := range found {
		for _, c := range s.Certificate.Sources {
			for _, id := range c.MissingWorkflows {
				fmt.Fprintf(w, "missing: %s\n", id)
			}
			for _, what := range c.UnreadableItems {
				fmt.Fprintf(w, "unreadable: %s\n", what)
			}
			for _, what := range c.UnfoundedEvents {
				fmt.Fprintf(w, "on no chain: %s\n", what)
			}
			if queries {
				fmt.Fprintf(w, "record %d, %s: %s\n", s.Index, c.Source, c.Query)
				ranges(w, c.Ranges)
			}
		}
	}
	return nil
}

// seen says how many of those were found late.
func seen(n, late int) string {
	if late == 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d (%d late)", n, late)
}

// ranges are the blocks that were read.
func ranges(w io.Writer, all []complete.Range) {
	for _, r := range all {
		switch {
		case r.Blocks == 0:
			fmt.Fprintf(w, "  %s: no block\n", r.Network)
		case r.LogsOnly:
			fmt.Fprintf(w, "  %s: blocks %d to %d (%s), their logs alone\n", r.Network, r.From, r.To, r.LastHash)
		default:
			fmt.Fprintf(w, "  %s: blocks %d to %d (%s)\n", r.Network, r.From, r.To, r.LastHash)
		}
	}
}

func (o Options) certify() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "certify",
		Short: "Certify a window now, and start what is missing",
		Long: `Have a worker ask every source what happened from one time to another, start the workflows that
are missing, and put the certificate on the trail. A window that has its certificate keeps it.`,
		Example: "  countersign completeness certify --from 2026-05-01T09:00:00Z --to 2026-05-01T10:00:00Z",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			var w completeness.Window
			if from == "" || to == "" {
				return o.Usage(errors.New("--from and --to are required: the window to certify"))
			}
			if w.From, err = o.Day("from", from); err != nil {
				return err
			}
			if w.To, err = o.Day("to", to); err != nil {
				return err
			}
			if err := w.Check(time.Now()); err != nil {
				return o.Usage(fmt.Errorf("--from, --to: %w", err))
			}
			c, queue, err := o.Temporal(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			run, err := c.ExecuteWorkflow(cmd.Context(), client.StartWorkflowOptions{
				ID: complete.Key(w.From, w.To), TaskQueue: queue,
				WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
				StaticSummary:         "Certify " + w.From.Format(time.RFC3339) + " to " + w.To.Format(time.RFC3339),
			}, workflows.CertifyWorkflow, workflows.CertifyInput{From: w.From, To: w.To})
			if err != nil {
				return fmt.Errorf("start the workflow: %w", err)
			}
			var res certify.CertifyWindowResult
			if err := run.Get(cmd.Context(), &res); err != nil {
				return fmt.Errorf("workflow %s: %w", run.GetID(), err)
			}
			return o.result(cmd.OutOrStdout(), res)
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "the first `time` (2026-05-01 or RFC 3339, UTC; required)")
	cmd.Flags().StringVar(&to, "to", "", "the `time` before which it ends (required)")
	return cmd
}

func (o Options) result(w io.Writer, res certify.CertifyWindowResult) error {
	if *o.JSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		if err := enc.Encode(res); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(w, "record %d: %d expected, %s seen, %d repaired, %d missing\n", res.Index, res.Expected, seen(res.Seen, res.Late), res.Repaired, res.Missing)
	}
	if !res.Complete {
		return o.Refused(errors.New("not complete: 'countersign completeness show' says what is missing or not known"))
	}
	return nil
}
