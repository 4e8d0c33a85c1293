package actionlog_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/custody/dfns"
	"countersign/custody/dfns/actionlog"
)

// What the sandbox (sandbox/auth/log.go) answered after a vote, byte for byte.
const (
	sandboxHeader = "Date Performed,Audit Log ID,User ID,Username,Primary Credential ID,Action Path,Summary\n"
	sandboxRow    = "2026-11-28T19:16:16.774Z,uj-17zf0-top7e-j07cb3cmii8wfaje,us-kr212-52w6a-eg8dbtbaniw5pxx7,alice,cr-ygkc3-i34zg-owj808a2am579l6q,/v2/policy-approvals/ap-691j3-4gfvl-78b2dkc1g5pyd0la/decisions,POST /v2/policy-approvals/ap-691j3-4gfvl-78b2dkc1g5pyd0la/decisions\n"
	sandboxEntry  = `{"id":"uj-17zf0-top7e-j07cb3cmii8wfaje","action":"POST /v2/policy-approvals/ap-691j3-4gfvl-78b2dkc1g5pyd0la/decisions","actionToken":"eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJjb3VudGVyc2lnbi1zYW5kYm94Iiwic3ViIjoidXMta3IyMTItNTJ3NmEtZWc4ZGJ0YmFuaXc1cHh4NyIsImp0aSI6InVhLWgwcjBlLThxOGFpLWY1a2NlbW1wZGVhdGVmZ2UiLCJpYXQiOjE3OTU4OTMzNzYsImV4cCI6MTc5NTg5NDI3NiwiaHR0cHM6Ly9jdXN0b20vYXBwX21ldGFkYXRhIjp7Im9yZ0lkIjoib3IteXFydmotenJna3QtNmxteWRtd3g2eTBldnV4aiIsInVzZXJJZCI6InVzLWtyMjEyLTUydzZhLWVnOGRidGJhbml3NXB4eDciLCJ0b2tlbklkIjoiIn19.qUyxd_1Le603lywoPr1o0n3ZU0KctBFDGco5WHkO1zJvLnFhpiJON_TejXr1Rb1dSSNu2wQLBFfPpWFhvl-xAA","userId":"us-kr212-52w6a-eg8dbtbaniw5pxx7","username":"alice","datePerformed":"2026-11-28T19:16:16.774Z","firstFactorCredential":{"id":"cr-ygkc3-i34zg-owj808a2am579l6q","kind":"Key","publicKey":"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEdGMyoVKckuHKpTUYccuol38bdX9i\nRGEZjgm7Hdw78lgIx2i+Wk60+bMJwvzL7wKtgQVFJ4HNfkOQV7yV03aaew==\n-----END PUBLIC KEY-----\n","assertion":{"authenticatorData":null,"clientData":"eyJ0eXBlIjoia2V5LmdldCIsImNoYWxsZW5nZSI6IlkyZ3RhR2RuY2pRdE1tNXNkV2N0TnpabE5YTnJjV0ZsZFRBeE0yODBPQSJ9","signature":"MEYCIQDvBLGeOBf_sXc8ZHeE-_h1Gw4169NUZZm6XpXX8qZ7ZQIhAPnc7fNCUyuGDZLVe5MUwC6lWb-EEdRdVvqBC8ABuFEn"}}}`

	theApproval = "ap-691j3-4gfvl-78b2dkc1g5pyd0la"
	theVoter    = "us-kr212-52w6a-eg8dbtbaniw5pxx7"
	theEntry    = "uj-17zf0-top7e-j07cb3cmii8wfaje"
	thePath     = "/v2/policy-approvals/" + theApproval + "/decisions"
)

var theVote = countersign.Vote{UserID: theVoter, Verdict: countersign.Approve, At: time.Date(2026, 11, 28, 19, 16, 16, 774e6, time.UTC)}

// changed is text with each of pairs, old then new, replaced.
func changed(text string, pairs ...string) string {
	return strings.NewReplacer(pairs...).Replace(text)
}

// logged is a platform with a log: a table, and entries by ID. An entry that is not there
// is a 404.
func logged(t *testing.T, table string, entries map[string]string) (*platform, actionlog.Log) {
	t.Helper()
	p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
		id, one := strings.CutPrefix(r.URL.Path, "/auth/action/logs/")
		switch entry, ok := entries[id]; {
		case r.URL.Path == "/auth/action/logs":
			w.Header().Set("Content-Type", "text/csv; charset=utf-8")
			_, _ = w.Write([]byte(table))
		case one && ok:
			reply(w, entry)
		default:
			refuse(w, 404, "audit log not found")
		}
	})
	client, err := dfns.New(dfns.Config{BaseURL: p.URL, AuthToken: token, Sleep: noSleep})
	if err != nil {
		t.Fatal(err)
	}
	return p, actionlog.Log{Client: client}
}

