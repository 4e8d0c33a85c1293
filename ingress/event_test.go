package ingress_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"countersign"
	"countersign/ingress"
)

func TestParseEvent(t *testing.T) {
	body := `{"id":"whe-3","retryOf":"whe-2","deliveryId":"dlv-1","kind":"wallets.transfer.confirmed","status":"200",` +
		`"date":"2026-01-02T04:04:05.678+01:00","deliveryAttempt":3,"timestampSent":1767323045,"data":{"transferRequest":{"id":"xfr-1"}}}`
	got, err := ingress.ParseEvent([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	want := countersign.Event{
		ID: "whe-3", RetryOf: "whe-2", DeliveryID: "dlv-1", Source: "dfns", Kind: "wallet.transfer.confirmed", Subject: "xfr-1",
		Date:   time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC),
		SentAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Attempt: 3, Digest: got.Digest,
	}
	if got != want || len(got.Digest) != 64 {
		t.Errorf("ParseEvent = %+v,\nwant         %+v", got, want)
	}
	if got.Root() != "dlv-1" {
		t.Errorf("Root = %q, want dlv-1", got.Root())
	}
}

func TestParseEventSubjects(t *testing.T) {
	for _, tt := range []struct{ name, kind, data, want string }{
		{"approval", "policy.approval.pending", `{"approval":{"id":"ap-1"},"approvalId":"ap-2"}`, "ap-1"},
		{"approval of the guide", "policy.approval.pending", `{"approvalId":"ap-2"}`, "ap-2"},
		{"approval that is no ID", "policy.approval.pending", `{"approval":{"id":"../ap-1"}}`, ""},
		{"second place when the first is no ID", "policy.approval.pending", `{"approval":{"id":""},"approvalId":"ap-2"}`, "ap-2"},
		{"resolved with an activity only", "policy.approval.resolved", `{"activityId":"xfr-1"}`, ""},
		{"transaction", "wallet.transaction.failed", `{"transactionRequest":{"id":"tx-1"}}`, "tx-1"},
		{"signature", "wallet.signature.signed", `{"signatureRequest":{"id":"sig-1"}}`, "sig-1"},
		{"wallet", "wallet.tags.modified", `{"wallet":{"id":"wa-1"},"tagsAdded":["a"]}`, "wa-1"},
		{"event of a chain", "wallet.blockchainevent.detected", `{"blockchainEvent":{"walletId":"wa-1","network":"Net","txHash":"0xab"}}`, "Net:0xab"},
		{"event of a chain without its transaction", "wallet.blockchainevent.detected", `{"blockchainEvent":{"walletId":"wa-1","network":"Net"}}`, ""},
		{"event of a chain with a hash that is no ID", "wallet.blockchainevent.detected", `{"blockchainEvent":{"network":"Net","txHash":"a/b"}}`, ""},
		{"policy evaluation", "policy.triggered", `{"policyEvaluation":{"id":"plce-1"}}`, "plce-1"},
		{"key", "key.created", `{"id":"key-1"}`, "key-1"},
		{"vault event", "vault.event.created", `{"vaultEvent":{"id":"ve-1"}}`, "ve-1"},
		{"data is a list", "wallet.created", `["wa-1"]`, ""},
		{"data is null", "wallet.created", `null`, ""},
		{"ID is a number", "wallet.created", `{"wallet":{"id":7}}`, ""},
		{"another case is another key", "wallet.created", `{"Wallet":{"id":"wa-1"}}`, ""},
		{"unknown kind", "moon.landed", `{"id":"mo-1"}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := ingress.ParseEvent([]byte(event("whe-1", tt.kind, tt.data)))
			if err != nil || e.Subject != tt.want {
				t.Errorf("subject = %q, %v; want %q", e.Subject, err, tt.want)
			}
		})
	}
}

func TestParseEventRefuses(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"no ID", `"id":"whe-1",`, ``, "id: not an ID: empty"},
		{"ID of another type", `"id":"whe-1"`, `"id":7`, "id: not an ID"},
		{"ID with a slash", `whe-1`, `whe/1`, "id: not an ID"},
		{"ID under another case", `"id"`, `"ID"`, "id: not an ID: empty"},
		{"no kind", `"kind":"policy.approval.pending",`, ``, "kind: not an ID"},
		{"kind with a line feed", `policy.approval.pending`, `policy\napproval`, "kind: not an ID"},
		{"root that is no ID", `"id":"whe-1"`, `"id":"whe-1","retryOf":"a b"`, "retryOf: not an ID"},
		{"delivery ID that is no ID", `"id":"whe-1"`, `"id":"whe-1","deliveryId":"a/b"`, "deliveryId: not an ID"},
		{"no time of sending", `"timestampSent":1767323045,`, ``, "timestampSent"},
		{"time of sending as text", `1767323045`, `"1767323045"`, "timestampSent"},
		{"time of sending with a fraction", `1767323045`, `1767323045.5`, "timestampSent"},
		{"negative time of sending", `1767323045`, `-1`, "timestampSent"},
		{"key twice", `"data"`, `"id":"whe-2","data"`, "key stands twice"},
		{"key in two cases", `"approval":{`, `"Approval":{},"approval":{`, "differs from an earlier one only in case"},
		{"trailing data", `"ap-1"}}}`, `"ap-1"}}}{}`, "data after the value"},
		{"invalid UTF-8", `ap-1`, "ap-\xff", "invalid UTF-8"},
		{"too deep", `{"id":"ap-1"}`, strings.Repeat("[", 31) + strings.Repeat("]", 31), "nested deeper"},
		{"a list", pending, `[]`, "timestampSent"},
		{"null", pending, `null`, "timestampSent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := strings.Replace(pending, tt.old, tt.new, 1)
			_, err := ingress.ParseEvent([]byte(body))
			if !errors.Is(err, ingress.ErrNotEvent) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ParseEvent(%s) = %v, want …%s…", body, err, tt.want)
			}
		})
	}
}

func TestParseEventForgives(t *testing.T) {
	body := strings.NewReplacer(`"date":"2026-01-02T03:04:05.678Z"`, `"date":"soon"`, `"deliveryAttempt":1,`, ``).Replace(pending)
	e, err := ingress.ParseEvent([]byte(body))
	if err != nil || !e.Date.IsZero() || e.Attempt != 1 || e.Subject != "ap-1" {
		t.Errorf("ParseEvent = %+v, %v; want no date, attempt 1, subject ap-1", e, err)
	}
}

// FuzzParseEvent holds that what is believed is fit to stand in names.
func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(pending))
	f.Add([]byte(golden))
	f.Add([]byte(event("whe-1", "wallets.transfer.confirmed", `{"transferRequest":{"id":"xfr-1"}}`)))
	f.Add([]byte(event("whe-1", "moon.landed", `{}`)))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := ingress.ParseEvent(body)
		if err != nil {
			if !errors.Is(err, ingress.ErrNotEvent) {
				t.Fatalf("ParseEvent = %v, want ErrNotEvent", err)
			}
			return
		}
		r := ingress.RouteOf(e)
		name, id, ok := strings.Cut(r.WorkflowID(e), "/")
		if !ok || name == "" || countersign.CheckID(id) != nil || r.Workflow == "" || e.Attempt < 1 || e.SentAt.IsZero() {
			t.Fatalf("%q became %+v for %+v", body, e, r)
		}
	})
}
