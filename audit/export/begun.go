package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"countersign/audit/export/bundle"
)

// A Begun is what an earlier run has left of a bundle.
type Begun struct {
	// Manifest is what it says of itself, with the files that are finished; its Form is empty
	// where nothing was begun.
	Manifest bundle.Manifest
	// Finished says that the run had come to its end, and Whole that every file which the
	// manifest names or counts is still as it was then. Records and tiles are not looked at.
	Finished, Whole bool
}

// Look reads what an earlier run has left in a directory, and changes nothing. A directory
// that holds something else is [ErrOther].
func Look(root string) (b Begun, err error) {
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	d, err := openDir(root)
	if err != nil || !d.begun() {
		return b, err
	}
	b.Manifest = d.made.Bundle
	_, err = os.Stat(d.path(bundle.ProgressFile))
	if b.Finished = errors.Is(err, fs.ErrNotExist); err != nil && !b.Finished {
		return b, fmt.Errorf("read what is exported already: %w", err)
	}
	b.Whole = b.Finished
	for _, f := range b.Manifest.Files {
		if !b.Whole {
			break
		}
		_, b.Whole = d.kept(f.Name)
	}
	if b.Whole {
		b.Whole, err = d.whole(b.Manifest.Evidence)
		return b, err
	}
	return b, nil
}
