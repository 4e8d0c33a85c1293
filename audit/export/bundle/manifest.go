package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"

	"countersign/audit/ocsf"
)

// ErrExport means that something is not an export, or not a whole one.
var ErrExport = errors.New("not an export")

// The forms of exports. Wire format.
const (
	Form          = "countersign-bundle-v1"
	SelectionForm = "countersign-selection-v1"
)

// OCSFForm names the OCSF events of a bundle. It gets another number whenever package ocsf
// makes another event of a record than before.
const OCSFForm = "ocsf-1.8.0-v3"

// MaxManifest is the longest manifest that is read, in bytes.
const MaxManifest = 8 << 20

// A Manifest says what belongs to an export. Nobody signs it: it tells a whole export from
// a part of one, and a copy from a damaged copy. What counts is signed elsewhere.
type Manifest struct {
	// Form is [Form] or [SelectionForm].
	Form   string `json:"form"`
	Origin string `json:"origin"`
	// From and To bound the indexes: From <= index < To. Root is that of the tree at To.
	From int64  `json:"from"`
	To   int64  `json:"to"`
	Root string `json:"root"`
	// Records counts those in the export, Checkpoints those in the file of all of them.
	Records     int64 `json:"records"`
	Checkpoints int64 `json:"checkpoints"`
	// Export is the index of the record, export.made, that says that it was exported; 0 where
	// whoever exported has not said.
	Export int64 `json:"export_index,omitempty"`
	// Evidence counts what records name by its SHA-256 and what of that is in the export; it is
	// missing where evidence was not asked for. Its files are not among Files: each is what its
	// name says.
	Evidence *Evidence `json:"evidence,omitempty"`
	// OCSF names how the OCSF events were made; a verifier that makes them otherwise does not
	// compare them. Product is who says it in them.
	OCSF    string  `json:"ocsf,omitempty"`
	Product Product `json:"product"`
	// Files are those that the tree does not cover, by name.
	Files []File `json:"files"`
}

// Evidence counts what is kept beside the trail, each thing once.
type Evidence struct {
	// Named are those that records name, and lists that they name; Files are those of them that
	// were there to be exported.
	Named int64 `json:"named"`
	Files int64 `json:"files"`
}

// A Product names the program that has exported.
type Product struct {
	Name    string `json:"name"`
	Vendor  string `json:"vendor"`
	Version string `json:"version,omitempty"`
}

// A File is one of an export.
type File struct {
	Name string `json:"name"`
	// Size is in bytes, SHA256 in lower-case hex.
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// OrDefault is the product with the names that it leaves empty.
func (p Product) OrDefault() Product {
	if p.Name == "" {
		p.Name = "countersign"
	}
	if p.Vendor == "" {
		p.Vendor = "countersign"
	}
	return p
}

// Teller is who says it in the OCSF events.
func (m Manifest) Teller() ocsf.Product {
	return ocsf.Product{Name: m.Product.Name, Vendor: m.Product.Vendor, Version: m.Product.Version, Origin: m.Origin}
}

// File is the entry of a name; ok says whether there is one.
func (m Manifest) File(name string) (f File, ok bool) {
	i := slices.IndexFunc(m.Files, func(f File) bool { return f.Name == name })
	if i < 0 {
		return f, false
	}
	return m.Files[i], true
}

// plainName reports whether a manifest may name a file so.
func plainName(name string) bool {
	return fs.ValidPath(name) && name != "." && len(name) <= 200 && !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == '\\' })
}

// ParseManifest reads what a stranger has written.
func ParseManifest(text []byte) (m Manifest, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return m, fmt.Errorf("%w: %s is no manifest: %v", ErrExport, ManifestFile, err)
	}
	again, err := Marshal(m)
	switch {
	case err != nil || !bytes.Equal(again, text):
		return m, fmt.Errorf("%w: %s was changed after it was written, if only in its spaces, line ends, member names or what follows: ask for the export again", ErrExport, ManifestFile)
	case m.Form != Form && m.Form != SelectionForm:
		return m, fmt.Errorf("%w: form %.60q, want %s or %s: a newer program may read it", ErrExport, m.Form, Form, SelectionForm)
	case m.From < 0 || m.To < m.From || m.Export < 0:
		return m, fmt.Errorf("%w: %s says from %d to %d, exported by record %d", ErrExport, ManifestFile, m.From, m.To, m.Export)
	}
	named := map[string]bool{}
	for _, f := range m.Files {
		if !plainName(f.Name) || named[f.Name] {
			return m, fmt.Errorf("%w: %s names the file %.80q: want each file once, by a plain path within the export", ErrExport, ManifestFile, f.Name)
		}
		named[f.Name] = true
	}
	return m, nil
}
