package auditverbs_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/booked"
	"countersign/audit/tree"
	"countersign/ledger"
	"countersign/store"
	"countersign/store/storetest"

	"golang.org/x/sync/errgroup"
)

var noon = time.Date(2026, 5, 1, 12, 30, 0, 0, time.UTC)

// A vault is a database with everything that is kept beside records: decisions with claims on a
// budget, open, given back, committed and void, evidence with a list of more, and a ledger.
type vault struct {
	*store.Trail
	dsn   string
	index map[string]int64 // of records, by key
}

func newVault(t *testing.T, dsn string) *vault {
	t.Helper()
	v := &vault{Trail: storetest.TrailOn(t, dsn, noon), dsn: dsn, index: map[string]int64{}}
	v.decide(t, "open", countersign.Approve, "")
	v.decide(t, "committed", countersign.Approve, "committed")
	v.decide(t, "released", countersign.Approve, "released")
	v.decide(t, "void", countersign.Approve, "void")
	v.decide(t, "noted", countersign.Abstain, "")
	v.deposit(t, "0x1")
	v.deposit(t, "0x2")
	v.halt(t)
	var filling errgroup.Group
	filling.SetLimit(64)
	for i := range 300 {
		filling.Go(func() error {
			_, err := v.Append(t.Context(), audit.Draft{Key: fmt.Sprint("notice/", i), Type: audit.EventNoticed, Body: audit.Notice{}})
			return err
		})
	}
	if err := filling.Wait(); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *vault) put(t *testing.T, e audit.Entry, err error) audit.Entry {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	v.index[e.Record.Key] = e.Index
	return e
}

// sum is a digest as records name it.
func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// decide takes 10 of a budget of 100 and ends as it is told.
func (v *vault) decide(t *testing.T, id string, verdict countersign.Verdict, end string) {
	t.Helper()
	answer := []byte("the price of " + id)
	list, err := json.Marshal([]audit.Evidence{{Kind: "price", Source: "a", Digest: sum(answer), At: noon}})
	if err != nil {
		t.Fatal(err)
	}
	claims := []countersign.Claim{{Budget: "pot", Amount: countersign.NewAmount(10), Limit: countersign.NewAmount(100), Since: noon.Add(-24 * time.Hour)}}
	e, err := v.Decide(t.Context(), "decision/"+id, claims, nil, func(st countersign.Standing) (audit.Draft, bool) {
		return audit.Draft{
			Key: "decision/" + id, Type: audit.DecisionIntent, Lineage: "approval/" + id, Evidence: [][]byte{answer, list},
			Body: audit.Intent{
				ApprovalID: id, InitiatorID: "ma-1", AskedAt: noon, Policies: []string{"po-1"},
				Request:  countersign.Activity{WalletID: "wa-1", Network: "Net", Call: &countersign.Call{To: "0xAb"}},
				Decision: countersign.Decision{Verdict: verdict}, Budgets: st.Balances,
				Evidence: []audit.Evidence{{Kind: "list", Source: "countersign", Digest: sum(list), At: noon}},
			},
		}, verdict == countersign.Approve
	})
	e = v.put(t, e, err)
	switch end {
	case "void":
		e, err = v.Void(t.Context(), audit.Draft{Key: "post/" + id, Type: audit.DecisionOutcome, Body: audit.Post{
			ApprovalID: id, Intent: e.LeafHash, Verdict: verdict, Result: audit.Void,
		}}, e.Record.Key)
		v.put(t, e, err)
	case "committed", "released":
		status := map[bool]countersign.ApprovalStatus{true: countersign.StatusApproved, false: countersign.StatusDenied}[end == "committed"]
		e, err = v.Close(t.Context(), audit.Draft{Key: "end/" + id, Type: audit.ApprovalOutcome, Body: audit.Resolution{
			ApprovalID: id, Intent: e.LeafHash, Verdict: verdict, Outcome: countersign.Outcome{Status: status}, Budgets: end,
		}}, e.Record.Key, end == "committed")
		v.put(t, e, err)
	}
}

// deposit books what came in.
func (v *vault) deposit(t *testing.T, tx string) {
	t.Helper()
	effect := []byte("what " + tx + " did")
	step := ledger.Step{ID: "deposit:Net:" + tx, State: ledger.Posted, Postings: []ledger.Posting{
		{From: "world", To: "hot", Asset: ledger.Asset{Code: "USDC", Scale: 6}, Amount: countersign.NewAmount(5)},
	}}
	e, err := v.Book(t.Context(), audit.Draft{
		Key: "deposit/" + tx, Type: booked.DepositBooked, Lineage: "deposit/" + tx, Evidence: [][]byte{effect},
		Body: booked.Deposit{Network: "Net", TxHash: tx, Evidence: sum(effect), Entry: step.ID, Step: step.Digest()},
	}, ledger.Booking{Steps: []ledger.Step{step}})
	v.put(t, e, err)
}

