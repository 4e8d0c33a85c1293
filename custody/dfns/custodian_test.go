package dfns_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/custody/dfns"
	"countersign/strictjson"
)

// approvalOf is an approval of activity as DFNS answers it (dfns.md §4.4), with
// members that we do not know.
func approvalOf(activity string) string {
	return `{"id":"ap-1","initiatorId":"us-maker","activity":` + activity + `,"status":"Pending",
		"expirationDate":"2026-01-03T03:04:05.678Z","dateCreated":"2026-01-02T03:04:05.678Z","dateUpdated":"2026-01-02T03:04:06.000Z",
		"policyEvaluations":[{"policyId":"plc-1","triggered":true,"reason":"r","context":{"x":1}},{"policyId":"plc-2","triggered":false,"reason":""}],
		"decisions":[{"userId":"us-ana","date":"2026-01-02T03:04:06.000Z","reason":null,"value":"Approved"},
		             {"userId":"us-bo","date":"2026-01-02T03:04:07.000Z","reason":"no","value":"Denied"},
		             {"userId":"us-cy","date":"2026-01-02T03:04:08.000Z","value":"Shrugged"}],
		"unheardOf":{"n":12345678901234567890}}`
}

func transferOf(body string) string {
	return `{"kind":"Wallets:Sign","transferRequest":{"id":"xfr-1","walletId":"wa-1","network":"EthereumSepolia","requester":{"userId":"us-maker"},
		"requestBody":` + body + `,"metadata":{"asset":{"symbol":"USDC","decimals":6,"quotes":{"USD":"1.00"}}},"status":"Pending",
		"dateRequested":"2026-01-02T03:04:05.678Z","approvalId":"ap-1","externalId":"ext-1"}}`
}

// read has a custodian read one approval.
func read(t *testing.T, answer string) (countersign.Approval, error) {
	t.Helper()
	p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/policy-approvals/ap-1" {
			t.Errorf("path = %s", r.URL.Path)
		}
		reply(w, answer)
	})
	return dfns.Custodian{Client: p.client(nil)}.Approval(t.Context(), "ap-1")
}

func TestCustodianApproval(t *testing.T) {
	got, err := read(t, approvalOf(transferOf(`{"kind":"Erc20","contract":"0xAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","to":"0xBbBBbBBbBBbBBbBBbBBbBBbBBbBBbBBbBBbBBbBB","amount":"1000000"}`)))
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, sec, ms int) time.Time { return time.Date(2026, 1, day, 3, 4, sec, ms*1e6, time.UTC) }
	want := countersign.Approval{
		ID: "ap-1", InitiatorID: "us-maker", Status: countersign.StatusPending,
		Activity: countersign.Activity{
			Kind: "Wallets:Sign", Request: "Erc20", RequestID: "xfr-1", ExternalID: "ext-1", WalletID: "wa-1", Network: "EthereumSepolia",
			Transfer: &countersign.Transfer{
				Kind: "Erc20", Asset: "0x" + strings.Repeat("a", 40), To: "0x" + strings.Repeat("b", 40), Amount: countersign.NewAmount(1000000),
			},
		},
		Policies: []string{"plc-1"},
		Votes: []countersign.Vote{
			{UserID: "us-ana", Verdict: countersign.Approve, At: at(2, 6, 0),
				Raw: []byte(`{"userId":"us-ana","date":"2026-01-02T03:04:06.000Z","reason":null,"value":"Approved"}`)},
			{UserID: "us-bo", Verdict: countersign.Reject, Reason: "no", At: at(2, 7, 0),
				Raw: []byte(`{"userId":"us-bo","date":"2026-01-02T03:04:07.000Z","reason":"no","value":"Denied"}`)},
			{UserID: "us-cy", Verdict: "shrugged", At: at(2, 8, 0),
				Raw: []byte(`{"userId":"us-cy","date":"2026-01-02T03:04:08.000Z","value":"Shrugged"}`)},
		},
		CreatedAt: at(2, 5, 678), ExpiresAt: at(3, 5, 678), Snapshot: got.Snapshot,
	}
	if !reflect.DeepEqual(got, want) || len(got.Snapshot) != 64 {
		t.Errorf("Approval = %+v,\nwant       %+v", got, want)
	}
}

func TestCustodianStatuses(t *testing.T) {
	for _, tt := range []struct {
		dfns  string
		want  countersign.ApprovalStatus
		final bool
	}{
		{"Pending", "pending", false}, {"Approved", "approved", true}, {"Denied", "denied", true}, {"Expired", "expired", true},
		{"AutoApproved", "autoapproved", false}, {"", "", false},
	} {
		a, err := read(t, strings.Replace(approvalOf(`{}`), `"status":"Pending"`, `"status":"`+tt.dfns+`"`, 1))
		if err != nil || a.Status != tt.want || a.Status.Final() != tt.final {
			t.Errorf("status %q = %q, final %t, %v; want %q, %t", tt.dfns, a.Status, a.Status.Final(), err, tt.want, tt.final)
		}
	}
}

