package sandbox_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// logEntry is an entry of the log as @dfns/sdk 0.8.21 declares it.
type logEntry struct {
	ID, Action, ActionToken, UserID, Username, DatePerformed string
	FirstFactorCredential                                    struct {
		ID, Kind, PublicKey string
		Assertion           struct {
			AuthenticatorData     *string
			ClientData, Signature string
		}
	}
}

// listLog reads the log's table between two moments; a user of "" means all.
func (c client) listLog(start, end time.Time, user string) (header []string, rows []map[string]string) {
	c.t.Helper()
	q := url.Values{"startTime": {start.UTC().Format(time.RFC3339)}, "endTime": {end.UTC().Format(time.RFC3339)}}
	if user != "" {
		q.Set("userId", user)
	}
	a := c.get("/auth/action/logs?" + q.Encode())
	table, err := csv.NewReader(strings.NewReader(string(a.Body))).ReadAll()
	if a.Status != 200 || err != nil || len(table) == 0 {
		c.t.Fatalf("log = %d %s, %v; want a table", a.Status, a.Body, err)
	}
	for _, fields := range table[1:] {
		row := map[string]string{}
		for i, name := range table[0] {
			row[name] = fields[i]
		}
		rows = append(rows, row)
	}
	return table[0], rows
}

// lately lists what a user has signed in the last hours.
func (c client) lately(user string) []map[string]string {
	c.t.Helper()
	_, rows := c.listLog(time.Now().Add(-12*time.Hour), time.Now().Add(12*time.Hour), user)
	return rows
}

func paths(rows []map[string]string) (paths []string) {
	for _, r := range rows {
		paths = append(paths, r["Action Path"])
	}
	return paths
}

// verifies checks a logged signature with the logged key, as an auditor does.
func verifies(t *testing.T, e logEntry) bool {
	t.Helper()
	f := e.FirstFactorCredential
	data, err1 := base64.RawURLEncoding.DecodeString(f.Assertion.ClientData)
	signature, err2 := base64.RawURLEncoding.DecodeString(f.Assertion.Signature)
	block, _ := pem.Decode([]byte(f.PublicKey))
	if err1 != nil || err2 != nil || block == nil {
		t.Fatalf("entry = %+v, %v, %v", e, err1, err2)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	switch k := key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(k, data, signature)
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, sum[:], signature)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], signature) == nil
	}
	return false
}

func TestEveryKindOfKeyLeavesAProofOfItsVote(t *testing.T) {
	w := newWorld(t, 1)
	bot := w.serviceAccount("bot", 30)
	w.policy(0, with(with(group(4, w.admin.userID, w.alice.userID, w.bob.userID, bot.userID), "initiatorCanApprove"), "serviceAccountsCanApprove"))
	e := w.pay(w.admin, "5")
	path := "/v2/policy-approvals/" + e.ApprovalID + "/decisions"
	for name, c := range map[string]client{"admin": w.admin, "alice": w.alice, "bob": w.bob, "bot": bot} {
		t.Run(name, func(t *testing.T) {
			body := []byte(`{"value":"Approved"}`)
			token := c.action("POST", path, body)
			into[approval](t, c.send("POST", path, token, body), 200)
			rows := slices.DeleteFunc(w.admin.lately(c.userID), func(r map[string]string) bool { return r["Action Path"] != path })
			if len(rows) != 1 || rows[0]["User ID"] != c.userID || rows[0]["Username"] != name || rows[0]["Primary Credential ID"] != c.credID {
				t.Fatalf("rows = %v, want the one vote", rows)
			}
			a := w.admin.get("/auth/action/logs/" + rows[0]["Audit Log ID"])
			got := into[logEntry](t, a, 200)
			if !strings.HasPrefix(got.ID, "uj-") || got.ID != rows[0]["Audit Log ID"] || got.Action != "POST "+path || got.ActionToken != token ||
				got.UserID != c.userID || got.Username != name || got.DatePerformed != rows[0]["Date Performed"] ||
				got.FirstFactorCredential.ID != c.credID || got.FirstFactorCredential.Kind != "Key" {
				t.Errorf("entry = %s", a.Body)
			}
			if got.FirstFactorCredential.Assertion.AuthenticatorData != nil || !strings.Contains(string(a.Body), `"authenticatorData":null`) {
				t.Errorf("a key has authenticator data: %s", a.Body)
			}
			if !verifies(t, got) {
				t.Errorf("the logged signature does not hold: %s", a.Body)
			}
		})
	}
}

