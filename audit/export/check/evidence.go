package check

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"countersign/audit/beside"
	"countersign/audit/export/bundle"
)

// Evidence counts what records name by its SHA-256 and do not hold, each thing once.
type Evidence struct {
	// Named are those that records name, and that lists name which are here; Here are those of
	// them that are in the export and are what their names say.
	Named int64 `json:"named"`
	Here  int64 `json:"here"`
	// Unnamed counts files in the export that no record that was read names.
	Unnamed int64 `json:"unnamed,omitempty"`
}

// maxList is the longest list of evidence that is read for what it names, in bytes.
const maxList = 64 << 20

// A gatherer looks for what records name.
type gatherer struct {
	o    *Opened
	r    *Report
	seen map[[32]byte]bool // whether it is here
}

func (o *Opened) gather(r *Report) *gatherer {
	r.Evidence = &Evidence{}
	return &gatherer{o: o, r: r, seen: map[[32]byte]bool{}}
}

// add looks for what a record names, and for what that names. What is not there is counted; what
// is there and is something else is a fault.
func (g *gatherer) add(named ...bundle.Named) error {
	for _, n := range named {
		if _, seen := g.seen[n.Digest]; seen {
			continue
		}
		g.r.Evidence.Named++
		here, inside, err := g.look(n)
		if err != nil {
			return err
		}
		if g.seen[n.Digest] = here; here {
			g.r.Evidence.Here++
		}
		for _, one := range inside {
			if err := g.add(bundle.Named{Name: one, Index: n.Index}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *gatherer) look(n bundle.Named) (here bool, inside []beside.Name, err error) {
	path := bundle.EvidencePath(n.String())
	f, err := g.o.fsys.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil, nil
	}
	if err != nil {
		return false, nil, err
	}
	defer f.Close()
	var list bytes.Buffer
	sum, to := sha256.New(), io.Discard
	if n.List {
		to = &limited{&list}
	}
	if _, err := io.Copy(io.MultiWriter(sum, to), f); err != nil {
		return false, nil, fmt.Errorf("read %s: %w", path, err)
	}
	if [32]byte(sum.Sum(nil)) != n.Digest {
		g.r.fault(n.Index, FileDiffers, "%s is not what the record names by that SHA-256", path)
		return false, nil, nil
	}
	return true, beside.Inside(list.Bytes()), nil
}

// limited takes as much as a list may have.
type limited struct{ *bytes.Buffer }

// Write takes everything, and keeps what there is room for.
func (l *limited) Write(p []byte) (int, error) {
	if room := maxList - l.Len(); room > 0 {
		l.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// end counts the files that nothing names.
func (g *gatherer) end() error {
	all, err := fs.ReadDir(g.o.fsys, bundle.EvidenceDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, f := range all {
		if n, ok := beside.Parse(f.Name()); !ok || !g.names(n) {
			g.r.Evidence.Unnamed++
		}
	}
	return nil
}

func (g *gatherer) names(n beside.Name) bool {
	_, named := g.seen[n.Digest]
	return named
}
