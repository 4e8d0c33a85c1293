//go:build !unix

package anchor

import (
	"errors"
	"os"
)

// tryLock refuses: without flock two writers could not take turns.
func tryLock(*os.File) (bool, error) {
	return false, errors.New("file anchors need flock, which this system has not: use s3://")
}