func TestTheLogHoldsWhatWasDoneAndNothingElse(t *testing.T) {
	w := newWorld(t, 1)
	hooks := newReceiver(t, 200)
	expiring := w.policy(1, group(1))
	e := w.pay(w.admin, "5")
	w.clock.Store(int64(2 * time.Minute))
	refused(t, w.vote(w.alice, e.ApprovalID, "Approved"), 422) // too late
	into[entity](t, w.admin.call("DELETE", "/v2/policies/"+expiring, nil), 200)
	policy := w.policy(0, group(2, w.alice.userID, w.bob.userID))
	e = w.pay(w.admin, "5")
	refused(t, w.vote(w.admin, e.ApprovalID, "Approved"), 403)
	into[approval](t, w.vote(w.alice, e.ApprovalID, "Approved"), 200)
	refused(t, w.vote(w.alice, e.ApprovalID, "Approved"), 409)
	body := []byte(`{"value":"Denied"}`)
	decide := "/v2/policy-approvals/" + e.ApprovalID + "/decisions"
	refused(t, w.bob.send("POST", decide, w.bob.action("POST", decide, nil), body), 403) // signed for another body
	_ = w.bob.action("POST", decide, body)                                               // signed and never used
	into[entity](t, w.admin.call("PUT", "/v2/policies/"+policy, map[string]any{"name": "q", "activityKind": "Wallets:Sign",
		"rule": map[string]any{"kind": "AlwaysTrigger"}, "action": map[string]any{"kind": "NoAction"}}), 200)
	h := into[hook](t, w.admin.post("/webhooks", map[string]any{"url": hooks.URL, "events": []string{"wallet.created"}}), 200)
	into[struct{ Status string }](t, w.admin.post("/webhooks/"+h.ID+"/ping", map[string]any{}), 200)
	into[hook](t, w.admin.call("PUT", "/webhooks/"+h.ID, map[string]any{"status": "Disabled"}), 200)
	into[struct{}](t, w.admin.call("PUT", w.path("tags"), map[string]any{"tags": []string{"a"}}), 200)
	into[struct{}](t, w.admin.call("DELETE", w.path("tags"), map[string]any{"tags": []string{"a"}}), 200)
	into[struct{ Deleted bool }](t, w.admin.call("DELETE", "/webhooks/"+h.ID, nil), 200)
	bot := w.serviceAccount("b,o\"t", 1)
	into[entity](t, bot.post("/wallets", walletBody), 200)

	want := []string{
		"POST /v2/policies", "POST " + w.path("transfers"), "DELETE /v2/policies/" + expiring,
		"POST /v2/policies", "POST " + w.path("transfers"), "PUT /v2/policies/" + policy,
		"POST /webhooks", "POST /webhooks/" + h.ID + "/ping", "PUT /webhooks/" + h.ID,
		"PUT " + w.path("tags"), "DELETE " + w.path("tags"), "DELETE /webhooks/" + h.ID, "POST /auth/service-accounts",
	}
	for user, want := range map[string][]string{w.admin.userID: want, w.alice.userID: {"POST " + decide}, w.bob.userID: nil, bot.userID: {"POST /wallets"}} {
		var got []string
		for _, r := range w.admin.lately(user) {
			got = append(got, into[logEntry](t, w.admin.get("/auth/action/logs/"+r["Audit Log ID"]), 200).Action)
		}
		if !slices.Equal(got, want) {
			t.Errorf("log of %s = %q,\nwant %q", user, got, want)
		}
	}
	if rows := w.admin.lately(bot.userID); len(rows) != 1 || rows[0]["Username"] != "b,o\"t" {
		t.Errorf("rows of the bot = %v", rows)
	}
	if all := w.bob.lately(""); len(all) != len(want)+2 || !slices.IsSortedFunc(all, func(a, b map[string]string) int {
		return strings.Compare(a["Date Performed"], b["Date Performed"])
	}) {
		t.Errorf("the whole log = %q, want %d rows by date", paths(all), len(want)+2)
	}
}

