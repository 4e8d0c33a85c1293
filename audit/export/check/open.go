package check

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"countersign/audit/export/bundle"
	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/tlog"
)

// The most bytes that are read of what a stranger has written.
const (
	maxJWKS    = 16 << 20 // some 500 bytes for each key
	maxReceipt = 256 << 10
)

// An Opened export is one that is read back. Nothing in it is believed.
type Opened struct {
	Manifest bundle.Manifest
	fsys     fs.FS
	final    []byte // the checkpoint it ends with; empty when it is missing
	first    []byte // of a range
	from, to int64  // by the checkpoints, where they can be read
	broken   []func(*Report)
}

// Open reads what an export says of itself: from a directory, a zip, or anything else that
// is a file system. Where all lies within one directory, that is opened. What is not an
// export, or one that was stopped before its end, is [bundle.ErrExport], and so is a zip that
// programs unpack in more than one way.
func Open(fsys fs.FS) (*Opened, error) {
	if err := oneReading(fsys); err != nil {
		return nil, err
	}
	o := &Opened{fsys: regular{fsys}}
	text, err := o.read(bundle.ManifestFile, bundle.MaxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		if inner, ok := within(o.fsys); ok {
			o.fsys = inner
			text, err = o.read(bundle.ManifestFile, bundle.MaxManifest)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, begun := fs.Stat(o.fsys, bundle.ProgressFile); begun == nil {
			return nil, fmt.Errorf("%w: it was stopped before its end; export again into the same directory", bundle.ErrExport)
		}
		return nil, fmt.Errorf("%w: there is no %s", bundle.ErrExport, bundle.ManifestFile)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", bundle.ErrExport, err)
	}
	if o.Manifest, err = bundle.ParseManifest(text); err != nil {
		return nil, err
	}
	return o, o.ends()
}

// within is the only directory that a file system holds.
func within(fsys fs.FS) (fs.FS, bool) {
	all, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, false
	}
	name := ""
	for _, e := range all {
		switch {
		case strings.HasPrefix(e.Name(), ".") || e.Name() == "__MACOSX": // beside it, by desktops
		case !e.IsDir() || name != "":
			return nil, false
		default:
			name = e.Name()
		}
	}
	if name == "" {
		return nil, false
	}
	inner, err := fs.Sub(fsys, name)
	return inner, err == nil
}

// ends reads the checkpoints at both ends.
func (o *Opened) ends() (err error) {
	if o.final, err = o.optional(bundle.CheckpointFile, bundle.MaxNote); err != nil {
		return err
	}
	if o.first, err = o.optional(bundle.FromFile, bundle.MaxNote); err != nil {
		return err
	}
	if o.first == nil && o.Manifest.From > 0 {
		o.first = []byte{}
	}
	o.from, o.to = o.Manifest.From, o.Manifest.To
	if c, err := tree.ReadCheckpoint(o.final); err == nil {
		o.to = c.Size
	}
	if o.first == nil {
		o.from = 0
	} else if c, err := tree.ReadCheckpoint(o.first); err == nil {
		o.from = c.Size
	}
	return nil
}

// read reads a whole file of at most that many bytes.
func (o *Opened) read(name string, most int) ([]byte, error) {
	f, err := o.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err == nil && len(data) > most {
		err = fmt.Errorf("%s is longer than %d bytes", name, most)
	}
	return data, err
}

// optional is read for a file that may be missing: then it is nil. What is longer than it
// may be is there, and cannot be what it should.
func (o *Opened) optional(name string, most int) ([]byte, error) {
	f, err := o.fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// A log has many tiles: there is room for one from the beginning.
	data := bytes.NewBuffer(make([]byte, 0, min(most, tree.TileWidth*tlog.HashSize)+1+bytes.MinRead))
	_, err = data.ReadFrom(io.LimitReader(f, int64(most)+1))
	return data.Bytes(), err
}

// frontier reads the tree at the beginning of a range. What is no list of hashes is no
// frontier either.
func (o *Opened) frontier() ([]tlog.Hash, error) {
	text, err := o.optional(bundle.FrontierFile, 64*(base64.StdEncoding.EncodedLen(tlog.HashSize)+1))
	if err != nil {
		return nil, err
	}
	var hashes []tlog.Hash
	for line := range bytes.Lines(text) {
		raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSuffix(string(line), "\n"))
		if err != nil || len(raw) != tlog.HashSize {
			return nil, nil
		}
		hashes = append(hashes, tlog.Hash(raw))
	}
	return hashes, nil
}

// receipts are the indexes of the receipts in a directory, in their order.
func (o *Opened) receipts(dir string) (indexes []int64, err error) {
	all, err := fs.ReadDir(o.fsys, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		text, ok := strings.CutSuffix(e.Name(), bundle.ReceiptSuffix)
		index, err := strconv.ParseInt(text, 10, 64)
		if !ok || err != nil || index < 0 || bundle.ReceiptPath(dir, index) != dir+"/"+e.Name() {
			continue // no receipt of ours
		}
		indexes = append(indexes, index)
	}
	slices.Sort(indexes)
	return indexes, nil
}
