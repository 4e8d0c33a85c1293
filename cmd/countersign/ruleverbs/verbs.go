// Package ruleverbs is the rule books' workshop on the command line: look for mistakes
// in a book, run it on cases, try it on what was decided already, and compare it with
// the book that decides.
package ruleverbs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"countersign/rules"
	"countersign/rules/lint"
	"countersign/rules/rulestest"
	"countersign/store"

	"github.com/spf13/cobra"
)

// Options are what the verbs are given by the program.
type Options struct {
	// JSON says whether to print JSON; read when a verb runs.
	JSON *bool
	// Book builds a rule book by name from its configuration file, which may be "".
	Book func(name, file string) (rules.Decider, error)
	// Trail opens the trail for reading. The caller closes it.
	Trail func(cmd *cobra.Command) (*store.DB, error)
	// Usage and Refused mark errors with the exit codes 2 and 3.
	Usage, Refused func(error) error
}

// New returns the verb with its verbs.
func New(o Options) *cobra.Command {
	cmd := &cobra.Command{
		Use: "rules", Short: "Check, test and try rule books",
		Long: `The books are those that this program was built with. A book is rolled out in steps:
lint it, test it on cases, backtest it on the trail, run it as a shadow
(COUNTERSIGN_SHADOW_BOOK) beside the one that decides, compare the two, and then
make it the one that decides (COUNTERSIGN_BOOK).`,
	}
	cmd.AddCommand(o.lint(), o.test(), o.backtest(), o.diff(), o.record())
	return cmd
}

// named are the flags that name a book.
type named struct{ book, file string }

func (n *named) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&n.book, "book", "stablecoin", "`name` of a book of this program")
	cmd.Flags().StringVar(&n.file, "book-file", "", "the book's configuration `file`")
}

func (o Options) lint() *cobra.Command {
	var n named
	cmd := &cobra.Command{
		Use: "lint", Short: "Look for sections and rules that cannot do what they seem to",
		Long: `Find sections that no request reaches, rules that can never approve, entries that
decide nothing, and what a reader of the book should know. Exit code 3 when there is
a mistake.`,
		Example: "  countersign rules lint --book stablecoin --book-file book.json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			book, err := o.Book(n.book, n.file)
			if err != nil {
				return o.Refused(err)
			}
			findings := lint.Lint(book)
			if findings == nil {
				findings = []lint.Finding{}
			}
			if err := o.print(cmd.OutOrStdout(), findings, func(w io.Writer) {
				fmt.Fprintln(w, "LEVEL\tCODE\tWHERE\tWHAT")
				for _, f := range findings {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", level(f), f.Code, f.Where, f.What)
				}
			}); err != nil {
				return err
			}
			if len(findings) > 0 && findings[0].Mistake {
				return o.Refused(errors.New("the book has mistakes"))
			}
			return nil
		},
	}
	n.flags(cmd)
	return cmd
}

func level(f lint.Finding) string {
	if f.Mistake {
		return "mistake"
	}
	return "note"
}

func (o Options) test() *cobra.Command {
	var n named
	cmd := &cobra.Command{
		Use: "test CASES", Short: "Run a book on a folder of cases",
		Long: `Decide every case in a file, or in the .json files of a folder and below, and compare
with what the case wants. docs/rules.md has the form of a case. Exit code 3 when one
comes out wrong.`,
		Example: "  countersign rules test --book stablecoin --book-file book.json cases/",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			book, err := o.Book(n.book, n.file)
			if err != nil {
				return o.Refused(err)
			}
			cases, err := rulestest.Load(args[0])
			if err != nil {
				return o.Refused(err)
			}
			table := rulestest.Run(cmd.Context(), book, cases)
			if *o.JSON {
				err = printJSON(cmd.OutOrStdout(), table)
			} else {
				err = table.Write(cmd.OutOrStdout())
			}
			if err == nil && !table.OK() {
				err = o.Refused(errors.New("the book does not decide what the cases want"))
			}
			return err
		},
	}
	n.flags(cmd)
	return cmd
}

// print writes a value as JSON, or a table.
func (o Options) print(out io.Writer, v any, table func(w io.Writer)) error {
	if *o.JSON {
		return printJSON(out, v)
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	table(w)
	return w.Flush()
}

func printJSON(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// span are the flags of a range of time.
type span struct{ from, to string }

func (s *span) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.from, "from", "", "first `day` (2026-05-01, UTC) or moment (RFC 3339)")
	cmd.Flags().StringVar(&s.to, "to", "", "last `day`, all of it, or the moment at which to stop")
}

// bounds are the range, from inclusive and until exclusive; zero where it is open.
func (s span) bounds() (from, until time.Time, err error) {
	if from, err = moment("--from", s.from, 0); err != nil {
		return from, until, err
	}
	until, err = moment("--to", s.to, 24*time.Hour)
	if err == nil && !until.IsZero() && !from.Before(until) {
		err = fmt.Errorf("--from %s is not before --to %s", s.from, s.to)
	}
	return from, until, err
}

func moment(flag, text string, ofDay time.Duration) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.Add(ofDay), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, fmt.Errorf("%s %q: want a day (2026-05-01) or a moment (2026-05-01T12:00:00Z)", flag, text)
	}
	return t, nil
}
