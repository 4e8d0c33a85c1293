package screening_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	verb "countersign/cmd/countersign/screening"
	"countersign/screening"
)

const (
	listed  = "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"
	scam    = "TA3941uFAvmVibSkQ6fMJXxmaSNovX86mz"
	nobodys = "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h"
)

// A coded error has an exit code, as the program's have.
type coded struct {
	code int
	err  error
}

func (c coded) Error() string { return fmt.Sprint(c.err) }

// run returns what a command line prints and its exit code.
func run(t *testing.T, asJSON bool, args ...string) (out string, code int) {
	t.Helper()
	cmd := verb.New(verb.Options{
		JSON: &asJSON, Usage: func(err error) error { return coded{2, err} }, Refused: func(err error) error { return coded{3, err} },
	})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var text strings.Builder
	cmd.SetOut(&text)
	cmd.SetErr(&text)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	var c coded
	switch {
	case err == nil:
		return text.String(), 0
	case errors.As(err, &c):
		return text.String() + c.Error(), c.code
	}
	return text.String() + err.Error(), 1
}

// file writes a screening file with two lists.
func file(t *testing.T, own string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"screening.json": `{"timeout":"1m","lists":[{"name":"own","format":"text","file":"own.txt","max_age":"24h"},
			{"name":"scams","format":"text","file":"scams.txt","max_age":"24h","verdict":"review"}]}`,
		"own.txt": own, "scams.txt": scam + " reported\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "screening.json")
}

func TestCheck(t *testing.T) {
	path := file(t, listed+" Lazarus \x1b[2J Group\n")
	for _, tt := range []struct {
		name, address string
		code          int
		want          []string
	}{
		{"clear", nobodys, 0, []string{"clear\n", "own", "scams"}},
		{"hit", strings.ToLower(listed), 3, []string{"hit\n", "own", "line 1", "Lazarus"}},
		{"review", scam, 3, []string{"review\n", "reported"}},
		{"malformed", listed[:41], 3, []string{"unknown\n", "not an address"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, code := run(t, false, "check", "--file", path, "--network", "Ethereum", tt.address)
			if code != tt.code || strings.Contains(out, "\x1b") {
				t.Errorf("exit code %d, want %d:\n%q", code, tt.code, out)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("%q\ndoes not say %q", out, want)
				}
			}
			out, code = run(t, true, "check", "--file", path, "--network", "Ethereum", tt.address)
			var r screening.Report
			if err := json.Unmarshal([]byte(strings.TrimSuffix(out, "<nil>")), &r); err != nil || code != tt.code || string(r.Verdict)+"\n" != tt.want[0] && tt.name != "malformed" {
				t.Errorf("%s, %v, exit code %d", out, err, code)
			}
		})
	}
}

func TestAListThatCannotBeReadIsShown(t *testing.T) {
	path := file(t, "# nothing yet\n")
	if out, code := run(t, false, "check", "--file", path, nobodys); code != 3 || !strings.Contains(out, "unknown\n") || !strings.Contains(out, "no addresses") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	out, code := run(t, false, "lists", "--file", path)
	if code != 3 || !strings.Contains(out, "not read") || !strings.Contains(out, "own: list refused: it has no addresses") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

func TestLists(t *testing.T) {
	path := file(t, listed+"\n")
	out, code := run(t, false, "lists", "--file", path)
	lines := strings.Split(out, "\n")
	if code != 0 || len(lines) != 4 || strings.Join(strings.Fields(lines[0]), " ") != "NAME KIND VERSION DIGEST ENTRIES AGE STATE" ||
		!strings.HasPrefix(lines[1], "own ") || !strings.HasSuffix(lines[1], " ready") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	out, code = run(t, true, "lists", "--file", path)
	var lists []screening.ListInfo
	if err := json.Unmarshal([]byte(out), &lists); err != nil || code != 0 || len(lists) != 2 || lists[0].Entries != 1 || len(lists[0].Digest) != 64 {
		t.Errorf("%s, %v, exit code %d", out, err, code)
	}
}

func TestWrongCommandLines(t *testing.T) {
	t.Setenv("COUNTERSIGN_SCREENING_FILE", "")
	for _, args := range [][]string{{"lists"}, {"check", nobodys}} {
		if out, code := run(t, false, args...); code != 2 || !strings.Contains(out, "--file") {
			t.Errorf("%q: exit code %d: %s", args, code, out)
		}
	}
	if out, code := run(t, false, "check", "--file", "none.json", nobodys); code != 3 || !strings.Contains(out, "none.json") {
		t.Errorf("exit code %d: %s", code, out)
	}
	t.Setenv("COUNTERSIGN_SCREENING_FILE", file(t, listed+"\n"))
	if out, code := run(t, false, "check", nobodys); code != 0 {
		t.Errorf("with the file in the environment: exit code %d: %s", code, out)
	}
}
