package auditverbs_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/export/exporttest"
	"countersign/audit/tree"
	"countersign/cmd/countersign/app"
	"countersign/cmd/countersign/auditverbs"
	"countersign/config"
	"countersign/store"

	"github.com/spf13/cobra"
)

var (
	errUsage   = errors.New("usage")
	errRefused = errors.New("refused")
)

// A desk has a trail of a founder and one notice, and the key of its log.
type desk struct {
	database, key string
	db            *store.DB
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{database: filepath.Join(t.TempDir(), "trail.db")}
	key, err := tree.NewKey("trail.test", exporttest.Key("log"))
	if err != nil {
		t.Fatal(err)
	}
	d.key = key.VerifierKey()
	if d.db, err = store.Open(t.Context(), d.database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.db.Close() })
	if err := d.db.SignWith(t.Context(), &store.Log{Keys: []*tree.Key{key}}); err != nil {
		t.Fatal(err)
	}
	trail := &store.Trail{DB: d.db, Signer: &audit.Signer{Key: exporttest.Key("founder"), Issuer: "test", Subject: "founder", Now: time.Now}}
	if err := trail.Found(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := trail.Append(t.Context(), audit.Draft{Key: "event/1", Type: audit.EventNoticed, Body: audit.Notice{}}); err != nil {
		t.Fatal(err)
	}
	return d
}

// more appends notices.
func (d *desk) more(t *testing.T, n int) {
	t.Helper()
	trail := &store.Trail{DB: d.db, Signer: &audit.Signer{Key: exporttest.Key("founder"), Issuer: "test", Subject: "founder", Now: time.Now}}
	for i := range n {
		if _, err := trail.Append(t.Context(), audit.Draft{Key: fmt.Sprint("event/more-", i), Type: audit.EventNoticed, Body: audit.Notice{}}); err != nil {
			t.Fatal(err)
		}
	}
}

// run runs the verb as the command line does.
func (d *desk) run(t *testing.T, asJSON bool, args ...string) (string, error) {
	t.Helper()
	cmd := auditverbs.New(auditverbs.Options{
		JSON: &asJSON,
		App: func(*cobra.Command, ...config.Role) (*app.App, error) {
			return &app.App{Config: config.Config{Trail: config.Trail{Database: d.database}}}, nil
		},
		Day: func(flag, text string) (time.Time, error) {
			if text == "" {
				return time.Time{}, nil
			}
			return time.Parse(time.DateOnly, text)
		},
		LastDay: func(flag, text string) (time.Time, error) {
			if text == "" {
				return time.Time{}, nil
			}
			day, err := time.Parse(time.DateOnly, text)
			return day.AddDate(0, 0, 1), err
		},
		Usage:   func(err error) error { return errors.Join(errUsage, err) },
		Refused: func(err error) error { return errors.Join(errRefused, err) },
	})
	var out strings.Builder
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// last is the index of the notice.
func (d *desk) last(t *testing.T) int64 {
	t.Helper()
	e, err := d.db.Find(t.Context(), "event/1")
	if err != nil {
		t.Fatal(err)
	}
	return e.Index
}

func TestRecordsAreListedAndShown(t *testing.T) {
	d := newDesk(t)
	for _, tt := range []struct {
		name string
		json bool
		args []string
		says []string
		not  string
	}{
		{"all, as a table", false, []string{"list"}, []string{"INDEX", "key.enrolled", "event.noticed"}, "{"},
		{"one type", false, []string{"list", "--type", "event.noticed"}, []string{"event.noticed"}, "key.enrolled"},
		{"as JSON", true, []string{"list", "--type", "event.noticed"}, []string{`"leaf_hash":`, `"record":`}, "INDEX"},
		{"of another day", false, []string{"list", "--until", "2020-01-01"}, []string{"INDEX"}, "event.noticed"},
		{"by its key", false, []string{"show", "event/1"}, []string{`"leaf_hash": `, "event.noticed"}, "key.enrolled"},
		{"by its index", false, []string{"show", "0"}, []string{"key.enrolled"}, "event.noticed"},
		{"as it was signed", false, []string{"show", "event/1", "--jws"}, []string{"."}, "{"},
	} {
		got, err := d.run(t, tt.json, tt.args...)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		for _, want := range tt.says {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s, want it to say %q", tt.name, got, want)
			}
		}
		if strings.Contains(got, tt.not) {
			t.Errorf("%s: %s, want no %q in it", tt.name, got, tt.not)
		}
	}
	if got, err := d.run(t, false, "list", "--type", "event.notized"); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "event.noticed") || got != "" {
		t.Errorf("a type that is none = %q, %v; want a wrong command line that names the types", got, err)
	}
	today := time.Now().UTC().Format(time.DateOnly)
	if got, err := d.run(t, false, "list", "--since", today, "--until", today); err != nil || !strings.Contains(got, "event.noticed") {
		t.Errorf("today alone = %q, %v; want the whole day", got, err)
	}
	if got, err := d.run(t, false, "show", "ap-none"); !errors.Is(err, audit.ErrNoRecord) || got != "" {
		t.Errorf("what is not there = %q, %v; want ErrNoRecord", got, err)
	}
}

