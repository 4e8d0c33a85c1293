package dfns_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign"
	"countersign/custody/dfns"
	"countersign/strictjson"
)

func TestApprovals(t *testing.T) {
	odd := `{"id":"ap-2","activity":{"kind":"Dreams:Interpret","dreamRequest":{"deep":[1]}},"status":"Dreaming","policyEvaluations":null,"new":{"a":1}}`
	p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.RawQuery {
		case "approverId=us-bot&initiatorId=us-maker&limit=2&status=Pending":
			reply(w, `{"items":[`+approvalOf(`{}`)+`,`+odd+`],"nextPageToken":"a/b=="}`)
		case "approverId=us-bot&initiatorId=us-maker&limit=2&paginationToken=a%2Fb%3D%3D&status=Pending":
			reply(w, `{"items":[{"id":"ap-3","ID":"ap-4"},{"id":"ap-5"}]}`)
		default:
			t.Errorf("query = %s", r.URL.RawQuery)
			refuse(w, 400, "bad query")
		}
	})
	filter := dfns.ApprovalFilter{Status: dfns.StatusPending, InitiatorID: "us-maker", ApproverID: "us-bot", Limit: 2}
	var ids []string
	for a, err := range p.client(nil).Approvals(t.Context(), filter) {
		switch {
		case errors.Is(err, strictjson.ErrRefused):
			ids = append(ids, "refused") // and the walk goes on
		case err != nil:
			t.Fatal(err)
		case a.ID == "ap-2" && (string(a.Raw) != odd || a.Status != "Dreaming"):
			t.Errorf("ap-2 = %+v, want it whole", a)
			fallthrough
		default:
			ids = append(ids, a.ID)
		}
	}
	if want := []string{"ap-1", "ap-2", "refused", "ap-5"}; !slices.Equal(ids, want) {
		t.Errorf("Approvals = %q, want %q", ids, want)
	}
}

func TestListsEndWithAnError(t *testing.T) {
	p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("paginationToken") == "" {
			reply(w, `{"items":[{"id":"whe-1"}],"nextPageToken":"2"}`)
			return
		}
		refuse(w, 403, "no permission")
	})
	var got []error
	for _, err := range p.client(nil).List(t.Context(), "/webhooks/wh-1/events", nil) {
		got = append(got, err)
	}
	if len(got) != 2 || got[0] != nil || !errors.Is(got[1], countersign.ErrDenied) {
		t.Errorf("errors = %v, want none and then ErrDenied", got)
	}
}

// Who asks for no limit gets the longest pages that a list gives. Where those are refused, or more
// than is read at once, the list's own are asked for, and no item comes twice.
func TestPagesAreAsLongAsAListGives(t *testing.T) {
	for _, tt := range []struct{ path, why, want string }{
		{"/wallets", "", "?limit=500 ?limit=500&paginationToken=2"},
		{"/wallets/wa-1/transfers", "", "?limit=500 ?limit=500&paginationToken=2"},
		{"/wallets/all/history", "", "?limit=100 ?limit=100&paginationToken=2"},
		{"/v2/policy-approvals", "refused", "?limit=100  ?paginationToken=2"},
		{"/v2/policy-approvals", "long", "?limit=100 ?limit=100&paginationToken=2 ?paginationToken=2"},
		{"/webhooks/wh-1/events", "", "?limit=200 ?limit=200&paginationToken=2"},
		{"/webhooks", "", " ?paginationToken=2"},
		{"/v2/policies", "", " ?paginationToken=2"},
	} {
		p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			switch limited := q.Has("limit"); {
			case limited && tt.why == "refused":
				refuse(w, 400, "limit")
			case !q.Has("paginationToken"):
				reply(w, `{"items":[1],"nextPageToken":"2"}`)
			case limited && tt.why == "long":
				reply(w, `{"items":["`+strings.Repeat("x", 8<<20)+`"]}`)
			default:
				reply(w, `{"items":[2]}`)
			}
		})
		var items string
		for raw, err := range p.client(nil).List(t.Context(), tt.path, nil) {
			if err != nil {
				t.Fatalf("%s: %v", tt.path, err)
			}
			items += string(raw)
		}
		var got []string
		for _, call := range p.asked() {
			got = append(got, strings.TrimPrefix(call, "GET "+tt.path))
		}
		if strings.Join(got, " ") != tt.want || items != "12" {
			t.Errorf("%s %s: asked %q, items %s; want %q", tt.path, tt.why, got, items, tt.want)
		}
	}
}

