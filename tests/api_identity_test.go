package tests

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/keyring"
	"countersign/store"
	"countersign/store/storetest"
)

// signIns are the sign-ins on the trail, each believed by the keys of the log.
func (s *site) signIns() (all []audit.Entry) {
	s.t.Helper()
	for e, err := range s.Trail.Entries(s.t.Context(), store.Filter{Type: audit.SignedIn}) {
		if err == nil {
			e, err = s.Trail.Open(s.t.Context(), e)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// TestTheAPISignsAsItself: with an identity of its own the API starts only when its key is enrolled,
// and needs nothing of the service account. What it writes is believed under its name, and no more
// once its key is revoked.
func TestTheAPISignsAsItself(t *testing.T) {
	const name, gone = "api.test", "/nonexistent/of-the-service-account"
	s := newSite(t)
	s.startWorker().kill() // it has begun the log
	key := made(t, "api.pem")
	own := []string{
		"COUNTERSIGN_API_SUBJECT=" + name, "COUNTERSIGN_API_SIGNING_KEY=file:" + key, "COUNTERSIGN_DFNS_USER_ID=",
		"COUNTERSIGN_SIGNING_KEY=" + gone, "COUNTERSIGN_SIGNING_KEY_FILE=" + gone, "COUNTERSIGN_DFNS_KEY_FILE=" + gone, "COUNTERSIGN_DFNS_TOKEN_FILE=" + gone,
	}
	s.apiRefuses("keys enroll --key 'file:"+key+"' --subject '"+name+"'", own...)

	kid, _ := s.enrolled("file:"+key, "--subject", name)
	s.apiRefuses("no trail at", append(own, "COUNTERSIGN_API_DATABASE="+filepath.Join(t.TempDir(), "none.db"))...)
	other := filepath.Join(t.TempDir(), "other.db")
	storetest.TrailOn(t, other, time.Now())
	s.apiRefuses("it is another log", append(own, "COUNTERSIGN_API_DATABASE="+other)...)
	s.apiRefuses("is not enrolled", append(own, "COUNTERSIGN_API_SUBJECT=another.test")...)

	ask := s.startAPI(append(own, "COUNTERSIGN_API_DATABASE="+filepath.Join(filepath.Dir(s.stack.ConfigFile), "countersign.db"))...)
	if code, body := ask("/v1/records?limit=1", true); code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	in := s.signIns()
	if len(in) != 1 || in[0].Record.Subject != name {
		t.Fatalf("sign-ins %+v, want one of %s", in, name)
	}
	opened, err := keyring.Open(t.Context(), "file:"+key)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if _, err := audit.Open(in[0].JWS, audit.NewKeys(opened.Public())); err != nil || audit.KeyID(opened.Public()) != kid {
		t.Errorf("the sign-in under the API's key %s: %v", kid, err)
	}
	s.expect(0, "verified", "audit", "verify")
	s.expect(0, "revoked "+kid, "keys", "revoke", kid, "--from", strconv.FormatInt(in[0].Index, 10), "--reason", "a drill")
	s.expect(3, "record "+strconv.FormatInt(in[0].Index, 10)+" (): key_revoked", "audit", "verify")
	s.apiRefuses("is not enrolled", own...)
}

// apiRefuses starts the API, which says why it does not serve.
func (s *site) apiRefuses(want string, environ ...string) {
	s.t.Helper()
	tokens := filepath.Join(s.t.TempDir(), "tokens")
	line, _, _ := s.run("api", "token", "--name", "auditor")
	if err := os.WriteFile(tokens, []byte(line), 0o600); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(s.t, "countersign"), "api", "--config", s.stack.ConfigFile)
	cmd.Env = append(os.Environ(), append(environ, "COUNTERSIGN_API_TOKENS_FILE="+tokens, "COUNTERSIGN_API_LISTEN=127.0.0.1:0")...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		s.t.Fatal(err)
	}
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(string(out), want) {
		s.t.Errorf("the API ends with %d %s, want 1 and %q", code, out, want)
	}
}
