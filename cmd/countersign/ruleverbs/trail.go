package ruleverbs

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/rules/backtest"
	"countersign/rules/rulestest"
	"countersign/store"

	"github.com/spf13/cobra"
)

func (o Options) backtest() *cobra.Command {
	var n named
	var s span
	cmd := &cobra.Command{
		Use: "backtest", Short: "Try a book on every recorded approval, with its recorded evidence",
		Long: `Decide again, as of its time and with what the services said then, every approval on
the trail. Nobody is asked anything. The report says first on how many the book could
be tried, then which decisions would have changed, and how both books compare with how
the approvals ended. The trail is believed; "countersign audit verify" checks it.`,
		Example: "  countersign rules backtest --book stablecoin --book-file next.json --from 2026-05-01 --to 2026-05-31",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, until, err := s.bounds()
			if err != nil {
				return o.Usage(err)
			}
			book, err := o.Book(n.book, n.file)
			if err != nil {
				return o.Refused(err)
			}
			db, err := o.Trail(cmd)
			if err != nil {
				return err
			}
			defer db.Close()
			start := time.Now()
			report, err := backtest.Run(cmd.Context(), backtest.Test{
				Book: book, Entries: db.Entries(cmd.Context(), store.Filter{}), Fetch: remembered(cmd.Context(), db), From: from, Until: until,
			})
			if err != nil {
				return err
			}
			if *o.JSON {
				return printJSON(cmd.OutOrStdout(), report)
			}
			return writeReport(cmd.OutOrStdout(), report, time.Since(start))
		},
	}
	n.flags(cmd)
	s.flags(cmd)
	return cmd
}

// remembered fetches evidence once: many decisions rest on the same answer.
func remembered(ctx context.Context, db *store.DB) backtest.Fetch {
	var known sync.Map
	return func(digest string) ([]byte, error) {
		if b, ok := known.Load(digest); ok {
			return b.([]byte), nil
		}
		b, err := db.Evidence(ctx, digest)
		if err == nil && len(b) < 4<<10 { // large ones are rarely shared
			known.Store(digest, b)
		}
		return b, err
	}
}

func writeReport(out io.Writer, r backtest.Report, took time.Duration) error {
	fmt.Fprintf(out, "book %s version %s\n", r.Book, r.Version)
	fmt.Fprintf(out, "coverage: tried on %d of %d decisions", r.Tried, r.Decisions)
	if r.Decisions > 0 {
		fmt.Fprintf(out, " (%d.%d %%)", r.Tried*100/r.Decisions, r.Tried*1000/r.Decisions%10)
	}
	fmt.Fprintf(out, " in %s\n", took.Round(time.Millisecond))
	for _, gap := range slices.Sorted(keys(r.Gaps)) {
		fmt.Fprintf(out, "  not on %d: %s\n", r.Gaps[gap], gap)
	}
	fmt.Fprintf(out, "the same: %d, changed: %d\n", r.Same, len(r.Changed))
	for _, c := range r.Changed {
		mark := ""
		if c.Against {
			mark = "  <- against how it ended"
		}
		fmt.Fprintf(out, "  %s  %s (%s) -> %s (%s), ended %s%s\n    %s\n",
			c.ApprovalID, c.Was.Verdict, c.Was.Code, c.Would.Verdict, c.Would.Code, c.Ended, mark, c.Summary)
	}
	return writeMatrices(out, r)
}

func writeMatrices(out io.Writer, r backtest.Report) error {
	endings := backtest.Endings(r.Was, r.Would)
	if len(endings) == 0 {
		return nil
	}
	for _, m := range []struct {
		title string
		m     backtest.Matrix
	}{{"as it was decided", r.Was}, {"as this book would have decided", r.Would}} {
		fmt.Fprintf(out, "\n%-34s", m.title)
		for _, e := range endings {
			fmt.Fprintf(out, "%10s", e)
		}
		fmt.Fprintln(out)
		for _, v := range []countersign.Verdict{countersign.Approve, countersign.Reject, countersign.Abstain} {
			fmt.Fprintf(out, "  %-32s", v)
			for _, e := range endings {
				fmt.Fprintf(out, "%10d", m.m[v][e])
			}
			fmt.Fprintln(out)
		}
	}
	return nil
}

