package auditverbs_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign"
	"countersign/audit"
)

// A record that has exactly the facets of the first version was written by an older one: it is
// counted and no fault. One that lacks some of what later versions know was changed.
func TestARecordOfAnOlderVersionIsCounted(t *testing.T) {
	v := newVault(t, filepath.Join(t.TempDir(), "trail.db"))
	vote := []byte("a vote")
	e, err := v.Append(t.Context(), audit.Draft{Key: "human/1", Type: audit.HumanDecided, Evidence: [][]byte{vote}, Body: audit.HumanDecision{
		ApprovalID: "open", WalletID: "wa-1", Vote: countersign.Vote{UserID: "alice", Verdict: countersign.Approve}, Decision: sum(vote), Missing: "none",
	}})
	v.put(t, e, err)
	if err := v.DB.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(v.dsn)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, sql string
		want      error
		says      string
	}{
		{"all that is newer", "DELETE FROM facets WHERE idx = #human/1 AND name <> 'wallet'", nil, "found by less than this release knows of: 1 records"},
		{"some of it", "DELETE FROM facets WHERE idx = #human/1 AND name = 'approver'", errRefused, "facet_differs"},
		{"all of it", "DELETE FROM facets WHERE idx = #human/1", errRefused, "facet_differs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dsn := filepath.Join(t.TempDir(), "trail.db")
			if err := os.WriteFile(dsn, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			change(t, "sqlite", "file:"+dsn, "", v.place(tt.sql))
			if got, err := v.verify(t, dsn); !errors.Is(err, tt.want) || !strings.Contains(got, tt.says) {
				t.Errorf("verify = %v\n%s\nwant %v, and %q", err, got, tt.want, tt.says)
			}
		})
	}
}