// verify runs the verb over a database.
func (v *vault) verify(t *testing.T, dsn string) (string, error) {
	t.Helper()
	key, err := tree.NewKey("trail.test", storetest.Key("log"))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{database: dsn}
	return d.run(t, false, "verify", "--log-key", key.VerifierKey())
}

// The kinds of what somebody may do who writes to the database, past the triggers: what shows it,
// and at which record.
var keptKinds = []struct{ name, sql, code, at string }{
	{"facets of a record deleted", "DELETE FROM facets WHERE idx = #decision/open", "facet_differs", "decision/open"},
	{"one facet deleted", "DELETE FROM facets WHERE idx = #decision/open AND name = 'wallet'", "facet_differs", "decision/open"},
	{"a facet changed", "UPDATE facets SET value = 'wa-9' WHERE idx = #decision/void AND name = 'wallet'", "facet_differs", "decision/void"},
	{"a facet added", "INSERT INTO facets (name, value, idx) VALUES ('wallet', 'wa-9', #deposit/0x1)", "facet_differs", "deposit/0x1"},
	{"a facet of no record", "INSERT INTO facets (name, value, idx) VALUES ('wallet', 'wa-9', -1)", "facet_differs", ""},
	{"the author", "UPDATE records SET subject = 'them' WHERE idx = #decision/open", "column_differs", "decision/open"},
	{"the author's number", "UPDATE records SET seq = 99999 WHERE idx = #decision/open", "column_differs", "decision/open"},
	{"the time", "UPDATE records SET at = at - 1 WHERE idx = #deposit/0x2", "column_differs", "deposit/0x2"},
	{"the approval", "UPDATE records SET approval = '' WHERE idx = #decision/open", "column_differs", "decision/open"},
	{"a span moved", "UPDATE spans SET last = last - 1", "span_differs", "0"},
	{"a span deleted", "DELETE FROM spans", "span_differs", "0"},
	{"evidence overwritten", "UPDATE evidence SET bytes = BYTES WHERE sha256 = '" + sum([]byte("what 0x1 did")) + "'", "evidence_differs", "deposit/0x1"},
	{"evidence deleted", "DELETE FROM evidence WHERE sha256 = '" + sum([]byte("what 0x2 did")) + "'", "evidence_missing", "deposit/0x2"},
	{"evidence of a list deleted", "DELETE FROM evidence WHERE sha256 = '" + sum([]byte("the price of void")) + "'", "evidence_missing", "decision/void"},
	{"a step deleted", "DELETE FROM ledger_steps WHERE record_key = 'deposit/0x1'", "step_missing", "deposit/0x1"},
	{"a step's amount", `UPDATE ledger_steps SET postings = REPLACE(postings, '"5"', '"6"') WHERE record_key = 'deposit/0x2'`, "step_missing", "deposit/0x2"},
	{"a step made unreadable", "UPDATE ledger_steps SET postings = '{' WHERE record_key = 'deposit/0x2'", "step_unexplained", "deposit/0x2"},
	{"a step's memo", "UPDATE ledger_steps SET memo = 'a gift' WHERE record_key = 'deposit/0x2'", "step_unexplained", "deposit/0x2"},
	{"a step's lineage", "UPDATE ledger_steps SET lineage = 'x' WHERE record_key = 'deposit/0x1'", "step_differs", "deposit/0x1"},
	{"a step's time", "UPDATE ledger_steps SET at = at - 86400000000 WHERE record_key = 'deposit/0x1'", "step_differs", "deposit/0x1"},
	{"a step of another record", "UPDATE ledger_steps SET record_key = 'decision/open' WHERE record_key = 'deposit/0x1'", "step_unexplained", "decision/open"},
	{"a step that no record books", "INSERT INTO ledger_steps (seq, entry, state, at, record_key, lineage, memo, postings) SELECT seq + 10, entry || 'x', state, at, 'none', lineage, memo, postings FROM ledger_steps", "step_unexplained", ""},
	{"a claim deleted", "DELETE FROM claims WHERE decision_key = 'decision/open'", "claim_missing", "decision/open"},
	{"a claim made smaller", "UPDATE claims SET amount = '1' WHERE decision_key = 'decision/open'", "claim_differs", "decision/open"},
	{"what a budget held before", "UPDATE claims SET before = '0' WHERE decision_key = 'decision/released'", "claim_differs", "decision/released"},
	{"a claim given back", "UPDATE claims SET state = 'released' WHERE decision_key = 'decision/committed'", "claim_differs", "decision/committed"},
	{"a note that counts", "UPDATE claims SET state = 'reserved' WHERE decision_key = 'decision/void'", "claim_differs", "decision/void"},
	{"a claim moved out of its window", "UPDATE claims SET at = at - 86400000000 WHERE decision_key = 'decision/open'", "claim_differs", "decision/open"},
	{"a claim of another budget", "INSERT INTO claims (decision_key, budget, amount, before, state, at) VALUES ('decision/open', 'other', '1', '0', 'noted', 0)", "claim_differs", "decision/open"},
	{"a claim of no decision", "INSERT INTO claims (decision_key, budget, amount, before, state, at) VALUES ('none', 'pot', '1', '0', 'noted', 0)", "claim_differs", ""},
	{"a halt deleted", "DELETE FROM halts", "halt_missing", "halt/wallet/wa-9"},
	{"a halt of another wallet", "UPDATE halts SET scope = 'wallet/wa-1'", "halt_missing", "halt/wallet/wa-9"},
	{"a halt that had ended", "INSERT INTO halts (scope, record_key, since) VALUES ('wallet/wa-8', 'halt/wallet/wa-8', 0)", "halt_unexplained", ""},
	{"a halt of another record", "UPDATE halts SET record_key = 'decision/open'", "halt_unexplained", ""},
	{"hours zeroed", "UPDATE budget_hours SET total = '0'", "hours_differ", "decision/committed"},
	{"hours deleted", "DELETE FROM budget_hours", "hours_differ", "decision/committed"},
	{"an hour added", "INSERT INTO budget_hours (budget, hour, total) VALUES ('pot', 1, '1')", "hours_differ", ""},
}

