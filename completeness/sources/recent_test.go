package sources_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"countersign/completeness"
	"countersign/completeness/sources"
)

// paged is lists in pages of two.
type paged struct{ custodian }

func (p paged) Page(ctx context.Context, path string, query url.Values) (items []json.RawMessage, next string, err error) {
	from := 0
	if token := query.Get("paginationToken"); token != "" {
		if from, err = strconv.Atoi(token); err != nil {
			return nil, "", errors.New("400")
		}
	}
	rest := url.Values{}
	if query.Has("deliveryFailed") {
		rest.Set("deliveryFailed", query.Get("deliveryFailed"))
	}
	n := 0
	for raw, err := range p.List(ctx, path, rest) {
		if err != nil {
			return nil, "", err
		}
		if n++; n > from && n <= from+2 {
			items = append(items, raw)
		}
	}
	if from+2 < n {
		next = strconv.Itoa(from + 2)
	}
	return items, next, nil
}

func ids(t *testing.T, all iter.Seq2[completeness.Item, error]) (text string) {
	t.Helper()
	for it, err := range all {
		if err != nil {
			return text + "error: " + err.Error()
		}
		if it.Workflow == "" { // a sign of life
			continue
		}
		text += strings.Join(append([]string{it.Workflow}, it.Also...), " or ")
		if it.Open != "" {
			text += "=" + it.Open
		}
		if it.Stray {
			text += "=stray"
		}
		text += ";"
	}
	return text
}

func TestWhatWaits(t *testing.T) {
	p := paged{custodian{"/v2/policy-approvals?status=Pending": {
		`{"id":"ap-1","dateCreated":"` + early + `","activity":{"kind":"Wallets:Sign","transferRequest":{"id":"xfr-1","walletId":"wa-1","externalId":"inv-7","status":"Pending"}}}`,
		`{"id":"ap-2","dateCreated":"` + inside + `","activity":{"kind":"Wallets:Sign","transactionRequest":{"id":"tx-1","walletId":"wa-1","status":"Pending"}}}`,
		`{"id":"ap-3","dateCreated":"` + inside + `","activity":{"kind":"Policies:Modify","changeRequest":{"id":"cr-1"}}}`,
		`{"id":"ap-4","dateCreated":"` + inside + `","activity":7}`,
		`{"id":"ap-5","dateCreated":"` + late + `","activity":{}}`,
	}}}
	want := "approval/ap-1=pending;settlement/inv-7=pending;approval/ap-2=pending;settlement/tx-1=pending;approval/ap-3=pending;approval/ap-4=pending;"
	s := sources.Recent{Pager: p}.Waiting()
	if got := ids(t, s.Items(t.Context(), window)); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for range s.Items(t.Context(), window) { // a reader that stops early is left alone
		break
	}
}

