package check

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"

	"countersign/audit"
	"countersign/audit/export/bundle"
	"countersign/audit/tree"
	"countersign/audit/verify"
)

// Checks say how to verify an export. The zero Checks check everything.
type Checks struct {
	// HashesOnly leaves the records unopened: the tree and its checkpoints are checked, and
	// neither signatures nor views.
	HashesOnly bool
	// NoViews leaves the CSV, the OCSF events and the JWK set uncompared.
	NoViews bool
	// Workers is how many records are looked at at once; 0 is one for each processor.
	Workers int
	// Anchors are checkpoints known from elsewhere, which a bundle must extend.
	Anchors [][]byte
	// Progress, when it is set, is told how far it has come, one call at a time.
	Progress func(done, total int64)
}

// Verify verifies an export as a stranger would, offline: what is in it against itself and
// against the keys that are trusted. What is wrong is in the report; the error is that of
// something that cannot be read, or of a policy that cannot be used.
func (o *Opened) Verify(ctx context.Context, t verify.Trust, c Checks) (Report, error) {
	o.broken = nil
	if o.Manifest.Form == bundle.SelectionForm {
		return o.selection(ctx, t, c)
	}
	s, err := o.Source()
	if err != nil {
		return Report{}, err
	}
	p := &ticker{tell: c.Progress, total: o.to - bundle.Lead(o.from)}
	if !c.HashesOnly && !c.NoViews {
		p.total *= 2
	}
	s.Entries, s.Anchors, s.Export = p.watch(s.Entries), c.Anchors, true
	log, err := verify.Options{HashesOnly: c.HashesOnly, Workers: c.Workers}.Log(ctx, s, t)
	r := Report{Report: log, Form: o.Manifest.Form}
	if err != nil {
		return r, err
	}
	for _, tell := range o.broken {
		tell(&r)
	}
	o.manifest(&r)
	if err := o.files(&r); err != nil {
		return r, err
	}
	if c.HashesOnly || c.NoViews {
		r.Uncompared = []string{o.rows(), bundle.OCSFFile, bundle.JWKSFile}
		if o.Manifest.Evidence != nil {
			r.Uncompared = append(r.Uncompared, bundle.EvidenceDir)
		}
		return r, nil
	}
	return r, o.views(ctx, &r, c, p)
}

// manifest compares what the bundle says of itself with what was found.
func (o *Opened) manifest(r *Report) {
	m := o.Manifest
	differs := func(what string, said, found any) {
		if said != found {
			r.fault(r.From, ManifestDiffers, "%s says %s %v, found is %v", bundle.ManifestFile, what, said, found)
		}
	}
	differs("origin", m.Origin, r.Origin)
	differs("from", m.From, r.From)
	differs("to", m.To, o.to)
	differs("records", m.Records, o.to-o.from)
	if r.Complete {
		differs("root", m.Root, r.Root)
	}
	if r.OK() { // else some were not counted
		differs("checkpoints", m.Checkpoints, r.Checkpoints)
	}
}

// files compares the files with the manifest. The views are made again instead.
func (o *Opened) files(r *Report) error {
	must := []string{bundle.CheckpointFile, bundle.PolicyFile, bundle.CheckpointsFile, bundle.JWKSFile, o.rows(), bundle.OCSFFile, bundle.ReadmeFile}
	if o.Manifest.Form == bundle.SelectionForm {
		must = []string{bundle.CheckpointFile, bundle.PolicyFile, bundle.JWKSFile, o.rows(), bundle.ReadmeFile}
	}
	for _, name := range must {
		if _, ok := o.Manifest.File(name); !ok {
			r.fault(r.From, FileMissing, "%s does not name %s", bundle.ManifestFile, name)
		}
	}
	for _, f := range o.Manifest.Files {
		if slices.Contains([]string{bundle.CSVFile, bundle.OCSFFile}, f.Name) {
			continue
		}
		switch got, err := o.sum(f); {
		case errors.Is(err, fs.ErrNotExist):
			r.fault(r.From, FileMissing, "%s is not there", f.Name)
		case err != nil:
			return err
		case got != f:
			r.fault(r.From, FileDiffers, "%s is not the file that was exported", f.Name)
		default:
			r.Files++
		}
	}
	if !r.OK() {
		return nil // what belongs to it cannot be told
	}
	return o.extra(r)
}

