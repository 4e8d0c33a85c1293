package anchor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// file keeps the checkpoint in a file of its own. Readers see the old or the new one
// whole at any moment, whatever dies; writers take turns by a lock on a file beside it,
// which the system lets go of when a process ends.
type file struct{ path string }

func openFile(path string) (Anchor, error) {
	if rest, ok := strings.CutPrefix(path, "//"); ok {
		if path = rest; !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("%w: file://%s names a host, want file:/path", ErrURI, path)
		}
	}
	if !filepath.IsAbs(path) || strings.HasSuffix(path, "/") {
		return nil, fmt.Errorf("%w: file:%s, want the whole path of a file from / on", ErrURI, path)
	}
	f := &file{path: filepath.Clean(path)}
	dir, err := os.Stat(filepath.Dir(f.path))
	if err == nil && !dir.IsDir() {
		err = fmt.Errorf("%s is no directory", filepath.Dir(f.path))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: is its volume mounted? Make its directory once, on the volume: %w", ErrURI, f, err)
	}
	if at, err := os.Lstat(f.path); err == nil && !at.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is no plain file", ErrURI, f)
	}
	return f, nil
}

func (f *file) String() string { return "file:" + f.path }

// Load reads the file.
func (f *file) Load(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	at, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		// Of a volume that went away no file is left either.
		if _, err := os.Stat(filepath.Dir(f.path)); err != nil {
			return nil, fmt.Errorf("%w: %w: is the volume mounted?", ErrStore, err)
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStore, err)
	}
	defer at.Close()
	content, err := io.ReadAll(io.LimitReader(at, maxContent+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrStore, err)
	case len(content) == 0:
		return nil, fmt.Errorf("%w: %s is empty, which no anchor writes: put back what it held, or remove it when people have found that the log is whole", ErrStore, f)
	case len(content) > maxContent:
		return nil, fmt.Errorf("%w: %s is longer than %d bytes: it is no anchor's", ErrStore, f, maxContent)
	}
	return content, nil
}

// Swap writes a new file beside the old one and puts it in its place. Before it returns
// both the content and the name are on the disk.
func (f *file) Swap(ctx context.Context, old, new []byte) error {
	if err := swappable(new); err != nil {
		return err
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	kept, err := f.Load(ctx)
	switch {
	case err != nil:
		return err
	case bytes.Equal(kept, new):
		return f.syncDir() // a process that died may have left the name in memory only
	case !bytes.Equal(kept, old):
		return fmt.Errorf("%s: %w", f, ErrMoved)
	}
	if err := f.replace(new); err != nil {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	return nil
}

func (f *file) replace(content []byte) error {
	// One name for the unfinished file: the lock is held, and a crash leaves one at most.
	temp := f.path + ".new"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	to, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) // checkpoints are public
	if err != nil {
		return err
	}
	_, err = to.Write(content)
	if err = errors.Join(err, to.Sync(), to.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp, f.path); err != nil {
		return err
	}
	return f.syncDir()
}

func (f *file) syncDir() error {
	dir, err := os.Open(filepath.Dir(f.path))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	return nil
}

// lockPause is how long a writer waits before it asks for the lock again.
const lockPause = 2 * time.Millisecond

// lock waits for the lock, as long as the context lets it. The lock's file stays: were it
// removed, two writers could hold locks on two files of one name.
func (f *file) lock(ctx context.Context) (unlock func(), err error) {
	at, err := os.OpenFile(f.path+".lock", os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("%w: %w: the anchor's directory must be writable", ErrStore, err)
	}
	for {
		got, err := tryLock(at)
		if got {
			return func() { _ = at.Close() }, nil // which lets go of the lock
		}
		if err != nil {
			return nil, fmt.Errorf("%w: lock %s.lock: %w", ErrStore, f.path, errors.Join(err, at.Close()))
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %s.lock is held by another process: %w", ErrStore, f.path, errors.Join(ctx.Err(), at.Close()))
		case <-time.After(lockPause):
		}
	}
}
