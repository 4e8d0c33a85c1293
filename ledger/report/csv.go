package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"countersign/audit/csvfile"
	"countersign/ledger"
)

// CSVForm names the columns and their order. It belongs into a file's name.
const CSVForm = "ledger-v1"

// csvColumns never change their order or meaning within a form. Amount is in the asset's
// smallest unit, decimal the same with its decimals.
var csvColumns = []string{
	"seq", "at", "entry", "state", "posting", "from", "to", "asset", "amount", "decimal", "lineage", "record_key", "memo",
}

// CSV writes steps as CSV: RFC 4180, UTF-8, a header, CRLF, a row for each posting. A
// reversal has the postings that it takes back. What a spreadsheet could take for a formula is
// made harmless ([csvfile.Neutral]).
func CSV(w io.Writer, steps iter.Seq2[ledger.Booked, error]) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(csvColumns); err != nil {
		return fmt.Errorf("write the ledger as CSV: %w", err)
	}
	for s, err := range steps {
		if err != nil {
			return err
		}
		postings := s.Postings
		if s.State == ledger.Reversed && s.Before != nil {
			postings = s.Before.Postings
		}
		for i, p := range postings {
			row := []string{
				strconv.FormatInt(s.Seq, 10), s.At.UTC().Format(time.RFC3339Nano), s.ID, string(s.State), strconv.Itoa(i), string(p.From), string(p.To),
				p.Asset.String(), p.Amount.String(), Decimal(p.Amount.String(), p.Asset.Scale), s.Lineage, s.Record, s.Memo,
			}
			for i := range row {
				row[i] = csvfile.Neutral(row[i])
			}
			if err := out.Write(row); err != nil {
				return fmt.Errorf("write the ledger as CSV: %w", err)
			}
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write the ledger as CSV: %w", err)
	}
	return nil
}
