package exportverbs_test

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/audit"
	"countersign/audit/export/check"
	"countersign/audit/export/exporttest"
	"countersign/audit/tree"
	"countersign/audit/verify"
	"countersign/cmd/countersign/exportverbs"
	"countersign/store"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/tlog"
)

// witness signs whatever it is shown, unless it is away.
type witness struct {
	name string
	away bool
}

func (w *witness) String() string { return w.name }

func (w *witness) Cosign(_ context.Context, msg []byte, _ func(context.Context, int64) ([]tlog.Hash, error)) ([]byte, error) {
	if w.away {
		return nil, fmt.Errorf("nobody is there")
	}
	signed, _ := exporttest.Cosign(msg, w.name, exporttest.Key(w.name), time.Unix(1767323045, 0))
	return signed, nil
}

// A desk has a trail whose checkpoints two of three witnesses must sign.
type desk struct {
	dsn       string
	log       *store.Log
	trust     verify.Trust
	witnesses []*witness
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := newUnfounded(t)
	d.log.Quorum = 2
	for _, name := range []string{"w1.test", "w2.test", "w3.test"} {
		w := &witness{name: name}
		_, vkey := exporttest.Cosign([]byte("x\n\n"), name, exporttest.Key(name), time.Unix(1, 0))
		d.witnesses, d.log.Witnesses = append(d.witnesses, w), append(d.log.Witnesses, w)
		d.trust.Witnesses = append(d.trust.Witnesses, verify.Witness{Name: strings.TrimSuffix(name, ".test"), Key: vkey})
	}
	d.trust.Groups, d.trust.Quorum = verify.AnyOf(2, d.trust.Witnesses)
	return d.found(t)
}

// newUnfounded is a desk without a record and without witnesses.
func newUnfounded(t *testing.T) *desk {
	t.Helper()
	key, err := tree.NewKey("trail.test", exporttest.Key("log"))
	if err != nil {
		t.Fatal(err)
	}
	return &desk{
		dsn: filepath.Join(t.TempDir(), "trail.db"),
		log: &store.Log{Keys: []*tree.Key{key}}, trust: verify.Trust{Log: []string{key.VerifierKey()}},
	}
}

func (d *desk) found(t *testing.T) *desk {
	t.Helper()
	if err := d.open(t).Found(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// open is the trail as one process has it.
func (d *desk) open(t *testing.T) *store.Trail {
	t.Helper()
	db, err := store.Open(t.Context(), d.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.SignWith(t.Context(), d.log); err != nil {
		t.Fatal(err)
	}
	return &store.Trail{DB: db, Signer: &audit.Signer{Key: exporttest.Key("founder"), Issuer: "test", Subject: "founder", Now: time.Now}}
}

var errUsage = errors.New("usage")

// day is a flag as the program reads it.
func day(add int) func(string, string) (time.Time, error) {
	return func(_, text string) (time.Time, error) {
		if text == "" {
			return time.Time{}, nil
		}
		t, err := time.Parse(time.DateOnly, text)
		return t.AddDate(0, 0, add), err
	}
}

// run runs a verb as the command line does.
func (d *desk) run(t *testing.T, args ...string) (out, errs string, err error) {
	t.Helper()
	var e strings.Builder
	out, err = d.runOn(t, &e, args...)
	return out, e.String(), err
}

// runOn is run with a place for what is not the answer.
func (d *desk) runOn(t *testing.T, errs io.Writer, args ...string) (out string, err error) {
	t.Helper()
	root := &cobra.Command{Use: "audit", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(exportverbs.New(exportverbs.Options{
		Signing: func(*cobra.Command) (*store.Trail, error) { return d.open(t), nil },
		Reading: func(*cobra.Command) (*store.DB, error) { return d.open(t).DB, nil },
		Trust:   func(*cobra.Command) (verify.Trust, error) { return d.trust, nil },
		Day:     day(0), LastDay: day(1),
		Usage: func(err error) error { return errors.Join(errUsage, err) },
	})...)
	var o strings.Builder
	root.SetArgs(args)
	root.SetOut(&o)
	root.SetErr(errs)
	err = root.ExecuteContext(t.Context())
	return o.String(), err
}

// export runs the verb that exports.
func (d *desk) export(t *testing.T, args ...string) error {
	t.Helper()
	_, _, err := d.run(t, append([]string{"export"}, args...)...)
	return err
}

// exports are those on the trail.
func (d *desk) exports(t *testing.T) (made []audit.Export) {
	t.Helper()
	for e, err := range d.open(t).DB.Entries(t.Context(), store.Filter{Type: audit.ExportMade}) {
		var x audit.Export
		if err == nil {
			err = e.Decode(&x)
		}
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, x)
	}
	return made
}

// files are those of an export.
func files(t *testing.T, path string) fs.FS {
	t.Helper()
	if !strings.HasSuffix(path, ".zip") {
		return os.DirFS(path)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { z.Close() })
	return z
}

// An export carries the signatures of the witnesses that its policy asks for, and is not
// made while they cannot be had.
func TestAnExportCarriesTheSignaturesOfWitnesses(t *testing.T) {
	d := newDesk(t)
	dir := t.TempDir()
	for _, args := range [][]string{{filepath.Join(dir, "bundle")}, {filepath.Join(dir, "one.zip"), "--type", string(audit.KeyEnrolled)}} {
		d.witnesses[0].away = true
		if err := d.export(t, args...); err != nil {
			t.Fatalf("export with two of three witnesses: %v", err)
		}
		opened, err := check.Open(files(t, args[0]))
		if err != nil {
			t.Fatal(err)
		}
		r, err := opened.Verify(t.Context(), d.trust, check.Checks{})
		if err != nil || !r.OK() || r.Kind != verify.Selected && len(r.Witnesses) != 2 {
			t.Errorf("%s: %+v, %v, want it good with two witnesses", args[0], r, err)
		}
		harder := d.trust
		harder.Groups, harder.Quorum = verify.AnyOf(3, harder.Witnesses)
		if r, err := opened.Verify(t.Context(), harder, check.Checks{}); err != nil || r.OK() {
			t.Errorf("%s has the signatures of three witnesses: %+v, %v", args[0], r, err)
		}
		d.witnesses[1].away = true
		late := args[0] + "-late"
		if err := d.export(t, append([]string{late}, args[1:]...)...); err == nil || !strings.Contains(err.Error(), "1 of 3 witnesses have signed, 2 must") {
			t.Errorf("export with one of three witnesses: %v", err)
		}
		if _, err := os.Stat(late); err == nil {
			t.Errorf("it left %s behind", late)
		}
		d.witnesses[0].away, d.witnesses[1].away = false, false
	}
}
