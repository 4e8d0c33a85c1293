// Package dropfs is a file system over files that somebody has dropped onto a page: each a
// path and bytes that can be read at any place. Nothing is read before it is asked for.
package dropfs

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// A File is dropped bytes.
type File struct {
	io.ReaderAt
	Size int64
}

// FS holds files by their slash-separated path. It is an [fs.FS] with the directories that
// the paths name.
type FS struct {
	files map[string]File
	dirs  map[string][]string // names in each directory, sorted
}

// New is the file system of files. A path that no fs.FS may hold, such as one with "..", is
// left out.
func New(files map[string]File) *FS {
	f := &FS{files: map[string]File{}, dirs: map[string][]string{".": nil}}
	for name, file := range files {
		if fs.ValidPath(name) && name != "." {
			f.files[name] = file
			f.enter(name)
		}
	}
	for name := range f.dirs {
		delete(f.files, name) // no file is a directory too
		slices.Sort(f.dirs[name])
		f.dirs[name] = slices.Compact(f.dirs[name])
	}
	return f
}

// enter puts a name into its directory, and that into its own.
func (f *FS) enter(name string) {
	for name != "." {
		dir := path.Dir(name)
		known := f.dirs[dir] != nil
		f.dirs[dir] = append(f.dirs[dir], path.Base(name))
		if known {
			return
		}
		name = dir
	}
}

// Open opens a file or a directory.
func (f *FS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if names, ok := f.dirs[name]; ok {
		return &openDir{info: info{name: path.Base(name), mode: fs.ModeDir | 0o555}, fsys: f, path: name, rest: names}, nil
	}
	if file, ok := f.files[name]; ok {
		return &openFile{SectionReader: io.NewSectionReader(file, 0, file.Size), info: info{path.Base(name), file.Size, 0o444}}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// An info is a file's own. Nobody asks when it was dropped.
type info struct {
	name string
	size int64
	mode fs.FileMode
}

func (i info) Name() string               { return i.name }
func (i info) Size() int64                { return i.size }
func (i info) Mode() fs.FileMode          { return i.mode }
func (i info) Type() fs.FileMode          { return i.mode.Type() }
func (i info) ModTime() time.Time         { return time.Time{} }
func (i info) IsDir() bool                { return i.mode.IsDir() }
func (i info) Sys() any                   { return nil }
func (i info) Info() (fs.FileInfo, error) { return i, nil }

type openFile struct {
	*io.SectionReader
	info
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Size() int64                { return f.info.size }
func (f *openFile) Close() error               { return nil }

type openDir struct {
	info
	fsys *FS
	path string
	rest []string
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *openDir) Close() error               { return nil }

func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.path, Err: errors.New("is a directory")}
}

// ReadDir reads the next n names, all that are left when n is not positive.
func (d *openDir) ReadDir(n int) (entries []fs.DirEntry, err error) {
	if n > 0 && len(d.rest) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(d.rest) {
		n = len(d.rest)
	}
	for _, name := range d.rest[:n] {
		full := strings.TrimPrefix(path.Join(d.path, name), "./")
		if file, ok := d.fsys.files[full]; ok {
			entries = append(entries, info{name, file.Size, 0o444})
			continue
		}
		entries = append(entries, info{name: name, mode: fs.ModeDir | 0o555})
	}
	d.rest = d.rest[n:]
	return entries, nil
}
