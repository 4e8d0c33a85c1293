package check

import (
	"archive/zip"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"

	"countersign/audit/export/bundle"
	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/tlog"
)

// maxExtra is how many files that do not belong to an export are named; all are counted.
const maxExtra = 20

// oneReading fails with [bundle.ErrExport] on a zip that others would unpack into other files
// than are verified here: one with a name twice, where some programs take the first and some the
// last, or with a name that leads elsewhere. Names that differ in case alone are one file on
// most desktops.
func oneReading(fsys fs.FS) error {
	var all []*zip.File
	switch z := fsys.(type) {
	case *zip.Reader:
		all = z.File
	case *zip.ReadCloser:
		all = z.File
	}
	seen := map[string]string{}
	for _, f := range all {
		name := strings.TrimSuffix(f.Name, "/")
		if !fs.ValidPath(name) || strings.ContainsRune(name, '\\') || strings.ContainsFunc(name, unicode.IsControl) {
			return fmt.Errorf("%w: the zip names the file %.80q, which may be unpacked anywhere", bundle.ErrExport, f.Name)
		}
		if first, ok := seen[strings.ToLower(name)]; ok && f.Name == name {
			return fmt.Errorf("%w: the zip holds %.80q and %.80q: programs unpack the one or the other", bundle.ErrExport, first, f.Name)
		}
		seen[strings.ToLower(name)] = f.Name
	}
	return nil
}

// regular opens files and directories, and nothing else: a pipe would be waited for, and a
// device read, for ever.
type regular struct{ fs.FS }

var errIrregular = errors.New("neither a file nor a directory")

// Open opens a file or a directory.
func (r regular) Open(name string) (fs.File, error) {
	if s, ok := r.FS.(fs.StatFS); ok { // to open a pipe is to wait already
		if info, err := s.Stat(name); err != nil || irregular(info) {
			return nil, &fs.PathError{Op: "open", Path: name, Err: cause(err)}
		}
	}
	f, err := r.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || irregular(info) {
		return nil, errors.Join(&fs.PathError{Op: "open", Path: name, Err: cause(err)}, f.Close())
	}
	return f, nil
}

func irregular(info fs.FileInfo) bool { return !info.Mode().IsRegular() && !info.IsDir() }

// cause is why a file is not opened, without the path that a caller adds.
func cause(err error) error {
	var path *fs.PathError
	switch {
	case err == nil:
		return errIrregular
	case errors.As(err, &path):
		return path.Err
	}
	return err
}

// extra names the files that are there and do not belong to the export: nothing is known of
// what they say. What desktops leave beside files is passed over, and evidence is counted
// elsewhere.
func (o *Opened) extra(r *Report) error {
	known := o.known()
	return fs.WalkDir(o.fsys, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (name == bundle.EvidenceDir || e.Name() == "__MACOSX"):
			return fs.SkipDir
		case e.IsDir() || known[name] || strings.HasPrefix(e.Name(), "."):
			return nil
		}
		if r.ExtraCount++; len(r.Extra) < maxExtra {
			r.Extra = append(r.Extra, name)
		}
		return nil
	})
}

// known are the files that belong to the export, by their paths.
func (o *Opened) known() map[string]bool {
	known := map[string]bool{bundle.ManifestFile: true, bundle.CheckpointFile: true}
	for _, f := range o.Manifest.Files {
		known[f.Name] = true
	}
	dirs := []string{bundle.KeysDir}
	if o.Manifest.Form == bundle.SelectionForm {
		dirs = append(dirs, bundle.RecordsDir)
	} else {
		o.tree(known)
	}
	for _, dir := range dirs {
		indexes, _ := o.receipts(dir) // a directory that cannot be read has failed before
		for _, index := range indexes {
			known[bundle.ReceiptPath(dir, index)] = true
		}
	}
	return known
}

// tree adds the entries of a bundle, and the tiles of a whole log.
func (o *Opened) tree(known map[string]bool) {
	for n := bundle.Lead(o.from) / tree.TileWidth; n*tree.TileWidth < o.to; n++ {
		name := bundle.EntriesPath(n, bundle.Width(n, o.to))
		if known[name] = true; !o.has(name) {
			return // it says of itself that it has more than there is
		}
	}
	if o.first != nil {
		return
	}
	for _, t := range tlog.NewTiles(tree.TileHeight, 0, o.to) {
		known[bundle.TilePath(t.L, t.N, t.W)] = true
	}
}

func (o *Opened) has(name string) bool {
	_, err := fs.Stat(o.fsys, name)
	return err == nil
}
