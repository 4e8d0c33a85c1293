//go:build unix

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lock says that a process serves a data directory. The kernel releases it when
// the process ends, however it ends.
type lock struct{ file *os.File }

// acquire locks dir, making it if needed, or says that someone else has it.
func acquire(dir string) (*lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making data directory: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "sandbox.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another process serves %s: %w", dir, err), file.Close())
	}
	return &lock{file}, nil
}

func (l *lock) release() error { return l.file.Close() }
