package export

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"slices"

	"countersign/audit"
	"countersign/audit/csvfile"
	"countersign/audit/export/bundle"
	"countersign/audit/export/gather"
	"countersign/audit/verify"
)

// A Selection says which records to export, and for whom.
type Selection struct {
	// Indexes are the records wanted, in any order; each is exported once.
	Indexes iter.Seq2[int64, error]
	// Filter says for people how they were picked. It goes into the README.
	Filter string
	// Cosigned, when it is set, is the newest checkpoint with the signatures of witnesses.
	Cosigned []byte
	// Export is the index of the record that says that it is exported.
	Export int64
	// Evidence and Lost are as in [Options].
	Evidence func(ctx context.Context, digest string) ([]byte, error)
	Lost     func(digest string, err error)
	// Trust goes into the export as its policy.
	Trust verify.Trust
	// Progress, when it is set, is told how far the export has come.
	Progress func(done, total int64)
}

// Selected writes a zip of single records: each with its receipt under the newest
// checkpoint, the receipts of the records about keys, and a CSV of them all. It shows that
// none of them was altered, and it does not show that none was left out. It keeps 8 bytes
// for each index.
func Selected(ctx context.Context, log Log, s Selection, to io.Writer) (bundle.Manifest, error) {
	z := &zipped{zip: zip.NewWriter(to), log: log, selection: s}
	if err := z.write(ctx); err != nil {
		return bundle.Manifest{}, fmt.Errorf("export a selection: %w", err)
	}
	return z.manifest, nil
}

// A zipped is a selection in the making.
type zipped struct {
	zip       *zip.Writer
	log       Log
	selection Selection
	manifest  bundle.Manifest
	prover    *prover
	indexes   []int64
}

func (z *zipped) write(ctx context.Context) error {
	for _, step := range []func(context.Context) error{z.begin, z.pick, z.receipts, z.keys, z.csv, z.evidence, z.end} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (z *zipped) begin(ctx context.Context) error {
	msg, err := z.log.Checkpoint(ctx)
	if err != nil {
		return fmt.Errorf("read the newest checkpoint: %w", err)
	}
	if z.selection.Cosigned != nil { // the log may have grown since it was signed
		msg = z.selection.Cosigned
	}
	if z.prover, err = newProver(z.log, msg); err != nil {
		return err
	}
	c := z.prover.checkpoint
	z.manifest = bundle.Manifest{Form: bundle.SelectionForm, Origin: c.Origin, To: c.Size, Root: base64.StdEncoding.EncodeToString(c.Root[:]), Export: z.selection.Export, Product: bundle.Product{}.OrDefault()}
	policy := z.selection.Trust.Policy()
	if _, err := verify.ParsePolicy(policy); err != nil {
		return err
	}
	if err := z.file(bundle.CheckpointFile, msg); err != nil {
		return err
	}
	return z.file(bundle.PolicyFile, policy)
}

// pick reads the indexes. What was appended after the checkpoint is not exported.
func (z *zipped) pick(context.Context) error {
	for i, err := range z.selection.Indexes {
		if err != nil {
			return fmt.Errorf("pick the records: %w", err)
		}
		if i >= 0 && i < z.manifest.To {
			z.indexes = append(z.indexes, i)
		}
	}
	slices.Sort(z.indexes)
	z.indexes = slices.Compact(z.indexes)
	z.manifest.Records = int64(len(z.indexes))
	return nil
}

// entries yields the picked records.
func (z *zipped) entries(ctx context.Context) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for rest := z.indexes; len(rest) > 0; {
			n := 1
			for n < len(rest) && rest[n] == rest[0]+int64(n) {
				n++
			}
			next := rest[0]
			for e, err := range z.log.Records(ctx, Query{From: next, Before: next + int64(n)}) {
				if err == nil && e.Index != next {
					err = fmt.Errorf("%w: it has no record %d", ErrLog, next)
				}
				if next++; !yield(e, err) || err != nil {
					return
				}
			}
			if next != rest[n-1]+1 {
				yield(audit.Entry{}, fmt.Errorf("%w: it has no record %d", ErrLog, next))
				return
			}
			rest = rest[n:]
		}
	}
}