func TestTheLogIsAskedByTimeAndUser(t *testing.T) {
	w := newWorld(t, 1)
	now := time.Now()
	into[entity](t, w.alice.post("/wallets", walletBody), 200)
	w.clock.Store(int64(24 * time.Hour))
	into[entity](t, w.alice.post("/wallets", walletBody), 200)
	for _, tt := range []struct {
		name     string
		from, to time.Duration
		user     string
		want     int
	}{
		{"both days", -time.Minute, 25 * time.Hour, w.alice.userID, 2},
		{"the first day", -time.Minute, time.Hour, w.alice.userID, 1},
		{"the second day", 23 * time.Hour, 25 * time.Hour, "", 1},
		{"in between", time.Hour, 23 * time.Hour, "", 0},
		{"somebody else", -time.Minute, 25 * time.Hour, w.bob.userID, 0},
		{"nobody we know", -time.Minute, 25 * time.Hour, "us-00000-00000-0000000000000000", 0},
	} {
		header, rows := w.admin.listLog(now.Add(tt.from), now.Add(tt.to), tt.user)
		if len(rows) != tt.want {
			t.Errorf("%s: %d rows, want %d", tt.name, len(rows), tt.want)
		}
		if h := strings.Join(header, ","); h != "Date Performed,Audit Log ID,User ID,Username,Primary Credential ID,Action Path,Summary" {
			t.Errorf("header = %s", h)
		}
	}
	refused(t, w.admin.get("/auth/action/logs"), 400)
	refused(t, w.admin.get("/auth/action/logs?startTime=yesterday&endTime=2026-01-02T03:04:05Z"), 400)
	if m := refused(t, w.admin.get("/auth/action/logs/uj-00000-00000-0000000000000000"), 404); !strings.Contains(m, "uj-00000") {
		t.Errorf("unknown entry: %q", m)
	}
	stranger := w.admin
	stranger.bearer = "x"
	refused(t, stranger.get("/auth/action/logs/uj-00000-00000-0000000000000000"), 401)
}

// checkLog: after all the kills, every vote has its one entry in the log, and every
// entry its vote.
func (l *ledger) checkLog(c, voter client) {
	c.t.Helper()
	entries := map[string]int{}
	for _, p := range paths(c.lately(voter.userID)) {
		entries[p]++
	}
	votes := 0
	for token := ""; ; {
		page := into[list[approval]](c.t, c.get("/v2/policy-approvals?limit=500&paginationToken="+token), 200)
		for _, a := range page.Items {
			path := "/v2/policy-approvals/" + a.ID + "/decisions"
			if votes += len(a.Decisions); entries[path] != len(a.Decisions) {
				c.t.Errorf("%s has %d votes and %d entries in the log", a.ID, len(a.Decisions), entries[path])
			}
		}
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	if votes == 0 || len(entries) != votes {
		c.t.Errorf("%d entries for %d votes", len(entries), votes)
	}
	c.t.Logf("%d votes, each with its entry in the log", votes)
}

// The bytes are those that the product's client is tested with.
func TestTheLogsBytes(t *testing.T) {
	w := newWorld(t, 1)
	into[entity](t, w.alice.post("/wallets", walletBody), 200)
	row := w.admin.lately(w.alice.userID)[0]
	req, _ := http.NewRequest("GET", w.admin.base+"/auth/action/logs?startTime=2020-01-01T00:00:00Z&endTime=2100-01-01T00:00:00Z", nil)
	req.Header.Set("Authorization", "Bearer "+w.admin.bearer)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	wantText := "Date Performed,Audit Log ID,User ID,Username,Primary Credential ID,Action Path,Summary\n" +
		row["Date Performed"] + "," + row["Audit Log ID"] + "," + w.alice.userID + ",alice," + w.alice.credID + ",/wallets,POST /wallets\n"
	if kind := resp.Header.Get("Content-Type"); string(text) != wantText || !strings.HasPrefix(kind, "text/csv") {
		t.Errorf("list = %s %s,\nwant   %s", kind, text, wantText)
	}
	raw := w.admin.get("/auth/action/logs/" + row["Audit Log ID"]).Body
	var e logEntry
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	f := e.FirstFactorCredential
	want := `{"id":"` + e.ID + `","action":"POST /wallets","actionToken":"` + e.ActionToken + `","userId":"` + e.UserID +
		`","username":"alice","datePerformed":"` + e.DatePerformed + `","firstFactorCredential":{"id":"` + f.ID + `","kind":"Key","publicKey":"` +
		strings.ReplaceAll(f.PublicKey, "\n", `\n`) + `","assertion":{"authenticatorData":null,"clientData":"` + f.Assertion.ClientData +
		`","signature":"` + f.Assertion.Signature + `"}}}`
	if string(raw) != want {
		t.Errorf("entry = %s,\nwant    %s", raw, want)
	}
}
