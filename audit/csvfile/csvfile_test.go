package csvfile_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/csvfile"

	"pgregory.net/rapid"
)

var morning = time.Date(2026, 5, 4, 11, 0, 0, 123456789, time.FixedZone("CEST", 7200))

func entry(tb testing.TB, index int64, kind audit.Type, body any) audit.Entry {
	tb.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		tb.Fatal(err)
	}
	return audit.Entry{Index: index, JWS: "a.b.c", LeafHash: audit.LeafHash("a.b.c"), Record: audit.Record{
		ID: fmt.Sprintf("0196-%d", index), Type: kind, Key: fmt.Sprintf("k/%d", index), Lineage: "approval/ap-1",
		Issuer: "treasury", Subject: "us-1", At: morning, Index: index, Body: raw,
	}}
}

func written(tb testing.TB, entries ...audit.Entry) []byte {
	tb.Helper()
	var buf bytes.Buffer
	w := csvfile.NewWriter(&buf)
	for _, e := range entries {
		if err := w.Write(e); err != nil {
			tb.Fatalf("Write = %v", err)
		}
	}
	if err := w.Flush(); err != nil {
		tb.Fatalf("Flush = %v", err)
	}
	return buf.Bytes()
}

// rowsOf reads a file back as maps by column.
func rowsOf(tb testing.TB, file []byte) (rows []map[string]string) {
	tb.Helper()
	cells, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		tb.Fatalf("%v\n%s", err, file)
	}
	for _, cell := range cells[1:] {
		row := map[string]string{}
		for i, name := range cells[0] {
			row[name] = cell[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// TestColumnsOfFormV1 holds the form: a spreadsheet somewhere counts on it.
func TestColumnsOfFormV1(t *testing.T) {
	want := "index,recorded_at,type,key,lineage,issuer,subject,approval_id,decision,reason_code,reason,initiator,wallet,network,policies,contract,function,recipient,asset,amount,outcome,leaf_hash,record_id"
	if got := strings.Join(csvfile.Columns(), ","); csvfile.Form != "records-v1" || got != want {
		t.Errorf("columns of %s:\n got %s\nwant %s", csvfile.Form, got, want)
	}
	if got := string(written(t)); got != want+"\r\n" {
		t.Errorf("file of no records = %q, want the header", got)
	}
}

func TestRows(t *testing.T) {
	call := countersign.Activity{WalletID: "wa-1", Network: "Ethereum", Call: &countersign.Call{To: "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", Value: countersign.MustAmount("1000000000000000000")}}
	transfer := countersign.Activity{WalletID: "wa-2", Transfer: &countersign.Transfer{Kind: "Erc20", Asset: "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", To: "So1ana", Amount: countersign.MustAmount("12345678901234567890123")}}
	for _, tt := range []struct {
		name string
		kind audit.Type
		body any
		want map[string]string
	}{
		{"a call decided", audit.DecisionIntent, audit.Intent{
			ApprovalID: "ap-1", InitiatorID: "us-9", Policies: []string{"po-1", "po-2"}, Request: call,
			Decoded: &audit.Decoded{Function: "mint(address,uint256)"}, Decision: countersign.Decision{Verdict: countersign.Approve, Code: "within_policy", Reason: "fine"},
		}, map[string]string{
			"recorded_at": "2026-05-04T09:00:00.123Z", "approval_id": "ap-1", "decision": "approve", "reason_code": "within_policy", "reason": "fine",
			"initiator": "us-9", "wallet": "wa-1", "network": "Ethereum", "policies": "po-1 po-2", "contract": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
			"function": "mint(address,uint256)", "recipient": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "asset": "Native", "amount": "1000000000000000000", "index": "7",
			"lineage": "approval/ap-1", "issuer": "treasury", "subject": "us-1", "key": "k/7", "record_id": "0196-7", "leaf_hash": audit.LeafHash("a.b.c"), "type": "decision.intent", "outcome": "",
		}},
		{"a transfer decided", audit.DecisionIntent, audit.Intent{Request: transfer}, map[string]string{
			"recipient": "So1ana", "asset": "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "amount": "12345678901234567890123",
			"contract": "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
		}},
		{"posted", audit.DecisionOutcome, audit.Post{ApprovalID: "ap-1", Verdict: countersign.Reject, Result: audit.Void, Code: "changed_after_decision", Why: "it changed"}, map[string]string{
			"decision": "reject", "outcome": "void", "reason_code": "changed_after_decision", "reason": "it changed",
		}},
		{"resolved", audit.ApprovalOutcome, audit.Resolution{Verdict: countersign.Abstain, Outcome: countersign.Outcome{Status: countersign.StatusDenied}}, map[string]string{"decision": "abstain", "outcome": "denied"}},
		{"a person", audit.HumanDecided, audit.HumanDecision{Vote: countersign.Vote{Verdict: countersign.Approve, Reason: "known"}}, map[string]string{"decision": "approve", "reason": "known"}},
		{"alarm", audit.AlarmRaised, audit.Alarm{Code: audit.UsedOutside, What: "look"}, map[string]string{"reason_code": "credential_used_outside", "reason": "look"}},
		{"of tomorrow", "tomorrow.comes", []int{1}, map[string]string{"type": "tomorrow.comes", "decision": "", "index": "7"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows := rowsOf(t, written(t, entry(t, 7, tt.kind, tt.body)))
			if len(rows) != 1 {
				t.Fatalf("%d rows, want 1", len(rows))
			}
			for name, want := range tt.want {
				if got := rows[0][name]; got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestNeutral(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"fine", "fine"},
		{"=1+1", "'=1+1"},
		{"+1", "'+1"},
		{"-1", "'-1"},
		{"@SUM(1)", "'@SUM(1)"},
		{"\t=1", `\t=1`},
		{"\r=1", `\r=1`}, // encoding/csv alone writes "=1"
		{"\n=1", `\n=1`},
		{"\r\n", `\r\n`},
		{"\x00=1", `\u0000=1`},
		{"\u0085=1", `\u0085=1`},
		{"\ufeff=1", `\ufeff=1`},
		{"\u200b=1", `\u200b=1`},
		{"\u202e=1", `\u202e=1`},
		{"\u2028=1", `\u2028=1`},
		{"\U000e0041=1", `\U000e0041=1`},
		{"\xff=1", `\xff=1`},
		{"＝1", "'＝1"},
		{"＋1", "'＋1"},
		{"－1", "'－1"},
		{"＠x", "'＠x"},
		{"−1", "'−1"},
		{"  =1", "  '=1"},
		{"\u00a0=1", "\u00a0'=1"},
		{"a;=1", "a;'=1"},
		{"a; =1;+2", "a; '=1;'+2"},
		{"a=1, -2", "a=1, -2"},
		{"'=1", "'=1"},
		{`say "hi", ok`, `say "hi", ok`},
	} {
		if got := csvfile.Neutral(tt.in); got != tt.want {
			t.Errorf("Neutral(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// broken takes so many bytes and then none.
type broken struct{ left int }

var errFull = errors.New("disk full")

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestErrorOfTheUnderlyingWriter(t *testing.T) {
	for _, room := range []int{0, 5_000, 50_000} {
		w := csvfile.NewWriter(&broken{left: room})
		var err error
		for i := int64(0); err == nil && i < 1_000; i++ {
			err = w.Write(entry(t, i, audit.EventStray, audit.Notice{}))
		}
		if err == nil {
			err = w.Flush()
		}
		if !errors.Is(err, errFull) {
			t.Errorf("with room for %d bytes: %v, want %v", room, err, errFull)
		}
	}
}

// counted counts bytes, and how many came before the file was flushed.
type counted struct{ n int }

func (c *counted) Write(p []byte) (int, error) { c.n += len(p); return len(p), nil }

func TestWriterKeepsNoRows(t *testing.T) {
	var out counted
	w := csvfile.NewWriter(&out)
	total := 0
	for i := int64(0); i < 500; i++ {
		e := entry(t, i, audit.EventStray, audit.Notice{})
		total += len(written(t, e)) - len(written(t))
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
		if held := total - out.n; held > 8<<10 {
			t.Fatalf("%d bytes of %d are held back", held, total)
		}
	}
}

func TestEveryRowIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(t, "n")
		file := bytes.Buffer{}
		w := csvfile.NewWriter(&file)
		for i := range n {
			e := audit.Entry{Index: int64(i), Record: audit.Record{Key: rapid.String().Draw(t, "key"), At: morning}}
			if err := w.Write(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		cells, err := csv.NewReader(bytes.NewReader(file.Bytes())).ReadAll()
		if err != nil || len(cells) != n+1 {
			t.Fatalf("%d rows, want %d: %v", len(cells)-1, n, err)
		}
		own, err := parse(file.Bytes())
		if err != nil || !reflect.DeepEqual(own, cells) {
			t.Fatalf("two readers differ: %v\n%q\n%q", err, own, cells)
		}
	})
}
