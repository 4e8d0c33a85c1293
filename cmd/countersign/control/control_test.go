package control_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/export/exporttest"
	"countersign/audit/tree"
	"countersign/cmd/countersign/control"
	"countersign/store"

	"github.com/spf13/cobra"
)

// desk runs verbs on a trail of its own, which has a decision on the wallet wa-1 by the book
// stablecoin and the rule mint.
func desk(t *testing.T) func(args ...string) (out, errs string, err error) {
	t.Helper()
	key, err := tree.NewKey("trail.test", exporttest.Key("log"))
	if err != nil {
		t.Fatal(err)
	}
	dsn := filepath.Join(t.TempDir(), "trail.db")
	open := func(*cobra.Command) (*store.Trail, error) {
		db, err := store.Open(t.Context(), dsn)
		if err != nil {
			return nil, err
		}
		if err := db.SignWith(t.Context(), &store.Log{Keys: []*tree.Key{key}}); err != nil {
			return nil, errors.Join(err, db.Close())
		}
		return &store.Trail{DB: db, Signer: &audit.Signer{Key: exporttest.Key("founder"), Issuer: "test", Subject: "founder", Now: time.Now}}, nil
	}
	trail, err := open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer trail.DB.Close()
	if err := trail.Found(t.Context()); err != nil {
		t.Fatal(err)
	}
	intent := audit.Intent{ApprovalID: "ap-1", Request: countersign.Activity{WalletID: "wa-1"}, Books: []string{"stablecoin"}, AppliedRules: []string{"mint"}}
	if _, err := trail.Append(t.Context(), audit.Draft{Key: "approval/ap-1/decision/founder", Type: audit.DecisionIntent, Body: intent}); err != nil {
		t.Fatal(err)
	}
	return func(args ...string) (string, string, error) {
		root := &cobra.Command{Use: "countersign", SilenceErrors: true, SilenceUsage: true}
		reading := func(cmd *cobra.Command) (*store.DB, error) {
			trail, err := open(cmd)
			if err != nil {
				return nil, err
			}
			return trail.DB, nil
		}
		asJSON := false
		root.PersistentFlags().BoolVar(&asJSON, "json", false, "")
		root.AddCommand(control.New(control.Options{JSON: &asJSON, Signing: open, Reading: reading, Usage: func(err error) error { return err }})...)
		var out, errs strings.Builder
		root.SetArgs(args)
		root.SetOut(&out)
		root.SetErr(&errs)
		err := root.ExecuteContext(t.Context())
		return out.String(), errs.String(), err
	}
}

// A name that is misspelled stops nobody: who halts must hear of it, and the halt stands all the
// same.
func TestAHaltOfWhatNothingNamesIsSaidToBeStrange(t *testing.T) {
	run := desk(t)
	for _, tt := range []struct{ flag, value, warning string }{
		{"--wallet", "wa-1", ""}, {"--book", "stablecoin", ""}, {"--rule", "mint", ""},
		{"--wallet", "wa-l", "no record names wallet wa-l"},
		{"--book", "stablecoins", "names book stablecoins"},
		{"--rule", "burn", "names rule burn"},
	} {
		out, errs, err := run("halt", tt.flag, tt.value, "--reason", "x", "--by", "ana")
		if err != nil || !strings.Contains(out, tt.value+" is halted: record ") {
			t.Errorf("halt %s %s = %q, %v; want it halted", tt.flag, tt.value, out, err)
		}
		if tt.warning == "" && errs != "" || tt.warning != "" && !(strings.HasPrefix(errs, "WARNING: ") && strings.Contains(errs, tt.warning)) {
			t.Errorf("halt %s %s warns %q, want %q", tt.flag, tt.value, errs, tt.warning)
		}
		if _, errs, err := run("resume", tt.flag, tt.value, "--reason", "x"); err != nil || errs != "" {
			t.Errorf("resume %s %s = %q, %v", tt.flag, tt.value, errs, err)
		}
	}
	if _, errs, err := run("halt", "--all", "--reason", "incident 7", "--by", "ana"); err != nil || errs != "" {
		t.Errorf("halt --all = %q, %v", errs, err)
	}
	var listed []struct{ Scope, By, Reason string }
	out, _, err := run("halts", "--json")
	if err != nil || json.Unmarshal([]byte(out), &listed) != nil || len(listed) != 1 || listed[0].Scope != "all" || listed[0].By != "ana" || listed[0].Reason != "incident 7" {
		t.Errorf("halts --json = %q, %v; want who and why too", out, err)
	}
}
