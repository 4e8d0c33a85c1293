package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"countersign/audit/export/bundle"
)

// ErrOther means that the directory of an export holds something else. Choose another, or
// remove what is there.
var ErrOther = errors.New("the directory holds something else than this export")

// tempPrefix begins the names of files that are not whole yet.
const tempPrefix = ".tmp-"

// A dir is the directory of a bundle that is being written. A file is there whole or not
// at all, and the manifest when all others are.
type dir struct {
	root string
	// made are the files that an earlier run has finished, as it noted them: its progress.
	made progress
	// touched are the directories whose names must be on the disk before the manifest.
	touched map[string]bool
}

// progress is what an export that was stopped leaves for the next run. Bundle has no files
// but the finished ones.
type progress struct {
	Bundle bundle.Manifest `json:"bundle"`
	// Checkpoint and From are the notes, Policy the file: with them the range is the same.
	Checkpoint []byte `json:"checkpoint"`
	From       []byte `json:"from"`
	Policy     []byte `json:"policy"`
}

// openDir makes the directory, or finds what an earlier run has left in it.
func openDir(root string) (*dir, error) {
	d := &dir{root: root, touched: map[string]bool{}}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("make the directory of the export: %w", err)
	}
	text, err := os.ReadFile(d.path(bundle.ProgressFile))
	if errors.Is(err, fs.ErrNotExist) {
		return d, d.adopt()
	}
	if err == nil {
		err = json.Unmarshal(text, &d.made)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrOther, d.path(bundle.ProgressFile), err)
	}
	return d, nil
}

// adopt takes a finished bundle up as one that was stopped at its end: nothing of it is
// written again that is whole.
func (d *dir) adopt() error {
	names, err := os.ReadDir(d.root)
	if err != nil || len(names) == 0 {
		return err
	}
	text, err := os.ReadFile(d.path(bundle.ManifestFile))
	if err != nil {
		return fmt.Errorf("%w: %s is not empty, and has no %s", ErrOther, d.root, bundle.ManifestFile)
	}
	m, err := bundle.ParseManifest(text)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrOther, err)
	}
	d.made.Bundle = m
	for name, into := range map[string]*[]byte{bundle.CheckpointFile: &d.made.Checkpoint, bundle.FromFile: &d.made.From, bundle.PolicyFile: &d.made.Policy} {
		if *into, err = os.ReadFile(d.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read what is exported already: %w", err)
		}
	}
	return nil
}

// begun reports whether an earlier run has begun here.
func (d *dir) begun() bool { return d.made.Bundle.Form != "" }

// begin notes what is being exported. From here on no manifest is there until the end.
func (d *dir) begin(p progress) error {
	if d.begun() {
		was := d.made
		was.Bundle.Files, was.Bundle.Records, was.Bundle.Checkpoints, was.Bundle.Export = nil, p.Bundle.Records, p.Bundle.Checkpoints, p.Bundle.Export
		if was.Bundle.Evidence != nil {
			was.Bundle.Evidence = &bundle.Evidence{}
		}
		a, err1 := json.Marshal(was)
		b, err2 := json.Marshal(p)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if !bytes.Equal(a, b) {
			return fmt.Errorf("%w: in %s is a bundle from %d to %d of %.80q, or with another policy or product, or other evidence", ErrOther, d.root, was.Bundle.From, was.Bundle.To, was.Bundle.Origin)
		}
		p.Bundle.Files = d.made.Bundle.Files
	}
	d.made = p
	if err := d.note(); err != nil {
		return err
	}
	if err := os.Remove(d.path(bundle.ManifestFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return d.sync(".")
}

func (d *dir) note() error {
	text, err := json.Marshal(d.made)
	if err != nil {
		return err
	}
	_, err = d.write(bundle.ProgressFile, text)
	return err
}

func (d *dir) path(name string) string { return filepath.Join(d.root, filepath.FromSlash(name)) }

// write puts a file in its place, unless the same is there.
func (d *dir) write(name string, data []byte) (bundle.File, error) {
	sum := sha256.Sum256(data)
	f := bundle.File{Name: name, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
	if info, err := os.Stat(d.path(name)); err == nil && info.Size() == f.Size {
		if there, err := os.ReadFile(d.path(name)); err == nil && bytes.Equal(there, data) {
			return f, nil
		}
	}
	t, err := d.create(name)
	if err != nil {
		return f, err
	}
	if _, err := t.Write(data); err != nil {
		t.abandon()
		return f, fmt.Errorf("write %s: %w", name, err)
	}
	return t.finish()
}

// kept is a file that an earlier run has finished and that is still as it was.
func (d *dir) kept(name string) (bundle.File, bool) {
	f, ok := d.made.Bundle.File(name)
	if !ok {
		return f, false
	}
	in, err := os.Open(d.path(name))
	if err != nil {
		return f, false
	}
	defer in.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, in)
	return f, err == nil && n == f.Size && hex.EncodeToString(sum.Sum(nil)) == f.SHA256
}

// finished notes that a file is whole, for the run after a kill.
func (d *dir) finished(files ...bundle.File) error {
	for _, f := range files {
		d.made.Bundle.Files = slices.DeleteFunc(d.made.Bundle.Files, func(o bundle.File) bool { return o.Name == f.Name })
		d.made.Bundle.Files = append(d.made.Bundle.Files, f)
	}
	return d.note()
}

// seal writes the manifest, when everything else is on the disk, and clears up.
func (d *dir) seal(m bundle.Manifest) error {
	text, err := bundle.Marshal(m)
	if err != nil {
		return err
	}
	err = filepath.WalkDir(d.root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(e.Name(), tempPrefix) {
			err = os.Remove(path)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("clear up what an earlier run has left: %w", err)
	}
	for name := range d.touched {
		if err := d.sync(name); err != nil {
			return err
		}
	}
	if _, err := d.write(bundle.ManifestFile, text); err != nil {
		return err
	}
	if err := os.Remove(d.path(bundle.ProgressFile)); err != nil {
		return err
	}
	return d.sync(".")
}

// sync puts the names of a directory on the disk.
func (d *dir) sync(name string) error {
	f, err := os.Open(d.path(name))
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// A temp is a file on its way to its place.
type temp struct {
	summed
	file *os.File
	dir  *dir
	name string
}

func (d *dir) create(name string) (*temp, error) {
	parent := filepath.Dir(d.path(name))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, err
	}
	for at := filepath.Dir(filepath.FromSlash(name)); !d.touched[at]; at = filepath.Dir(at) {
		d.touched[at] = true
	}
	f, err := os.CreateTemp(parent, tempPrefix+"*")
	if err != nil {
		return nil, err
	}
	return &temp{summed: summed{to: f, hash: sha256.New()}, file: f, dir: d, name: name}, nil
}

// finish puts the file in its place.
func (t *temp) finish() (bundle.File, error) {
	err := errors.Join(t.file.Chmod(0o644), t.file.Sync(), t.file.Close())
	if err == nil {
		err = os.Rename(t.file.Name(), t.dir.path(t.name))
	}
	if err != nil {
		t.abandon()
		return bundle.File{}, fmt.Errorf("write %s: %w", t.name, err)
	}
	return bundle.File{Name: t.name, Size: t.size, SHA256: hex.EncodeToString(t.hash.Sum(nil))}, nil
}

func (t *temp) abandon() {
	_ = t.file.Close()
	_ = os.Remove(t.file.Name())
}
