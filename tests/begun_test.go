package tests

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// privateKey is a file with an Ed25519 key of its own.
func privateKey(t *testing.T, name string) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed([]byte((name + strings.Repeat(".", 32))[:32])))
	if err != nil {
		t.Fatal(err)
	}
	return written(t, name, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

// A mistyped database must not become a new trail: a halt on it would stop nobody, and that
// nothing is halted on it would be no answer.
func TestOperatorsVerbsBeginNoTrail(t *testing.T) {
	database := filepath.Join(t.TempDir(), "mistyped.db")
	config := written(t, "x.env", fmt.Sprintf("COUNTERSIGN_DATABASE=%s\nCOUNTERSIGN_SIGNING_KEY=%s\nCOUNTERSIGN_LOG_KEY=%s\nCOUNTERSIGN_DFNS_USER_ID=us-1\nCOUNTERSIGN_ISSUER=test\n",
		database, privateKey(t, "record.pem"), privateKey(t, "log.pem")))
	verbs := []string{
		"halt --all --reason x", "resume --all --reason x", "halts", "keys list", "keys enroll --key file:" + privateKey(t, "next.pem"),
		"audit list", "audit verify", "audit receipt 0", "audit export " + filepath.Join(t.TempDir(), "x"), "ledger balances",
	}
	refused := func(says string) {
		t.Helper()
		for _, verb := range verbs {
			out, errs, code := cli(t, "", append([]string{"--config", config}, strings.Fields(verb)...)...)
			if code != 1 || out != "" || !strings.Contains(errs, says) {
				t.Errorf("%s = %d, %q, %q; want exit 1 and %q", verb, code, out, errs, says)
			}
		}
	}
	refused("no trail at " + database)
	if _, err := os.Stat(database); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a verb has made %s, %v", database, err)
	}
	if out, errs, code := cli(t, "", "--config", config, "migrate"); code != 0 || out != "the schema of "+database+" is up to date\n" {
		t.Fatalf("migrate = %d, %q, %q", code, out, errs)
	}
	refused("is empty, the first worker begins it")
}
