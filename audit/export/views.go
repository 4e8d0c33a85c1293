package export

import (
	"bufio"
	"context"
	"errors"
	"os"

	"countersign/audit/export/bundle"
)

// views writes the CSV and the OCSF events, from what the bundle itself holds.
func (b *builder) views(ctx context.Context) error {
	csv, ok1 := b.dir.kept(bundle.CSVFile)
	events, ok2 := b.dir.kept(bundle.OCSFFile)
	if ok1 && ok2 {
		b.file(csv, nil)
		b.file(events, nil)
		b.progress(b.manifest.To - bundle.Lead(b.manifest.From))
		return nil
	}
	rows, err := b.dir.create(bundle.CSVFile)
	if err != nil {
		return err
	}
	lines, err := b.dir.create(bundle.OCSFFile)
	if err != nil {
		rows.abandon()
		return err
	}
	if err := b.render(ctx, rows, lines); err != nil {
		rows.abandon()
		lines.abandon()
		return err
	}
	b.file(rows.finish())
	b.file(lines.finish())
	if b.failed != nil {
		return b.failed
	}
	n := len(b.manifest.Files)
	return b.dir.finished(b.manifest.Files[n-2:]...)
}

// render writes both views in one pass.
func (b *builder) render(ctx context.Context, rows, lines *temp) error {
	m := b.manifest
	r := bundle.Views{From: m.From, To: m.To, Product: m.Teller(), Workers: b.options.Workers, Read: func(n int64, width int) (string, error) {
		data, err := os.ReadFile(b.dir.path(bundle.EntriesPath(n, width)))
		return string(data), err
	}}
	csv, events := bufio.NewWriterSize(rows, 1<<20), bufio.NewWriterSize(lines, 1<<20)
	if _, err := csv.Write(bundle.CSVHeader()); err != nil {
		return err
	}
	for block, err := range r.Blocks(ctx) {
		if err != nil {
			return err
		}
		_, err1 := csv.Write(block.CSV)
		_, err2 := events.Write(block.OCSF)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		b.progress(block.First + int64(block.Count) - bundle.Lead(block.First))
	}
	return errors.Join(csv.Flush(), events.Flush())
}
