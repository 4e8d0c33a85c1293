package stack

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// A child is a process of ours. It dies with us, even by kill -9.
type child struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	err  error         // how, once done is closed
}

// stopGrace is how long a child may take to stop before it is killed.
const stopGrace = 10 * time.Second

// start runs a program with its output in dir/name.log.
func start(log *slog.Logger, dir, name, path string, args ...string) (*child, error) {
	out, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = orphanKiller()
	c := &child{name: name, cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel's parent-death signal follows the thread that started the
		// child: keep that thread for as long as the child lives.
		runtime.LockOSThread()
		defer out.Close()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		c.err = cmd.Wait()
		close(c.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	log.Debug("child started", "child", name, "pid", cmd.Process.Pid)
	return c, nil
}

// stop asks the process to end and waits; it kills what does not listen.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // gone already is as good
	select {
	case <-c.done:
	case <-time.After(stopGrace):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// ready waits until check succeeds. It fails early when the child ends, with the
// end of its log.
func (c *child) ready(ctx context.Context, dir string, check func(context.Context) error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-c.done:
			return fmt.Errorf("%s ended (%v) before it was ready: %s", c.name, c.err, logTail(dir, c.name))
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w (last answer: %w); see %s", c.name, context.Cause(ctx), err, filepath.Join(dir, c.name+".log"))
		case <-tick.C:
		}
	}
}

// logTail returns the last of a child's output, for an error message.
func logTail(dir, name string) string {
	f, err := os.Open(filepath.Join(dir, name+".log"))
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	const most = 1000
	if info, err := f.Stat(); err == nil && info.Size() > most {
		_, _ = f.Seek(-most, io.SeekEnd) // reading from the start is as true
	}
	b, _ := io.ReadAll(io.LimitReader(f, most))
	return string(b)
}
