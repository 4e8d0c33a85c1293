package halts_test

import (
	"fmt"
	"testing"
	"time"

	"countersign/audit"
	"countersign/store"
	"countersign/store/halts"
	"countersign/store/keys"
	"countersign/store/storetest"
)

// Where the table of halts and the signed records do not say the same, both are named: rows that
// were taken away, that nobody has signed, and that stand for another record.
func TestDifferencesOfTheTable(t *testing.T) {
	tr := storetest.Trail(t, time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
	say := func(kind audit.Type, key, scope string, do func(audit.Draft) (audit.Entry, error)) {
		t.Helper()
		if _, err := do(audit.Draft{Key: key, Type: kind, Body: audit.Control{Scope: scope, By: "ana"}}); err != nil {
			t.Fatal(err)
		}
	}
	halt := func(key, scope string) {
		t.Helper()
		say(audit.ControlHalted, key, scope, func(d audit.Draft) (audit.Entry, error) { return tr.Halt(t.Context(), d, scope) })
	}
	execute := func(q string, args ...any) {
		t.Helper()
		if _, err := tr.DB.SQL().ExecContext(t.Context(), q, args...); err != nil {
			t.Fatal(err)
		}
	}
	signed := halts.Signed{SQL: tr.DB.SQL(), Keys: &keys.Keys{SQL: tr.DB.SQL()}}
	differ := func(want string) {
		t.Helper()
		missing, unexplained, err := signed.Differences(t.Context())
		if got := names(missing) + "/" + names(unexplained); err != nil || got != want {
			t.Errorf("missing/unexplained %s, %v, want %s", got, err, want)
		}
	}
	differ("/")
	halt("h1", "wallet/wa-1")
	halt("h2", "wallet/wa-2")
	halt("h3", "wallet/wa-3")
	differ("/")
	execute("DELETE FROM halts WHERE scope = 'wallet/wa-1'")
	execute("UPDATE halts SET record_key = 'h1' WHERE scope = 'wallet/wa-2'")
	execute("INSERT INTO halts (scope, record_key, since) VALUES ('all', 'nobody', 0)")
	differ("wallet/wa-1 by h1;/all by nobody;wallet/wa-2 by h1;")
	say(audit.ControlResumed, "r1", "wallet/wa-1", func(d audit.Draft) (audit.Entry, error) { return tr.Resume(t.Context(), d, "wallet/wa-1") })
	differ("/all by nobody;wallet/wa-2 by h1;")
	execute("DELETE FROM halts WHERE scope <> 'wallet/wa-3'")
	differ("wallet/wa-2 by h2;/")
}

func names(all []store.Halt) (text string) {
	for _, h := range all {
		text += fmt.Sprintf("%s by %s;", h.Scope, h.Key)
	}
	return text
}
