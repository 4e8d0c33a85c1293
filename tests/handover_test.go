package tests

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/anchor"
	"countersign/audit/tree"
	"countersign/store"
)

// A post is an operator's machine: settings, keys and a database, and nothing that runs.
type post struct {
	*testing.T
	dir  string
	keys map[string]ed25519.PrivateKey
}

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{T: t, dir: t.TempDir(), keys: map[string]ed25519.PrivateKey{}}
	for _, name := range []string{"record", "log", "next"} {
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p.file(name), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		p.keys[name] = key
	}
	return p
}

// found begins the trail, as the first worker does: an operator's verb begins none.
func (p *post) found() *post {
	p.Helper()
	db, err := store.Open(p.Context(), p.file("trail.db"))
	if err != nil {
		p.Fatal(err)
	}
	defer db.Close()
	trail := &store.Trail{DB: db, Signer: &audit.Signer{Key: p.keys["record"], Issuer: "test", Subject: "us-1", Now: time.Now}}
	if err := db.SignWith(p.Context(), &store.Log{Keys: []*tree.Key{p.named("log")}}); err != nil {
		p.Fatal(err)
	}
	if err := trail.Found(p.Context()); err != nil {
		p.Fatal(err)
	}
	return p
}

func (p *post) file(name string) string { return filepath.Join(p.dir, name) }

// run is a verb as a process of its own, under the settings of this machine and some more.
func (p *post) run(settings string, args ...string) (said string, code int) {
	p.Helper()
	cmd := exec.Command(program(p.T, "countersign"), args...)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "COUNTERSIGN_") && !strings.HasPrefix(kv, "TEMPORAL_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "COUNTERSIGN_DATABASE="+p.file("trail.db"), "COUNTERSIGN_SIGNING_KEY="+p.file("record"),
		"COUNTERSIGN_LOG_KEY="+p.file("log"), "COUNTERSIGN_ISSUER=test", "COUNTERSIGN_DFNS_USER_ID=us-1")
	cmd.Env = append(cmd.Env, strings.Fields(settings)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		p.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// must runs a verb that has to end with a code, saying something.
func (p *post) must(code int, says, settings string, args ...string) string {
	p.Helper()
	said, got := p.run(settings, args...)
	if got != code || !strings.Contains(said, says) {
		p.Fatalf("%s countersign %s: exit %d\n%swant %d and %q", settings, strings.Join(args, " "), got, said, code, says)
	}
	return said
}

func (p *post) named(name string) *tree.Key {
	p.Helper()
	key, err := tree.NewKey("test/trail", p.keys[name])
	if err != nil {
		p.Fatal(err)
	}
	return key
}

// signatures counts those of the newest checkpoint.
func (p *post) signatures() int {
	p.Helper()
	db, err := store.OpenReader(p.Context(), p.file("trail.db"))
	if err != nil {
		p.Fatal(err)
	}
	defer db.Close()
	note, err := db.Checkpoint(p.Context())
	if err != nil {
		p.Fatal(err)
	}
	return strings.Count(string(note), "\n— ")
}

// TestTheLogsKeyIsTurned takes the steps of docs/keys.md, each in a process of its own.
func TestTheLogsKeyIsTurned(t *testing.T) {
	p := newPost(t).found()
	halt, resume := []string{"halt", "--all", "--reason", "test"}, []string{"resume", "--all", "--reason", "test"}
	verify := func(name string) []string {
		return []string{"audit", "verify", "--log-key", p.named(name).VerifierKey()}
	}
	p.must(0, "halted", "", halt...)
	if n := p.signatures(); n != 1 {
		t.Errorf("%d signatures before, want one", n)
	}
	both := "COUNTERSIGN_LOG_KEY_NEXT=" + p.file("next")
	p.must(0, "resumed", both, resume...)
	if n := p.signatures(); n != 2 {
		t.Errorf("%d signatures while one takes over, want two", n)
	}
	for _, name := range []string{"log", "next"} {
		p.must(0, "verified", "", verify(name)...)
	}
	old, next := audit.KeyID(p.keys["log"].Public()), "COUNTERSIGN_LOG_KEY="+p.file("next")
	p.must(0, "retired", both, "keys", "retire", old, "--reason", "turned")
	p.must(0, "halted", next, halt...)
	if n := p.signatures(); n != 1 {
		t.Errorf("%d signatures afterwards, want one", n)
	}
	p.must(0, "verified", "", verify("next")...)
	p.must(3, "checkpoint", "", verify("log")...) // who has the old key alone cannot read on
	if said, code := p.run("", resume...); code == 0 {
		t.Errorf("a process with the old key alone: %s, want a refusal", said)
	}
	p.must(0, "resumed", next, resume...)
}

// TestAnEmptiedAnchorIsAcceptedOnce: a process refuses to sign over an anchor that was emptied,
// until the setting names it as the refusal does.
func TestAnEmptiedAnchorIsAcceptedOnce(t *testing.T) {
	p := newPost(t).found()
	uri := "file:" + p.file("anchor")
	with := "COUNTERSIGN_ANCHORS=" + uri
	p.must(0, "halted", with, "halt", "--all", "--reason", "test")
	p.anchored(uri)
	if err := os.Remove(p.file("anchor")); err != nil {
		t.Fatal(err)
	}
	resume := []string{"resume", "--all", "--reason", "test"}
	said := p.must(1, "the anchor was emptied", with, resume...)
	word := regexp.MustCompile(`[0-9]+@file:\S*anchor`).FindString(said)
	if word == "" {
		t.Fatalf("the refusal names nothing to accept: %s", said)
	}
	p.must(1, "the anchor was emptied", with+" COUNTERSIGN_ANCHORS_ANEW=9"+word, resume...)
	p.must(0, "resumed", with+" COUNTERSIGN_ANCHORS_ANEW="+word, resume...)
	if said := p.must(0, "anchor_begun_anew", "", "audit", "list", "--type", "alarm.raised", "--json"); strings.Count(said, "anchor_begun_anew") != 1 {
		t.Errorf("alarms: %s, want one", said)
	}
	p.anchored(uri)
	if err := os.Remove(p.file("anchor")); err != nil {
		t.Fatal(err)
	}
	p.must(1, "the anchor was emptied", with+" COUNTERSIGN_ANCHORS_ANEW="+word, "halt", "--all", "--reason", "test") // it served once
}

// anchored has the newest record kept at the anchor, as a worker has before it posts.
func (p *post) anchored(uri string) {
	p.Helper()
	place, err := anchor.Open(p.Context(), uri)
	if err != nil {
		p.Fatal(err)
	}
	db, err := store.Open(p.Context(), p.file("trail.db"))
	if err != nil {
		p.Fatal(err)
	}
	defer db.Close()
	if err := db.SignWith(p.Context(), &store.Log{Keys: []*tree.Key{p.named("log")}, Anchors: []store.Anchor{place}}); err != nil {
		p.Fatal(err)
	}
	tr := &store.Trail{DB: db, Signer: &audit.Signer{Key: p.keys["record"], Issuer: "test", Subject: "us-1", Now: time.Now}}
	e, err := tr.Latest(p.Context(), audit.ControlHalted)
	if err == nil {
		err = tr.Barrier(p.Context(), e)
	}
	if err != nil {
		p.Fatal(err)
	}
}
