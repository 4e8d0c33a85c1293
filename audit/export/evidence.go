package export

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"countersign/audit/beside"
	"countersign/audit/export/bundle"
	"countersign/audit/export/gather"
	"countersign/audit/tree"
)

// evidence writes what the records name, as far as it is kept, each under its digest.
func (b *builder) evidence(ctx context.Context) error {
	if b.options.Evidence == nil {
		return nil
	}
	g := gather.New(gather.Gatherer{
		Read: b.options.Evidence, Lost: b.options.Lost, Count: b.manifest.Evidence,
		There: func(digest string) ([]byte, error) { return os.ReadFile(b.dir.path(bundle.EvidencePath(digest))) },
		Put: func(digest string, text []byte) error {
			_, err := b.dir.write(bundle.EvidencePath(digest), text)
			return err
		},
	})
	m := b.manifest
	for n := bundle.Lead(m.From) / tree.TileWidth; n*tree.TileWidth < m.To; n++ {
		width := bundle.Width(n, m.To)
		data, err := os.ReadFile(b.dir.path(bundle.EntriesPath(n, width)))
		if err != nil {
			return err
		}
		index := n * tree.TileWidth
		for jws, err := range bundle.Cut(string(data), width) {
			if err == nil && index >= m.From {
				err = g.Record(ctx, bundle.EntryOf(index, jws))
			}
			if err != nil {
				return err
			}
			index++
		}
		b.progress(int64(width))
	}
	return nil
}

// whole reports whether as many files of evidence are there as the manifest counts, each what
// its name says.
func (d *dir) whole(e *bundle.Evidence) (bool, error) {
	if e == nil {
		return true, nil
	}
	all, err := os.ReadDir(d.path(bundle.EvidenceDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	files := int64(0)
	for _, f := range all {
		n, ok := beside.Parse(f.Name())
		if !ok {
			continue
		}
		text, err := os.ReadFile(filepath.Join(d.path(bundle.EvidenceDir), f.Name()))
		if err != nil {
			return false, err
		}
		if sha256.Sum256(text) == n.Digest {
			files++
		}
	}
	return files == e.Files, nil
}
