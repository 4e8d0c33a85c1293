package exportverbs

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"

	"countersign/audit"
	"countersign/audit/export"
)

func (j *job) selection(ctx context.Context) (err error) {
	size, err := j.trail.DB.Size(ctx)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(j.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			err = errors.Join(err, os.Remove(j.path)) // half of one must not pass for it
		}
	}()
	j.query.Before = size // what is found is under a checkpoint of now, and the export's own record is not
	at, err := j.record(ctx, audit.Export{Form: "selection", To: size, Filter: j.words()})
	if err != nil {
		return err
	}
	if size, err = j.trail.DB.CosignedFrom(ctx, size); err != nil {
		return err
	}
	cosigned, err := j.cosigned(ctx, size)
	if err != nil {
		return err
	}
	selection := export.Selection{Indexes: j.indexes(ctx), Filter: j.words(), Trust: j.trust, Progress: j.progress, Cosigned: cosigned, Export: at}
	if j.evidence {
		selection.Evidence, selection.Lost = j.trail.DB.Evidence, j.lost
	}
	manifest, err := export.Selected(ctx, log{j.trail.DB}, selection, file)
	if err != nil {
		return err
	}
	j.kept(manifest)
	if manifest.Records == 0 {
		fmt.Fprintf(j.errs, "WARNING: no record is %s: the export in %s is empty and shows nothing. Is it spelled as the custodian spells it?\n", j.words(), j.path)
	}
	fmt.Fprintf(j.out, "exported %d records (%s) to %s, a zip of form %s (on the trail as record %d)\n", manifest.Records, j.words(), j.path, manifest.Form, at)
	return file.Sync()
}

func (j *job) indexes(ctx context.Context) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		for e, err := range j.trail.DB.Select(ctx, j.query) {
			if !yield(e.Index, err) {
				return
			}
		}
	}
}
