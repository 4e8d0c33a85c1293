package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
)

type item struct {
	Index      int64
	ID         string
	Type       string
	Key        string
	ApprovalID string
	Decision   string
	Reason     string
	Code       string
	ApproverID string
	Timestamp  time.Time
	LeafHash   string
	Signature  string
	JWS        string
	Body       json.RawMessage
}

type page struct {
	Items []item
	Next  int64
	More  bool
}

func pageOf(tb testing.TB, rec *httptest.ResponseRecorder) (p page) {
	tb.Helper()
	if rec.Code != http.StatusOK {
		tb.Fatalf("%d: %s", rec.Code, rec.Body)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		tb.Fatal(err)
	}
	return p
}

func indexes(items []item) (all []int64) {
	for _, i := range items {
		all = append(all, i.Index)
	}
	return all
}

// scene is a trail of several months; the indexes begin behind what the log and the
// sign-ins have written.
func scene(t *testing.T) (d *desk, first int64) {
	d = newDesk(t)
	d.signIn("all", "records", "decisions", "exporter", "tiles", "wallet")
	first = d.size()
	day := func(m time.Month, n int) time.Time { return time.Date(2026, m, n, 9, 30, 0, 123456000, time.UTC) }
	d.at(day(4, 30))
	d.decided(0, "wa-1")
	d.at(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	d.decided(1, "wa-2", func(in *audit.Intent) { in.Decision.Verdict = countersign.Reject })
	d.at(day(5, 20))
	d.decided(2, "wa-3", func(in *audit.Intent) { in.Request.Network = "Base"; in.Policies = []string{"po-2"} })
	d.append(audit.Draft{Key: "post/2", Type: audit.DecisionOutcome, Lineage: "approval/ap-2", Body: audit.Post{ApprovalID: "ap-2", WalletID: "wa-3", Verdict: countersign.Approve}})
	d.at(time.Date(2026, 5, 31, 23, 59, 59, 999999000, time.UTC))
	d.decided(3, "wa-1", func(in *audit.Intent) { in.InitiatorID = "us-other"; in.Decision.Verdict = countersign.Abstain })
	d.at(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	d.decided(4, "wa-2")
	return d, first
}

func TestFilters(t *testing.T) {
	d, first := scene(t)
	d.append(audit.Draft{Key: countersign.HumanKey("ap-2", "us-alice"), Type: audit.HumanDecided, Lineage: "approval/ap-2", Body: audit.HumanDecision{
		ApprovalID: "ap-2", WalletID: "wa-3", Vote: countersign.Vote{UserID: "us-alice", Verdict: countersign.Approve},
	}})
	for _, tt := range []struct {
		query     string
		decisions []int64 // relative to the first
		records   []int64
	}{
		{"", []int64{0, 1, 2, 4, 5}, []int64{0, 1, 2, 3, 4, 5, 6}},
		{"approverId=sa-checker&dateFrom=2026-05-01&dateTo=2026-05-31", []int64{1, 2, 4}, []int64{1, 2, 3, 4}}, // as the seed page asks
		{"approverId=sa-other", nil, nil},
		{"decision=approve", []int64{0, 2, 5}, []int64{0, 2, 3, 5, 6}},
		{"decision=reject", []int64{1}, []int64{1}},
		{"decision=abstain", []int64{4}, []int64{4}},
		{"wallet=wa-1", []int64{0, 4}, []int64{0, 4}},
		{"wallet=wa-3", []int64{2}, []int64{2, 3, 6}},
		{"policy=po-2", []int64{2}, []int64{2}},
		{"contract=0x00000000000000000000000000000000DEADBEEF", []int64{0, 1, 2, 4, 5}, []int64{0, 1, 2, 4, 5}},
		{"contract=0x0000000000000000000000000000000000000001", nil, nil},
		{"contract=EPjFWdd5", nil, nil},
		{"network=Base", []int64{2}, []int64{2}},
		{"initiator=us-other", []int64{4}, []int64{4}},
		{"approval=ap-2", []int64{2}, []int64{2, 3, 6}},
		{"lineage=approval%2Fap-2", []int64{2}, []int64{2, 3, 6}},
		{"dateTo=2026-05-31", []int64{0, 1, 2, 4}, []int64{0, 1, 2, 3, 4}},
		{"dateFrom=2026-05-31T23:59:59.999999Z", []int64{4, 5}, []int64{4, 5, 6}},
		{"dateFrom=2026-05-31T23:59:59.9999991Z", []int64{5}, []int64{5, 6}},
		{"dateTo=2026-06-01T00:00:00Z", []int64{0, 1, 2, 4}, []int64{0, 1, 2, 3, 4}},
		{"dateFrom=2026-06-01T02:00:00%2B02:00", []int64{5}, []int64{5, 6}},
		{"wallet=wa-1&decision=abstain&network=Ethereum", []int64{4}, []int64{4}},
		{"wallet=wa-1%27%20OR%201%3D1%20--", nil, nil},
	} {
		t.Run(tt.query, func(t *testing.T) {
			for path, want := range map[string][]int64{"/v1/decisions": tt.decisions, "/v1/records": tt.records} {
				after := fmt.Sprintf("after_seq=%d&", first-1)
				p := pageOf(t, d.get("all", path+"?"+after+tt.query))
				got := indexes(p.Items)
				for i := range got {
					got[i] -= first
				}
				if !slices.Equal(got, want) || p.More || p.Next != d.size()-1 {
					t.Errorf("%s: %v, next %d, more %v; want %v", path, got, p.Next, p.More, want)
				}
			}
		})
	}
	for _, query := range []string{"approver=us-alice", "type=decision.human&decision=approve", "approver=us-alice&decision=approve&approval=ap-2"} {
		if got := indexes(pageOf(t, d.get("all", "/v1/records?"+query)).Items); !slices.Equal(got, []int64{first + 6}) {
			t.Errorf("%s: %v, want alice's vote", query, got)
		}
	}
	for _, query := range []string{"approver=us-bob", "approver=us-alice&decision=reject", "type=decision.human&decision=reject"} {
		if got := pageOf(t, d.get("all", "/v1/records?"+query)).Items; len(got) != 0 {
			t.Errorf("%s: %+v", query, got)
		}
	}
	if rec := d.get("all", "/v1/decisions?approver=us-alice"); rec.Code != http.StatusBadRequest {
		t.Errorf("what people voted is no decision of ours, and the list takes it: %d", rec.Code)
	}
	if got := pageOf(t, d.get("all", "/v1/records?type=decision.outcome")); len(got.Items) != 1 || got.Items[0].Key != "post/2" {
		t.Errorf("by type: %+v", got.Items)
	}
}

// What a list says of a record is what was signed.
func TestItemsAreTheRecord(t *testing.T) {
	d, first := scene(t)
	got := pageOf(t, d.get("decisions", "/v1/decisions?decision=reject")).Items[0]
	rec, err := audit.Open(got.JWS, audit.NewKeys(keyOf("sa-checker").Public()))
	if err != nil {
		t.Fatal(err)
	}
	var in audit.Intent
	if err := (audit.Entry{Record: rec}).Decode(&in); err != nil {
		t.Fatal(err)
	}
	want := item{
		Index: first + 1, ID: rec.ID, ApprovalID: "ap-1", Decision: "reject", Reason: in.Decision.Reason, Code: "within_policy",
		ApproverID: "sa-checker", Timestamp: rec.At, LeafHash: audit.LeafHash(got.JWS), Signature: got.JWS[strings.LastIndex(got.JWS, ".")+1:], JWS: got.JWS,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("decision:\n%+v\nwant\n%+v", got, want)
	}
	for _, id := range []string{fmt.Sprint(first + 1), rec.ID} {
		var one item
		if err := json.Unmarshal(d.get("records", "/v1/records/"+id).Body.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		if one.JWS != got.JWS || string(one.Body) != string(rec.Body) || one.Key != "intent/1" || one.Type != "decision.intent" {
			t.Errorf("record %s:\n%+v\nwant the body\n%s", id, one, rec.Body)
		}
	}
}

func TestParametersAreRefused(t *testing.T) {
	d := newDesk(t)
	for _, tt := range []struct{ query, parameter, says string }{
		{"approver=x", "approver", "is no parameter"},
		{"type=decision.intent", "type", "is no parameter"},
		{"access_token=cst_x", "access_token", "is no parameter"},
		{"wallet=a&wallet=b", "wallet", "more than once"},
		{"wallet=", "wallet", "is empty"},
		{"wallet=%00", "wallet", "no plain text"},
		{"wallet=%ff", "wallet", "no plain text"},
		{"wallet=" + strings.Repeat("a", 257), "wallet", "longer than"},
		{"wallet=%zz", "query", "malformed"},
		{"wallet=a;b", "query", "malformed"},
		{"decision=Approved", "decision", "write one of approve, reject, abstain"},
		{"contract=0x12", "contract", "40 hex digits"},
		{"dateFrom=yesterday", "dateFrom", "2026-05-31"},
		{"dateTo=2026-02-30", "dateTo", "2026-05-31"},
		{"dateTo=2026-05-31T12:00:00+02:00", "dateTo", "%2B"},
		{"dateTo=0000-12-31", "dateTo", "2026-05-31"},
		{"dateFrom=2026-05-31&dateTo=2026-05-30", "dateTo", "not behind dateFrom"},
		{"after_seq=-2", "after_seq", "no index"},
		{"after_seq=01", "after_seq", "no index"},
		{"after_seq=9223372036854775807", "after_seq", "no index"},
		{"after_seq=x", "after_seq", "no index"},
		{"limit=0", "limit", "1 to 1000"},
		{"limit=1001", "limit", "1 to 1000"},
		{"limit=%2B5", "limit", "1 to 1000"},
		{"wait=61s", "wait", "at most 1m0s"},
		{"wait=-1s", "wait", "at most"},
		{"wait=30", "wait", "30s"},
		{"%0a=1", `"\n"`, "is no parameter"},
	} {
		t.Run(tt.query, func(t *testing.T) {
			rec := d.get("decisions", "/v1/decisions?"+tt.query)
			var p struct{ Parameter, Detail string }
			if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			if rec.Code != http.StatusBadRequest || p.Parameter != tt.parameter || !strings.Contains(p.Detail, tt.says) {
				t.Errorf("%d, parameter %q: %s", rec.Code, p.Parameter, p.Detail)
			}
		})
	}
	if got := d.get("all", "/v1/records?type=decision.intnt"); got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), "decision.intent") {
		t.Errorf("a type that is none: %d %s, want it refused with those that there are", got.Code, got.Body)
	}
	for _, target := range []string{"/v1/records/0?x=1", "/checkpoint?x=1", "/tile/0/000?x", "/v1/records/0/receipt?wallet=a"} {
		if got := d.get("all", target); got.Code != http.StatusBadRequest {
			t.Errorf("%s = %d, want 400", target, got.Code)
		}
	}
}

func TestAccept(t *testing.T) {
	d := newDesk(t)
	d.decided(0, "wa-1")
	for _, tt := range []struct {
		accept string
		status int
		media  string
	}{
		{"*/*", 200, "application/json"},
		{"application/*", 200, "application/json"},
		{"text/html,application/xhtml+xml,*/*;q=0.8", 200, "application/json"},
		{"text/csv", 200, "text/csv; charset=utf-8; header=present"},
		{"text/*", 200, "text/csv; charset=utf-8; header=present"},
		{"application/x-ndjson, application/json;q=0.5", 200, "application/x-ndjson"},
		{"application/json;q=0, */*;q=0.1", 200, "application/x-ndjson"},
		{"application/xml", 406, "application/problem+json"},
		{"application/json;q=0", 406, "application/problem+json"},
		{"application/json;q=2", 406, "application/problem+json"},
		{"nonsense", 406, "application/problem+json"},
	} {
		if got := d.get("all", "/v1/decisions", "Accept", tt.accept); got.Code != tt.status || got.Header().Get("Content-Type") != tt.media {
			t.Errorf("Accept: %s = %d, %s; want %d, %s", tt.accept, got.Code, got.Header().Get("Content-Type"), tt.status, tt.media)
		}
	}
	if got := d.get("all", "/v1/records/0", "Accept", "text/csv"); got.Code != http.StatusNotAcceptable {
		t.Errorf("a record as CSV = %d", got.Code)
	}
}

func TestOnlyGetAndHead(t *testing.T) {
	d := newDesk(t)
	d.decided(0, "wa-1")
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		if got := d.ask("all", method, "/v1/records"); got.Code != http.StatusMethodNotAllowed || !strings.Contains(got.Header().Get("Allow"), http.MethodGet) {
			t.Errorf("%s = %d, Allow %q", method, got.Code, got.Header().Get("Allow"))
		}
	}
	if got := d.get("all", "/v1/nothing"); got.Code != http.StatusNotFound {
		t.Errorf("an unknown path = %d", got.Code)
	}
	web := httptest.NewServer(d.server.Handler())
	defer web.Close()
	d.signIn("all")
	size := d.size()
	for _, path := range []string{"/v1/records", "/v1/decisions", "/v1/records/0", "/v1/records/0/receipt", "/tile/0/000.p/1", "/checkpoint"} {
		for _, accept := range []string{"*/*", "text/csv"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, web.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+d.tokens["all"])
			if req.Header.Set("Accept", accept); path == "/v1/records/0" {
				req.Header.Set("Accept", "*/*")
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") == "" {
				t.Errorf("HEAD %s = %d, %v", path, resp.StatusCode, resp.Header)
			}
		}
	}
	if d.size() != size {
		t.Errorf("HEAD left %d records behind: it exports nothing", d.size()-size)
	}
}
