package export

import (
	"bufio"
	"context"

	"countersign/audit/export/bundle"
)

// notes writes all checkpoints between the ends, the last included.
func (b *builder) notes(ctx context.Context) error {
	t, err := b.dir.create(bundle.CheckpointsFile)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(t)
	for msg, err := range b.log.Checkpoints(ctx, b.manifest.From, b.manifest.To) {
		if err == nil {
			_, err = w.Write(bundle.AppendNote(nil, msg))
		}
		if err != nil {
			t.abandon()
			return err
		}
		b.manifest.Checkpoints++
	}
	if err := w.Flush(); err != nil {
		t.abandon()
		return err
	}
	b.file(t.finish())
	return b.failed
}
