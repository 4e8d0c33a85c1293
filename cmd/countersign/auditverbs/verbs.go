// Package auditverbs reads the trail on the command line, and checks it as a stranger would: the
// whole of it, an export or a receipt, with nothing but the log's public key.
package auditverbs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"countersign/audit"
	"countersign/audit/known"
	"countersign/cmd/countersign/app"
	"countersign/cmd/countersign/describe"
	"countersign/config"
	"countersign/store"

	"github.com/spf13/cobra"
)

// Options are what the verbs are given by the program.
type Options struct {
	JSON *bool
	// App loads the configuration, and checks it for the roles that the verb plays.
	App func(cmd *cobra.Command, roles ...config.Role) (*app.App, error)
	// Day reads a flag that is a day, then it is its beginning, or a time; LastDay one that is
	// the last day of several, then it is its end.
	Day, LastDay func(flag, text string) (time.Time, error)
	// Usage marks errors with the exit code 2, Refused with 3.
	Usage, Refused func(error) error
}

// New returns the verb, with those of others below it.
func New(o Options, others ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Read and verify the trail",
		Long:  "Read the trail of signed records, and check it with nothing but a public key.",
	}
	cmd.AddCommand(o.list(), o.show(), o.evidence(), o.verify())
	cmd.AddCommand(others...)
	return cmd
}

func (o Options) list() *cobra.Command {
	var f store.Filter
	var kind, since, until, from string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List records in their order",
		Example: "  countersign audit list --type decision.intent --since 2026-05-01 --until 2026-05-31",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if f.Type, err = known.Type(kind); err != nil {
				return o.Usage(err)
			}
			if f.Since, err = o.Day("since", since); err != nil {
				return err
			}
			if f.Until, err = o.LastDay("until", until); err != nil {
				return err
			}
			if !f.Until.IsZero() && !f.Since.Before(f.Until) {
				return o.Usage(fmt.Errorf("--until %s lies before --since %s: no record can be between", until, since))
			}
			if f.From, err = strconv.ParseInt(from, 10, 64); err != nil || f.From < 0 {
				return o.Usage(fmt.Errorf("--from %.60q: want an index of a record; a day is given as --since", from))
			}
			if f.Limit < 0 {
				return o.Usage(fmt.Errorf("--limit %d: want a number of records; 0 means all", f.Limit))
			}
			return o.withTrail(cmd, func(ctx context.Context, _ *app.App, db *store.DB) error {
				return listRecords(ctx, cmd, *o.JSON, db, f)
			})
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&kind, "type", "", "only records of this `type`, e.g. decision.intent")
	fl.StringVar(&f.Approval, "approval", "", "only records about this approval `ID`")
	fl.StringVar(&since, "since", "", "only records signed on this `day` or later (2026-05-01, UTC, or a time of RFC 3339)")
	fl.StringVar(&until, "until", "", "only records signed on this `day` or earlier; a time is not included itself")
	fl.StringVar(&from, "from", "0", "only records from this `index` on")
	fl.IntVar(&f.Limit, "limit", 0, "at most this `many`; 0 means all")
	return cmd
}

// withTrail opens the trail for one verb.
func (o Options) withTrail(cmd *cobra.Command, use func(context.Context, *app.App, *store.DB) error) error {
	a, err := o.App(cmd, config.RoleAudit)
	if err != nil {
		return err
	}
	db, err := a.Trail(cmd.Context())
	if err != nil {
		return err
	}
	defer db.Close()
	return use(cmd.Context(), a, db)
}

// row is a record as `audit list --json` prints it, one per line.
type row struct {
	Index    int64        `json:"index"`
	LeafHash string       `json:"leaf_hash"`
	Record   audit.Record `json:"record"`
}

func listRecords(ctx context.Context, cmd *cobra.Command, asJSON bool, db *store.DB, f store.Filter) error {
	if asJSON {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetEscapeHTML(false)
		for e, err := range db.Entries(ctx, f) {
			if err != nil {
				return err
			}
			if err := enc.Encode(row{e.Index, e.LeafHash, e.Record}); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "INDEX\tSIGNED\tTYPE\tWHAT")
	none := true
	for e, err := range db.Entries(ctx, f) {
		if err != nil {
			return errors.Join(err, w.Flush())
		}
		none = false
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", e.Index, e.Record.At.Format(time.RFC3339), e.Record.Type, describe.Record(e))
	}
	if none {
		fmt.Fprintln(cmd.ErrOrStderr(), "no record is like that")
	}
	return w.Flush()
}

func (o Options) show() *cobra.Command {
	var jws bool
	cmd := &cobra.Command{
		Use:   "show INDEX|KEY|APPROVAL",
		Short: "Show records in full",
		Long: `Show the record at an index, the record under a key, or every record about an
approval. --jws prints the signed bytes themselves.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.withTrail(cmd, func(ctx context.Context, _ *app.App, db *store.DB) error {
				entries, err := lookUp(ctx, db, args[0])
				if err != nil {
					return err
				}
				return showRecords(cmd.OutOrStdout(), entries, jws)
			})
		},
	}
	cmd.Flags().BoolVar(&jws, "jws", false, "print the compact JWS of each record, one per line")
	return cmd
}

func lookUp(ctx context.Context, db *store.DB, what string) (found []audit.Entry, err error) {
	filter := store.Filter{Approval: what}
	if i, err := strconv.ParseInt(what, 10, 64); err == nil && i >= 0 {
		filter = store.Filter{From: i, Limit: 1}
	} else if e, err := db.Find(ctx, what); err == nil {
		return []audit.Entry{e}, nil
	}
	for e, err := range db.Entries(ctx, filter) {
		if err != nil {
			return nil, err
		}
		found = append(found, e)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w: no index, key or approval %q", audit.ErrNoRecord, what)
	}
	return found, nil
}

func showRecords(out io.Writer, entries []audit.Entry, jws bool) error {
	for _, e := range entries {
		if jws {
			fmt.Fprintln(out, e.JWS)
			continue
		}
		if err := printJSON(out, row{e.Index, e.LeafHash, e.Record}); err != nil {
			return err
		}
	}
	return nil
}

// printJSON writes one value, indented.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
