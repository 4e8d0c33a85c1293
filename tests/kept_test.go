package tests

import (
	"context"
	"os/exec"
	"sync"
	"time"
)

// kept is a process of ours that is started again whenever it ends, as its supervisor does.
type kept struct {
	s    *site
	verb string

	mu  sync.Mutex
	cmd *exec.Cmd
}

// keep starts a verb of the product and keeps it running until the test ends.
func (s *site) keep(verb string) *kept {
	s.t.Helper()
	k := &kept{s: s, verb: verb}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { k.run(ctx) })
	s.t.Cleanup(func() {
		cancel()
		k.kill()
		done.Wait()
	})
	return k
}

// restartAfter is how long a supervisor waits, so that what cannot start takes no processor.
const restartAfter = 100 * time.Millisecond

func (k *kept) run(ctx context.Context) {
	for ctx.Err() == nil {
		if cmd := k.start(ctx); cmd != nil {
			_ = cmd.Wait() // however it ended, it is started again
		}
		select {
		case <-ctx.Done():
		case <-time.After(restartAfter):
		}
	}
}

// start starts the process, unless it is to run no more.
func (k *kept) start(ctx context.Context) *exec.Cmd {
	k.mu.Lock()
	defer k.mu.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	cmd, log, err := k.s.command(k.verb)
	if err != nil {
		k.s.t.Errorf("start %s: %v", k.verb, err)
		return nil
	}
	defer log.Close()
	if err := cmd.Start(); err != nil {
		k.s.t.Errorf("start %s: %v", k.verb, err)
		return nil
	}
	k.cmd = cmd
	return cmd
}

// kill is kill -9 of the process that runs now.
func (k *kept) kill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cmd != nil {
		_ = k.cmd.Process.Kill() // it may have ended already
	}
}
