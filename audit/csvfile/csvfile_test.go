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
	"countersign/audit/booked"
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

// TestColumnsOfFormV2 holds the form: a spreadsheet somewhere counts on it.
func TestColumnsOfFormV2(t *testing.T) {
	want := "index,recorded_at,type,key,lineage,issuer,subject,approval_id,settlement_id,decision,reason_code,reason,initiator,approver,by,wallet,network,policies," +
		"target,function,arguments,words,contracts,recipient,asset,token_id,amount,decimals,outcome,tx_hash,leaf_hash,record_id"
	if got := strings.Join(csvfile.Columns(), ","); csvfile.Form != "records-v2" || got != want {
		t.Errorf("columns of %s:\n got %s\nwant %s", csvfile.Form, got, want)
	}
	if got := string(written(t)); got != want+"\r\n" {
		t.Errorf("file of no records = %q, want the header", got)
	}
}

const (
	contract    = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"
	checksummed = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
	token       = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
)

// row is what some columns are to say of a record.
type row struct {
	name string
	kind audit.Type
	body any
	want map[string]string
}

func decisions() []row {
	mint := countersign.Activity{WalletID: "wa-1", Network: "Ethereum", Call: &countersign.Call{To: contract}}
	sent := mint
	sent.Call = &countersign.Call{To: contract, Value: countersign.MustAmount("1000000000000000000")}
	transfer := countersign.Activity{WalletID: "wa-2", Transfer: &countersign.Transfer{Kind: "Erc20", Asset: token, To: "So1ana", Amount: countersign.MustAmount("12345678901234567890123"), TokenID: "7"}}
	return []row{
		{"a call decided", audit.DecisionIntent, audit.Intent{
			ApprovalID: "ap-1", InitiatorID: "us-9", Policies: []string{"po-1", "po-2"}, Request: mint, Words: []string{"mint 1,000 TUSD", "  to Ana"},
			Decoded:  &audit.Decoded{Function: "mint(address,uint256)", Args: map[string]any{"amount": "1000000000", "to": "0x1"}},
			Decision: countersign.Decision{Verdict: countersign.Approve, Code: "within_policy", Reason: "fine"},
		}, map[string]string{
			"recorded_at": "2026-05-04T09:00:00.123Z", "approval_id": "ap-1", "decision": "approve", "reason_code": "within_policy", "reason": "fine",
			"initiator": "us-9", "approver": "us-1", "wallet": "wa-1", "network": "Ethereum", "policies": "po-1 po-2", "contracts": checksummed,
			"target": checksummed, "function": "mint(address,uint256)", "arguments": `{"amount":"1000000000","to":"0x1"}`, "words": "mint 1,000 TUSD |   to Ana",
			"recipient": "", "asset": "", "amount": "", "decimals": "", "index": "7", // it moves no value: its contract knows what it moves
			"lineage": "approval/ap-1", "issuer": "treasury", "subject": "us-1", "key": "k/7", "record_id": "0196-7", "leaf_hash": audit.LeafHash("a.b.c"), "type": "decision.intent", "outcome": "",
		}},
		{"a call with value", audit.DecisionIntent, audit.Intent{Request: sent}, map[string]string{
			"target": checksummed, "recipient": checksummed, "asset": "Native", "amount": "1000000000000000000", "decimals": "18",
		}},
		{"a transfer decided", audit.DecisionIntent, audit.Intent{Request: transfer}, map[string]string{
			"recipient": "So1ana", "asset": token, "amount": "12345678901234567890123", "token_id": "7", "decimals": "", "contracts": token, "target": "", "wallet": "wa-2",
		}},
		{"a transfer in the book's unit", audit.DecisionIntent, audit.Intent{Request: transfer, Unit: &countersign.Unit{Symbol: "USDC", Decimals: 6}}, map[string]string{
			"amount": "12345678901234567890123", "decimals": "6",
		}},
		{"more contracts than room", audit.DecisionIntent, audit.Intent{Request: mint, Contracts: []string{strings.ToLower(token)}, MoreContracts: 3}, map[string]string{
			"contracts": checksummed + " " + token + " *",
		}},
		{"posted", audit.DecisionOutcome, audit.Post{ApprovalID: "ap-1", WalletID: "wa-1", Verdict: countersign.Reject, Result: audit.Void, Code: "changed_after_decision", Why: "it changed"}, map[string]string{
			"decision": "reject", "outcome": "void", "reason_code": "changed_after_decision", "reason": "it changed", "wallet": "wa-1", "approver": "us-1",
		}},
		{"resolved", audit.ApprovalOutcome, audit.Resolution{Verdict: countersign.Abstain, Outcome: countersign.Outcome{Status: countersign.StatusDenied}}, map[string]string{"decision": "abstain", "outcome": "denied", "approver": ""}},
		{"a person", audit.HumanDecided, audit.HumanDecision{WalletID: "wa-1", Vote: countersign.Vote{UserID: "us-alice", Verdict: countersign.Approve, Reason: "known"}}, map[string]string{
			"decision": "approve", "reason": "known", "approver": "us-alice", "subject": "us-1", "wallet": "wa-1",
		}},
	}
}

