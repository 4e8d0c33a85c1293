//go:build unix

package anchor

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock of a file unless somebody has it. Two openings of one file in a
// process are two holders.
func tryLock(at *os.File) (bool, error) {
	err := syscall.Flock(int(at.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return false, nil
	}
	return err == nil, err
}