func TestCustodianRefusesAmbiguousAnswers(t *testing.T) {
	good := approvalOf(`{}`)
	for _, tt := range []struct{ name, old, new string }{
		{"key twice", `"status"`, `"status":"Approved","status"`},
		{"key in two cases", `"status"`, `"Status":"Approved","status"`},
		{"key twice deep down", `"n":`, `"n":1,"n":`},
		{"lone surrogate", `"us-maker"`, `"\ud800"`},
	} {
		if _, err := read(t, strings.Replace(good, tt.old, tt.new, 1)); !errors.Is(err, strictjson.ErrRefused) || !errors.Is(err, countersign.ErrUnreadable) {
			t.Errorf("%s: Approval = %v, want ErrRefused and ErrUnreadable", tt.name, err)
		}
	}
	var odd *countersign.UnreadableError
	if _, err := read(t, strings.Replace(good, `"us-maker"`, `7`, 1)); !errors.As(err, &odd) || odd.ID != "ap-1" {
		t.Errorf("a member of another type: Approval = %v, want ap-1 unreadable", err)
	}
	// An answer about something else is no answer about the approval, and another try may help.
	if _, err := read(t, `{"message":"we are away"}`); err == nil || errors.Is(err, countersign.ErrUnreadable) || errors.Is(err, countersign.ErrID) {
		t.Errorf("no approval at all: %v, want an error that is asked again", err)
	}
	if _, err := read(t, strings.Replace(good, `"ap-1"`, `"ap-2"`, 1)); err == nil || !strings.Contains(err.Error(), "asked for approval ap-1") {
		t.Errorf("another approval = %v, want an error", err)
	}
	c := dfns.Custodian{Client: newPlatform(t, nil, nil).client(nil)}
	if _, err := c.Approval(t.Context(), "../webhooks"); !errors.Is(err, countersign.ErrID) {
		t.Errorf("an ID with a path = %v, want ErrID", err)
	}
}

func TestPending(t *testing.T) {
	pages := map[string]string{
		"":   `{"items":[{"id":"ap-1","status":"Pending"},{"id":"ap-2","x":1,"X":2}],"nextPageToken":"p2"}`,
		"p2": `{"items":[{"id":"ap-3"}],"nextPageToken":"p3"}`,
		"p3": `{"items":[]}`,
	}
	p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("status") != "Pending" {
			t.Errorf("query = %s", r.URL.RawQuery)
		}
		reply(w, pages[r.URL.Query().Get("paginationToken")])
	})
	c := dfns.Custodian{Client: p.client(nil)}
	pending := c.Pending(t.Context())
	for range 2 { // an iterator starts anew each time
		var got []string
		for id, err := range pending {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, id)
		}
		if want := []string{"ap-1", "ap-2", "ap-3"}; !slices.Equal(got, want) {
			t.Errorf("Pending = %q, want %q", got, want)
		}
	}
	for range pending {
		break // must not read on
	}
	if n := p.count("GET"); n != 3+3+1 {
		t.Errorf("%d pages read, want 7", n)
	}
	pages["p2"] = `{"items":[{"status":"Pending"},{"id":"ap-3"}]}`
	var got []string
	for id, err := range pending { // one that has no ID ends nothing
		got = append(got, fmt.Sprint(id, errors.Is(err, countersign.ErrUnreadable)))
	}
	if want := []string{"ap-1false", "ap-2false", "true", "ap-3false"}; !slices.Equal(got, want) {
		t.Errorf("Pending = %q, want %q", got, want)
	}
	pages["p2"] = `{"items":[],"nextPageToken":"p2"}`
	var last error
	for _, err := range pending {
		last = err
	}
	if last == nil || !strings.Contains(last.Error(), "same page") {
		t.Errorf("a list that leads back to itself = %v", last)
	}
}

