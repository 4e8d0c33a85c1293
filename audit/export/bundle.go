package export

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"countersign/audit"
	"countersign/audit/export/bundle"
	"countersign/audit/tree"
	"countersign/audit/verify"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Options say what to export, and where to.
type Options struct {
	// Dir is the directory of the bundle. It is made; when it is there, it must be empty or
	// hold the same bundle, as far as an earlier run has come.
	Dir string
	// From and To bound the indexes, From <= index < To. Both must be sizes of checkpoints:
	// see [Align] and [Bounds]. From 0 is the whole log up to To; To 0 is the newest
	// checkpoint, or in a bundle that was begun, the one that was the newest then.
	From, To int64
	// Export is the index of the record that says that it is exported; see [Begun].
	Export int64
	// Cosigned, when it is set, returns the checkpoint of To records with the signatures of
	// witnesses, nil when there are none. It goes into the bundle in place of the stored one.
	Cosigned func(ctx context.Context, size int64) ([]byte, error)
	// Evidence, when it is set, returns what is kept under a SHA-256 (lower-case hex); then what
	// the records name goes into the bundle. Lost, when it is set, is told what cannot be had:
	// the bundle is made without it.
	Evidence func(ctx context.Context, digest string) ([]byte, error)
	Lost     func(digest string, err error)
	// Trust goes into the bundle as its policy. Its log keys must have signed the
	// checkpoint. Pinned keys have no place in it.
	Trust verify.Trust
	// Product is who says it in the OCSF events.
	Product bundle.Product
	// Workers is how many records are told at once; 0 is one for each processor.
	Workers int
	// Progress, when it is set, is told how far the export has come, from one goroutine.
	Progress func(done, total int64)
}

// Bundle writes a bundle into a directory. Its memory does not grow with the range. When
// it was stopped and is called again with the same options it goes on: files that are whole
// are checked and stay. The manifest is written last, so that no part of a bundle passes
// for one.
func Bundle(ctx context.Context, log Log, o Options) (bundle.Manifest, error) {
	d, err := openDir(o.Dir)
	if err != nil {
		return bundle.Manifest{}, err
	}
	o.To, o.Export = cmp.Or(o.To, d.made.Bundle.To), cmp.Or(o.Export, d.made.Bundle.Export)
	b := &builder{log: log, dir: d, options: o}
	for _, step := range []func(context.Context) error{b.bounds, b.begin, b.small, b.keys, b.notes, b.entries, b.views, b.evidence} {
		if err := step(ctx); err != nil {
			return bundle.Manifest{}, fmt.Errorf("export to %s: %w", o.Dir, err)
		}
	}
	b.file(d.write(bundle.ReadmeFile, bundleReadme(b.manifest)))
	if b.failed == nil {
		b.failed = d.seal(b.manifest)
	}
	if b.failed != nil {
		return bundle.Manifest{}, fmt.Errorf("export to %s: %w", o.Dir, b.failed)
	}
	return b.manifest, nil
}

// A builder is a bundle in the making.
type builder struct {
	log      Log
	dir      *dir
	options  Options
	manifest bundle.Manifest
	failed   error // of a file

	final, first []byte // notes
	prover       *prover
	frontier     []tlog.Hash
	done         int64 // of the records, in each pass: as entries, as views, and for what they name
}

// file adds a written file to the manifest.
func (b *builder) file(f bundle.File, err error) {
	if err != nil && b.failed == nil {
		b.failed = err
	}
	b.manifest.Files = append(b.manifest.Files, f)
}

func (b *builder) progress(records int64) {
	b.done += records
	if b.options.Progress != nil {
		passes := int64(2)
		if b.options.Evidence != nil {
			passes = 3
		}
		b.options.Progress(b.done, passes*(b.manifest.To-bundle.Lead(b.manifest.From)))
	}
}

// bounds finds the checkpoints at both ends.
func (b *builder) bounds(ctx context.Context) (err error) {
	o := b.options
	if o.To == 0 {
		c, err := newest(ctx, b.log)
		if err != nil {
			return err
		}
		o.To = c.Size
	}
	if o.From < 0 || o.From >= o.To {
		return fmt.Errorf("%w: from %d to %d", ErrRange, o.From, o.To)
	}
	if b.final, err = b.checkpoint(ctx, o.To); err != nil {
		return err
	}
	if o.From > 0 {
		if b.first, err = b.checkpoint(ctx, o.From); err != nil {
			return err
		}
	}
	if err := b.witnessed(ctx, o.To); err != nil {
		return err
	}
	if b.prover, err = newProver(b.log, b.final); err != nil {
		return err
	}
	c := b.prover.checkpoint
	b.manifest = bundle.Manifest{
		Form: bundle.Form, Origin: c.Origin, From: o.From, To: o.To, Root: base64.StdEncoding.EncodeToString(c.Root[:]),
		Records: o.To - o.From, Export: o.Export, OCSF: bundle.OCSFForm, Product: o.Product.OrDefault(),
	}
	if o.Evidence != nil {
		b.manifest.Evidence = &bundle.Evidence{}
	}
	return nil
}

