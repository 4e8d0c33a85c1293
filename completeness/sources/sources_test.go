package sources_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"
	"testing"
	"time"

	"countersign/completeness"
	"countersign/completeness/sources"
	"countersign/ingress"
)

var window = completeness.Window{From: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), To: time.Date(2026, 5, 1, 13, 0, 0, 0, time.UTC)}

const (
	early  = "2026-05-01T11:59:59.999Z"
	inside = "2026-05-01T12:00:00.000Z"
	late   = "2026-05-01T13:00:00.000Z"
)

// custodian is its lists, by path and query.
type custodian map[string][]string

func (c custodian) List(_ context.Context, path string, query url.Values) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		query.Del("limit")
		if len(query) > 0 {
			path += "?" + query.Encode()
		}
		items, known := c[path]
		if !known {
			yield(nil, errors.New("404"))
			return
		}
		for _, item := range items {
			if !yield(json.RawMessage(item), nil) {
				return
			}
		}
	}
}

// workflows are the IDs of a source's items, or its error.
func workflows(t *testing.T, s completeness.Source) string {
	t.Helper()
	if s.Name() == "" || !strings.Contains(s.Query(window), "12:00:00Z") {
		t.Errorf("query %q", s.Query(window))
	}
	text := ""
	for it, err := range s.Items(t.Context(), window) {
		if err != nil {
			return text + "error: " + err.Error()
		}
		if it.Unreadable != nil {
			name, _, _ := strings.Cut(it.Unreadable.Name(), "sha256-")
			text += "unreadable " + name + ";"
			continue
		}
		if it.Workflow == "" {
			continue // a sign of life
		}
		if r := ingress.RouteOf(it.Event); r.WorkflowID(it.Event) != it.Workflow {
			t.Errorf("the event of %s goes to %s", it.Workflow, r.WorkflowID(it.Event))
		}
		text += strings.Join(append([]string{it.Workflow}, it.Also...), " or ") + ";"
	}
	return text
}

func TestWhatWebhooksTold(t *testing.T) {
	c := custodian{
		"/webhooks": {`{"id":"wh-1","url":"https://us/webhooks/dfns"}`, `{"id":"wh-2","url":"https://others/hook"}`},
		"/webhooks/wh-1/events": {
			`{"id":"whe-0","kind":"wallet.created","date":"` + early + `","timestampSent":1,"data":{"wallet":{"id":"wa-1"}}}`,
			`{"id":"whe-1","kind":"policy.approval.pending","date":"` + inside + `","timestampSent":1,"data":{"approval":{"id":"ap-1"}}}`,
			`{"id":"whe-2","kind":"wallet.created","date":"` + inside + `","timestampSent":1,"data":{"wallet":{"id":"wa-1"}}}`,
			`{"id":"whe-3","retryOf":"whe-2","kind":"wallet.created","date":"` + inside + `","timestampSent":1,"data":{"wallet":{"id":"wa-1"}}}`,
			`{"id":"whe-3b","retryOf":"whe-3","kind":"wallet.created","date":"` + inside + `","timestampSent":1,"data":{"wallet":{"id":"wa-1"}}}`,
			`{"id":"whe-4","kind":"moon.landed","date":"` + inside + `","timestampSent":1,"data":{}}`,
			`{"id":"whe-5","kind":"wallet.created","date":"` + late + `","timestampSent":1,"data":{"wallet":{"id":"wa-1"}}}`,
		},
	}
	if got := workflows(t, sources.Webhooks{Lister: c}); got != "approval/ap-1;event/whe-2 or event/whe-2 or event/whe-3;event/whe-4;" {
		t.Errorf("%s", got)
	}
	// What has no date may be of this window, and what cannot be read keeps nothing back.
	c["/webhooks"] = append(c["/webhooks"], `{"id":"wh-3","url":7}`, `{"url":"https://us/webhooks/dfns"}`)
	c["/webhooks/wh-1/events"] = []string{
		`{"id":"whe-1","kind":"x","timestampSent":1}`, `{"id":"whe-2","kind":"x","date":"` + inside + `"}`, `7`,
		`{"id":"whe-3","kind":"wallet.created","date":"` + inside + `","timestampSent":1,"data":{"wallet":{"id":"wa-1"}}}`,
	}
	if got := workflows(t, sources.Webhooks{Lister: c}); got != "unreadable webhook/wh-3;unreadable webhook/;event/whe-1;unreadable delivery/whe-2;unreadable delivery/;event/whe-3;" {
		t.Errorf("what cannot be read: %s", got)
	}
	c["/webhooks"] = c["/webhooks"][1:2]
	if got := workflows(t, sources.Webhooks{Lister: c}); !strings.Contains(got, "none of them sends to /webhooks/dfns") {
		t.Errorf("without a webhook of ours: %s", got)
	}
	if got := workflows(t, sources.Webhooks{Lister: custodian{}}); !strings.Contains(got, "404") {
		t.Errorf("without the right: %s", got)
	}
}