func TestAssertionOfTheSandboxsBytes(t *testing.T) {
	p, c := logged(t, sandboxHeader+sandboxRow, map[string]string{theEntry: sandboxEntry})
	got, raw, err := c.Assertion(t.Context(), theApproval, theVote)
	want := countersign.Assertion{
		ActionID: theEntry, CredentialID: "cr-ygkc3-i34zg-owj808a2am579l6q",
		ClientData: "eyJ0eXBlIjoia2V5LmdldCIsImNoYWxsZW5nZSI6IlkyZ3RhR2RuY2pRdE1tNXNkV2N0TnpabE5YTnJjV0ZsZFRBeE0yODBPQSJ9",
		Signature:  "MEYCIQDvBLGeOBf_sXc8ZHeE-_h1Gw4169NUZZm6XpXX8qZ7ZQIhAPnc7fNCUyuGDZLVe5MUwC6lWb-EEdRdVvqBC8ABuFEn",
	}
	if err != nil || got != want || string(raw) != sandboxEntry {
		t.Errorf("Assertion = %+v, %s, %v,\nwant %+v and the entry as it came", got, raw, err, want)
	}
	asked := []string{
		"GET /auth/action/logs?endTime=2026-11-28T19%3A18%3A17Z&startTime=2026-11-28T19%3A14%3A16Z&userId=" + theVoter,
		"GET /auth/action/logs/" + theEntry,
	}
	if !slices.Equal(p.asked(), asked) {
		t.Errorf("asked %q,\nwant  %q", p.asked(), asked)
	}
}

// A passkey's entry, and the table of DFNS's reference, in the forms that it may take.
func TestAssertionReadsEveryFormOfTheTable(t *testing.T) {
	passkey := changed(sandboxEntry, `"kind":"Key"`, `"kind":"Fido2"`, `"authenticatorData":null`, `"authenticatorData":"SZYN5YgOjGh0NBcP"`, `"POST /v2`, `"/v2`)
	row := changed(sandboxRow, "POST /v2/policy-approvals/", "Decide on ")
	other := changed(sandboxRow, "uj-17zf0", "uj-other", theApproval, "ap-other")
	entries := map[string]string{theEntry: passkey, "uj-other-top7e-j07cb3cmii8wfaje": changed(sandboxEntry, theEntry, "uj-other-top7e-j07cb3cmii8wfaje", theApproval, "ap-other")}
	for _, tt := range []struct{ name, table string }{
		{"among other actions", sandboxHeader + other + row + other},
		{"twice the same row", sandboxHeader + row + row},
		{"rows of other users, should the filter be ignored", sandboxHeader + changed(sandboxRow, theVoter, "us-bo", theEntry, "uj-bo") + row},
		{"lines that end in CR LF, no last one", strings.TrimSuffix(strings.ReplaceAll(sandboxHeader+row, "\n", "\r\n"), "\r\n")},
		{"a byte order mark", "\ufeff" + sandboxHeader + row},
		{"a JSON string", `"` + strings.ReplaceAll(sandboxHeader+row, "\n", `\n`) + `"`},
		{"every field quoted", `"` + strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(sandboxHeader+row), ",", `","`), "\n", "\"\n\"") + `"`},
		{"other names, another order, more columns", "ip,userId,id,action,colour,colour\n::1," + theVoter + "," + theEntry + "," + thePath + ",red,blue\n"},
		{"more fields than columns, as from a comma in the last", sandboxHeader + strings.TrimSpace(row) + ", and so on\n"},
		{"IDs alone", "Log ID\nuj-other-top7e-j07cb3cmii8wfaje\n" + theEntry + "\n"},
	} {
		_, c := logged(t, tt.table, entries)
		got, raw, err := c.Assertion(t.Context(), theApproval, theVote)
		if err != nil || got.ActionID != theEntry || got.AuthenticatorData != "SZYN5YgOjGh0NBcP" || string(raw) != passkey {
			t.Errorf("%s: Assertion = %+v, %v; want the passkey's", tt.name, got, err)
		}
	}
}

