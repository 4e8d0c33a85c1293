package sandbox_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"countersign/sandbox"
)

// TestTheSDKTakesBackWhatIsUnderWay runs the one group of tests/conformance that needs what
// only Go can do here: pause the signing of requests, and hold transactions unmined.
func TestTheSDKTakesBackWhatIsUnderWay(t *testing.T) {
	scripts := filepath.Join("..", "tests", "conformance")
	for _, version := range []string{"0.8.21", "0.8.3"} {
		t.Run(version, func(t *testing.T) {
			needsNode(t, filepath.Join(scripts, "sdk", version, "node_modules", "@dfns", "sdk"))
			w := newWorld(t, 1)
			input := map[string]any{"base": w.env.BaseURL, "control": w.controls(t)}
			for _, name := range []string{"admin", "alice", "bob"} {
				env, err := sandbox.ReadEnv(w.dir, name)
				if err != nil {
					t.Fatal(err)
				}
				input[name] = env
			}
			args := []string{"run.mjs", version, "held"}
			if *update {
				args = append(args, "--update")
			}
			cmd := exec.CommandContext(t.Context(), "node", args...)
			cmd.Dir = scripts
			cmd.Stdin = bytes.NewReader(encode(t, input))
			stop := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() }) // its end is reported below
			defer stop.Stop()
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("node %v: %v\n%s", args, err, out)
			}
		})
	}
}

// controls is an HTTP server by which the script does what a Go test could.
func (w *world) controls(t *testing.T) string {
	mux := http.NewServeMux()
	for path, do := range map[string]func(){
		"POST /hold":    func() { w.chain().HoldFrom(common.HexToAddress(w.env.TreasuryAddress)) },
		"POST /release": func() { w.chain().Release() },
		"POST /pause":   func() { w.server.Settler().Pause(true) },
		"POST /resume":  func() { w.server.Settler().Pause(false) },
	} {
		mux.HandleFunc(path, func(http.ResponseWriter, *http.Request) { do() })
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// needsNode skips a test without Node or its packages, or fails it where none may be skipped.
func needsNode(t *testing.T, packages string) {
	t.Helper()
	_, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(packages)
	}
	if err == nil {
		return
	}
	if os.Getenv("COUNTERSIGN_TEST_NO_SKIP") != "" {
		t.Fatalf("would be skipped, and COUNTERSIGN_TEST_NO_SKIP is set: %v: run `make vectors`", err)
	}
	t.Skipf("%v: run `make vectors`", err)
}