func TestTheTrailAndAReceiptAreChecked(t *testing.T) {
	d := newDesk(t)
	if got, err := d.run(t, false, "verify", "--log-key", d.key); err != nil || !strings.HasPrefix(got, "verified: ") {
		t.Errorf("verify = %q, %v", got, err)
	}
	if got, err := d.run(t, true, "verify", "--log-key", d.key); err != nil || !strings.HasPrefix(got, "{") {
		t.Errorf("verify as JSON = %q, %v", got, err)
	}
	if _, err := d.run(t, false, "verify"); !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "nobody to trust") {
		t.Errorf("verify without anybody to trust = %v, want a wrong command line", err)
	}
	other, err := tree.NewKey("trail.test", exporttest.Key("another"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := d.run(t, false, "verify", "--log-key", other.VerifierKey()); err == nil {
		t.Errorf("verify with another key = %q, want a refusal", got)
	}
	receipt, err := d.db.Receipt(t.Context(), d.last(t))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "one.tlog-proof")
	for _, tt := range []struct {
		text string
		want error
	}{{string(receipt.Text()), nil}, {strings.Replace(string(receipt.Text()), "index ", "index 1", 1), errRefused}} {
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := d.run(t, false, "verify", path, "--log-key", d.key)
		if !errors.Is(err, tt.want) || (tt.want == nil) != strings.HasPrefix(got, "verified: record ") {
			t.Errorf("verify of a receipt = %q, %v; want %v", got, err, tt.want)
		}
	}
}

func TestEvidenceIsPrinted(t *testing.T) {
	d := newDesk(t)
	text := []byte("what was read\x00")
	sum := sha256.Sum256(text)
	digest := hex.EncodeToString(sum[:])
	trail := &store.Trail{DB: d.db, Signer: &audit.Signer{Key: exporttest.Key("founder"), Issuer: "test", Subject: "founder", Now: time.Now}}
	if _, err := trail.Append(t.Context(), audit.Draft{Key: "alarm/1", Type: audit.AlarmRaised, Evidence: [][]byte{text}, Body: audit.Alarm{Evidence: digest}}); err != nil {
		t.Fatal(err)
	}
	if got, err := d.run(t, false, "evidence", digest); err != nil || got != string(text) {
		t.Errorf("evidence = %q, %v", got, err)
	}
	path := filepath.Join(t.TempDir(), "answer")
	got, err := d.run(t, false, "evidence", "sha256:"+digest, path)
	if written, readErr := os.ReadFile(path); err != nil || got != "" || readErr != nil || string(written) != string(text) {
		t.Errorf("evidence in a file = %q, %v, %q, %v", got, err, written, readErr)
	}
	for what, want := range map[string]error{digest[1:]: errUsage, strings.ToUpper(digest): errUsage, strings.Repeat("0", 64): audit.ErrNoRecord} {
		if got, err := d.run(t, false, "evidence", what); !errors.Is(err, want) || got != "" {
			t.Errorf("evidence %s = %q, %v; want %v", what, got, err, want)
		}
	}
	if _, err := d.run(t, false, "evidence", digest, path); !errors.Is(err, os.ErrExist) {
		t.Errorf("evidence into a file that is there = %v, want it to stay", err)
	}
}