func TestAssertionBelievesTheEntryAlone(t *testing.T) {
	table, second := sandboxHeader+sandboxRow, "uj-17zf0-top7e-secondsecondsec"
	for _, tt := range []struct {
		name  string
		table string
		entry string
		want  error
		text  string
	}{
		{"nothing was signed", sandboxHeader, sandboxEntry, countersign.ErrNotFound, "no action within 2m0s"},
		{"no table at all", "", sandboxEntry, countersign.ErrNotFound, "no action"},
		{"other actions only", sandboxHeader + changed(sandboxRow, theApproval, "ap-2"), sandboxEntry, countersign.ErrNotFound, "no action"},
		{"the list names another user", changed(table, theVoter, "us-bo"), sandboxEntry, countersign.ErrNotFound, "no action"},
		{"the entry is another user's", table, changed(sandboxEntry, theVoter, "us-bo"), countersign.ErrNotFound, "no action"},
		{"the entry is nobody's", table, changed(sandboxEntry, `"userId":"`+theVoter+`"`, `"userId":null`), countersign.ErrNotFound, "no action"},
		{"the entry is of another approval", table, changed(sandboxEntry, theApproval, theApproval+"x"), countersign.ErrNotFound, "no action"},
		{"the entry is of another method", table, changed(sandboxEntry, "POST /v2", "GET /v2"), countersign.ErrNotFound, "no action"},
		{"the entry is of the approval itself", table, changed(sandboxEntry, "/decisions", ""), countersign.ErrNotFound, "no action"},
		{"the entry is of another day", table, changed(sandboxEntry, `"2026-11-28T19:16:16.774Z"`, `"2026-11-27T19:16:16.774Z"`), countersign.ErrNotFound, "no action"},
		{"it is listed and gone", sandboxHeader + changed(sandboxRow, theEntry, "uj-gone"), sandboxEntry, countersign.ErrNotFound, "audit log not found"},
		{"no credential signed", table, before(sandboxEntry, `"assertion":`) + `"assertion":null}}`, countersign.ErrNotFound, "without a signature"},

		{"an action that is no call", table, changed(sandboxEntry, "POST "+thePath, "Policies:Approvals:Approve"), countersign.ErrUnreadable, `"Policies:Approvals:Approve"`},
		{"two entries may be the vote", table + changed(sandboxRow, theEntry, second), sandboxEntry, countersign.ErrUnreadable, "may both be the vote"},
		{"six entries may be the vote", table + many(5), sandboxEntry, countersign.ErrUnreadable, "6 actions may be the vote"},
		{"another entry than was asked for", sandboxHeader + changed(sandboxRow, theEntry, second), sandboxEntry, countersign.ErrUnreadable, "was answered with"},
		{"a key twice", table, changed(sandboxEntry, `"userId"`, `"userId":"us-bo","userId"`), countersign.ErrUnreadable, "stands twice"},
		{"a key in two spellings", table, changed(sandboxEntry, `"signature"`, `"Signature":"AA","signature"`), countersign.ErrUnreadable, "differs"},
		{"no JSON", table, "<html>", countersign.ErrUnreadable, "where a value should be"},
		{"another type", table, changed(sandboxEntry, `"userId":"`+theVoter+`"`, `"userId":7`), countersign.ErrUnreadable, "userId"},
		{"no date that we know", table, changed(sandboxEntry, `"2026-11-28T19:16:16.774Z"`, `"yesterday"`), countersign.ErrUnreadable, "signed action"},
		{"no signature", table, before(sandboxEntry, `"signature":`) + `"signature":""}}}`, countersign.ErrUnreadable, "lacks a part"},
		{"no credential", table, changed(sandboxEntry, `"cr-ygkc3-i34zg-owj808a2am579l6q"`, `""`), countersign.ErrUnreadable, "lacks a part"},
		{"a passkey without its data", table, changed(sandboxEntry, `"kind":"Key"`, `"kind":"Fido2"`), countersign.ErrUnreadable, "lacks a part"},
		{"no base64url", table, before(sandboxEntry, `"signature":`) + `"signature":"+/+/"}}}`, countersign.ErrUnreadable, "signature is not base64url"},

		{"no column of IDs", "Date Performed,User ID\n2026-11-28T19:16:16.774Z," + theVoter + "\n", sandboxEntry, countersign.ErrUnreadable, `no column "Audit Log ID"`},
		{"two columns of IDs", "id,Audit Log ID\nuj-1,uj-2\n", sandboxEntry, countersign.ErrUnreadable, "may both be"},
		{"a short row", sandboxHeader + "2026-11-28T19:16:16.774Z," + theEntry + "\n", sandboxEntry, countersign.ErrUnreadable, "2 fields under 7 columns"},
		{"an ID that leads elsewhere", sandboxHeader + changed(sandboxRow, theEntry, "../users"), sandboxEntry, countersign.ErrUnreadable, "line 2: id"},
		{"a list that is cut short", table + "# TRUNCATED at 100000 rows\n", sandboxEntry, countersign.ErrUnreadable, "cut short"},
		{"a list without end", "id,path\n" + strings.Repeat("uj-1,/x\n", 10_001), sandboxEntry, countersign.ErrUnreadable, "more than 10000 rows"},
		{"a quote that never ends", table + "\"x\n", sandboxEntry, countersign.ErrUnreadable, "parse error"},
		{"JSON instead of a table", `{"items":[]}`, sandboxEntry, countersign.ErrUnreadable, "list of signed actions"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, c := logged(t, tt.table, map[string]string{theEntry: tt.entry, second: changed(sandboxEntry, theEntry, second)})
			if tt.name == "another entry than was asked for" {
				p, c = logged(t, tt.table, map[string]string{second: tt.entry})
			}
			got, raw, err := c.Assertion(t.Context(), theApproval, theVote)
			if !errors.Is(err, tt.want) || !strings.Contains(fmt.Sprint(err), tt.text) || raw != nil || got != (countersign.Assertion{}) {
				t.Errorf("Assertion = %+v, %q, %v; want nothing and %v with %q", got, raw, err, tt.want, tt.text)
			}
			if n := len(p.asked()); n > 6 {
				t.Errorf("%d calls, want at most the list and five entries", n)
			}
			if strings.Contains(fmt.Sprint(err), "eyJ") {
				t.Errorf("the error holds a token or a signature: %v", err)
			}
		})
	}
}

