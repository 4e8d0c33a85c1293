//go:build cgo && !nopkcs11

package keyring_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/keyring"
)

// softhsm is a token of SoftHSM2 (Debian: softhsm2, opensc) with some keys in it.
func softhsm(t *testing.T) (module, pinFile string) {
	t.Helper()
	skip := t.Skipf
	if os.Getenv("COUNTERSIGN_TEST_NO_SKIP") != "" {
		skip = t.Fatalf
	}
	for _, tool := range []string{"softhsm2-util", "pkcs11-tool"} {
		if _, err := exec.LookPath(tool); err != nil {
			skip("no %s on this machine: apt-get install softhsm2 opensc", tool)
		}
	}
	for _, path := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so"} {
		if _, err := os.Stat(path); err == nil {
			module = path
		}
	}
	if module == "" {
		skip("no libsofthsm2.so where Debian, Fedora and Homebrew put it")
	}
	if os.Getenv("SOFTHSM2_CONF") == "" { // the module reads it once in a process
		dir, err := os.MkdirTemp("", "softhsm")
		if err != nil {
			t.Fatal(err)
		}
		atExit = append(atExit, func() { _ = os.RemoveAll(dir) })
		conf := filepath.Join(dir, "softhsm2.conf")
		if err := os.WriteFile(conf, []byte("directories.tokendir = "+dir+"\nobjectstore.backend = file\nlog.level = ERROR\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Setenv("SOFTHSM2_CONF", conf); err != nil {
			t.Fatal(err)
		}
		makeKeys(t, module)
	}
	return module, write(t, "pin", "4321\n")
}

func makeKeys(t *testing.T, module string) {
	t.Helper()
	run := func(name string, args ...string) {
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
	}
	run("softhsm2-util", "--init-token", "--free", "--label", "countersign", "--so-pin", "8765", "--pin", "4321")
	for _, key := range [][]string{{"EC:prime256v1", "record", "01"}, {"EC:prime256v1", "next", "02"}, {"EC:edwards25519", "ed", "03"}, {"rsa:2048", "rsa", "04"}, {"EC:secp384r1", "p384", "05"}} {
		run("pkcs11-tool", "--module", module, "--token-label", "countersign", "--login", "--pin", "4321",
			"--keypairgen", "--key-type", key[0], "--label", key[1], "--id", key[2])
	}
}

// atExit is what the process tidies up in its end.
var atExit []func()

func TestMain(m *testing.M) {
	code := m.Run()
	for _, tidy := range atExit {
		tidy()
	}
	os.Exit(code)
}

func TestAHardwareModuleSignsWithP256(t *testing.T) {
	module, pin := softhsm(t)
	uri := func(key, pin string) string {
		return fmt.Sprintf("pkcs11:module-path=%s;token=countersign;%s?pin-source=%s", module, key, pin)
	}
	record := open(t, uri("object=record", pin))
	if pub, ok := record.Public().(*ecdsa.PublicKey); !ok || record.Limit() != 0 {
		t.Errorf("Public = %T, Limit = %d, want P-256, 0", pub, record.Limit())
	}
	atOnce(t, record)
	byID := open(t, uri("id=01", pin))
	if audit.KeyID(byID.Public()) != audit.KeyID(record.Public()) {
		t.Error("id=01 is another key than object=record")
	}
	next := open(t, uri("object=next;id=02", pin))
	if audit.KeyID(next.Public()) == audit.KeyID(record.Public()) {
		t.Error("object=next is the same key as object=record")
	}
	if err := next.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	signs(t, record, []byte("one key's end is not the other's"))
	for _, k := range []*keyring.Key{record, byID} { // a process logs in once: the next PIN counts when nobody is
		if err := k.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}

	for _, tt := range []struct{ name, uri, want string }{
		{"Ed25519", uri("object=ed", pin), "Ed25519 is not supported through PKCS#11"},
		{"RSA", uri("object=rsa", pin), "want Ed25519 or ECDSA on P-256"},
		{"P-384", uri("object=p384", pin), "want Ed25519 or ECDSA on P-256"},
		{"no such key", uri("object=nobody", pin), "want a P-256 key pair under this object or id"},
		{"no such token", strings.Replace(uri("object=record", pin), "token=countersign", "token=nobody", 1), "could not find PKCS#11 token"},
		{"a wrong PIN", uri("object=record", write(t, "wrong", "0000")), "CKR_PIN_INCORRECT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k, err := keyring.Open(context.Background(), tt.uri)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open = %v, %v, want %q", k, err, tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), "4321") || strings.Contains(err.Error(), "0000")) {
				t.Errorf("the error holds a PIN: %v", err)
			}
		})
	}
}

// A module that is unloaded under a signature ends the process: Close waits for it.
func TestClosingAModuleWaitsForItsSignatures(t *testing.T) {
	module, pin := softhsm(t)
	uri := fmt.Sprintf("pkcs11:module-path=%s;token=countersign;object=record?pin-source=%s", module, pin)
	for range 3 {
		k, err := keyring.Open(context.Background(), uri)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		started := make(chan struct{}, 8)
		for range 8 {
			go func() {
				var err error
				for i := 0; i < 100_000 && err == nil; i++ {
					_, err = k.Sign(nil, make([]byte, 32), crypto.SHA256)
					if i == 0 {
						started <- struct{}{}
					}
				}
				done <- err
			}()
		}
		<-started
		if err := k.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		for range 8 {
			if err := <-done; !errors.Is(err, keyring.ErrClosed) {
				t.Errorf("Sign = %v, want ErrClosed in the end", err)
			}
		}
	}
}

func TestAFileThatIsNoModuleIsRefused(t *testing.T) {
	module := write(t, "module.so", "no ELF")
	uri := fmt.Sprintf("pkcs11:module-path=%s;token=t;object=o?pin-source=%s", module, write(t, "pin", "4321"))
	if k, err := keyring.Open(context.Background(), uri); err == nil || !strings.Contains(err.Error(), filepath.Base(module)) || strings.Contains(err.Error(), "4321") {
		t.Errorf("Open = %v, %v, want an error that names the module", k, err)
	}
}
