package tests

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// cli runs the program without any configuration of the shell's.
func cli(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(program(t, "countersign"), args...)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "COUNTERSIGN_") && !strings.HasPrefix(kv, "TEMPORAL_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

const (
	mintSig  = "mint(address to,uint256 amount)"
	mintData = "0x40c10f19" +
		"0000000000000000000000001111111111111111111111111111111111111111" +
		"000000000000000000000000000000000000000000000000000000003b9aca00"
)

func TestCommandLine(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.env")
	for _, tt := range []struct {
		name   string
		stdin  string
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{"nothing prints help", "", nil, 0, "Available Commands", ""},
		{"an unknown verb is wrong usage", "", []string{"frobnicate"}, 2, "", "unknown command"},
		{"an unknown flag is wrong usage", "", []string{"dev", "--fast"}, 2, "", "unknown flag: --fast"},
		{"a missing argument is wrong usage", "", []string{"audit", "show"}, 2, "", "INDEX|KEY|APPROVAL"},
		{"too many arguments are wrong usage", "", []string{"version", "now"}, 2, "", "version"},
		{"a group prints its help", "", []string{"audit"}, 0, "verify", ""},
		{"a wrong log level", "", []string{"audit", "list", "--log-level", "loud"}, 2, "", "--log-level"},
		{"version", "", []string{"version"}, 0, "countersign ", ""},
		{"decode reads", "", []string{"decode", "--function", mintSig, mintData}, 0, "uint256 amount = 1000000000", ""},
		{"decode reads standard input", mintData + "\n", []string{"decode", "--function", mintSig, "-"}, 0, "mint(address,uint256)", ""},
		{"decode refuses", "", []string{"decode", "--function", mintSig, mintData + "00"}, 3, "", "trailing_bytes at byte 68"},
		{"decode refuses in JSON", "", []string{"decode", "--json", "--function", mintSig, mintData + "00"}, 3, `"code": "trailing_bytes"`, ""},
		{"decode without an ABI", "", []string{"decode", mintData}, 2, "", "--abi or --function"},
		{"decode with both", "", []string{"decode", "--abi", "x", "--function", mintSig, mintData}, 2, "", "not both"},
		{"decode with a wrong signature", "", []string{"decode", "--function", "mint(uint to)", mintData}, 2, "", `type "uint", want uint8 to uint256`},
		{"decode of what is no hex", "", []string{"decode", "--function", mintSig, "0xzz"}, 2, "", "call data"},
		{"config check names every mistake", "", []string{"config", "check"}, 3, "", "COUNTERSIGN_ISSUER: is required"},
		{"config check of an unknown role", "", []string{"config", "check", "--role", "boss"}, 2, "", `"boss"`},
		{"config file that is not there", "", []string{"--config", missing, "worker"}, 3, "", "none.env"},
		{"worker without configuration", "", []string{"worker"}, 3, "", "COUNTERSIGN_DFNS_KEY_FILE: is required"},
		{"ingress without a secret refuses to start", "", []string{"ingress"}, 3, "", "COUNTERSIGN_WEBHOOK_SECRET_FILE: is required"},
		{"audit of a trail that is not there", "", []string{"audit", "list"}, 1, "", "no trail at var/countersign.db"},
		{"audit with a wrong date", "", []string{"audit", "list", "--since", "yesterday"}, 2, "", "2026-05-01"},
		{"approvals with a wrong verdict", "", []string{"approvals", "list", "--verdict", "maybe"}, 2, "", "approve, reject or abstain"},
		{"approvals of what is no ID", "", []string{"approvals", "show", "a/b"}, 2, "", "not an ID"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := cli(t, tt.stdin, tt.args...)
			if code != tt.code || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("exit %d, want %d\nstdout %q, want %q in it\nstderr %q, want %q in it", code, tt.code, stdout, tt.stdout, stderr, tt.stderr)
			}
		})
	}
}

func TestJSONOutputIsJSON(t *testing.T) {
	for _, args := range [][]string{
		{"version", "--json"},
		{"config", "describe", "--json"},
		{"decode", "--json", "--function", mintSig, mintData},
	} {
		stdout, _, code := cli(t, "", args...)
		if code != 0 || !json.Valid([]byte(stdout)) {
			t.Errorf("%v: exit %d, output %q", args, code, stdout)
		}
	}
}

// TestAuditVerbsOnARealTrail makes decisions and reads them back through the
// command line; then one byte of the trail is changed.
func TestAuditVerbsOnARealTrail(t *testing.T) {
	s := newSite(t)
	s.start("worker")
	s.startIngress()
	r := s.mint(1000)
	waitFor(t, "closed workflow", func(ctx ctx) error { return s.Closed(ctx, r) })
	config := []string{"--config", s.stack.ConfigFile}

	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"audit", "list"}, r.Approval + " approve (within_policy): mint within policy"},
		{[]string{"audit", "list", "--approval", r.Approval, "--json"}, `"type":"decision.outcome"`},
		{[]string{"audit", "show", r.Approval}, `"calldata_sha256"`},
		{[]string{"audit", "show", "0"}, `"index": 0`},
		{[]string{"audit", "show", "--jws", "0"}, "eyJ"},
		{[]string{"audit", "verify"}, "verified: "},
		{[]string{"approvals", "list"}, r.Approval},
		{[]string{"approvals", "list", "--json", "--verdict", "approve"}, `"outcome":"approved"`},
		{[]string{"approvals", "show", r.Approval}, "we         approved (within_policy)"},
		{[]string{"config", "check"}, "configuration is good"},
	} {
		stdout, stderr, code := cli(t, "", append(config, tt.args...)...)
		if code != 0 || !strings.Contains(stdout, tt.want) {
			t.Errorf("%v: exit %d, output %q %q, want %q in it", tt.args, code, stdout, stderr, tt.want)
		}
	}

	s.tamper()
	stdout, stderr, code := cli(t, "", append(config, "audit", "verify")...)
	if code != 3 || !strings.Contains(stdout, "record 1 (") || !strings.Contains(stderr, "does not verify") {
		t.Errorf("verify of a changed trail: exit %d, %q %q; want 3 and record 1 named", code, stdout, stderr)
	}
}
