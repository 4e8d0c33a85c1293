package tests

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"countersign/cmd/countersign/demo"
	"countersign/cmd/countersign/stack"
	"countersign/ingress"
	"countersign/store"
	"countersign/worker"
)

// patience bounds every wait for a condition. It is generous: a machine under
// load makes a test slow, not red.
const patience = 2 * time.Minute

// program returns a program that `make build` has made. Without it the test is
// skipped, or fails where COUNTERSIGN_TEST_NO_SKIP says so.
func program(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("COUNTERSIGN_TEST_BIN")
	if dir == "" {
		dir = filepath.Join("..", "bin")
	}
	path, err := filepath.Abs(filepath.Join(dir, name))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		skip(t, "%v: run `make build` first", err)
	}
	return path
}

// skip leaves a test out, unless nothing may be left out.
func skip(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("COUNTERSIGN_TEST_NO_SKIP") != "" {
		t.Fatalf("would be skipped, and COUNTERSIGN_TEST_NO_SKIP is set: "+format, args...)
	}
	t.Skipf(format, args...)
}

// site is a running stack with what the tests look at it through. Ingress and
// worker are processes of their own.
type site struct {
	*demo.World
	t     *testing.T
	stack *stack.Stack
}

type options = stack.Config

// newSite starts Temporal and the sandbox. Nothing decides yet.
func newSite(t *testing.T, change ...func(*options)) *site {
	t.Helper()
	ctx := t.Context()
	temporal, sandbox := program(t, "temporal"), program(t, "sandbox")
	dir := t.TempDir()
	cfg := options{
		Dir: dir, Temporal: temporal, Sandbox: sandbox, TimeScale: 600,
		ReconcileEvery: time.Hour, // what a webhook brings must not be brought by reconciliation
		Ready:          patience, Log: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&cfg)
	}
	s, err := stack.Start(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			showLogs(t, dir)
		}
		s.Stop()
	})
	t.Cleanup(func() { http.DefaultClient.CloseIdleConnections() })
	db, err := store.Open(ctx, filepath.Join(dir, "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c, err := worker.Dial(ctx, slog.New(slog.DiscardHandler), map[string]string{"TEMPORAL_ADDRESS": s.TemporalAddr, "TEMPORAL_NAMESPACE": stack.Namespace})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	w, err := demo.NewWorld(ctx, s, c, db, "http://"+s.IngressAddr+ingress.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return &site{World: w, t: t, stack: s}
}

// process is one of ours, to be killed.
type process struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	once sync.Once
}

// start runs a verb of the product as a process of its own, with the stack's
// configuration and the given variables over it.
func (s *site) start(verb string, environ ...string) *process {
	s.t.Helper()
	cmd, log, err := s.command(verb, environ...)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	p := &process{t: s.t, name: verb, cmd: cmd}
	s.t.Cleanup(p.kill)
	return p
}

// command is a verb of the product that is not started yet, and the file that it writes to.
func (s *site) command(verb string, environ ...string) (*exec.Cmd, *os.File, error) {
	log, err := os.OpenFile(filepath.Join(s.stack.Dir, verb+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(program(s.t, "countersign"), verb, "--config", s.stack.ConfigFile)
	cmd.Env = append(os.Environ(), environ...)
	cmd.Stdout, cmd.Stderr = log, log
	return cmd, log, nil
}

// startWorker starts a worker and waits until it has reached Temporal: one that does
// not find it ends, and is its supervisor's to start again.
func (s *site) startWorker(environ ...string) *process {
	s.t.Helper()
	p := s.start("worker", environ...)
	waitFor(s.t, "a started worker", func(context.Context) error {
		log, err := os.ReadFile(filepath.Join(s.stack.Dir, "worker.log"))
		if err == nil && !bytes.Contains(log, []byte(`"msg":"worker started"`)) {
			err = errors.New("not yet")
		}
		return err
	})
	return p
}

// startIngress starts an ingress and waits until it takes deliveries.
func (s *site) startIngress(environ ...string) *process {
	s.t.Helper()
	p := s.start("ingress", environ...)
	waitFor(s.t, "a ready ingress", func(ctx context.Context) error {
		return answers200(ctx, "http://"+s.stack.IngressAddr+"/readyz")
	})
	return p
}

func answers200(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, res.Status)
	}
	return nil
}

// kill is kill -9: the process gets to do nothing more.
func (p *process) kill() {
	p.once.Do(func() {
		if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			p.t.Errorf("kill %s: %v", p.name, err)
		}
		_ = p.cmd.Wait() // "signal: killed" is what was asked for
	})
}

// waitFor asks until the condition holds.
func waitFor(t *testing.T, what string, holds func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		err := holds(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("no %s within %s: %v", what, patience, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// happens waits for a signal of a fault.
func happens(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("no %s within %s", what, patience)
	}
}

func showLogs(t *testing.T, dir string) {
	logs, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	for _, path := range logs {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		t.Logf("== %s\n%s", filepath.Base(path), b[max(0, len(b)-3000):])
	}
}