func TestVote(t *testing.T) {
	for _, tt := range []struct {
		verdict countersign.Verdict
		reason  string
		body    string
	}{
		{countersign.Approve, "fits", `{"value":"Approved","reason":"fits"}`},
		{countersign.Reject, "", `{"value":"Denied"}`},
		{countersign.Approve, strings.Repeat("é", 1001), `{"value":"Approved","reason":"` + strings.Repeat("é", 1000) + `"}`},
	} {
		answer := strings.Replace(approvalOf(`{}`), `"Pending"`, `"Approved"`, 1)
		p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) { reply(w, answer) })
		got, err := dfns.Custodian{Client: p.client(key)}.Vote(t.Context(), "ap-1", tt.verdict, tt.reason)
		if err != nil || p.lastBody != tt.body || last(p.asked()) != "POST "+decisions {
			t.Fatalf("Vote(%s) = %v, sent %s to %s", tt.verdict, err, p.lastBody, last(p.asked()))
		}
		sum := sha256.Sum256([]byte(answer))
		if got.AnswerDigest != hex.EncodeToString(sum[:]) || got.Status != countersign.StatusApproved {
			t.Errorf("receipt = %+v", got)
		}
		if p.verify(got.Proof.ClientData, got.Proof.Signature, "Y2gt<1>&") != nil || got.Proof.CredentialID != "cr-1" || got.Proof.Challenge != "cid-1" {
			t.Errorf("proof = %+v, want the user action that was accepted", got.Proof)
		}
	}
}

func TestVoteOfWhatIsNoVote(t *testing.T) {
	p := newPlatform(t, key.Public(), nil)
	for _, v := range []countersign.Verdict{countersign.Abstain, "", "APPROVE"} {
		if _, err := (dfns.Custodian{Client: p.client(key)}).Vote(t.Context(), "ap-1", v, ""); err == nil {
			t.Errorf("Vote(%q) = nil, want an error", v)
		}
	}
	if len(p.asked()) != 0 {
		t.Errorf("asked %q, want nothing", p.asked())
	}
}

func TestVoteRefused(t *testing.T) {
	pending, voted := approvalOf(`{}`), strings.Replace(approvalOf(`{}`), "us-ana", "us-bot", 1)
	denied := strings.Replace(pending, `"Pending"`, `"Denied"`, 1)
	for _, tt := range []struct {
		name   string
		status int
		found  string // what a fresh read answers; "" is a 500
		want   error
	}{
		{"not ours to vote", 403, pending, countersign.ErrDenied},
		{"voted before, told by 403", 403, voted, countersign.ErrAlreadyVoted},
		{"resolved, told by 403", 403, denied, countersign.ErrNotPending},
		{"403 that nobody explains", 403, "", nil},
		{"duplicate", 409, pending, countersign.ErrAlreadyVoted},
		{"resolved, told by 409", 409, denied, countersign.ErrNotPending},
		{"voted before, told by 422", 422, voted, countersign.ErrAlreadyVoted},
		{"not pending", 422, pending, countersign.ErrNotPending},
		{"not pending, unexplained", 412, "", countersign.ErrNotPending},
		{"credential expired", 401, pending, countersign.ErrDenied},
		{"unknown", 404, pending, countersign.ErrNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodPost:
					refuse(w, tt.status, "refused")
				case tt.found == "":
					refuse(w, 500, "away")
				default:
					reply(w, tt.found)
				}
			})
			_, err := dfns.Custodian{Client: p.client(key), UserID: "us-bot"}.Vote(t.Context(), "ap-1", countersign.Approve, "")
			if n := p.count("POST " + decisions); n != 1 {
				t.Errorf("voted %d times, want once", n)
			}
			for _, s := range []error{countersign.ErrDenied, countersign.ErrAlreadyVoted, countersign.ErrNotPending, countersign.ErrNotFound} {
				// An unexplained cause stays in the chain, so a 409 found resolved is both.
				if s == tt.want && !errors.Is(err, s) || tt.want == nil && errors.Is(err, s) {
					t.Errorf("Vote = %v; errors.Is %v = %t", err, s, errors.Is(err, s))
				}
			}
		})
	}
}

// The answer to a vote is lost. It is not sent again; reading finds it counted.
func TestVoteWhenTheAnswerIsLost(t *testing.T) {
	p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			panic(http.ErrAbortHandler)
		}
		reply(w, strings.Replace(approvalOf(`{}`), "us-ana", "us-bot", 1))
	})
	c := dfns.Custodian{Client: p.client(key)}
	if _, err := c.Vote(t.Context(), "ap-1", countersign.Approve, ""); err == nil || p.count("POST "+decisions) != 1 {
		t.Fatalf("Vote = %v, asked %q; want an error after one vote", err, p.asked())
	}
	a, err := c.Approval(t.Context(), "ap-1")
	if v, ok := a.VoteOf("us-bot"); err != nil || !ok || v.Verdict != countersign.Approve {
		t.Errorf("reading again = %+v, %v; want our vote", v, err)
	}
}

func TestName(t *testing.T) {
	if n := (dfns.Custodian{}).Name(); n != "dfns" {
		t.Errorf("Name = %q", n)
	}
}

func last(s []string) string { return s[len(s)-1] }
