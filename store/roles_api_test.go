package store_test

import (
	"errors"
	"fmt"
	"testing"

	"countersign/audit"
	"countersign/store"
	"countersign/store/keys"
)

// What the API needs to put its sign-ins on the trail, and no more: it may sign as itself, under the
// log's key, and touch neither halts nor budgets nor books.
func TestTheRoleOfTheAPI(t *testing.T) {
	r := withRoles(t)
	tr := desk(t, r.writer, "ana") // a worker has begun the log
	login := as(t, r.admin, apiLogin())
	db, err := store.Open(t.Context(), login)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.SignWith(t.Context(), theLog(t)); err != nil {
		t.Fatal(err)
	}
	api := trailOn(db, "api.example")
	known, err := db.Registry(t.Context())
	if err == nil {
		err = keys.Enrolled(known, api.Signer)
	}
	if !errors.Is(err, store.ErrNotEnrolled) {
		t.Errorf("not enrolled: %v", err)
	}
	if _, err = api.Append(t.Context(), signIn("early")); !errors.Is(err, store.ErrNotEnrolled) {
		t.Errorf("a record of a key that is not enrolled: %v", err)
	}

	if _, err := tr.Enrol(t.Context(), audit.RecordKey, "api.example", api.Signer.Key, "ana"); err != nil {
		t.Fatal(err)
	}
	if known, err = db.Registry(t.Context()); err != nil || keys.Enrolled(known, api.Signer) != nil {
		t.Errorf("enrolled, and refused: %v", err)
	}
	var last audit.Entry
	for i := range 300 { // a tile, and its span
		if last, err = api.Append(t.Context(), signIn(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if e, err := tr.DB.Open(t.Context(), last); err != nil || e.Record.Subject != "api.example" {
		t.Errorf("%+v, %v, want a record of the API's that its key has signed", e.Record, err)
	}
	if size, err := tr.DB.Size(t.Context()); err != nil || size != last.Index+1 {
		t.Errorf("%d records are under a checkpoint, %v, want all %d", size, err, last.Index+1)
	}
	for _, q := range []string{
		"UPDATE records SET jws = jws", "DELETE FROM records", "DELETE FROM halts", "INSERT INTO halts (scope, record_key, since) VALUES ('all', 'x', 0)",
		"DELETE FROM claims", "UPDATE claims SET state = state", "INSERT INTO ledger_accounts DEFAULT VALUES", "DELETE FROM anchors", "DELETE FROM cursors", "DELETE FROM outbox",
		"INSERT INTO evidence DEFAULT VALUES", "ALTER TABLE records DISABLE TRIGGER ALL", "CREATE TABLE mine (x INT)",
	} {
		denied(t, login, q)
	}
}

func signIn(n string) audit.Draft {
	return audit.Draft{Key: "api/signin/" + n, Type: audit.SignedIn, Body: audit.SignIn{Name: "auditor", Digest: "d", At: start}}
}
