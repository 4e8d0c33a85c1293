package tests

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign/audit"
	"countersign/audit/tree"
	"countersign/store"
)

// run is a verb of the product on the site's configuration.
func (s *site) run(args ...string) (stdout, stderr string, code int) {
	s.t.Helper()
	cmd := exec.Command(program(s.t, "countersign"), append(args, "--config", s.stack.ConfigFile)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// decidedSite is a site where one mint was approved and one denied.
func decidedSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.startWorker()
	s.startIngress()
	for _, r := range []string{"0x1111111111111111111111111111111111111111", "0x9999999999999999999999999999999999999999"} {
		asked, err := s.Mint(t.Context(), r, 100)
		if err != nil {
			t.Fatal(err)
		}
		waitFor(t, "end", func(ctx context.Context) error { return s.HasOutcome(ctx, asked) })
	}
	return s
}

// startAPI starts the API with one token, called auditor, and returns how it is asked with
// that, or with none. Variables stand over the stack's configuration.
func (s *site) startAPI(environ ...string) func(path string, signed bool) (code int, body []byte) {
	s.t.Helper()
	line, token, code := s.run("api", "token", "--name", "auditor")
	tokens := filepath.Join(s.t.TempDir(), "tokens")
	if err := os.WriteFile(tokens, []byte(line), 0o600); err != nil || code != 0 {
		s.t.Fatalf("api token: exit %d, %v", code, err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	s.start("api", append(environ, "COUNTERSIGN_API_TOKENS_FILE="+tokens, "COUNTERSIGN_API_LISTEN="+addr)...)
	waitFor(s.t, "API", func(ctx context.Context) error { return answers200(ctx, "http://"+addr+"/readyz") })
	return func(path string, signed bool) (int, []byte) {
		s.t.Helper()
		req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+addr+path, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		if signed {
			req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(token))
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			s.t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			s.t.Fatal(err)
		}
		return res.StatusCode, body
	}
}

// TestTheAPIAnswersWhoMayAsk: the seed page's question, asked of the product as a process.
func TestTheAPIAnswersWhoMayAsk(t *testing.T) {
	s := decidedSite(t)
	ask := s.startAPI()
	question := "/v1/decisions?approverId=" + s.stack.Accounts.Checker.UserID + "&decision=approve&dateFrom=2026-01-01"
	if code, _ := ask(question, false); code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", code)
	}
	code, body := ask(question, true)
	var page struct {
		Items []struct {
			Decision  string `json:"decision"`
			Signature string `json:"signature"`
		} `json:"items"`
	}
	if err := json.Unmarshal(body, &page); err != nil || code != http.StatusOK || len(page.Items) != 1 || page.Items[0].Decision != "approve" || page.Items[0].Signature == "" {
		t.Fatalf("%d %s, %v; want the one approval with its signature", code, body, err)
	}
	code, body = ask("/checkpoint", false)
	if c, err := tree.ReadCheckpoint(body); code != http.StatusOK || err != nil || c.Size == 0 {
		t.Errorf("checkpoint: %d, %v", code, err)
	}
	n := 0
	for e, err := range s.Trail.Entries(t.Context(), store.Filter{Type: audit.SignedIn}) {
		if err != nil {
			t.Fatal(err)
		}
		var in audit.SignIn
		if err := e.Decode(&in); err != nil || in.Name != "auditor" {
			t.Errorf("sign-in %+v, %v", in, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d sign-ins on the trail, want 1", n)
	}
}

// TestTheSinkSendsEverything: every record reaches a SIEM that is away at first.
func TestTheSinkSendsEverything(t *testing.T) {
	s := decidedSite(t)
	var mu sync.Mutex
	got, refusals := map[int64]bool{}, 0
	siem := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if refusals < 2 {
			refusals++
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		lines := json.NewDecoder(r.Body)
		for {
			var event struct {
				Metadata struct {
					Sequence int64 `json:"sequence"`
				} `json:"metadata"`
			}
			if err := lines.Decode(&event); err != nil {
				if !errors.Is(err, io.EOF) {
					t.Error(err)
				}
				return
			}
			got[event.Metadata.Sequence] = true
		}
	}))
	t.Cleanup(siem.Close)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("whsec_"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start("sink", "COUNTERSIGN_SINKS=webhook+"+siem.URL+"/in?secret-file="+secret)
	size, err := s.Trail.Size(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "every record at the SIEM", func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		for i := range size {
			if !got[i] {
				return fmt.Errorf("record %d of %d has not arrived", i, size)
			}
		}
		return nil
	})
}

// TestAnExportIsVerifiedByAStranger: on the command line, and damaged.
func TestAnExportIsVerifiedByAStranger(t *testing.T) {
	s := decidedSite(t)
	dir := filepath.Join(t.TempDir(), "export")
	if out, errs, code := s.run("audit", "export", dir); code != 0 {
		t.Fatalf("export: exit %d %s %s", code, out, errs)
	}
	if out, errs, code := s.run("audit", "verify", dir); code != 0 || !strings.Contains(out, "verified:") {
		t.Errorf("verify: exit %d %s %s", code, out, errs)
	}
	csv := filepath.Join(dir, "records-v2.csv")
	text := read(t, csv)
	if err := os.WriteFile(csv, []byte(strings.Replace(text, ",approve,", ",reject,", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, code := s.run("audit", "verify", dir); code != 3 || !strings.Contains(out, "view_differs") {
		t.Errorf("a changed row of the CSV: exit %d %s, want 3 and view_differs", code, out)
	}
	out, _, code := s.run("audit", "receipt", "3")
	receipt := filepath.Join(t.TempDir(), "3.tlog-proof")
	if err := os.WriteFile(receipt, []byte(out), 0o600); err != nil || code != 0 {
		t.Fatalf("receipt: exit %d, %v", code, err)
	}
	if out, errs, code := s.run("audit", "verify", receipt); code != 0 || !strings.Contains(out, "record 3") {
		t.Errorf("verify a receipt: exit %d %s %s", code, out, errs)
	}
	zip := filepath.Join(t.TempDir(), "approved.zip")
	if out, errs, code := s.run("audit", "export", "--decision", "approve", zip); code != 0 {
		t.Fatalf("selection: exit %d %s %s", code, out, errs)
	}
	if out, errs, code := s.run("audit", "verify", zip); code != 0 || !strings.Contains(out, "not shown: that no other record was left out") {
		t.Errorf("verify a selection: exit %d %s %s", code, out, errs)
	}
	var made []string
	for e, err := range s.Trail.Entries(t.Context(), store.Filter{Type: audit.ExportMade}) {
		var x audit.Export
		if err == nil {
			err = e.Decode(&x)
		}
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, x.Form)
	}
	if !slices.Equal(made, []string{"bundle", "receipt", "selection"}) {
		t.Errorf("exports on the trail: %q", made)
	}
}

// TestKeysOnTheCommandLine turns the signing key while the worker is away.
func TestKeysOnTheCommandLine(t *testing.T) {
	s := decidedSite(t)
	next := filepath.Join(t.TempDir(), "next.pem")
	if out, err := exec.Command("openssl", "genpkey", "-algorithm", "ed25519", "-out", next).CombinedOutput(); err != nil {
		t.Fatalf("openssl: %v %s", err, out)
	}
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no key", []string{"keys", "enroll"}, 2, "--key is required"},
		{"a use that is none", []string{"keys", "enroll", "--key", next, "--use", "both"}, 2, "want record or log"},
		{"a key that is not there", []string{"keys", "enroll", "--key", next + "x"}, 1, "no such file"},
		{"the end of a key that is none", []string{"keys", "retire", "nosuch"}, 1, "was never enrolled"},
		{"a revocation without a reason", []string{"keys", "revoke", "nosuch", "--from", "1"}, 2, "--reason"},
		{"a new key", []string{"keys", "enroll", "--key", next}, 0, "enrolled"},
		{"the same again", []string{"keys", "enroll", "--key", next}, 0, "enrolled"},
		{"the list", []string{"keys", "list"}, 0, "record"},
		{"the policy", []string{"keys", "policy"}, 0, "quorum none"},
	} {
		if out, errs, code := s.run(tt.args...); code != tt.code || !strings.Contains(out+errs, tt.want) {
			t.Errorf("%s: exit %d %s%s, want %d and %q", tt.name, code, out, errs, tt.code, tt.want)
		}
	}
	if report, err := s.Verify(t.Context()); err != nil || !report.OK() || len(report.Keys) != 3 {
		t.Errorf("verified %+v, %v; want three keys", report.Faults, err)
	}
}
