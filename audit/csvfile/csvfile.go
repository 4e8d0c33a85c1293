// Package csvfile writes records of the trail as CSV: RFC 4180, UTF-8, a header, CRLF, a
// row for each record, and no total at the end.
//
// The file is a view for spreadsheets, not the evidence. What a spreadsheet could take
// for a formula is made harmless, see [Neutral], so that a cell may differ from what was
// signed; the signed bytes are in the JSON of the record, which the columns index,
// record_id and leaf_hash name.
//
// The columns of one [Form] never change their order, meaning or number.
package csvfile

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"

	"countersign/audit"
)

// Form names the columns and their order. It belongs into a file's name.
const Form = "records-v2"

// MediaType is that of the file over HTTP, to be sent as an attachment.
const MediaType = "text/csv; charset=utf-8; header=present"

// Columns are the names in the header, in their order.
func Columns() []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return names
}

// A Writer writes records as they come and keeps none of them. It is not safe for
// concurrent use.
type Writer struct {
	csv   *csv.Writer
	begun bool
}

// NewWriter writes to w. Nothing is written before the first [Writer.Write] or
// [Writer.Flush].
func NewWriter(w io.Writer) *Writer {
	c := csv.NewWriter(w)
	// It drops a carriage return at the start of a field and rewrites line feeds within
	// one; no field of ours has either, after Neutral.
	c.UseCRLF = true
	return &Writer{csv: c}
}

// Write writes the row of a record. The error is that of the underlying writer; a body
// that cannot be read leaves its columns empty, and the row is there.
func (w *Writer) Write(e audit.Entry) error {
	if err := w.begin(); err != nil {
		return err
	}
	f := factsOf(e)
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = Neutral(c.of(e, f))
	}
	if err := w.csv.Write(row); err != nil {
		return fmt.Errorf("write record %d as CSV: %w", e.Index, err)
	}
	return nil
}

// Flush hands everything to the underlying writer. Of no records at all, the header is
// the whole file.
func (w *Writer) Flush() error {
	if err := w.begin(); err != nil {
		return err
	}
	w.csv.Flush()
	if err := w.csv.Error(); err != nil {
		return fmt.Errorf("flush CSV: %w", err)
	}
	return nil
}

func (w *Writer) begin() error {
	if w.begun {
		return nil
	}
	w.begun = true
	if err := w.csv.Write(slices.Clone(Columns())); err != nil {
		return fmt.Errorf("write the header of CSV: %w", err)
	}
	return nil
}