// place writes the indexes of records into a statement.
func (v *vault) place(text string) string {
	for key, index := range v.index {
		text = strings.ReplaceAll(text, "#"+key, fmt.Sprint(index))
	}
	return text
}

func (v *vault) line(t *testing.T, at, code string) string {
	t.Helper()
	index, known := v.index[at]
	switch {
	case at == "0":
		index = 0
	case !known:
		size, err := v.DB.Size(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		index = size // behind the last
	}
	return fmt.Sprintf("record %d (", index) + "|): " + code + ":"
}

// says looks for a line with an index and a code.
func says(out, line string) bool {
	index, code, _ := strings.Cut(line, "|")
	for _, l := range strings.Split(out, "\n") {
		if strings.HasPrefix(l, index) && strings.Contains(l, code) {
			return true
		}
	}
	return false
}

func TestWhatIsKeptBesideRecordsIsChecked(t *testing.T) {
	v := newVault(t, filepath.Join(t.TempDir(), "trail.db"))
	if got, err := v.verify(t, v.dsn); err != nil {
		t.Fatalf("verify = %v\n%s", err, got)
	}
	if err := v.DB.Close(); err != nil { // all of it is in the one file then
		t.Fatal(err)
	}
	whole, err := os.ReadFile(v.dsn)
	if err != nil {
		t.Fatal(err)
	}
	again, err := store.OpenReader(t.Context(), v.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	v.DB = again
	for _, k := range keptKinds {
		t.Run(k.name, func(t *testing.T) {
			dsn := filepath.Join(t.TempDir(), "trail.db")
			if err := os.WriteFile(dsn, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			change(t, "sqlite", "file:"+dsn, "", strings.ReplaceAll(v.place(k.sql), "BYTES", "x'00'"))
			got, err := v.verify(t, dsn)
			if want := v.line(t, k.at, k.code); !errors.Is(err, errRefused) || !says(got, want) {
				t.Errorf("verify = %v\n%s\nwant a refusal, and %s", err, got, want)
			}
		})
	}
}

func TestWhatPostgreSQLKeepsBesideRecordsIsChecked(t *testing.T) {
	for _, k := range append(keptKinds[:0:0], keptKinds[0], keptKinds[7], keptKinds[11], keptKinds[14], keptKinds[22], keptKinds[25], keptKinds[30], keptKinds[31]) {
		t.Run(k.name, func(t *testing.T) {
			v := newVault(t, storetest.Postgres(t))
			if got, err := v.verify(t, v.dsn); err != nil {
				t.Fatalf("verify = %v\n%s", err, got)
			}
			change(t, "pgx", v.dsn, "SET session_replication_role = replica; ", strings.ReplaceAll(v.place(k.sql), "BYTES", `'\x00'`))
			got, err := v.verify(t, v.dsn)
			if want := v.line(t, k.at, k.code); !errors.Is(err, errRefused) || !says(got, want) {
				t.Errorf("verify = %v\n%s\nwant a refusal, and %s", err, got, want)
			}
		})
	}
}

// change runs a statement that the triggers refuse.
func change(t *testing.T, driver, dsn, free, statement string) {
	t.Helper()
	raw, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if driver == "sqlite" {
		rows, err := raw.QueryContext(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'trigger'")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			free += "DROP TRIGGER " + name + "; "
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	done, err := raw.ExecContext(t.Context(), free+statement)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := done.RowsAffected(); driver == "sqlite" && (err != nil || n == 0) {
		t.Fatalf("%s: %d rows, %v", statement, n, err)
	}
}
