package activities_test

import (
	"crypto/ed25519"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"countersign"
	"countersign/activities"
	"countersign/audit"

	_ "modernc.org/sqlite" // driver "sqlite"
)

// TestARecordThatWeDidNotSignIsNotPosted puts an approval on the trail as
// somebody who has the database and not the key would.
func TestARecordThatWeDidNotSignIsNotPosted(t *testing.T) {
	for name, forge := range map[string]func(t *testing.T, d *desk, file string){
		"signed with another key": forgeWithAnotherKey,
		"our yes to another approval": func(t *testing.T, d *desk, file string) {
			d.custodian.approvals["ap-2"] = pending("ap-2")
			if _, err := d.DecideApproval(t.Context(), activities.DecideInput{ApprovalID: "ap-2"}); err != nil {
				t.Fatal(err)
			}
			raw, err := sql.Open("sqlite", file)
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			for _, q := range []string{"DROP TRIGGER records_no_update", "UPDATE records SET record_key = '" + countersign.DecisionKey(ap, us) + "' WHERE type = 'decision.intent'"} {
				if _, err := raw.Exec(q); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "trail.db")
			d := newDeskAt(t, file, approving(), pending(ap))
			forge(t, d, file)
			_, err := d.PostDecision(t.Context(), activities.PostInput{ApprovalID: ap})
			permanently(t, err, "ForgedRecord")
			_, err = d.DecideApproval(t.Context(), activities.DecideInput{ApprovalID: ap})
			permanently(t, err, "ForgedRecord")
			if n := d.custodian.effective[ap]; n != 0 {
				t.Errorf("%d votes, want none", n)
			}
		})
	}
}

// forgeWithAnotherKey puts a decision into the database that a stranger has signed.
func forgeWithAnotherKey(t *testing.T, _ *desk, file string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	stranger := &audit.Signer{Key: key, Issuer: "test", Subject: us, Now: time.Now}
	e, err := stranger.Seal(audit.Draft{
		Key: countersign.DecisionKey(ap, us), Type: audit.DecisionIntent,
		Body: audit.Intent{ApprovalID: ap, Snapshot: pending(ap).Snapshot, Decision: countersign.Approved("mine")},
	}, audit.Head{Index: 2, Seq: 2})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Exec("INSERT INTO records (idx, record_key, type, subject, seq, at, jws, leaf_hash, approval) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		e.Index, e.Record.Key, string(e.Record.Type), us, e.Record.Seq, 0, e.JWS, e.LeafHash, ap); err != nil {
		t.Fatal(err)
	}
}