var rowsForm = regexp.MustCompile(`^records-v[0-9]+\.csv$`)

// rows is the name of the CSV: that of another form where the export has only such a one.
func (o *Opened) rows() string {
	name := bundle.CSVFile
	for _, f := range o.Manifest.Files {
		if f.Name == bundle.CSVFile {
			return f.Name
		}
		if rowsForm.MatchString(f.Name) {
			name = f.Name
		}
	}
	return name
}

// compareRows compares the CSV. One of another form was made by another program, and is not
// compared; that it is the file which was exported shows all the same.
func (o *Opened) compareRows(r *Report) (*comparison, error) {
	name := o.rows()
	if name == bundle.CSVFile {
		return o.compare(r, name)
	}
	r.Uncompared = append(r.Uncompared, name)
	return &comparison{name: name, report: r, done: true}, nil
}

// sum hashes a file, and reads no more of it than it should have.
func (o *Opened) sum(f bundle.File) (bundle.File, error) {
	in, err := o.fsys.Open(f.Name)
	if err != nil {
		return bundle.File{}, err
	}
	defer in.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(in, f.Size+1))
	if err != nil {
		return bundle.File{}, fmt.Errorf("read %s: %w", f.Name, err)
	}
	return bundle.File{Name: f.Name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// views makes the views again and compares.
func (o *Opened) views(ctx context.Context, r *Report, c Checks, p *ticker) error {
	csv, err := o.compareRows(r)
	if err != nil {
		return err
	}
	defer csv.close()
	events, err := o.compare(r, bundle.OCSFFile)
	if err != nil {
		return err
	}
	defer events.close()
	if o.Manifest.OCSF != bundle.OCSFForm { // made by another program
		r.Uncompared = append(r.Uncompared, bundle.OCSFFile)
		events.done = true
	}
	csv.match(bundle.CSVHeader(), r.From)
	keys, err := o.receiptKeys()
	if err != nil {
		return err
	}
	render := bundle.Views{From: o.from, To: o.to, Product: o.Manifest.Teller(), Workers: c.Workers, Read: func(n int64, width int) (string, error) {
		return o.bundle(n, width, make([]byte, readSize))
	}}
	beside := o.gather(r)
	for b, err := range render.Blocks(ctx) {
		if (errors.Is(err, fs.ErrNotExist) || errors.Is(err, bundle.ErrEntries)) && !r.OK() {
			return nil // records are missing: that was said
		}
		if err != nil {
			return err
		}
		csv.match(b.CSV, b.First)
		events.match(b.OCSF, b.First)
		for _, e := range b.About {
			bundle.Learn(&keys, e)
		}
		if err := beside.add(b.Named...); err != nil {
			return err
		}
		r.Rows += int64(b.Count)
		p.add(int64(b.Count))
	}
	csv.end(o.to)
	events.end(o.to)
	if err := errors.Join(csv.err, events.err, beside.end()); err != nil {
		return err
	}
	return o.compareKeys(r, &keys)
}

// receiptKeys are the keys that the receipts in the export enrol.
func (o *Opened) receiptKeys() (keys audit.Registry, err error) {
	indexes, err := o.receipts(bundle.KeysDir)
	if err != nil {
		return keys, err
	}
	for _, index := range indexes {
		text, err := o.read(bundle.ReceiptPath(bundle.KeysDir, index), maxReceipt)
		if err != nil {
			return keys, err
		}
		if r, err := tree.ParseReceipt(text); err == nil {
			bundle.Learn(&keys, bundle.EntryOf(r.Index, r.Record))
		}
	}
	return keys, nil
}

// compareKeys compares the JWK set with the keys that the records enrol.
func (o *Opened) compareKeys(r *Report, keys *audit.Registry) error {
	want, err := bundle.KeySet(keys)
	if err != nil {
		return err
	}
	got, err := o.optional(bundle.JWKSFile, maxJWKS)
	if err == nil && got != nil && !bytes.Equal(got, want) {
		r.fault(r.From, ViewDiffers, "%s names other keys, or other indexes, than the records", bundle.JWKSFile)
	}
	return err
}
