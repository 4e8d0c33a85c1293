package sandbox_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
)

// TestDoctor runs the program as a user does: against us, and against one that differs.
func TestDoctor(t *testing.T) {
	w := newWorld(t, 1)
	t.Setenv("DFNS_BASE_URL", w.env.BaseURL)
	t.Setenv("DFNS_AUTH_TOKEN", w.env.AuthToken)
	t.Setenv("DFNS_CRED_ID", w.env.CredID)
	t.Setenv("DFNS_PRIVATE_KEY", w.env.PrivateKey)
	t.Setenv("DFNS_WALLET_ID", w.env.WalletID)

	out, err := run(t, "doctor", "--write")
	if err != nil || !strings.Contains(out, "0 failed") || !strings.Contains(out, "signing.once") {
		t.Errorf("doctor: %v\n%s", err, out)
	}
	out, err = run(t, "doctor", "--only", "wallet.create", "--json")
	var results []struct{ Name, Verdict, Seen string }
	if err != nil || json.Unmarshal([]byte(out), &results) != nil || len(results) != 1 || results[0].Verdict != "skip" {
		t.Errorf("doctor without --write: %v\n%s", err, out)
	}
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	out, err = run(t, "doctor", "--against", other.URL, "--only", "bearer.missing")
	if code(err) != 3 || !strings.Contains(out, "1 of 1 checks failed") || !strings.Contains(out, "status 404, want [401]") {
		t.Errorf("doctor against another: code %d\n%s", code(err), out)
	}
	t.Setenv("DFNS_CRED_ID", "")
	if out, err := run(t, "doctor"); code(err) != 1 || !strings.Contains(out, "DFNS_CRED_ID is not set") {
		t.Errorf("doctor without credential: code %d\n%s", code(err), out)
	}
}

// code is the exit code of a program that ended.
func code(err error) int {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0
	}
	return exit.ExitCode()
}