func (z *zipped) receipts(ctx context.Context) error {
	done := int64(0)
	for e, err := range z.entries(ctx) {
		if err != nil {
			return err
		}
		text, err := z.prover.receipt(ctx, e.Index, e.JWS)
		if err == nil {
			err = z.put(bundle.ReceiptPath(bundle.RecordsDir, e.Index), text)
		}
		if err != nil {
			return err
		}
		if done++; z.selection.Progress != nil {
			z.selection.Progress(done, z.manifest.Records)
		}
	}
	return nil
}

// keys writes the receipts of every record about keys, wherever it stands: a key may be
// revoked after what it has signed.
func (z *zipped) keys(ctx context.Context) error {
	about, err := keyRecords(ctx, z.log, z.manifest.To)
	if err != nil {
		return err
	}
	var r audit.Registry
	for _, e := range about {
		if !bundle.Learn(&r, e) {
			continue
		}
		text, err := z.prover.receipt(ctx, e.Index, e.JWS)
		if err == nil {
			err = z.put(bundle.ReceiptPath(bundle.KeysDir, e.Index), text)
		}
		if err != nil {
			return err
		}
	}
	set, err := bundle.KeySet(&r)
	if err != nil {
		return err
	}
	return z.file(bundle.JWKSFile, set)
}

func (z *zipped) csv(ctx context.Context) error {
	w, err := z.create(bundle.CSVFile)
	if err != nil {
		return err
	}
	sum := &summed{to: w, hash: sha256.New()}
	buffered := bufio.NewWriter(sum)
	rows := csvfile.NewWriter(buffered)
	for e, err := range z.entries(ctx) {
		if err == nil {
			err = rows.Write(bundle.EntryOf(e.Index, e.JWS))
		}
		if err != nil {
			return err
		}
	}
	if err := rows.Flush(); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	z.manifest.Files = append(z.manifest.Files, bundle.File{Name: bundle.CSVFile, Size: sum.size, SHA256: hex.EncodeToString(sum.hash.Sum(nil))})
	return nil
}

// evidence writes what the records name.
func (z *zipped) evidence(ctx context.Context) error {
	if z.selection.Evidence == nil {
		return nil
	}
	z.manifest.Evidence = &bundle.Evidence{}
	g := gather.New(gather.Gatherer{Read: z.selection.Evidence, Lost: z.selection.Lost, Count: z.manifest.Evidence, Put: func(digest string, text []byte) error {
		return z.put(bundle.EvidencePath(digest), text)
	}})
	for e, err := range z.entries(ctx) {
		if err == nil {
			err = g.Record(ctx, bundle.EntryOf(e.Index, e.JWS))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (z *zipped) end(context.Context) error {
	if err := z.file(bundle.ReadmeFile, selectionReadme(z.manifest, z.selection.Filter)); err != nil {
		return err
	}
	text, err := bundle.Marshal(z.manifest)
	if err == nil {
		err = z.put(bundle.ManifestFile, text)
	}
	if err != nil {
		return err
	}
	return z.zip.Close()
}

// file writes one that the manifest names; put any.
func (z *zipped) file(name string, data []byte) error {
	sum := sha256.Sum256(data)
	z.manifest.Files = append(z.manifest.Files, bundle.File{Name: name, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])})
	return z.put(name, data)
}

func (z *zipped) put(name string, data []byte) error {
	w, err := z.create(name)
	if err == nil {
		_, err = w.Write(data)
	}
	return err
}

// create begins a file without a time, so that the same records make the same zip.
func (z *zipped) create(name string) (io.Writer, error) {
	return z.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
}
