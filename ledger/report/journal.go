// Package report writes books for other programs: CSV for spreadsheets, and the plain text
// journal of hledger.
package report

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"countersign/ledger"
)

// Journal writes steps, in the order of the books, as a journal that hledger reads
// (hledger.org, "hledger journal", version 1.25). Every account and commodity is declared, so
// that hledger check --strict passes. What was posted is a cleared transaction (*), and so
// is the reversal of it, on its own day, with the amounts the other way; what is pending in
// the end stands last, marked as such (!). Days are those of UTC.
func Journal(w io.Writer, steps iter.Seq2[ledger.Booked, error]) error {
	j := journal{w: bufio.NewWriter(w), accounts: map[ledger.Account]bool{}, assets: map[ledger.Asset]bool{}}
	open := map[string]ledger.Booked{}
	for s, err := range steps {
		if err != nil {
			return err
		}
		switch {
		case s.State == ledger.Pending:
			open[s.ID] = s
			continue
		case s.State == ledger.Posted:
			j.transaction(s, "*", s.Memo, s.Postings, false)
		case s.Before != nil && s.Before.State == ledger.Posted:
			j.transaction(s, "*", "reversal of "+s.ID+": "+s.Memo, s.Before.Postings, true)
		}
		delete(open, s.ID)
	}
	for _, s := range slices.SortedFunc(maps.Values(open), func(a, b ledger.Booked) int { return int(a.Seq - b.Seq) }) {
		j.transaction(s, "!", s.Memo, s.Postings, false)
	}
	if err := j.w.Flush(); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	return nil
}

// journal is one in the making. Errors of its writer stay until they are asked for.
type journal struct {
	w        *bufio.Writer
	accounts map[ledger.Account]bool
	assets   map[ledger.Asset]bool
}

func (j *journal) transaction(s ledger.Booked, mark, description string, postings []ledger.Posting, back bool) {
	for _, p := range postings {
		j.declare(p)
	}
	// A semicolon would begin a comment in the middle of a description.
	fmt.Fprintf(j.w, "%s %s (%s) %s\n", s.At.UTC().Format("2006-01-02"), mark, s.ID, strings.ReplaceAll(description, ";", ","))
	fmt.Fprintf(j.w, "    ; at: %s\n    ; lineage: %s\n    ; record: %s\n", s.At.UTC().Format(time.RFC3339Nano), s.Lineage, s.Record)
	for _, p := range postings {
		from, to := p.From, p.To
		if back {
			from, to = to, from
		}
		fmt.Fprintf(j.w, "    %s  %s\n    %s  -%s\n", to, amount(p), from, amount(p))
	}
	fmt.Fprintln(j.w)
}

func (j *journal) declare(p ledger.Posting) {
	if !j.assets[p.Asset] {
		j.assets[p.Asset] = true
		fmt.Fprintf(j.w, "commodity %s\n", Decimal("1"+strings.Repeat("0", p.Asset.Scale), p.Asset.Scale)+point(p.Asset)+` "`+p.Asset.Code+`"`)
	}
	for _, a := range []ledger.Account{p.From, p.To} {
		if !j.accounts[a] {
			j.accounts[a] = true
			fmt.Fprintf(j.w, "account %s\n", a)
		}
	}
}

// point is what hledger wants after a whole number in a commodity's directive.
func point(a ledger.Asset) string {
	if a.Scale == 0 {
		return "."
	}
	return ""
}

// amount is what a posting moves, with all its decimals.
func amount(p ledger.Posting) string {
	return Decimal(p.Amount.String(), p.Asset.Scale) + ` "` + p.Asset.Code + `"`
}

// Decimal is a number of smallest units, digits only, with the decimals of its asset: none is
// left out, and there is no grouping.
func Decimal(units string, scale int) string {
	if scale == 0 {
		return units
	}
	if len(units) <= scale {
		units = strings.Repeat("0", scale-len(units)+1) + units
	}
	return units[:len(units)-scale] + "." + units[len(units)-scale:]
}
