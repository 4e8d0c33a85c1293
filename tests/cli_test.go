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

const (
	tokenAddr    = "0x4444444444444444444444444444444444444444"
	multiAddr    = "0x5555555555555555555555555555555555555555"
	strangerAddr = "0x6666666666666666666666666666666666666666"
	// wrapped is multicall([tokenAddr], [mint]).
	wrapped = "0x63fb0b96" +
		"0000000000000000000000000000000000000000000000000000000000000040" +
		"0000000000000000000000000000000000000000000000000000000000000080" +
		"0000000000000000000000000000000000000000000000000000000000000001" +
		"0000000000000000000000004444444444444444444444444444444444444444" +
		"0000000000000000000000000000000000000000000000000000000000000001" +
		"0000000000000000000000000000000000000000000000000000000000000020" +
		"0000000000000000000000000000000000000000000000000000000000000044" +
		"40c10f19" +
		"0000000000000000000000001111111111111111111111111111111111111111" +
		"000000000000000000000000000000000000000000000000000000003b9aca00" +
		"00000000000000000000000000000000000000000000000000000000"
	// legacyTransfer sends 1 wei: nonce 0, gas price 1, gas 21000.
	legacyTransfer = "0xdc800182520894abababababababababababababababababababab0180"
)

// written is a file with some content.
func written(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCommandLine(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.env")
	book := written(t, "book.json", `{"network":"Net","token":"`+tokenAddr+`","symbol":"TUSD","decimals":6,"max_per_mint":"1","daily_mint":"1","recipients":[],"deny_list":[]}`)
	descriptor := written(t, "mint.json", `{"$schema":"https://eips.ethereum.org/assets/eip-7730/erc7730-v1.schema.json","context":{"contract":{"deployments":[{"chainId":1,"address":"`+tokenAddr+`"}]}},"metadata":{"owner":"Test"},
		"display":{"formats":{"mint(address to,uint256 amount)":{"intent":"Issue","fields":[{"path":"to","label":"To","format":"addressName"},{"path":"amount","label":"Amount","format":"raw"}]}}}}`)
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
		{"a token for two words", "", []string{"api", "token", "--name", "a b"}, 2, "", `--name "a b" has a space`},
		{"a token for scopes with a space", "", []string{"api", "token", "--name", "a", "--scopes", "export, records:read"}, 2, "", "--scopes"},
		{"a token for nobody", "", []string{"api", "token"}, 2, "", "--name"},
		{"version", "", []string{"version"}, 0, "countersign ", ""},
		{"decode reads", "", []string{"decode", "--function", mintSig, mintData}, 0, "uint256 amount = 1000000000", ""},
		{"decode reads standard input", mintData + "\n", []string{"decode", "--function", mintSig, "-"}, 0, "mint(address,uint256)", ""},
		{"decode refuses", "", []string{"decode", "--function", mintSig, mintData + "00"}, 3, "malformed", "refused: trailing_bytes at byte 68"},
		{"decode refuses in JSON", "", []string{"decode", "--json", "--function", mintSig, mintData + "00"}, 3, `"code": "trailing_bytes"`, ""},
		{"decode without an ABI", "", []string{"decode", mintData}, 2, "", "--abi, --function or --book"},
		{"decode with an ABI file that is not there", "", []string{"decode", "--abi", "none.json", mintData}, 2, "", "none.json"},
		{"decode with signatures that share a selector", "", []string{"decode", "--function", "burn(uint256)", "--function", "collate_propagate_storage(bytes16)", mintData}, 2, "", "share the selector 0x42966c68"},
		{"decode of another address's function", "", []string{"decode", "--to", tokenAddr, "--function", strangerAddr + "=" + mintSig, mintData}, 3, "unknown", "no ABI is pinned to " + tokenAddr},
		{"decode unwraps", "", []string{"decode", "--to", multiAddr, "--function", "multicall(address[],bytes[])", "--function", tokenAddr + "=" + mintSig, wrapped}, 0, "  call  " + tokenAddr, ""},
		{"decode says where it stopped", "", []string{"decode", "--to", multiAddr, "--function", "multicall(address[],bytes[])", wrapped}, 3, "unknown", "refused: in multicall[0]: unknown_contract"},
		{"decode of a wrong address", "", []string{"decode", "--to", "0x12", "--function", mintSig, mintData}, 2, "", "not an EVM address"},
		{"decode of a wrong value", "", []string{"decode", "--value", "1.5", "--function", mintSig, mintData}, 2, "", "--value"},
		{"decode with a value shows its risk", "", []string{"decode", "--value", "7", "--function", mintSig, mintData}, 0, "risks: value, recipient", ""},
		{"decode of a serialised transaction", "", []string{"decode", "--transaction", "--function", tokenAddr + "=" + mintSig, legacyTransfer}, 0, "call  0xabababababababababababababababababababab  value 1 wei", ""},
		{"decode of a serialised transaction that is cut off", "", []string{"decode", "--transaction", "--function", tokenAddr + "=" + mintSig, "0x02f8"}, 3, "", "refused: malformed_rlp"},
		{"decode of a transaction with a function of nobody", "", []string{"decode", "--transaction", "--function", mintSig, legacyTransfer}, 2, "", "address="},
		{"decode with a colour that is none", "", []string{"decode", "--color", "blue", "--function", mintSig, mintData}, 2, "", "auto, always or never"},
		{"decode in colour", "", []string{"decode", "--color", "always", "--function", mintSig, mintData}, 0, "\x1b[1mmint(address,uint256)\x1b[0m", ""},
		{"decode with a book that is not there", "", []string{"decode", "--to", tokenAddr, "--book", "none", mintData}, 2, "", `no book "none"`},
		{"decode with a book and no address", "", []string{"decode", "--book", "stablecoin", mintData}, 2, "", "give --to"},
		{"decode of a batch", `{"name":"a","to":"` + tokenAddr + `","data":"` + mintData + `","abi":{"` + tokenAddr + `":["` + mintSig + `"]}}` + "\n\nx\n", []string{"decode", "--batch"}, 0, `{"name":"a","refuse":false,"reasons":[],"opaqueLeaves":0,"tree":{"to":"` + tokenAddr + `"`, ""},
		{"decode of a batch with an argument", "", []string{"decode", "--batch", mintData}, 2, "", "give no HEX"},
		{"decode with a book says it in words", "", []string{"decode", "--to", tokenAddr, "--book", "stablecoin", "--book-file", book, mintData}, 0, "mint 1,000.00 TUSD to 0x1111…1111", ""},
		{"decode with a book on another network", "", []string{"decode", "--to", tokenAddr, "--book", "stablecoin", "--book-file", book, "--network", "Base", mintData}, 2, "", `the book has contracts on ["Net"]`},
		{"decode with a descriptor adds its words", "", []string{"decode", "--to", tokenAddr, "--function", mintSig, "--chain-id", "1", "--descriptor", descriptor, mintData}, 0, "Issue", ""},
		{"decode with a descriptor of no chain", "", []string{"decode", "--to", tokenAddr, "--function", mintSig, "--descriptor", descriptor, mintData}, 2, "", "--chain-id"},
		{"decode with a descriptor that is none", "", []string{"decode", "--to", tokenAddr, "--function", mintSig, "--chain-id", "1", "--descriptor", book, mintData}, 2, "", "--descriptor"},
		{"decode of nothing", "", []string{"decode"}, 2, "", "give the call data as HEX"},
		{"a pin without a node", "", []string{"pin", tokenAddr}, 2, "", "required"},
		{"decode with a wrong signature", "", []string{"decode", "--function", "mint(uint to)", mintData}, 2, "", `type "uint", want uint8 to uint256`},
		{"decode of what is no hex", "", []string{"decode", "--function", mintSig, "0xzz"}, 2, "", "call data"},
		{"config check names every mistake", "", []string{"config", "check"}, 3, "", "COUNTERSIGN_ISSUER: is required"},
		{"config check of an unknown role", "", []string{"config", "check", "--role", "boss"}, 2, "", `"boss"`},
		{"config file that is not there", "", []string{"--config", missing, "worker"}, 3, "", "none.env"},
		{"worker without configuration", "", []string{"worker"}, 3, "", "COUNTERSIGN_DFNS_KEY_FILE: is required"},
		{"ingress without a secret refuses to start", "", []string{"ingress"}, 3, "", "COUNTERSIGN_WEBHOOK_SECRET_FILE: is required"},
		{"audit of a trail that is not there", "", []string{"audit", "list"}, 1, "", "no trail at var/countersign.db"},
		{"audit of days that are turned around", "", []string{"audit", "list", "--since", "2026-05-31", "--until", "2026-05-01"}, 2, "", "--until 2026-05-01 lies before --since 2026-05-31"},
		{"audit from a day that is no index", "", []string{"audit", "list", "--from", "2026-05-01"}, 2, "", "a day is given as --since"},
		{"audit of a number that is none", "", []string{"audit", "list", "--limit", "-1"}, 2, "", "0 means all"},
		{"a book without its file", "", []string{"rules", "lint"}, 3, "", "stablecoin without a configuration file"},
		{"a certificate of no window", "", []string{"completeness", "certify", "--from", "2026-05-01"}, 2, "", "--from and --to are required"},
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