func TestFailedDeliveriesAreReadAFewPagesAtATime(t *testing.T) {
	failure := func(id, of, date, kind string) string {
		return fmt.Sprintf(`{"id":%q,"retryOf":%q,"kind":%q,"date":%q,"timestampSent":1,"data":{"wallet":{"id":"wa-1"}}}`, id, of, kind, date)
	}
	p := paged{custodian{
		"/webhooks": {`{"id":"wh-2","url":"https://us/webhooks/dfns"}`, `{"id":"wh-1","url":"https://us/webhooks/dfns"}`, `{"id":"wh-3","url":"https://them/"}`},
		"/webhooks/wh-1/events?deliveryFailed=true": {
			failure("whe-1", "", inside, "wallet.created"), failure("whe-2", "whe-1", inside, "wallet.created"), failure("whe-3", "", early, "wallet.created"), failure("whe-4", "", inside, "moon.landed"),
		},
		"/webhooks/wh-2/events?deliveryFailed=true": {failure("whe-5", "", inside, "wallet.created")},
	}}
	cursor := ""
	for i, want := range []string{
		"event/whe-1 or event/whe-1 or event/whe-1 or event/whe-2;", // whe-3 would be named after whe-2
		"event/whe-4 or event/whe-4=stray;",
		"event/whe-5 or event/whe-5;",
	} {
		s, next := sources.Recent{Pager: p, Pages: 1}.Failed(cursor)
		if got := ids(t, s.Items(t.Context(), window)); got != want || s.Name() == "" || !strings.Contains(s.Query(window), "1 pages") {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
		if cursor = next(); (cursor == "") != (i == 2) {
			t.Errorf("%d: cursor %q", i, cursor)
		}
	}
	// A cursor that is refused is the beginning.
	s, next := sources.Recent{Pager: p, Pages: 9}.Failed("wh-1 gone")
	if got := ids(t, s.Items(t.Context(), window)); strings.Count(got, ";") != 3 || next() != "" {
		t.Errorf("%s, next %q", got, next())
	}
}

func TestWhoMoved(t *testing.T) {
	p := paged{custodian{"/wallets/all/history?endTime=2026-05-01T13%3A00%3A00Z&startTime=2026-05-01T12%3A00%3A00Z": {
		`{"walletId":"wa-2","direction":"Out","network":"Ethereum","txHash":"0xb","timestamp":"` + inside + `"}`,
		`{"walletId":"wa-1","direction":"In","network":"Ethereum","txHash":"0xa","timestamp":"` + inside + `"}`,
		`{"walletId":"wa-2","direction":"Out","network":"Ethereum","txHash":"0xc","timestamp":"` + inside + `"}`,
	}}}
	s, out := sources.Recent{Pager: p}.Moved()
	if got := ids(t, s.Items(t.Context(), window)); got != "deposit/Ethereum/0xa;" || !reflect.DeepEqual(out(), []string{"wa-2"}) {
		t.Errorf("%s, out %v", got, out())
	}
}

func TestRequestsOfSomeWallets(t *testing.T) {
	p := paged{custodian{
		"/wallets/wa-1/transfers":    {`{"id":"xfr-1","walletId":"wa-1","status":"Broadcasted","dateRequested":"` + inside + `"}`, `{"id":"xfr-2","walletId":"wa-1","status":"Confirmed","dateRequested":"` + inside + `"}`},
		"/wallets/wa-1/transactions": {`{"id":"tx-1","walletId":"wa-1","status":"Executing","dateRequested":"` + inside + `"}`, `{"id":"tx-0","walletId":"wa-1","status":"Executing","dateRequested":"` + early + `"}`},
	}}
	s := sources.Recent{Pager: p}.Requests([]string{"wa-1"})
	if got := ids(t, s.Items(t.Context(), window)); got != "settlement/xfr-1=broadcasted;settlement/xfr-2;settlement/tx-1=executing;" || !strings.Contains(s.Query(window), "of 1 wallets") {
		t.Errorf("%s", got)
	}
}

func TestWalletsByThePage(t *testing.T) {
	p := paged{custodian{"/wallets": {`{"id":"wa-1","network":"Net","address":"0xa"}`, `{"id":"wa-2","network":"Net"}`, `{"id":"wa-3","network":"Net"}`}}}
	r := sources.Recent{Pager: p}
	page, err := r.Wallets(t.Context(), "", 2)
	if err != nil || len(page.Wallets) != 2 || page.Wallets[0].Address != "0xa" || page.Next != "2" {
		t.Errorf("%+v, %v", page, err)
	}
	if page, err = r.Wallets(t.Context(), page.Next, 2); err != nil || len(page.Wallets) != 1 || page.Wallets[0].ID != "wa-3" || page.Next != "" {
		t.Errorf("%+v, %v", page, err)
	}
	if page, err = r.Wallets(t.Context(), "gone", 2); err != nil || page.Wallets[0].ID != "wa-1" {
		t.Errorf("a refused cursor: %+v, %v", page, err)
	}
	p.custodian["/wallets"][0] = `{"id":"../x"}`
	if page, err = r.Wallets(t.Context(), "", 2); err != nil || len(page.Wallets) != 1 || page.Wallets[0].ID != "wa-2" || len(page.Unreadable) != 1 || page.Next != "2" {
		t.Errorf("with one that has no ID: %+v, %v", page, err)
	}
	p.custodian["/wallets"][1] = `{"id":"wa-2","network":7}`
	if page, err = r.Wallets(t.Context(), "", 2); err != nil || len(page.Unreadable) != 2 || page.Unreadable[1].Name() != "wallet/wa-2" || page.Next != "2" {
		t.Errorf("with none that can be read: %+v, %v", page, err)
	}
}
