package tests

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/keyring"
)

// made is a new key in a file, as docs/keys.md makes them.
func made(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("openssl", "genpkey", "-algorithm", "ed25519", "-out", path).CombinedOutput(); err != nil {
		t.Fatalf("openssl: %v %s", err, out)
	}
	return path
}

// dashed is a new key whose ID begins with a dash, as one in 64 does.
func dashed(t *testing.T) string {
	t.Helper()
	for {
		path := made(t, "dashed.pem")
		key, err := keyring.Open(t.Context(), "file:"+path)
		if err != nil {
			t.Fatal(err)
		}
		kid := audit.KeyID(key.Public())
		if key.Close(); kid[0] == '-' {
			return path
		}
	}
}

// keys are the keys of a use that sign, oldest first.
func (s *site) keys(use audit.KeyUse) (kids []string) {
	s.t.Helper()
	r, err := s.Trail.Registry(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, k := range r.All() {
		if k.Use == use && k.Until < 0 {
			kids = append(kids, k.KeyID)
		}
	}
	return kids
}

// expect runs the program and expects its exit code and words.
func (s *site) expect(code int, want string, args ...string) string {
	s.t.Helper()
	out, errs, got := s.run(args...)
	if got != code || !strings.Contains(out+errs, want) {
		s.t.Errorf("%v: exit %d %s%s, want %d and %q", args, got, out, errs, code, want)
	}
	return out
}

// enrolled enrols a key and returns its ID and the index of the record.
func (s *site) enrolled(path string, more ...string) (kid string, index int64) {
	s.t.Helper()
	out, errs, code := s.run(append([]string{"keys", "enroll", "--json", "--key", path}, more...)...)
	var told struct {
		Index  int64 `json:"index"`
		Record struct {
			Body audit.Enrolment `json:"body"`
		} `json:"record"`
	}
	if err := json.Unmarshal([]byte(out), &told); err != nil || code != 0 {
		s.t.Fatalf("keys enroll: exit %d %v %s %s", code, err, out, errs)
	}
	return told.Record.Body.KeyID, told.Index
}

// TestTheLastKeyIsNotEndedOnTheCommandLine: neither the records' nor the log's, and the kill switch works
// behind every refusal. What the manual says to do after a theft, with a key from the safe, goes through.
func TestTheLastKeyIsNotEndedOnTheCommandLine(t *testing.T) {
	s := newSite(t)
	s.startWorker().kill() // it has enrolled its two keys
	own, log := s.keys(audit.RecordKey)[0], s.keys(audit.LogKey)[0]
	const last = "it is the last key that may sign"
	s.expect(1, last, "keys", "retire", own)
	s.expect(1, last, "keys", "revoke", own, "--from", "0", "--reason", "stolen")
	s.expect(1, last, "keys", "retire", log)
	s.expect(1, last, "keys", "revoke", log, "--from", "2", "--reason", "stolen")
	s.expect(0, "halted", "halt", "--all", "--reason", "a drill")
	s.expect(0, "resumed", "resume", "--all", "--reason", "a drill")

	// A key that was enrolled with the stolen one, behind the theft, is no way out.
	late := made(t, "late.pem")
	_, theft := s.enrolled(late)
	s.expect(1, last, "keys", "revoke", own, "--from", strconv.FormatInt(theft, 10), "--reason", "stolen")

	// The way out, as docs/keys.md has it: from the safe.
	standby := made(t, "standby.pem")
	kid, at := s.enrolled(standby)
	thief, _ := s.enrolled(made(t, "thief.pem"))
	s.expect(1, own+" signs here: set COUNTERSIGN_SIGNING_KEY to the next key", "keys", "retire", own, "--reason", "a slip")
	t.Setenv("COUNTERSIGN_SIGNING_KEY", "file:"+standby)
	s.expect(0, "revoked "+own, "keys", "revoke", own, "--from", strconv.FormatInt(at+1, 10), "--reason", "stolen")
	s.enrolled(made(t, "next-standby.pem"))
	if keys := strings.Join(s.keys(audit.RecordKey), " "); !strings.Contains(keys, kid) || strings.Contains(keys, own) || strings.Contains(keys, thief) {
		t.Errorf("keys that sign: %s; want the standby %s, not %s and not the thief's %s", keys, kid, own, thief)
	}
	s.expect(0, "halted", "halt", "--all", "--reason", "until people have looked")
	s.expect(3, "key_revoked", "audit", "verify")
	t.Setenv("COUNTERSIGN_SIGNING_KEY", "")
}

// TestAKeyThatBeginsWithADash: the command line takes its ID for what it is, wherever it stands.
func TestAKeyThatBeginsWithADash(t *testing.T) {
	s := newSite(t)
	s.startWorker().kill() // it has enrolled its two keys
	for _, line := range []string{"retire KEY", "retire --reason turned KEY", "revoke KEY --from FROM --reason=stolen", "revoke --reason stolen --json KEY --from FROM"} {
		kid, from := s.enrolled(dashed(t))
		line = strings.NewReplacer("KEY", kid, "FROM", strconv.FormatInt(from, 10)).Replace(line)
		s.expect(0, kid, append([]string{"keys"}, strings.Fields(line)...)...)
		if slices.Contains(s.keys(audit.RecordKey), kid) {
			t.Errorf("%s: %s signs", line, kid)
		}
	}
}