func others() []row {
	pay := countersign.Instruction{Transfer: &countersign.Transfer{Kind: "Native", To: contract, Amount: countersign.NewAmount(5)}}
	native := countersign.Effect{Network: "Ethereum", TxHash: "0x1", Moves: []countersign.Move{{Kind: "Native", To: contract, Amount: countersign.NewAmount(5)}}}
	two := native
	two.Moves = append(two.Moves, countersign.Move{Kind: "Erc20", Asset: token, To: contract, Amount: countersign.NewAmount(6)})
	return []row{
		{"a settlement of ours", booked.SettlementOpened, booked.Settlement{SettlementID: "s-1", WalletID: "wa-1", Network: "Ethereum", Instruction: &pay}, map[string]string{
			"settlement_id": "s-1", "wallet": "wa-1", "network": "Ethereum", "recipient": checksummed, "asset": "Native", "amount": "5", "decimals": "",
		}},
		{"somebody else's", booked.SettlementOpened, booked.Settlement{WalletID: "wa-1", Request: &countersign.Request{ApprovalID: "ap-3", InitiatorID: "us-9", Activity: countersign.Activity{Call: &countersign.Call{To: contract}}}}, map[string]string{
			"approval_id": "ap-3", "initiator": "us-9", "target": checksummed, "amount": "",
		}},
		{"settled", booked.SettlementSettled, booked.Settled{SettlementID: "s-1", ApprovalID: "ap-1", WalletID: "wa-1", Network: "Ethereum", State: "settled", FollowedBy: booked.ByChain, Effect: native, Wallets: []string{"wa-1", "wa-2"}}, map[string]string{
			"approval_id": "ap-1", "wallet": "wa-1 wa-2", "network": "Ethereum", "recipient": checksummed, "asset": "Native", "amount": "5", "decimals": "18", "outcome": "settled", "tx_hash": "0x1",
		}},
		{"a deposit of two assets", booked.DepositBooked, booked.Deposit{Network: "Ethereum", TxHash: "0x1", FollowedBy: booked.ByCustodian, Effect: two, Wallets: []string{"wa-1"}}, map[string]string{
			"wallet": "wa-1", "network": "Ethereum", "tx_hash": "0x1", "amount": "", "asset": "",
		}},
		{"books begin", booked.WalletOpened, booked.Opening{WalletID: "wa-1", Network: "Ethereum", Balances: []booked.Balance{{Contract: strings.ToLower(token), Asset: "USDC/6", Amount: countersign.NewAmount(7)}}}, map[string]string{
			"wallet": "wa-1", "asset": token, "amount": "7", "decimals": "6",
		}},
		{"heard", audit.WebhookAccepted, audit.Delivery{Event: countersign.Event{WalletID: "wa-1"}}, map[string]string{"wallet": "wa-1"}},
		{"an export", audit.ExportMade, audit.Export{Form: "csv", By: "ana", Filter: "wallet=wa-1"}, map[string]string{"outcome": "csv", "by": "ana", "reason": "wallet=wa-1"}},
		{"a halt", audit.ControlHalted, audit.Control{Scope: "all", By: "carol", Reason: "look"}, map[string]string{"by": "carol", "reason": "look"}},
		{"alarm", audit.AlarmRaised, audit.Alarm{Code: audit.UsedOutside, What: "look"}, map[string]string{"reason_code": "credential_used_outside", "reason": "look"}},
		{"of tomorrow", "tomorrow.comes", []int{1}, map[string]string{"type": "tomorrow.comes", "decision": "", "index": "7"}},
		{"members of another kind", "tomorrow.comes", map[string]any{"request": "x", "wallet_id": "wa-1", "effect": 3}, map[string]string{"wallet": "wa-1"}},
	}
}

func TestRows(t *testing.T) {
	for _, tt := range append(decisions(), others()...) {
		t.Run(tt.name, func(t *testing.T) {
			rows := rowsOf(t, written(t, entry(t, 7, tt.kind, tt.body)))
			if len(rows) != 1 {
				t.Fatalf("%d rows, want 1", len(rows))
			}
			for name, want := range tt.want {
				if got, there := rows[0][name]; got != want || !there {
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