func TestWalletsAndWhatTheySend(t *testing.T) {
	const transfer = `{"id":"xfr-1","walletId":"wa-1","network":"EthereumSepolia","requestBody":{"kind":"Brc99","x":[1]},"status":"Pending","approvalId":"ap-1","dateRequested":"2026-01-02T03:04:05.678Z","fee":"1","new":{"a":1}}`
	p := newPlatform(t, key.Public(), func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wallets/wa-1" {
			reply(w, `{"id":"wa-1","network":"EthereumSepolia","address":"0xab","status":"Active","tags":["ops"],"custodial":true,"new":1}`)
			return
		}
		if r.URL.Path == "/wallets/wa-1/assets" {
			reply(w, `{"walletId":"wa-1","network":"EthereumSepolia","assets":[{"kind":"Native","balance":"5"}]}`)
			return
		}
		reply(w, transfer)
	})
	c := p.client(key)
	if got, err := (dfns.Custodian{Client: c}).Holdings(t.Context(), "wa-1"); err != nil || len(got) != 1 || got[0].Balance.String() != "5" {
		t.Errorf("Holdings = %+v, %v", got, err)
	}
	if got, err := (dfns.Custodian{Client: c}).WalletByID(t.Context(), "wa-1"); err != nil || got.Tags[0] != "ops" || got.Address != "0xab" {
		t.Errorf("WalletByID = %+v, %v", got, err)
	}
	w, err := c.Wallet(t.Context(), "wa-1")
	if err != nil || w.Address != "0xab" || !w.Custodial || !strings.Contains(string(w.Raw), `"new":1`) {
		t.Errorf("Wallet = %+v, %v", w, err)
	}
	created, err := c.CreateTransfer(t.Context(), "wa-1", map[string]string{"kind": "Native", "to": "0xab", "amount": "1", "externalId": "ext-1"})
	if err != nil || created.ApprovalID != "ap-1" || string(created.Raw) != transfer || string(created.RequestBody) != `{"kind":"Brc99","x":[1]}` {
		t.Errorf("CreateTransfer = %+v, %v", created, err)
	}
	found, err := c.Transfer(t.Context(), "wa-1", "xfr-1")
	if err != nil || found.ID != "xfr-1" {
		t.Errorf("Transfer = %+v, %v", found, err)
	}
	if _, err := c.CreateTransaction(t.Context(), "wa-1", json.RawMessage(`{"kind":"Evm"}`)); err != nil {
		t.Errorf("CreateTransaction = %v", err)
	}
	if _, err := c.Transaction(t.Context(), "wa-1", "tx-1"); err != nil {
		t.Errorf("Transaction = %v", err)
	}
	want := []string{
		"GET /wallets/wa-1/assets", "GET /wallets/wa-1", "GET /wallets/wa-1", "POST /auth/action/init", "POST /auth/action", "POST /wallets/wa-1/transfers", "GET /wallets/wa-1/transfers/xfr-1",
		"POST /auth/action/init", "POST /auth/action", "POST /wallets/wa-1/transactions", "GET /wallets/wa-1/transactions/tx-1",
	}
	if !slices.Equal(p.asked(), want) {
		t.Errorf("calls = %q,\nwant    %q", p.asked(), want)
	}
	for name, err := range map[string]error{
		"Wallet":         second(c.Wallet(t.Context(), "")),
		"Transfer":       second(c.Transfer(t.Context(), "wa-1", "../../auth")),
		"CreateTransfer": second(c.CreateTransfer(t.Context(), "wa/1", nil)),
	} {
		if !errors.Is(err, countersign.ErrID) {
			t.Errorf("%s of no ID = %v, want ErrID", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
