package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"countersign/worker"
	"countersign/workflows"

	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Namespace is where the dev server runs our workflows.
const Namespace = "default"

// retention is how long a closed workflow is remembered. The dev server's own is
// 24 hours; after it REJECT_DUPLICATE forgets, and a webhook may be retried for
// as long as that.
const retention = 30 * 24 * time.Hour

// FindTemporal returns the temporal program to use: one on PATH of version 1.5 or
// newer, else bin/temporal beside this program.
func FindTemporal(ctx context.Context) (string, error) {
	if path, err := exec.LookPath("temporal"); err == nil && newEnough(ctx, path) {
		return path, nil
	}
	path, err := beside("temporal")
	if err != nil {
		return "", fmt.Errorf("no temporal of 1.5 or newer on PATH, and %w: run `make tools`", err)
	}
	return path, nil
}

// FindSandbox returns the sandbox program beside this one.
func FindSandbox() (string, error) {
	path, err := beside("sandbox")
	if err != nil {
		return "", fmt.Errorf("%w: run `make build`", err)
	}
	return path, nil
}

func beside(name string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("no %s beside this program", name)
	}
	return path, nil
}

var version = regexp.MustCompile(`version (\d+)\.(\d+)\.`)

func newEnough(ctx context.Context, path string) bool {
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	m := version.FindSubmatch(out)
	if err != nil || m == nil {
		return false
	}
	major, _ := strconv.Atoi(string(m[1])) // digits by the expression
	minor, _ := strconv.Atoi(string(m[2]))
	return major > 1 || (major == 1 && minor >= 5)
}

// StartTemporal starts the dev server on the stack's database and waits for it.
// It is exported for tests that kill it and start it again.
func (s *Stack) StartTemporal(ctx context.Context) error {
	host, port, err := net.SplitHostPort(s.TemporalAddr)
	if err != nil {
		return err
	}
	_, uiPort, err := net.SplitHostPort(s.UIAddr)
	if err != nil {
		return err
	}
	args := []string{
		"server", "start-dev", "--ip", host, "--port", port, "--ui-port", uiPort, "--log-level", "warn",
		"--namespace", Namespace, "--db-filename", filepath.Join(s.Dir, "temporal.db"),
		// 3 to 6 times the throughput of the defaults: temporal.md §0.10.
		"--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal",
		"--dynamic-config-value", "matching.numTaskqueueReadPartitions=1",
		"--dynamic-config-value", "matching.numTaskqueueWritePartitions=1",
	}
	for _, name := range workflows.SearchAttributes() {
		args = append(args, "--search-attribute", name+"=Keyword")
	}
	if s.temporal, err = start(s.Log, s.Dir, "temporal", s.Temporal, args...); err != nil {
		return err
	}
	return s.temporal.ready(ctx, s.Dir, s.prepareNamespace)
}

// KillTemporal ends the dev server as a crash would.
func (s *Stack) KillTemporal() error {
	if s.temporal == nil {
		return errors.New("temporal is not running")
	}
	err := s.temporal.cmd.Process.Kill()
	<-s.temporal.done
	return err
}

func (s *Stack) prepareNamespace(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, client.Options{HostPort: s.TemporalAddr, Namespace: Namespace, Logger: quiet{}})
	if err != nil {
		return err
	}
	defer c.Close()
	if err := worker.EnsureSearchAttributes(ctx, c, Namespace); err != nil {
		return err
	}
	_, err = c.WorkflowService().UpdateNamespace(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: Namespace,
		Config:    &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(retention)},
	})
	return err
}

// quiet keeps the SDK from logging each try while the server starts.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
