package conformance_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// versions are the SDKs: the newest and the oldest that we answer. The newest comes first,
// because the golden files of the other say only where it differs.
var versions = []string{"0.8.21", "0.8.3"}

// patience bounds a group of calls; the groups bound their own waits more tightly.
const patience = 3 * time.Minute

func TestTheSDKRunsUnmodified(t *testing.T) {
	groups := scripts(t)
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			needs(t, version)
			for _, group := range groups {
				t.Run(group, func(t *testing.T) {
					t.Parallel()
					s := serve(t, switches[group]...)
					args := []string{"run.mjs", version, group}
					if *update {
						args = append(args, "--update")
					}
					node(t, s.world(), args...)
				})
			}
		})
	}
}

// TestAnswersAreOfTheSDKsTypes has the TypeScript compiler hold what the golden files say was
// answered against the types that the newest SDK declares, members that it does not know
// included.
func TestAnswersAreOfTheSDKsTypes(t *testing.T) {
	scripts(t)
	needs(t, "0.8.21")
	node(t, nil, "types.mjs")
}

// TestEveryMethodIsCalledOrRefused has every method of the SDK that no group calls refused
// with 501, by name.
func TestEveryMethodIsCalledOrRefused(t *testing.T) {
	scripts(t)
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			needs(t, version)
			node(t, serve(t).world(), "unserved.mjs", version)
		})
	}
}

// needs is Node and the packages of one SDK.
func needs(t *testing.T, version string) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "no node: install nodejs")
	}
	if _, err := os.Stat(filepath.Join("sdk", version, "node_modules", "@dfns", "sdk")); errors.Is(err, fs.ErrNotExist) {
		missing(t, "no SDK: run `make vectors`")
	}
}

// scripts names the groups of calls. Whatever the scripts read is looked at here too, so that
// a result in Go's test cache is not taken for that of other scripts.
func scripts(t *testing.T) (groups []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return err
		}
		if filepath.Dir(path) == "groups" && d.Name() != "held.mjs" { // sandbox/sdk_test.go serves that one
			groups = append(groups, strings.TrimSuffix(d.Name(), ".mjs"))
		}
		_, err = os.ReadFile(path)
		return err
	})
	if err != nil || len(groups) == 0 {
		t.Fatalf("no groups of calls: %v", err)
	}
	return groups
}

// missing skips a test that cannot run here, or fails it where none may be skipped.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("COUNTERSIGN_TEST_NO_SKIP") != "" {
		t.Fatalf("would be skipped, and COUNTERSIGN_TEST_NO_SKIP is set: %s", what)
	}
	t.Skip(what)
}

// node runs one of our scripts with a world on its standard input.
func node(t *testing.T, world any, args ...string) {
	t.Helper()
	text, err := json.Marshal(world)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", args...)
	cmd.Stdin = bytes.NewReader(text)
	stop := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() }) // its end is reported below
	defer stop.Stop()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("node %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
