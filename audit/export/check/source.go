package check

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"

	"countersign/audit"
	"countersign/audit/export/bundle"
	"countersign/audit/tree"
	"countersign/audit/verify"

	"golang.org/x/mod/sumdb/tlog"
)

// Source is a bundle for [verify.Log]. Of a bundle that ends too early, or that cannot be
// cut into records, it yields what comes before.
func (o *Opened) Source() (verify.Source, error) {
	if o.Manifest.Form != bundle.Form {
		return verify.Source{}, fmt.Errorf("%w: it is a %s, only a %s holds a log", bundle.ErrExport, o.Manifest.Form, bundle.Form)
	}
	s := verify.Source{Entries: o.entries(), Final: o.final}
	if _, err := fs.Stat(o.fsys, bundle.CheckpointsFile); err == nil {
		s.Checkpoints = o.checkpoints()
	}
	if o.first == nil {
		s.Tile = o.tile
		return s, nil
	}
	s.First = o.first
	var err error
	if s.Frontier, err = o.frontier(); err != nil {
		return s, err
	}
	keys, err := o.receipts(bundle.KeysDir)
	s.Keys = func(yield func([]byte, error) bool) {
		for _, index := range keys {
			if !yield(o.read(bundle.ReceiptPath(bundle.KeysDir, index), maxReceipt)) {
				return
			}
		}
	}
	return s, err
}

// readSize is how much is read at once: what stays near the processor until it is copied.
const readSize = 32 << 10

// entries yields the records, bundle by bundle.
func (o *Opened) entries() iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		room := make([]byte, readSize)
		for n := bundle.Lead(o.from) / tree.TileWidth; n*tree.TileWidth < o.to; n++ {
			width := bundle.Width(n, o.to)
			data, err := o.bundle(n, width, room)
			if errors.Is(err, fs.ErrNotExist) {
				return // the log has more: that says enough
			}
			if err != nil {
				yield(audit.Entry{}, err)
				return
			}
			e := audit.Entry{Index: n * tree.TileWidth}
			for jws, err := range bundle.Cut(data, width) {
				if err != nil {
					o.broken = append(o.broken, func(r *Report) { r.fault(e.Index, EntriesBroken, "%s: %v", bundle.EntriesPath(n, width), err) })
					return
				}
				e.JWS = jws
				if !yield(e, nil) {
					return
				}
				e.Index++
			}
		}
	}
}

// bundle reads the bundle n of entries, through room, as a text of its own. What it says of its
// length is only where to begin.
func (o *Opened) bundle(n int64, width int, room []byte) (string, error) {
	f, err := o.fsys.Open(bundle.EntriesPath(n, width))
	if err != nil {
		return "", err
	}
	defer f.Close()
	var text strings.Builder
	if about, err := f.Stat(); err == nil {
		text.Grow(int(min(max(about.Size(), 0), bundle.MaxEntries)))
	}
	for text.Len() <= bundle.MaxEntries { // one that is longer cannot be cut without a rest
		got, err := f.Read(room)
		text.Write(room[:got])
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", fmt.Errorf("read %s: %w", bundle.EntriesPath(n, width), err)
		}
	}
	return text.String(), nil
}

// tile reads a tile of a whole log; nil when it is not there.
func (o *Opened) tile(level int, n int64, width int) ([]byte, error) {
	return o.optional(bundle.TilePath(level, n, width), width*tlog.HashSize)
}

// checkpoints yields the checkpoints in between.
func (o *Opened) checkpoints() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		f, err := o.fsys.Open(bundle.CheckpointsFile)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		in := bufio.NewReaderSize(f, 256<<10)
		for n := int64(0); ; n++ {
			note, err := bundle.NextNote(in)
			switch {
			case err == io.EOF:
				return
			case errors.Is(err, bundle.ErrExport):
				o.broken = append(o.broken, func(r *Report) {
					r.fault(r.From, FileDiffers, "%s: after %d checkpoints: %v", bundle.CheckpointsFile, n, err)
				})
				return
			}
			if !yield(note, err) || err != nil {
				return
			}
		}
	}
}