// before is text up to a mark.
func before(text, mark string) string { b, _, _ := strings.Cut(text, mark); return b }

// many are n more rows that name the approval.
func many(n int) (rows string) {
	for i := range n {
		rows += changed(sandboxRow, theEntry, fmt.Sprintf("uj-%d", i))
	}
	return rows
}

func TestAssertionWhenTheCallFails(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		want   error
		text   string
	}{
		{"without the permission", 403, countersign.ErrDenied, "grant the permission Auth:Logs:Read"},
		{"with a credential that is no more", 401, countersign.ErrDenied, "401"},
		{"a query that DFNS refuses", 400, countersign.ErrInvalid, "400"},
		{"away", 500, nil, "500"},
		{"busy", 503, nil, "503"},
	} {
		for _, path := range []string{"/auth/action/logs", "/auth/action/logs/" + theEntry} {
			p, c := logged(t, sandboxHeader+sandboxRow, map[string]string{theEntry: sandboxEntry})
			p.before = func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == path {
					refuse(w, tt.status, "refused")
				}
			}
			_, _, err := c.Assertion(t.Context(), theApproval, theVote)
			for _, s := range []error{countersign.ErrDenied, countersign.ErrNotFound, countersign.ErrInvalid, countersign.ErrUnreadable} {
				if errors.Is(err, s) != (s == tt.want) {
					t.Errorf("%s, %s: %v; errors.Is %v = %t", tt.name, path, err, s, errors.Is(err, s))
				}
			}
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%s, %s: %v, want %q", tt.name, path, err, tt.text)
			}
		}
	}
	p, c := logged(t, "", nil)
	p.Close() // nobody is there
	_, _, err := c.Assertion(t.Context(), theApproval, theVote)
	for _, s := range []error{countersign.ErrDenied, countersign.ErrNotFound, countersign.ErrInvalid, countersign.ErrUnreadable} {
		if err == nil || errors.Is(err, s) {
			t.Errorf("a line that is down = %v, want an error of none of ours", err)
		}
	}
}

func TestAssertionOfWhatIsNoVote(t *testing.T) {
	p, c := logged(t, sandboxHeader, nil)
	undated := theVote
	undated.At = time.Time{}
	for _, tt := range []struct {
		approval string
		vote     countersign.Vote
		want     error
	}{
		{"../users", theVote, countersign.ErrID},
		{theApproval, countersign.Vote{At: theVote.At}, countersign.ErrID},
		{theApproval, undated, countersign.ErrUnreadable},
	} {
		if _, _, err := c.Assertion(t.Context(), tt.approval, tt.vote); !errors.Is(err, tt.want) {
			t.Errorf("Assertion(%s, %+v) = %v, want %v", tt.approval, tt.vote, err, tt.want)
		}
	}
	if len(p.asked()) != 0 {
		t.Errorf("asked %q, want nothing", p.asked())
	}
}