func keys[K comparable, V any](m map[K]V) func(yield func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// A difference is an approval on which the shadow said something else.
type difference struct {
	ApprovalID string               `json:"approval_id"`
	At         time.Time            `json:"at"`
	Summary    string               `json:"summary"`
	Decided    countersign.Decision `json:"decided"`
	Shadow     countersign.Decision `json:"shadow"`
	Book       audit.Rules          `json:"shadow_rules"`
}

// A comparison is what shadows said beside what was decided.
type comparison struct {
	Decisions   int          `json:"decisions"`
	Shadowed    int          `json:"shadowed"`
	Same        int          `json:"same"`
	Differences []difference `json:"differences"`
}

func (o Options) diff() *cobra.Command {
	var s span
	cmd := &cobra.Command{
		Use: "diff", Short: "Compare the shadow book with the one that decides",
		Long: `List the decisions on the trail on which the shadow (COUNTERSIGN_SHADOW_BOOK) said
something else, by verdict or by code.`,
		Example: "  countersign rules diff --from 2026-05-01",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, until, err := s.bounds()
			if err != nil {
				return o.Usage(err)
			}
			db, err := o.Trail(cmd)
			if err != nil {
				return err
			}
			defer db.Close()
			c, err := compare(cmd.Context(), db, from, until)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if *o.JSON {
				return printJSON(out, c)
			}
			fmt.Fprintf(out, "%d decisions, %d with a shadow: %d the same, %d different\n", c.Decisions, c.Shadowed, c.Same, len(c.Differences))
			for _, d := range c.Differences {
				fmt.Fprintf(out, "  %s  %s  %s (%s), %s %s: %s (%s)\n    %s\n", d.At.Format(time.RFC3339), d.ApprovalID,
					d.Decided.Verdict, d.Decided.Code, d.Book.Book, d.Book.Version, d.Shadow.Verdict, d.Shadow.Code, d.Summary)
			}
			return nil
		},
	}
	s.flags(cmd)
	return cmd
}

func compare(ctx context.Context, db *store.DB, from, until time.Time) (c comparison, err error) {
	c.Differences = []difference{}
	for e, err := range db.Entries(ctx, store.Filter{Type: audit.DecisionIntent, Since: from, Until: until}) {
		if err != nil {
			return c, err
		}
		var in audit.Intent
		if err := e.Decode(&in); err != nil {
			return c, err
		}
		c.Decisions++
		if in.Shadow == nil {
			continue
		}
		c.Shadowed++
		if said := in.Shadow.Decision; said.Verdict == in.Decision.Verdict && said.Code == in.Decision.Code {
			c.Same++
			continue
		}
		summary := in.Request.Kind + " " + in.Request.Request
		if len(in.Words) > 0 {
			summary = in.Words[0]
		}
		c.Differences = append(c.Differences, difference{in.ApprovalID, e.Record.At, summary, in.Decision, in.Shadow.Decision, in.Shadow.Rules})
	}
	return c, nil
}

func (o Options) record() *cobra.Command {
	return &cobra.Command{
		Use: "record APPROVAL", Short: "Print a recorded decision as a case for `rules test`",
		Long: `Print what was asked, what the services said and what was decided as a case, so that
a real approval becomes a test of the book.`,
		Example: "  countersign rules record ap-… > cases/incident-42.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			db, err := o.Trail(cmd)
			if err != nil {
				return err
			}
			defer db.Close()
			for e, err := range db.Entries(cmd.Context(), store.Filter{Type: audit.DecisionIntent, Approval: args[0]}) {
				if err != nil {
					return err
				}
				c, err := caseOf(cmd.Context(), db, e)
				if err != nil {
					return err
				}
				return printJSON(cmd.OutOrStdout(), c)
			}
			return fmt.Errorf("%w: no decision on approval %q", audit.ErrNoRecord, args[0])
		},
	}
}

func caseOf(ctx context.Context, db *store.DB, e audit.Entry) (c rulestest.Case, err error) {
	var in audit.Intent
	if err := e.Decode(&in); err != nil {
		return c, err
	}
	a, evidence, err := backtest.Recorded(in, func(digest string) ([]byte, error) { return db.Evidence(ctx, digest) })
	if err != nil {
		return c, err
	}
	c = rulestest.Case{Name: in.ApprovalID, Approval: &a, Now: in.AskedAt, Want: rulestest.Want{Verdict: in.Decision.Verdict, Code: in.Decision.Code}}
	c.Services.Recorded = []rulestest.Recorded{}
	for _, e := range evidence {
		if json.Valid(e.Question) && json.Valid(e.Answer) { // notes of a rule's own are asked again
			c.Services.Recorded = append(c.Services.Recorded, rulestest.Recorded{Kind: e.Kind, Source: e.Source, Asked: e.Question, Answer: e.Answer})
		}
	}
	return c, nil
}