// witnessed puts the signatures of witnesses under the final checkpoint.
func (b *builder) witnessed(ctx context.Context, size int64) error {
	if b.options.Cosigned == nil {
		return nil
	}
	cosigned, err := b.options.Cosigned(ctx, size)
	if err != nil || cosigned == nil {
		return err
	}
	if err := sameTree(cosigned, b.final); err != nil {
		return err
	}
	b.final = cosigned
	return nil
}

// checkpoint is that of size records.
func (b *builder) checkpoint(ctx context.Context, size int64) ([]byte, error) {
	msg, err := b.log.CheckpointBefore(ctx, size)
	c, err := read(msg, err)
	if err == nil && c.Size != size {
		err = fmt.Errorf("%w: no checkpoint is of %d records, the one before is of %d", ErrRange, size, c.Size)
	}
	return msg, err
}

func sameTree(a, b []byte) error {
	one, err := tree.ReadCheckpoint(a)
	if err != nil {
		return err
	}
	if other, err := tree.ReadCheckpoint(b); err != nil || one != other {
		return fmt.Errorf("%w: the cosigned checkpoint, of %d records, is not that of the log", ErrRange, one.Size)
	}
	return nil
}

// begin checks that an auditor will be able to believe the bundle, and takes the directory.
func (b *builder) begin(ctx context.Context) error {
	policy := b.options.Trust.Policy()
	if _, err := verify.ParsePolicy(policy); err != nil {
		return err
	}
	var keys []note.Verifier
	for _, vkey := range b.options.Trust.Log {
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return err
		}
		keys = append(keys, v)
	}
	for _, msg := range [][]byte{b.final, b.first} {
		if msg == nil {
			continue
		}
		if _, err := tree.OpenCheckpoint(msg, note.VerifierList(keys...)); err != nil {
			return fmt.Errorf("%w: give the trust policy the log key of that time too", err)
		}
	}
	if b.first != nil {
		if err := b.takeUp(ctx); err != nil {
			return err
		}
	}
	return b.dir.begin(progress{Bundle: b.manifest, Checkpoint: b.final, From: b.first, Policy: policy})
}

// takeUp reads the frontier of a range.
func (b *builder) takeUp(ctx context.Context) (err error) {
	first, err := tree.ReadCheckpoint(b.first)
	if err != nil {
		return err
	}
	if b.frontier, err = b.prover.frontier(ctx, first.Size); err != nil {
		return err
	}
	t, err := tree.FromFrontier(first.Size, b.frontier)
	if err != nil || t.Root() != first.Root {
		return fmt.Errorf("%w: the tree of the last checkpoint does not extend that of %d records", ErrLog, first.Size)
	}
	return nil
}

// small writes what fits into memory.
func (b *builder) small(context.Context) error {
	b.file(b.dir.write(bundle.CheckpointFile, b.final))
	b.file(b.dir.write(bundle.PolicyFile, b.options.Trust.Policy()))
	if b.first != nil {
		b.file(b.dir.write(bundle.FromFile, b.first))
		b.file(b.dir.write(bundle.FrontierFile, frontierText(b.frontier)))
	}
	return b.failed
}

func frontierText(hashes []tlog.Hash) []byte {
	var s strings.Builder
	for _, h := range hashes {
		s.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	return []byte(s.String())
}

// keys writes the JWK set, and for a range the receipts of records about keys before it.
func (b *builder) keys(ctx context.Context) error {
	about, err := keyRecords(ctx, b.log, b.manifest.To)
	if err != nil {
		return err
	}
	var r audit.Registry
	for _, e := range about {
		if !bundle.Learn(&r, e) || e.Index >= b.manifest.From {
			continue
		}
		text, err := b.prover.receipt(ctx, e.Index, e.JWS)
		if err != nil {
			return err
		}
		b.file(b.dir.write(bundle.ReceiptPath(bundle.KeysDir, e.Index), text))
	}
	set, err := bundle.KeySet(&r)
	if err != nil {
		return err
	}
	b.file(b.dir.write(bundle.JWKSFile, set))
	return b.failed
}
