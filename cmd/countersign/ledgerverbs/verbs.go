// Package ledgerverbs shows our own books on the command line: balances, entries, and exports
// for other programs.
package ledgerverbs

import (
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"countersign/ledger"
	"countersign/ledger/report"
	"countersign/store"

	"github.com/spf13/cobra"
)

// Options are what the verbs are given by the program.
type Options struct {
	JSON *bool
	// Reading opens the database for looking only; the caller closes it.
	Reading func(cmd *cobra.Command) (*store.DB, error)
	// Usage and Refused mark errors with the exit codes 2 and 3.
	Usage, Refused func(error) error
}

// New returns the ledger verb.
func New(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "ledger", Short: "Show our own books", Args: cobra.NoArgs}
	cmd.AddCommand(o.balances(), o.entries(), o.export())
	return cmd
}

// moment reads a time, or a day, which is its beginning in UTC; empty is no time.
func (o Options) moment(flag, text string) (time.Time, error) {
	for _, form := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil || text == "" {
			return t, nil
		}
	}
	return time.Time{}, o.Usage(fmt.Errorf("--%s %q: want a time like 2026-11-02T15:04:05Z or a day like 2026-11-02", flag, text))
}

// A Balance is what an account has of one asset.
type Balance struct {
	Account ledger.Account `json:"account"`
	Asset   ledger.Asset   `json:"asset"`
	// Balance and Free are in the smallest unit, Free without what is held for pending
	// entries; Decimal is the balance with the asset's decimals.
	Balance string `json:"balance"`
	Free    string `json:"free"`
	Decimal string `json:"decimal"`
}

func (o Options) balances() *cobra.Command {
	var at, under string
	cmd := &cobra.Command{
		Use: "balances", Short: "What accounts have, and what of it is free", Args: cobra.NoArgs,
		Example: "  countersign ledger balances --under treasury --at 2026-11-02T00:00:00Z",
		RunE: func(cmd *cobra.Command, _ []string) error {
			when, err := o.moment("at", at)
			if err != nil {
				return err
			}
			if under != "" {
				if _, err := ledger.ParseAccount(under); err != nil {
					return o.Usage(fmt.Errorf("--under: %w", err))
				}
			}
			db, err := o.Reading(cmd)
			if err != nil {
				return err
			}
			defer db.Close()
			keys, err := db.Books().Keys(cmd.Context(), ledger.Account(under))
			if err != nil {
				return err
			}
			all := []Balance{}
			for _, k := range keys {
				t, err := db.Books().Total(cmd.Context(), k, when)
				if err != nil {
					return err
				}
				b := t.Balance()
				all = append(all, Balance{k.Account, k.Asset, b.String(), t.Free().String(), report.Decimal(b.String(), k.Asset.Scale)})
			}
			if *o.JSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(all)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "ACCOUNT\tASSET\tBALANCE\tFREE")
			for _, b := range all {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", b.Account, b.Asset.Code, b.Decimal, report.Decimal(b.Free, b.Asset.Scale))
			}
			return w.Flush()
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "`time` of the balances; now without it")
	cmd.Flags().StringVar(&under, "under", "", "only this `account` and those below it")
	return cmd
}

func (o Options) entries() *cobra.Command {
	return &cobra.Command{
		Use: "entries ID", Short: "The steps of an entry, with the records that caused them", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			db, err := o.Reading(cmd)
			if err != nil {
				return err
			}
			defer db.Close()
			steps, err := db.Books().Entry(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if len(steps) == 0 {
				return o.Refused(fmt.Errorf("no entry %q in the books: a settlement's is named by its external ID", args[0]))
			}
			if *o.JSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(steps)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "AT\tSTATE\tFROM\tTO\tAMOUNT\tRECORD")
			for _, s := range steps {
				postings := s.Postings
				if s.Before != nil && s.State == ledger.Reversed {
					postings = s.Before.Postings
				}
				for _, p := range postings {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s %s\t%s\n", s.At.Format(time.RFC3339), s.State, p.From, p.To, report.Decimal(p.Amount.String(), p.Asset.Scale), p.Asset.Code, s.Record)
				}
			}
			return w.Flush()
		},
	}
}

func (o Options) export() *cobra.Command {
	var form, since, until string
	cmd := &cobra.Command{
		Use: "export", Short: "Write the books as CSV, or as a journal for hledger", Args: cobra.NoArgs,
		Example: "  countersign ledger export --format journal > books.journal && hledger -f books.journal check --strict",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if form != "csv" && form != "journal" {
				return o.Usage(errors.New("--format: want csv or journal"))
			}
			from, err := o.moment("since", since)
			if err != nil {
				return err
			}
			to, err := o.moment("until", until)
			if err != nil {
				return err
			}
			db, err := o.Reading(cmd)
			if err != nil {
				return err
			}
			defer db.Close()
			steps := db.Books().Steps(cmd.Context(), from, to)
			if form == "csv" {
				return report.CSV(cmd.OutOrStdout(), steps)
			}
			return report.Journal(cmd.OutOrStdout(), steps)
		},
	}
	f := cmd.Flags()
	f.StringVar(&form, "format", "csv", "csv or journal")
	f.StringVar(&since, "since", "", "first `time` that is written")
	f.StringVar(&until, "until", "", "first `time` that is not written")
	return cmd
}
