package exportverbs

import (
	"context"
	"errors"
	"fmt"
	"os"

	"countersign/audit"
	"countersign/audit/export"
	"countersign/audit/export/bundle"
	"countersign/audit/export/check"
	"countersign/store"
)

// errBegun means that the directory holds the export of something else than was asked for.
var errBegun = errors.New("another export is there")

func (j *job) bundle(ctx context.Context) error {
	log := log{j.trail.DB}
	options := export.Options{Dir: j.path, Trust: j.trust, Product: j.Product, Progress: j.progress, Cosigned: j.cosigned}
	was, err := export.Look(j.path)
	if err != nil {
		return err
	}
	if was.Manifest.Form == "" {
		if options.From, options.To, err = export.Bounds(ctx, log, j.query.Since, j.query.Until); err != nil {
			return err
		}
		options.Export, options.To, err = j.announced(ctx, options.From, options.To)
	} else if done, err := j.takeUp(ctx, was, &options); done || err != nil {
		return err
	}
	if err != nil {
		return err
	}
	if j.evidence {
		options.Evidence, options.Lost = j.trail.DB.Evidence, j.lost
	}
	manifest, err := export.Bundle(ctx, log, options)
	if err != nil {
		return err
	}
	j.kept(manifest)
	fmt.Fprintf(j.out, "exported %d records, index %d to %d, to %s (on the trail as record %d)\nverify it with: auditverify --policy POLICY %s\n",
		manifest.To-manifest.From, manifest.From, manifest.To-1, j.path, manifest.Export, j.path)
	return nil
}

// takeUp goes on with what an earlier run has left: with its range, under its record. Where
// that record cannot be found, or a finished bundle is not whole any more, another one is
// made before anything is written. Done says that there is nothing to do.
func (j *job) takeUp(ctx context.Context, was export.Begun, o *export.Options) (done bool, err error) {
	m := was.Manifest
	o.From, o.To, o.Export = m.From, m.To, m.Export
	with := j.evidence
	j.evidence = m.Evidence != nil
	asked, recorded, err := j.recorded(ctx, m.Export, m.From, m.To)
	if err != nil {
		return false, err
	}
	if err := j.sameRange(ctx, was, asked, recorded, with); err != nil {
		return false, err
	}
	whole := was.Whole && recorded
	if whole {
		if whole, err = j.verifies(ctx); err != nil {
			return false, err
		}
	}
	switch {
	case whole:
		fmt.Fprintf(j.out, "%s is already the export of records %d to %d (on the trail as record %d): nothing was written\n", j.path, m.From, m.To-1, m.Export)
		return true, nil
	case recorded && !was.Finished:
		fmt.Fprintf(j.out, "going on with the export of records %d to %d (on the trail as record %d)\n", m.From, m.To-1, m.Export)
		return false, nil
	}
	fmt.Fprintf(j.out, "%s holds a part of an export of records %d to %d, or one that is not on this trail: it is exported once more\n", j.path, m.From, m.To-1)
	if asked.Filter != "" {
		j.bounds = []string{asked.Filter}
	}
	o.Export, err = j.record(ctx, audit.Export{Form: "bundle", From: m.From, To: m.To, Filter: j.words()})
	return false, err
}

// recorded is the record of an export as it stands on the trail.
func (j *job) recorded(ctx context.Context, index, from, to int64) (x audit.Export, ok bool, err error) {
	if index <= 0 {
		return x, false, nil
	}
	for e, err := range j.trail.DB.Entries(ctx, store.Filter{From: index, Limit: 1}) {
		if err != nil {
			return x, false, err
		}
		if e.Index != index || e.Record.Type != audit.ExportMade {
			return x, false, nil
		}
		if err := e.Decode(&x); err != nil {
			return x, false, err
		}
		// A quorum of witnesses may have moved the end on from where it was asked for.
		if x.Form != "bundle" || x.From != from || x.To > to {
			return audit.Export{}, false, nil
		}
		return x, true, nil
	}
	return x, false, nil
}

// sameRange refuses what is not what was begun; with says that evidence is asked for. Who asks
// for nothing in particular goes on.
func (j *job) sameRange(ctx context.Context, was export.Begun, asked audit.Export, recorded, with bool) error {
	if len(j.bounds) == 0 {
		return nil
	}
	m := was.Manifest
	said := "by its record, everything"
	if asked.Filter != "" {
		said = "by its record, " + asked.Filter
	}
	if recorded && asked.Filter == j.words() {
		return nil
	}
	if !recorded {
		from, to, err := export.Bounds(ctx, log{j.trail.DB}, j.query.Since, j.query.Until)
		if err == nil && from == m.From && to == m.To && with == j.evidence {
			return nil
		}
		said = "no record says of which days"
	}
	return j.Usage(fmt.Errorf("%w: %s is the export of records %d to %d (%s), and not of this (%s): leave out --from, --to and --with-evidence to go on with it, or choose another directory",
		errBegun, j.path, m.From, m.To-1, said, j.words()))
}

// verifies reports whether the records and the tree of a finished bundle are whole.
func (j *job) verifies(ctx context.Context) (bool, error) {
	opened, err := check.Open(os.DirFS(j.path))
	if err != nil {
		return false, err
	}
	r, err := opened.Verify(ctx, j.trust, check.Checks{HashesOnly: true})
	return err == nil && r.OK() && r.Complete, err
}

// lost says what cannot be had.
func (j *job) lost(digest string, err error) {
	fmt.Fprintf(j.errs, "WARNING: a record names evidence %s, which is not exported: %v\n", digest, err)
}

// kept says how much of what records name is in an export.
func (j *job) kept(m bundle.Manifest) {
	if e := m.Evidence; e != nil {
		fmt.Fprintf(j.out, "with %d of the %d pieces of evidence that the records name\n", e.Files, e.Named)
	}
}
