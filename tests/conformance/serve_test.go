package conformance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// switches are those that a group of calls needs of `sandbox serve`. Retries of webhooks
// come after a tenth of a second.
var switches = map[string][]string{
	"webhooks":  {"--time-scale", "600"},
	"limits":    {"--rate-limit", "20"},
	"seednames": {"--seed-names"},

	"registering": {"--control-listen", "127.0.0.1:0"}, // where the mail lies
}

// sandbox is one that serves a directory of its own until the test ends.
type sandbox struct {
	t    *testing.T
	path string
	dir  string
}

// program is bin/sandbox, which `make build` has made.
func program(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("COUNTERSIGN_TEST_BIN")
	if dir == "" {
		dir = filepath.Join("..", "..", "bin")
	}
	path, err := filepath.Abs(filepath.Join(dir, "sandbox"))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		missing(t, "no bin/sandbox: run `make build` first")
	}
	return path
}

func serve(t *testing.T, flags ...string) *sandbox {
	t.Helper()
	s := &sandbox{t: t, path: program(t), dir: t.TempDir()}
	log := &bytes.Buffer{}
	cmd := exec.Command(s.path, append([]string{"serve", "--data", s.dir, "--listen", "127.0.0.1:0", "--rpc-listen", "127.0.0.1:0"}, flags...)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		err := <-ended
		if t.Failed() {
			t.Logf("the sandbox ended: %v\n%s", err, log)
		}
	})
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if env, err := s.env("admin"); err == nil && healthy(env["DFNS_BASE_URL"]) {
			return s
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the sandbox ended: %v", err)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("the sandbox never became ready")
		}
	}
}

func healthy(base string) bool {
	resp, err := http.Get(base + "/healthz")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// env is what `sandbox env` prints for a human.
func (s *sandbox) env(name string) (env map[string]string, err error) {
	out, err := exec.Command(s.path, "env", "--data", s.dir, "--as", name, "--json").Output()
	return env, errors.Join(err, json.Unmarshal(out, &env))
}

// world is what the scripts need to know.
func (s *sandbox) world() map[string]any {
	s.t.Helper()
	w := map[string]any{"dir": s.dir}
	for _, name := range []string{"admin", "alice", "bob"} {
		env, err := s.env(name)
		if err != nil {
			s.t.Fatal(err)
		}
		w[name], w["base"] = env, env["DFNS_BASE_URL"]
	}
	return w
}