func TestWhatTheListsTell(t *testing.T) {
	c := custodian{
		"/v2/policy-approvals": {`{"id":"ap-0","dateCreated":"` + early + `"}`, `{"id":"ap-1","status":"Approved","dateCreated":"` + inside + `"}`, `{"id":"ap-2","dateCreated":"` + late + `"}`},
		"/wallets":             {`{"id":"wa-1"}`, `{"id":"wa-2"}`},
		"/wallets/all/history?endTime=2026-05-01T13%3A00%3A00Z&startTime=2026-05-01T12%3A00%3A00Z": {
			`{"direction":"In","network":"Net","txHash":"0x1","timestamp":"` + inside + `","walletId":"wa-1"}`,
			`{"direction":"Out","network":"Net","txHash":"0x2","timestamp":"` + inside + `","walletId":"wa-1"}`,
			`{"direction":"In","network":"Net","txHash":"0x3","timestamp":"` + late + `","walletId":"wa-1"}`,
		},
		"/wallets/wa-1/transfers":    {`{"id":"xfr-1","walletId":"wa-1","dateRequested":"` + inside + `"}`, `{"id":"xfr-2","walletId":"wa-1","dateRequested":"` + late + `"}`},
		"/wallets/wa-1/transactions": {},
		"/wallets/wa-2/transfers":    {},
		"/wallets/wa-2/transactions": {`{"id":"tx-1","walletId":"wa-2","dateRequested":"` + inside + `"}`},
	}
	if got := workflows(t, sources.Approvals{Lister: c}); got != "approval/ap-1;" {
		t.Errorf("approvals: %s", got)
	}
	if got := workflows(t, sources.History{Lister: c}); strings.Count(got, ";") != 1 {
		t.Errorf("history: %s", got)
	}
	if got := workflows(t, sources.Requests{Lister: c}); strings.Count(got, ";") != 2 {
		t.Errorf("requests: %s", got)
	}
	delete(c, "/wallets/wa-2/transfers")
	if got := workflows(t, sources.Requests{Lister: c}); !strings.Contains(got, "error: GET /wallets/wa-2/transfers: 404") {
		t.Errorf("half a list: %s", got)
	}
}

// Of many wallets every request is found, in their order, however many are asked for at once. One
// that cannot be asked for keeps none of the others from it, and is told at the end; where many
// cannot be, that is the end.
func TestTheRequestsOfManyWallets(t *testing.T) {
	c, want := custodian{}, ""
	const wallets, broken = 150, 20
	for i := range wallets {
		id := fmt.Sprintf("wa-%03d", i)
		c["/wallets"] = append(c["/wallets"], `{"id":"`+id+`"}`)
		c["/wallets/"+id+"/transfers"] = []string{fmt.Sprintf(`{"id":"xfr-%03d","walletId":%q,"dateRequested":%q}`, i, id, inside)}
		c["/wallets/"+id+"/transactions"] = nil
		want += fmt.Sprintf("settlement/xfr-%03d;", i)
	}
	if got := workflows(t, sources.Requests{Lister: c}); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	delete(c, fmt.Sprintf("/wallets/wa-%03d/transfers", broken))
	others := strings.Replace(want, fmt.Sprintf("settlement/xfr-%03d;", broken), "", 1) + fmt.Sprintf("error: GET /wallets/wa-%03d/transfers: 404", broken)
	if got := workflows(t, sources.Requests{Lister: c}); got != others {
		t.Errorf("%s, want %s", got, others)
	}
	for i := broken; i < wallets; i++ {
		delete(c, fmt.Sprintf("/wallets/wa-%03d/transfers", i))
	}
	got := workflows(t, sources.Requests{Lister: c})
	if n := strings.Count(got, "404"); n != 10 || strings.Count(got, ";") != broken {
		t.Errorf("%s, want %d requests and 10 wallets that cannot be asked", got, broken)
	}
}

// One entry that cannot be read is named and ends nothing: what stands behind it is found. One
// without a date that can be read is of every window; what is of another window is nobody's care.
func TestWhatCannotBeReadEndsNoList(t *testing.T) {
	const history = "/wallets/all/history?endTime=2026-05-01T13%3A00%3A00Z&startTime=2026-05-01T12%3A00%3A00Z"
	in := `"direction":"In","network":"Net","walletId":"wa-1","timestamp":"` + inside + `"`
	c := custodian{
		"/v2/policy-approvals": {
			`{"id":"ap-1","dateCreated":"soon"}`, `{"id":"ap-2","id":"ap-3","dateCreated":"` + inside + `"}`, `{"dateCreated":"` + inside + `"}`, `[]`,
			`{"id":"ap-4","a":1,"a":2,"dateCreated":"` + late + `"}`, `{"id":"ap-5","a":1,"a":2,"dateCreated":"` + inside + `"}`,
			`{"id":"ap-6","status":"Dreaming","dateCreated":"` + inside + `"}`,
		},
		history:    {`{` + in + `}`, `{"direction":7,` + in[17:] + `}`, `{"direction":"Up",` + in[17:] + `}`, `{"txHash":"0x1",` + in + `}`},
		"/wallets": {`{"id":"../x"}`, `{"name":"none"}`, `{"id":"wa-1"}`},
		"/wallets/wa-1/transfers": {
			`{"id":"xfr-1","walletId":"wa-1","status":7,"dateRequested":"` + inside + `"}`, `{"id":"xfr-2","walletId":"wa-1","dateRequested":7}`,
		},
		"/wallets/wa-1/transactions": {`"tx"`, `{"id":"tx-1","walletId":"wa-1","dateRequested":"` + inside + `"}`},
	}
	for _, tt := range []struct {
		source completeness.Source
		want   string
	}{
		{sources.Approvals{Lister: c}, "approval/ap-1;unreadable approval/;unreadable approval/;unreadable approval/;unreadable approval/ap-5;approval/ap-6;"},
		{sources.History{Lister: c}, "unreadable history/;unreadable history/;unreadable history/;deposit/Net/0x1;"},
		{sources.Requests{Lister: c}, "unreadable wallet/;unreadable wallet/;unreadable transfer/xfr-1;settlement/xfr-2;unreadable transaction/;settlement/tx-1;"},
	} {
		if got := workflows(t, tt.source); got != tt.want {
			t.Errorf("%s: %s,\nwant %s", tt.source.Name(), got, tt.want)
		}
	}
}
